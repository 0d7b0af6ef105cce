"""What makes an asset ready."""

from __future__ import annotations

from typing import NamedTuple

from hubbub.media.adapters import asset_statements
from hubbub.media.domain.asset import Asset
from hubbub.media.domain.kinds import Format, Kind
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
