"""Rendering pictures as a worker of the sandbox, beside that of `picture_job`, which makes the decoders ready."""

from __future__ import annotations

from typing import Any

from hubbub.media.adapters import picture_job  # noqa: F401 - it imports what decoders need, ahead of the fork
from hubbub.media.adapters.picture_renderer import RENDER
from hubbub.media.adapters.picture_rendering import render
from hubbub.media.adapters.sandbox.job import Call, job
from hubbub.media.adapters.sandbox.working import work
from hubbub.media.domain.rendition import Rendition


@job(RENDER)
def _serve(call: Call) -> None:
    """Render one mezzanine after another."""
    work(call, _render)


def _render(name: Any, mezzanine: bytes) -> tuple[dict[str, Any], bytes]:
    made = render(mezzanine, Rendition.from_name(name))
    return {"output": made.output.value, "width": made.width, "height": made.height}, made.content
