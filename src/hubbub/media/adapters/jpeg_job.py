"""Recompressing JPEG files as jobs of the sandbox: strangers' bytes go in, or what was made of them."""

from __future__ import annotations

import os
from typing import Any

from hubbub.media.adapters.jpeg_recoder import RESTORE, SHRINK
from hubbub.media.adapters.sandbox.job import Call, job
from hubbub.native import restore_jpeg, shrink_jpeg


@job(SHRINK)
def shrink(call: Call) -> None:
    """Write the smaller form of the JPEG file in the input."""
    _write(call.outputs[0], shrink_jpeg(_read(call.inputs[0])))


@job(RESTORE)
def restore(call: Call) -> None:
    """Write the file, of as many bytes as the arguments say, whose smaller form the input is."""
    size_bytes: Any = call.arguments
    _write(call.outputs[0], restore_jpeg(_read(call.inputs[0]), size_bytes))


def _read(given: int) -> bytes:
    return os.pread(given, os.fstat(given).st_size, 0)


def _write(output: int, content: bytes) -> None:
    """Write all of `content`, which the system may take in parts."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(output, rest) :]
