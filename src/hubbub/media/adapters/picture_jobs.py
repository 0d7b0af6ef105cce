"""The jobs of the sandbox that decode pictures: ``picture.inspect`` and ``picture.render``.

The zygote imports this module, and with it every decoder, before it forks: a child can open nothing by name.
`picture_decoder.py` asks for the jobs, and turns what they say back into types.
"""

from __future__ import annotations

import os
from typing import Any

import pillow_heif
from PIL import Image

from hubbub.media.adapters import vips
from hubbub.media.adapters.picture_inspection import inspect
from hubbub.media.adapters.picture_rendering import render
from hubbub.media.adapters.sandbox.job import Call, job
from hubbub.media.domain.budget import Budget
from hubbub.media.domain.rendition import Rendition
from hubbub.media.errors import MediaError

vips.configure()
Image.init()
pillow_heif.options.DECODE_THREADS = 1


@job("picture.inspect")
def _inspect(call: Call) -> dict[str, Any]:
    try:
        found = inspect(_read(call.inputs[0]), Budget(**call.arguments))
    except MediaError as error:
        return {"refused": error.code, "sentence": error.sentence}
    told = []
    for mezzanine, output in zip(found.mezzanines, call.outputs, strict=False):
        _write(output, mezzanine.content)
        told.append([mezzanine.name, mezzanine.content_type, mezzanine.width, mezzanine.height])
    return {**found._asdict(), "format": found.format.name, "mezzanines": told}


@job("picture.render")
def _render(call: Call) -> dict[str, Any]:
    try:
        made = render(_read(call.inputs[0]), Rendition.from_name(call.arguments))
    except MediaError as error:
        return {"refused": error.code, "sentence": error.sentence}
    _write(call.outputs[0], made.content)
    return {"output": made.output.value, "width": made.width, "height": made.height}


def _read(descriptor: int) -> bytes:
    size, parts, position = os.fstat(descriptor).st_size, [], 0
    while position < size and (part := os.pread(descriptor, size - position, position)):
        parts.append(part)
        position += len(part)
    return b"".join(parts)


def _write(descriptor: int, content: bytes) -> None:
    position = 0
    while position < len(content):
        position += os.pwrite(descriptor, content[position:], position)
