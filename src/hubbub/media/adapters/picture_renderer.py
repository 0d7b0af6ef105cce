"""Renditions are made in the sandbox: the server's side, which imports no decoder."""

from __future__ import annotations

import os

import msgspec

from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.domain.picture import Rendered
from hubbub.media.domain.rendition import Output, Rendition
from hubbub.media.errors import DamagedMedia, SandboxCrashed, SandboxJobFailed

RENDER_JOBS = "hubbub.media.adapters.picture_render_job"
"""The module that a zygote imports to know `RENDER`; with it come the jobs of `picture_job`."""
RENDER = "picture.render"


class _Made(msgspec.Struct, frozen=True):
    output: Output
    width: int
    height: int


class PictureRenderer:
    """Renders pictures in a sandbox that knows `RENDER_JOBS`."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Use `sandbox`, which is the caller's to start and stop."""
        self._sandbox = sandbox

    async def render(self, mezzanine: int, rendition: Rendition, limits: Limits | None = None) -> Rendered:
        """Return `rendition` of the mezzanine behind the descriptor `mezzanine`.

        Raises:
            DamagedMedia: The bytes are no mezzanine of ours, or were damaged in storage.
            SandboxError: As for `Sandbox.run`.
        """
        try:
            result = await self._sandbox.run(RENDER, rendition.name, inputs=(mezzanine,), outputs=1, limits=limits)
        except SandboxJobFailed as failed:
            if failed.kind == DamagedMedia.__name__:
                raise DamagedMedia from failed
            raise
        with result:
            try:
                made = msgspec.convert(result.value, _Made)
            except msgspec.ValidationError as problem:
                raise SandboxCrashed(reason="it told what is no rendition") from problem
            return Rendered(result.read(), made.output, made.width, made.height)

    async def render_bytes(self, mezzanine: bytes, rendition: Rendition) -> Rendered:
        """Return `rendition` of `mezzanine`; errors are those of `render`."""
        descriptor = os.memfd_create("mezzanine")
        try:
            os.write(descriptor, mezzanine)  # into memory: all of it at once
            return await self.render(descriptor, rendition)
        finally:
            os.close(descriptor)
