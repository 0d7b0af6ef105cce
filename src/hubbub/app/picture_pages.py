"""Avatars, icons and emojis at the addresses that Discord's clients make for them, rendered by media.

`/cdn/avatars/{user}/{hash}.png?size=128` becomes what media answers for the picture's asset with that format and size;
what is no asset is left to the community's own routes. An address names the hash of what it shows, so that copies are
good for ever.

Source: Discord API documentation, "Reference", CDN endpoints: what moves does so as GIF, and as WebP with
`?animated=true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qsl, unquote, urlencode

from litestar.enums import ScopeType

from hubbub.app.errors import FilesUnavailable
from hubbub.app.front import Pages
from hubbub.community.api.picture_files import key_in
from hubbub.community.service.files_port import FileLibrary
from hubbub.community.service.pictures import Pictures

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

_SIDES: Final = range(16, 4097)
"""Pixels that `size` may ask for."""
_STILL: Final = frozenset({"webp", "avif"})
"""Formats that stand still unless `animated` is true."""
_GOOD: Final = frozenset({200, 206, 304})
_FOR_EVER: Final = b"public, max-age=31536000, immutable"


class PicturePages:
    """Pictures of people and guilds, before everything else of `/cdn`."""

    def __init__(self, api: ASGIApp, delivery: Pages, pictures: Pictures, files: FileLibrary, public_url: str) -> None:
        """Answer from `delivery` what `pictures` finds, and let `api` answer the rest."""
        self._api = api
        self._delivery = delivery
        self._pictures = pictures
        self._files = files
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        named = (
            key_in(scope["path"]) if scope["type"] == ScopeType.HTTP and scope["method"] in {"GET", "HEAD"} else None
        )
        address = None
        if named is not None:
            address = await self._address(*named, scope["query_string"].decode("latin-1"))
        if address is None:
            await self._api(scope, receive, send)
            return
        path, _, query = address.partition("?")
        inner = {**scope, "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode()}
        await self._delivery(cast("HTTPScope", inner), receive, _lasting(send))

    async def _address(self, key: str, ending: str, query: str) -> str | None:
        try:
            picture = await self._pictures.find(key)
            address = "" if picture is None else self._files.address(picture.asset_id, picture.filename)
        except FilesUnavailable:
            return None
        if picture is None:
            return None
        address = address.removeprefix(self._public_url)
        wanted = {"format": ending} if ending else {}
        asked = dict(parse_qsl(query[:1024]))
        if ending in _STILL and asked.get("animated") != "true":
            wanted["animated"] = "false"
        size = asked.get("size", "")
        if size.isascii() and size.isdigit() and int(size[:6]) in _SIDES:
            wanted |= {"width": size, "height": size}
        return f"{address}&{urlencode(wanted)}" if wanted else address


def _lasting(send: Send) -> Send:
    """Return `send`, which tells caches that what was found stays as it is."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in _GOOD:
            kept = [(name, value) for name, value in message["headers"] if name != b"cache-control"]
            await send({**message, "headers": [*kept, (b"cache-control", _FOR_EVER)]})
            return
        await send(message)

    return sent
