"""What a request may do to an upload, and what an upload is afterwards."""

import pytest

from hubbub.media.domain import answer
from hubbub.media.domain.asset import begun as asset_begun
from hubbub.media.domain.tus import Append, Create, parse_concat
from hubbub.media.domain.upload import (
    SEGMENTS_MAX,
    Bounds,
    UploadState,
    begun,
    grown,
    is_expired,
    joined,
    opened,
    room_bytes,
)
from hubbub.media.errors import (
    HeaderRefused,
    OffsetConflict,
    UploadExpired,
    UploadIsFinal,
    UploadLocked,
    UploadTooLarge,
)

BOUNDS = Bounds(bytes_max=100, lifetime_ms=1000)
HASH = b"h" * 32


def made(length=10, *, concat=None, metadata=""):
    request = Create(length, metadata, parse_concat(concat), False, 0, None)
    return opened(request, 1, 2, "key/MEDa", BOUNDS, now_ms=5000)


def test_an_upload_begins_empty_and_expires():
    upload = made()
    assert (upload.state, upload.offset_bytes, upload.asset_id) == (UploadState.OPEN, 0, 2)
    assert not is_expired(upload, 5999)
    assert is_expired(upload, 6000)
    assert made(concat="partial").asset_id is None
    with pytest.raises(UploadTooLarge):
        made(101)


def test_an_upload_of_no_bytes_is_stored_at_once():
    upload = made(0)
    assert upload.state == UploadState.STORED
    assert upload.blake3.hex().startswith("af1349b9")
    assert not is_expired(upload, 1 << 60)
    assert made(0, concat="partial").state == UploadState.PART


def test_bytes_move_the_offset_and_the_expiry():
    upload = grown(made(), [3, 4], None, BOUNDS, now_ms=7000)
    assert (upload.offset_bytes, upload.segments, upload.expires_at_ms, upload.state) == (7, 2, 8000, UploadState.OPEN)
    assert grown(upload, [3], None, BOUNDS, now_ms=7000).state == UploadState.COMPLETE
    whole = grown(upload, [3], HASH, BOUNDS, now_ms=7000)
    assert (whole.state, whole.blake3, whole.is_whole) == (UploadState.STORED, HASH, True)
    assert grown(whole, [], b"other", BOUNDS, now_ms=9000) == whole
    assert grown(made(concat="partial"), [10], None, BOUNDS, now_ms=7000).state == UploadState.PART


def test_who_writes_is_told_before_what_the_offset_is():
    upload = made()._replace(lease_until_ms=5500)
    with pytest.raises(UploadLocked):
        begun(upload, Append(9, None, 1, None), BOUNDS, now_ms=5499)
    with pytest.raises(OffsetConflict):
        begun(upload, Append(9, None, 1, None), BOUNDS, now_ms=5500)
    assert begun(upload, Append(0, None, 10, None), BOUNDS, now_ms=5500) == upload


def test_an_upload_takes_no_more_than_its_length():
    with pytest.raises(UploadTooLarge):
        begun(made(), Append(0, None, 11, None), BOUNDS, now_ms=5000)
    with pytest.raises(UploadTooLarge):
        begun(made(None), Append(0, None, 101, None), BOUNDS, now_ms=5000)
    assert room_bytes(made(), BOUNDS) == 10
    assert room_bytes(made(None), BOUNDS) == 100


def test_a_deferred_length_is_told_once():
    upload = grown(made(None), [7], None, BOUNDS, now_ms=5000)
    told = begun(upload, Append(7, 20, 1, None), BOUNDS, now_ms=5000)
    assert told.length_bytes == 20
    assert begun(told, Append(7, 20, 1, None), BOUNDS, now_ms=5000) == told
    for length in (21, 6):
        with pytest.raises(HeaderRefused, match="Upload-Length"):
            begun(told, Append(7, length, 1, None), BOUNDS, now_ms=5000)
    with pytest.raises(HeaderRefused, match="Upload-Length"):
        begun(upload, Append(7, 6, 0, None), BOUNDS, now_ms=5000)
    with pytest.raises(UploadTooLarge):
        begun(upload, Append(7, 101, 0, None), BOUNDS, now_ms=5000)


def test_what_is_expired_or_final_takes_nothing():
    with pytest.raises(UploadExpired):
        begun(made(), Append(0, None, 1, None), BOUNDS, now_ms=6000)
    part = grown(made(concat="partial"), [10], None, BOUNDS, now_ms=5000)
    final = joined(made(None, concat="final;/media/uploads/1"), [part], BOUNDS)
    with pytest.raises(UploadIsFinal):
        begun(final, Append(10, None, 1, None), BOUNDS, now_ms=5000)


def test_parts_are_joined_in_order_and_only_when_whole():
    part = grown(made(concat="partial"), [6, 4], None, BOUNDS, now_ms=5000)
    final = joined(made(None, concat="final;/media/uploads/1"), [part, part], BOUNDS)
    assert (final.length_bytes, final.offset_bytes, final.segments, final.state) == (20, 20, 4, UploadState.COMPLETE)
    for other in (made(concat="partial"), grown(made(), [10], HASH, BOUNDS, now_ms=5000)):
        with pytest.raises(HeaderRefused, match="Upload-Concat"):
            joined(made(None), [part, other], BOUNDS)
    with pytest.raises(UploadTooLarge):
        joined(made(None), [part] * 11, BOUNDS)
    with pytest.raises(UploadTooLarge):
        joined(made(None), [part._replace(segments=SEGMENTS_MAX), part], BOUNDS)


def test_head_tells_what_tus_demands():
    upload = grown(made(None, metadata="a YQ=="), [7], None, BOUNDS, now_ms=5000)
    headers = dict(answer.inspected(upload).headers)
    assert headers == {
        "Tus-Resumable": "1.0.0",
        "Cache-Control": "no-store",
        "Upload-Offset": "7",
        "Upload-Defer-Length": "1",
        "Upload-Metadata": "a YQ==",
        "Upload-Expires": "Thu, 01 Jan 1970 00:00:06 GMT",
    }
    part = grown(made(concat="partial"), [10], None, BOUNDS, now_ms=5000)
    headers = dict(answer.inspected(part).headers)
    assert (headers["Upload-Concat"], headers["Upload-Length"]) == ("partial", "10")
    stored = grown(made(), [10], HASH, BOUNDS, now_ms=5000)
    assert "Upload-Expires" not in dict(answer.appended(stored).headers)
    assert dict(answer.created(stored).headers)["Location"] == "/media/uploads/1"


def test_get_tells_how_the_file_is():
    expected = {"asset_id": "2", "state": "uploading", "offset": 0, "size_bytes": 10, "blake3": None}
    assert answer.facts(made()) == expected
    stored = grown(made(), [10], HASH, BOUNDS, now_ms=5000)
    asset = asset_begun(stored, 5000)
    assert asset is not None
    working = answer.facts(stored, asset, 40)
    assert (working["state"], working["progress"], working["blake3"]) == ("processing", 40, HASH.hex())
    ready = answer.facts(stored, asset._replace(state="ready", width=3, height=4, thumbhash=b"\x01\x02"))
    assert (ready["state"], ready["progress"], ready["size_bytes"]) == ("ready", 100, 10)
    assert (ready["width"], ready["height"], ready["thumbhash"]) == (3, 4, "AQI=")
    parked = answer.facts(stored, asset._replace(state="parked", error_code="media.damaged", error_message="It is."))
    assert (parked["state"], parked["code"], parked["message"]) == ("parked", "media.damaged", "It is.")
