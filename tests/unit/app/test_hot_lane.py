"""What the hot lane takes for a request that it may answer, and above all what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.app.hot_lane import read

LINE = b"GET /media/files/7/photo.jpg?ex=1&hm=2 HTTP/1.1\r\n"
HOST = b"Host: here\r\n"
TARGET = b"/media/files/7/photo.jpg?ex=1&hm=2"


@pytest.mark.parametrize(
    ("headers", "accept"),
    [
        (b"", b""),
        (b"Accept: image/avif,*/*\r\n", b"image/avif,*/*"),
        (b"aCCept:\timage/webp\r\nCookie: a=b\r\nConnection: keep-alive\r\n", b"image/webp"),
        (b"Accept-Encoding: gzip\r\nAccept-Language: en\r\n", b""),
    ],
)
def test_a_usual_request_is_read(headers: bytes, accept: bytes) -> None:
    assert read(LINE + HOST + headers + b"\r\n") == (TARGET, accept)


@pytest.mark.parametrize(
    "more",
    [
        b"Range: bytes=0-5\r\n\r\n",
        b"If-None-Match: *\r\n\r\n",
        b"if-range: x\r\n\r\n",
        b"Connection: close\r\n\r\n",
        b"Connection: keep-alive, Upgrade\r\n\r\n",
        b"Upgrade: h2c\r\n\r\n",
        b"Expect: 100-continue\r\n\r\n",
        b"Content-Length: 4\r\n\r\n",
        b"Content-Length : 4\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"TE: trailers\r\n\r\n",
        b"X: 1\r\n Content-Length: 4\r\n\r\n",
        b"X: 1\nContent-Length: 4\r\n\r\n",
        b"X: 1\rContent-Length: 4\r\n\r\n",
        b"X: \x00\r\n\r\n",
        b"Accept: a\r\nAccept: b\r\n\r\n",
        b"X: " + b"y" * 9000 + b"\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\n\r\n",
        b"\r\nbody",
        b"X: 1\r\n",
        b"",
    ],
)
def test_what_is_unusual_takes_the_usual_way(more: bytes) -> None:
    assert read(LINE + HOST + more) is None


@pytest.mark.parametrize(
    "line", [b"GET /media/files/7/a HTTP/1.0\r\n", b"GET /media/files/7/a\r\n", b"GET /media/files/7/a  HTTP/1.1\r\n"]
)
def test_another_form_of_request_line_takes_the_usual_way(line: bytes) -> None:
    assert read(line + HOST + b"\r\n") is None


@given(st.binary(max_size=200))
def test_no_bytes_break_it(more: bytes) -> None:
    found = read(LINE + more)
    assert found is None or found[0] == TARGET
