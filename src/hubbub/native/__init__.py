"""The native core: what is done per packet, the sandbox, and JPEG files, in Rust behind typed Python.

It is imported when it is first needed, so that everything else works where it was not built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.kernel.telemetry import logger
from hubbub.native import building

if TYPE_CHECKING:
    from hubbub.native._native import Edge, Sandbox

REMEDY = "scripts/setup native"
"""The command that builds the core in a checkout."""
_log = logger(__name__)


class CoreMissing(ImportError):
    """The native core was not built, or not for this machine; the sentence names the command that does it."""


def start_edge(settings: bytes) -> Edge:
    """Start the sockets and threads that move media; see `Edge.start`.

    Raises:
        CoreMissing: There is no core.
        ValueError: A setting is unknown or makes no sense.
        OSError: An address cannot be had.
    """
    try:
        from hubbub.native._native import Edge
    except ImportError as problem:
        raise _missing(problem) from problem
    if building.state() == "stale":
        _log.warning("native.stale", reason="The native core was built from other sources than these.", remedy=REMEDY)
    return Edge.start(settings)


def prepare_sandbox() -> Sandbox:
    """Compile what a sandbox needs, for all processes that will be forked from this one; see `Sandbox.prepare`.

    Raises:
        CoreMissing: There is no core, or one from before it had a sandbox.
    """
    try:
        from hubbub.native._native import Sandbox
    except ImportError as problem:
        raise _missing(problem) from problem
    return Sandbox.prepare()


def encode_jpeg(width: int, height: int, rgb: bytes, quality: int) -> bytes:
    """Return a progressive JPEG file of pixels; see the stub, and errors as for `shrink_jpeg`."""
    try:
        from hubbub.native._native import encode_jpeg
    except ImportError as problem:
        raise _missing(problem) from problem
    return encode_jpeg(width, height, rgb, quality)


def shrink_jpeg(jpeg: bytes) -> bytes:
    """Return a smaller form of a JPEG file; see the stub.

    Raises:
        CoreMissing: There is no core, or one from before it did this.
        ValueError: The file stays as it is.
    """
    try:
        from hubbub.native._native import shrink_jpeg
    except ImportError as problem:
        raise _missing(problem) from problem
    return shrink_jpeg(jpeg)


def restore_jpeg(small: bytes, most: int) -> bytes:
    """Return the JPEG file that `small` was made of; see the stub, and errors as for `shrink_jpeg`."""
    try:
        from hubbub.native._native import restore_jpeg
    except ImportError as problem:
        raise _missing(problem) from problem
    return restore_jpeg(small, most)


def _missing(problem: ImportError) -> CoreMissing:
    return CoreMissing(f"The native core is not built, or not for this machine ({problem}). Run: {REMEDY}")
