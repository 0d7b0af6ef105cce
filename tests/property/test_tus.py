"""Whatever headers and chunks come: a request is read or refused by name, and no byte is lost, added or moved."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from hubbub.kernel.errors import HubbubError
from hubbub.media.domain.intake import Intake
from hubbub.media.domain.tus import Append, Create, parse, parse_checksum, parse_concat, parse_metadata
from hubbub.media.domain.upload import Bounds, begun, grown, opened
from hubbub.media.errors import HeaderRefused, UploadTooLarge

NAMES = ["Tus-Resumable", "Upload-Offset", "Upload-Length", "Upload-Defer-Length", "Upload-Metadata", "Upload-Concat"]
NAMES += ["Upload-Checksum", "Content-Type", "Content-Length", "Transfer-Encoding", "X-HTTP-Method-Override"]
LIKELY = ["", "0", "1", "1.0.0", "partial", "final;/media/uploads/1", "application/offset+octet-stream", "PATCH"]
VALUES = st.one_of(st.binary(max_size=40), st.sampled_from([value.encode() for value in LIKELY]))
HEADERS = st.lists(st.tuples(st.sampled_from([name.lower().encode() for name in NAMES]), VALUES), max_size=12)
METHODS = st.sampled_from(["OPTIONS", "GET", "HEAD", "POST", "PATCH", "DELETE", "PUT"])
KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1, max_size=20)
BOUNDS = Bounds(bytes_max=500, lifetime_ms=1000)


def refusal(work: Callable[[], object]) -> int | None:
    """Return the status of an error of ours that `work` raises; None when it raises none."""
    try:
        work()
    except HubbubError as refused:
        return refused.status
    return None


@given(METHODS, HEADERS, st.booleans())
def test_headers_are_read_or_refused_with_a_status(method: str, headers: list[tuple[bytes, bytes]], of_upload: bool):
    assert (refusal(lambda: parse(method, headers, of_upload=of_upload)) or 400) in range(400, 500)


@given(st.text(max_size=60))
def test_a_values_own_reader_refuses_by_name_alone(text: str):
    for reader in (parse_metadata, parse_concat, parse_checksum):
        with suppress(HeaderRefused):
            reader(text)


@given(st.dictionaries(KEYS, st.binary(max_size=20), min_size=1, max_size=8))
def test_metadata_is_read_as_it_was_written(metadata: dict[str, bytes]):
    text = ",".join(f"{key} {base64.b64encode(value).decode()}" for key, value in metadata.items())
    assert parse_metadata(text) == metadata


@given(st.lists(st.binary(max_size=50), max_size=30), st.integers(1, 40))
def test_segments_are_the_body_in_order_and_all_but_the_last_are_full(chunks: list[bytes], segment_bytes: int):
    intake = Intake(sum(map(len, chunks)), segment_bytes)
    segments = [segment for chunk in chunks for segment in intake.feed(chunk)]
    rest = intake.rest()
    assert b"".join([*segments, rest]) == b"".join(chunks)
    assert all(len(segment) == segment_bytes for segment in segments)
    assert len(rest) < segment_bytes


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=30), st.integers(0, 200), st.integers(1, 40))
def test_no_byte_is_taken_that_there_is_no_room_for(chunks: list[bytes], room_bytes: int, segment_bytes: int):
    intake = Intake(room_bytes, segment_bytes)
    taken = 0
    for chunk in chunks:
        try:
            taken += sum(map(len, intake.feed(chunk)))
        except UploadTooLarge:
            break
    assert taken + len(intake.rest()) <= room_bytes


STEPS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.none() | st.integers(0, 600)), max_size=15)


@given(st.none() | st.integers(0, 600), STEPS)
def test_offsets_only_grow_and_never_pass_the_length(length: int | None, steps: list[tuple[int, int, int | None]]):
    try:
        upload = opened(Create(length, "", parse_concat(None), False, 0, None), 1, 2, "o", BOUNDS, now_ms=0)
    except UploadTooLarge:
        assert length is not None
        assert length > BOUNDS.bytes_max
        return
    for size, guess, told in steps:
        before, request = upload, Append(guess, told, size, None)
        status = refusal(lambda upload=upload, request=request: begun(upload, request, BOUNDS, now_ms=0))
        if status is not None:
            assert status in range(400, 500)
            continue
        assert guess == before.offset_bytes
        upload = begun(upload, request, BOUNDS, now_ms=0)
        upload = grown(upload, [size] if size else [], None, BOUNDS, now_ms=0)
        assert upload.offset_bytes == before.offset_bytes + size
        assert upload.offset_bytes <= (BOUNDS.bytes_max if upload.length_bytes is None else upload.length_bytes)
        assert before.length_bytes in {None, upload.length_bytes}
