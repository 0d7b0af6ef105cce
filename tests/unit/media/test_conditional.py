"""What a request gets of a file, by RFC 9110, sections 13 and 14."""

from __future__ import annotations

import pytest

from hubbub.media.domain.conditional import RANGES_MAX, Facts, Span, decide, spans_of

FACTS = Facts(100, '"tag"', "video/mp4")


@pytest.mark.parametrize(
    ("header", "spans"),
    [
        (None, None),
        ("bytes=0-", [(0, 100)]),
        ("bytes=0-0", [(0, 1)]),
        ("Bytes=10-19", [(10, 20)]),
        ("bytes=90-1000", [(90, 100)]),
        ("bytes=-10", [(90, 100)]),
        ("bytes=-1000", [(0, 100)]),
        ("bytes=100-", []),
        ("bytes=-0", []),
        ("bytes=0-1, 5-6 ,,\t-1", [(0, 2), (5, 7), (99, 100)]),
        ("bytes=0-1,200-", [(0, 2)]),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=1-2;3", None),
        ("bytes 0-1", None),
        ("seconds=0-1", None),
        ("bytes=0-10,5-6", None),
        ("bytes=" + ",".join(f"{each * 2}-{each * 2}" for each in range(RANGES_MAX + 1)), None),
        ("bytes=" + "0" * 5000 + "-", None),
    ],
)
def test_ranges_name_bytes_or_all_or_none(header: str | None, spans: list[tuple[int, int]] | None):
    assert spans_of(header, 100) == (None if spans is None else tuple(Span(*each) for each in spans))


def test_of_an_empty_file_all_is_sent_or_nothing_is_there():
    assert spans_of("bytes=-5", 0) is None
    assert spans_of("bytes=0-", 0) == ()
    assert decide("GET", {}, Facts(0, '"e"', "text/plain"), "b").body == ()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if-none-match": '"tag"'}, 304),
        ({"if-none-match": 'W/"tag"'}, 304),
        ({"if-none-match": '"a,b" , "tag"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"other"'}, 200),
        ({"if-none-match": "tag"}, 200),
        ({"if-none-match": '"a"tag"'}, 200),
        ({"if-none-match": '"tag"', "range": "bytes=0-1"}, 304),
        ({"if-match": '"tag"'}, 200),
        ({"if-match": 'W/"tag"'}, 412),
        ({"if-match": '"other"', "if-none-match": '"tag"'}, 412),
        ({"range": "bytes=0-1", "if-range": '"tag"'}, 206),
        ({"range": "bytes=0-1", "if-range": 'W/"tag"'}, 200),
        ({"range": "bytes=0-1", "if-range": "Sat, 01 Jan 2028 00:00:00 GMT"}, 200),
        ({"range": "bytes=200-"}, 416),
        ({"range": "bytes=200-", "if-range": '"old"'}, 200),
    ],
)
def test_conditions_go_before_ranges(headers: dict[str, str], status: int):
    assert decide("GET", headers, FACTS, "b").status == status


def test_a_part_says_where_it_stands_and_none_says_how_much_there_is():
    part = dict(decide("GET", {"range": "bytes=-1"}, FACTS, "b").headers)
    assert (part["Content-Range"], part["Content-Length"]) == ("bytes 99-99/100", "1")
    assert dict(decide("GET", {"range": "bytes=100-"}, FACTS, "b").headers)["Content-Range"] == "bytes */100"


def test_several_parts_are_framed_and_their_length_is_told():
    decision = decide("GET", {"range": "bytes=0-1,98-"}, FACTS, "edge")
    content = b"".join(each if isinstance(each, bytes) else b"x" * each.size_bytes for each in decision.body)
    place = b"Content-Type: video/mp4\r\nContent-Range: bytes %b/100\r\n\r\nxx"
    framed = [b"", place % b"0-1", place % b"98-99"]
    assert content == b"\r\n--edge\r\n".join(framed) + b"\r\n--edge--\r\n"
    assert dict(decision.headers)["Content-Type"] == "multipart/byteranges; boundary=edge"
    assert dict(decision.headers)["Content-Length"] == str(len(content))


def test_head_tells_what_get_would_and_sends_nothing():
    whole = decide("GET", {}, FACTS, "b")
    assert decide("HEAD", {"range": "bytes=0-1"}, FACTS, "b") == whole._replace(body=())
