"""Small documents kept in a file each: JSON after a line that holds its CRC-32 in hexadecimal."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TypeVar

import msgspec

from hubbub.events.log.embedded.disk import Disk
from hubbub.events.log.errors import LogCorrupt

T = TypeVar("T")


def save(path: Path, document: object, disk: Disk) -> None:
    """Put `document` durably in the place of the file `path`; raises what `Disk.replace` raises."""
    body = msgspec.json.encode(document)
    disk.replace(path, b"%08x\n%s\n" % (zlib.crc32(body), body))


def load(path: Path, into: type[T]) -> T:
    """Return the document in the file `path`, or raise `LogCorrupt`."""
    checksum, _, body = path.read_bytes().partition(b"\n")
    body = body.removesuffix(b"\n")
    if checksum != b"%08x" % zlib.crc32(body):
        raise LogCorrupt(path, 0, 0, "its content does not match its checksum")
    try:
        return msgspec.json.decode(body, type=into)
    except msgspec.DecodeError as problem:
        raise LogCorrupt(path, 0, 0, f"this version of Hubbub cannot read it ({problem})") from problem
