"""The native core: what is done per packet, in Rust, behind typed Python.

It is imported when it is first needed, so that everything else works where it was not built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.kernel.telemetry import logger
from hubbub.native import building

if TYPE_CHECKING:
    from hubbub.native._native import Edge

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
        sentence = f"The native core is not built, or not for this machine ({problem}). Run: {REMEDY}"
        raise CoreMissing(sentence) from problem
    if building.state() == "stale":
        _log.warning("native.stale", reason="The native core was built from other sources than these.", remedy=REMEDY)
    return Edge.start(settings)
