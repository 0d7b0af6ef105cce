"""Rendering a picture as a job of the sandbox, beside that of `picture_job`, which makes the decoders ready."""

from __future__ import annotations

import os
from typing import Any

from hubbub.media.adapters import picture_job  # noqa: F401 - it imports what decoders need, ahead of the fork
from hubbub.media.adapters.picture_renderer import RENDER
from hubbub.media.adapters.picture_rendering import render
from hubbub.media.adapters.sandbox.job import Call, job
from hubbub.media.domain.rendition import Rendition


@job(RENDER)
def _render(call: Call) -> dict[str, Any]:
    """Render what the argument names of the mezzanine in the input, to the output."""
    (mezzanine,), (output,) = call.inputs, call.outputs
    made = render(os.pread(mezzanine, os.fstat(mezzanine).st_size, 0), Rendition.from_name(call.arguments))
    rest = memoryview(made.content)
    while rest:
        rest = rest[os.write(output, rest) :]
    return {"output": made.output.value, "width": made.width, "height": made.height}
