"""JPEG files are made smaller, and back, in the sandbox: the server's side."""

from __future__ import annotations

from typing import Final

from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.sandbox.sandbox import Result, Sandbox
from hubbub.media.errors import SandboxJobFailed, SandboxUnavailable

JPEG_JOBS: Final = "hubbub.media.adapters.jpeg_job"
"""The module that a zygote imports to know the two jobs."""
SHRINK: Final = "jpeg.shrink"
RESTORE: Final = "jpeg.restore"
FILE_BYTES_MAX: Final = 128 << 20
"""Larger files stay as they are, as in `crates/jpeg`."""
_LIMITS: Final = Limits(cpu_s=60, wall_s=180.0, memory_bytes=1 << 30, output_bytes=FILE_BYTES_MAX)
"""A megabyte takes a sixth of a second, and a pixel some four bytes: a file of 100 megapixels fits."""
_NO_CORE: Final = "CoreMissing"


class JpegRecoder:
    """Recompresses in a sandbox that knows `JPEG_JOBS`."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Use `sandbox`, which is the caller's to start and stop."""
        self._sandbox = sandbox

    async def shrink(self, jpeg: int) -> Result:
        """Return the smaller form of the file behind the descriptor `jpeg`, as the result's one output; close it.

        Raises:
            SandboxJobFailed: The file cannot be recompressed.
            SandboxError: As for `Sandbox.run`.
        """
        return await self._run(SHRINK, None, jpeg)

    async def restore(self, small: int, size_bytes: int) -> Result:
        """Return the file of `size_bytes` whose smaller form is behind `small`; errors as for `shrink`."""
        return await self._run(RESTORE, size_bytes, small)

    async def _run(self, job: str, arguments: int | None, given: int) -> Result:
        try:
            return await self._sandbox.run(job, arguments, inputs=(given,), outputs=1, limits=_LIMITS)
        except SandboxJobFailed as failed:
            if failed.kind == _NO_CORE:
                raise SandboxUnavailable from failed
            raise
