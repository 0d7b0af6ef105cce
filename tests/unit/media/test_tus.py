"""A tus request is read into what it asks, or refused with the name of the header at fault."""

import base64
import re
from pathlib import Path

import pytest

from hubbub.media.domain import answer
from hubbub.media.domain.tus import (
    CHECKSUM_BYTES,
    METADATA_CHARACTERS_MAX,
    PARTS_MAX,
    Append,
    Ask,
    Checksum,
    Concat,
    ConcatKind,
    Create,
    Discover,
    Inspect,
    Terminate,
    parse,
    parse_metadata,
)
from hubbub.media.errors import ContentTypeRefused, HeaderRefused, MethodRefused, VersionRefused

BYTES = {"Content-Type": "application/offset+octet-stream"}


def asked(method, headers=None, *, of_upload=True, version="1.0.0"):
    given = {**({"Tus-Resumable": version} if version else {}), **(headers or {})}
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()]
    return parse(method, raw, of_upload=of_upload)


def created(**headers):
    return asked("POST", {name.replace("_", "-"): value for name, value in headers.items()}, of_upload=False)


def test_each_method_is_read():
    assert asked("OPTIONS", version=None) == Discover()
    assert asked("OPTIONS", of_upload=False, version=None) == Discover()
    assert asked("GET", version=None) == Ask()
    assert asked("HEAD") == Inspect()
    assert asked("DELETE") == Terminate()
    assert asked("PATCH", {**BYTES, "Upload-Offset": "7", "Content-Length": "3"}) == Append(7, None, 3, None)
    assert created(Upload_Length="10", Content_Length="0") == Create(10, "", Concat(), False, 0, None)
    assert asked("POST", {"X-HTTP-Method-Override": "head"}) == Inspect()


@pytest.mark.parametrize(
    ("method", "of_upload"), [("GET", False), ("PATCH", False), ("PUT", False), ("POST", True), ("BREW", True)]
)
def test_other_methods_are_refused(method, of_upload):
    with pytest.raises(MethodRefused) as refused:
        asked(method, of_upload=of_upload)
    assert ("Allow" in dict(answer.refused(refused.value, of_upload=of_upload).headers)) is True


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.1", "1.0.0, 1.0.0"])
def test_another_version_is_refused_and_told_ours(version):
    with pytest.raises(VersionRefused) as refused:
        asked("HEAD", version=version)
    told = answer.refused(refused.value, of_upload=True)
    assert told.status == 412
    assert ("Tus-Version", "1.0.0") in told.headers


@pytest.mark.parametrize("value", ["", "-1", "+1", "1.0", "0x10", "ten", "\u00b2", "1" * 20, str(1 << 63), "1 2"])
@pytest.mark.parametrize("header", ["Upload-Offset", "Upload-Length", "Content-Length"])
def test_a_number_that_is_none_names_its_header(header, value):
    headers = {**BYTES, "Upload-Offset": "0", header: value}
    with pytest.raises(HeaderRefused) as refused:
        asked("PATCH", headers)
    assert refused.value.header == header
    assert refused.value.fields[0].path == header
    assert refused.value.sentence.startswith(f"{header}: ")


def test_a_header_that_comes_twice_is_refused():
    headers = [(b"tus-resumable", b"1.0.0"), (b"content-type", b"application/offset+octet-stream")]
    with pytest.raises(HeaderRefused, match="Upload-Offset"):
        parse("PATCH", [*headers, (b"upload-offset", b"1"), (b"upload-offset", b"2")], of_upload=True)


def test_bytes_need_their_type_and_an_offset():
    for kind in ("", "application/octet-stream", "multipart/form-data"):
        with pytest.raises(ContentTypeRefused):
            asked("PATCH", {"Content-Type": kind, "Upload-Offset": "0"})
    with pytest.raises(ContentTypeRefused):
        created(Upload_Length="5", Content_Length="5")
    with pytest.raises(HeaderRefused, match="Upload-Offset"):
        asked("PATCH", BYTES)


def test_a_length_is_told_or_deferred_but_not_both():
    assert created(Upload_Defer_Length="1").length_bytes is None
    assert created(Upload_Length="0").length_bytes == 0
    for headers in ({}, {"Upload_Length": "1", "Upload_Defer_Length": "1"}):
        with pytest.raises(HeaderRefused, match="Upload-Length"):
            created(**headers)
    with pytest.raises(HeaderRefused, match="Upload-Defer-Length"):
        created(Upload_Length="1", Upload_Defer_Length="2")


def test_bytes_may_come_with_the_creation():
    request = created(Upload_Length="5", Content_Length="5", **{"Content-Type": "Application/Offset+Octet-Stream; a=b"})
    assert (request.has_bytes, request.body_bytes) == (True, 5)
    request = created(Upload_Length="5", Transfer_Encoding="chunked", **BYTES)
    assert (request.has_bytes, request.body_bytes) == (True, None)
    assert not created(Upload_Length="5", **BYTES).has_bytes


def test_metadata_is_read_and_kept_as_it_came():
    text = "filename d29ybGQucGRm,is_confidential,empty , type YQ=="
    assert created(Upload_Length="1", Upload_Metadata=text).metadata == text
    assert parse_metadata(text) == {"filename": b"world.pdf", "is_confidential": b"", "empty": b"", "type": b"a"}
    assert created(Upload_Length="1", Upload_Metadata="").metadata == ""


@pytest.mark.parametrize(
    "text",
    [",", "a YQ==,", "a YQ==,a YQ==", "a YQ", "a b c", "a !!!!", "a\tb YQ==", "a " + "A" * METADATA_CHARACTERS_MAX],
)
def test_metadata_that_is_none_is_refused(text):
    with pytest.raises(HeaderRefused, match="Upload-Metadata"):
        created(Upload_Length="1", Upload_Metadata=text)


@pytest.mark.parametrize("algorithm", CHECKSUM_BYTES)
def test_a_checksum_is_read(algorithm):
    digest = bytes(range(CHECKSUM_BYTES[algorithm]))
    headers = {**BYTES, "Upload-Offset": "0", "Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}
    assert asked("PATCH", headers).checksum == Checksum(algorithm, digest)


@pytest.mark.parametrize("value", ["", "sha1", "sha1 ", "SHA1 AAAA", "crc32 AAAA", "sha1 AAAA", "sha1 ?", " sha1 AAAA"])
def test_a_checksum_that_cannot_be_verified_is_refused(value):
    with pytest.raises(HeaderRefused, match="Upload-Checksum"):
        asked("PATCH", {**BYTES, "Upload-Offset": "0", "Upload-Checksum": value})


def test_parts_are_named_by_their_addresses():
    partial = created(Upload_Length="5", Upload_Concat="partial")
    assert partial.concat.kind is ConcatKind.PARTIAL
    text = "final;/media/uploads/12 https://files.example/below/media/uploads/7/ /media/uploads/12"
    final = created(Upload_Concat=text)
    assert final.concat == Concat(ConcatKind.FINAL, (12, 7, 12), text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "whole", "final", "final;", "final;/files/1", "final;/media/uploads/x", "final;/media/uploads/1,2"),
        *("final;http://[", f"final;/media/uploads/{1 << 63}", "Final;/media/uploads/1"),
        "final;" + " ".join(["/media/uploads/1"] * (PARTS_MAX + 1)),
    ],
)
def test_parts_that_are_none_are_refused(text):
    with pytest.raises(HeaderRefused, match="Upload-Concat"):
        created(Upload_Concat=text, **({"Upload_Length": "1"} if text in {"", "whole"} else {}))


def test_a_final_upload_tells_no_length_and_brings_no_bytes():
    for headers in ({"Upload_Length": "1"}, {"Upload_Defer_Length": "1"}):
        with pytest.raises(HeaderRefused, match="Upload-Length"):
            created(Upload_Concat="final;/media/uploads/1", **headers)
    with pytest.raises(HeaderRefused, match="Content-Length"):
        created(Upload_Concat="final;/media/uploads/1", Content_Length="4", **BYTES)


def test_what_is_offered_is_told():
    told = answer.discovered(1000)
    assert told.status == 204
    headers = dict(told.headers)
    assert headers["Tus-Version"] == "1.0.0"
    assert headers["Tus-Max-Size"] == "1000"
    assert "sha1" in headers["Tus-Checksum-Algorithm"].split(",")
    offered = "creation creation-with-upload creation-defer-length checksum expiration termination concatenation"
    assert headers["Tus-Extension"].split(",") == offered.split()


def test_no_error_of_media_lacks_a_status():
    from hubbub.media import errors

    source = Path(errors.__file__).read_text()
    kinds = [getattr(errors, name) for name in re.findall(r"^class (\w+)\(", source, re.MULTILINE)]
    assert all(400 <= kind.status < 600 for kind in kinds)
    assert len({kind.code for kind in kinds}) == len(kinds)
