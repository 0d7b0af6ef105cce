"""What makes an asset ready."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from hubbub.media.adapters import asset_statements
from hubbub.media.domain.asset import Asset
from hubbub.media.domain.kinds import Format, Kind
from hubbub.media.domain.perceptual import Fingerprint
from hubbub.storage.records.port import Op


class Facts(NamedTuple):
    """What was found out about a file beyond its format."""

    kind: Kind | None = None
    """None for what the format is for."""
    content_type: str = ""
    """What is handed out; empty for what the format says."""
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    frames: int = 0
    alpha: bool = False
    thumbhash: bytes | None = None


_NOTHING = Facts()

Screen = Callable[[Asset, Fingerprint | None], Awaitable[list[Op]]]
"""Returns what belongs behind `ready` for a file of which a still was seen: what it is recognised by, and whether it is
kept back. The asset has its kind already."""


async def unscreened(asset: Asset, fingerprint: Fingerprint | None) -> list[Op]:  # noqa: ARG001 - a `Screen`
    """Keep nothing back."""
    return []


def ready(asset: Asset, format_: Format, facts: Facts = _NOTHING) -> Op:
    """Return what makes an asset ready; expects that it is there and was not ready before."""
    params: dict[str, object] = {
        "asset_id": asset.id,
        "new_kind": (facts.kind or format_.kind).value,
        "new_format": format_.name,
        "new_content_type": facts.content_type or format_.served_as,
        "new_width": facts.width,
        "new_height": facts.height,
        "new_duration_ms": facts.duration_ms,
        "new_frames": facts.frames,
        "new_alpha": facts.alpha,
        "new_thumbhash": facts.thumbhash,
    }
    return Op(asset_statements.READY, params, expect=1)
