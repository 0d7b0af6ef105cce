"""Fragments are read within their own bounds, whatever their bytes say."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.media.domain.fragments import key_frame_end
from hubbub.media.errors import DamagedMedia


def box(name: bytes, *body: bytes) -> bytes:
    content = b"".join(body)
    return struct.pack(">I4s", 8 + len(content), name) + content


def fragment(tfhd: bytes, trun: bytes) -> bytes:
    return box(b"moof", box(b"mfhd", bytes(8)), box(b"traf", box(b"tfhd", tfhd), box(b"tfdt", bytes(12)), trun))


PLAIN = fragment(struct.pack(">II", 0x020000, 1), box(b"trun", struct.pack(">IIiII", 0x201, 2, 400, 5000, 90)))
USUAL_SIZE = fragment(struct.pack(">IIII", 0x020018, 1, 512, 70), box(b"trun", struct.pack(">IIi", 0x001, 9, 300)))
WITH_FLAGS = fragment(
    struct.pack(">II", 0x020000, 1), box(b"trun", struct.pack(">IIiIIIII", 0xB05, 1, 200, 0, 512, 6000, 7, 8))
)


@pytest.mark.parametrize(("moof", "end"), [(PLAIN, 5400), (USUAL_SIZE, 370), (WITH_FLAGS, 6200)])
def test_a_key_frame_ends_where_its_fragment_says(moof: bytes, end: int) -> None:
    assert key_frame_end(moof + bytes(1000)) == end


@given(st.sampled_from([PLAIN, USUAL_SIZE, WITH_FLAGS]), st.integers(0, 120), st.binary(max_size=6))
def test_broken_fragments_are_told_as_damaged(moof: bytes, at: int, junk: bytes) -> None:
    broken = moof[:at] + junk + moof[at + len(junk) :]
    try:
        assert key_frame_end(broken) > 0
    except DamagedMedia:
        return


def test_what_lies_elsewhere_is_refused() -> None:
    for moof in (b"", PLAIN[8:], PLAIN[:40], fragment(struct.pack(">IIQ", 0x1, 1, 0), box(b"trun", bytes(40)))):
        with pytest.raises(DamagedMedia):
            key_frame_end(moof)
