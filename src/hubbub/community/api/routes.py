"""Every REST route of the community, in the order in which the reference lists them."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from hubbub.community.api.instance import InstanceFace
from hubbub.community.service.community import Community


def route_handlers(community: Community) -> list[HTTPRouteHandler]:
    """Return the handlers of every route, relative to /api/v10."""
    return [
        *InstanceFace(community).routes(),
    ]
