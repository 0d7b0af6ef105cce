"""The routes that serve avatars, icons and emojis of old, from before pictures were assets.

A picture's address holds the hash of its bytes, so what a browser or a proxy keeps stays true. The extension in the
address is what the client asks for; the picture is served as it was stored, under its own content type.
"""

from __future__ import annotations

import re

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from hubbub.community.api.endpoint import endpoint
from hubbub.community.api.file_answer import Asked, answer_file
from hubbub.community.api.wire import Call, PathId
from hubbub.community.domain.image import sniff
from hubbub.community.errors import UnknownFile
from hubbub.community.service.community import Community
from hubbub.community.service.pictures import avatar_key, emoji_key, icon_key
from hubbub.storage.errors import ObjectMissing

_NAME = re.compile(r"((?:a_)?[0-9a-f]{32})(?:\.(?:png|jpg|jpeg|gif|webp))?")
_PATH = re.compile(
    r"/cdn/(avatars|icons|emojis)/(?:([0-9]{1,19})/)?((?:a_)?[0-9a-f]{32}|[0-9]{1,19})(?:\.(png|jpg|jpeg|gif|webp|avif))?",
    re.ASCII,
)
_HASH_LETTERS = 32
_EMOJI = re.compile(r"([0-9]{1,19})(?:\.(?:png|jpg|jpeg|gif|webp))?")


class PictureFilesFace:
    """Pictures under /cdn/avatars, /cdn/icons and /cdn/emojis."""

    def __init__(self, community: Community) -> None:
        """Serve from `community`'s objects."""
        self._objects = community.ports.objects

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes, relative to the root."""
        paths = (
            ("/cdn/avatars/{user_id:str}/{filename:str}", self.get_avatar),
            ("/cdn/icons/{guild_id:str}/{filename:str}", self.get_icon),
            ("/cdn/emojis/{filename:str}", self.get_emoji),
        )
        return [
            endpoint(
                "GET",
                path,
                handle,
                auth="none",
                unlimited=True,
                is_global=False,
                errors=(UnknownFile,),
                in_schema=False,
            )
            for path, handle in paths
        ]

    async def get_avatar(self, request: Call, user_id: PathId, filename: FromPath[str]) -> Response[bytes] | Stream:
        """Return a user's avatar."""
        return await self._answer(request, avatar_key(user_id, _named(_NAME, filename)))

    async def get_icon(self, request: Call, guild_id: PathId, filename: FromPath[str]) -> Response[bytes] | Stream:
        """Return a guild's icon."""
        return await self._answer(request, icon_key(guild_id, _named(_NAME, filename)))

    async def get_emoji(self, request: Call, filename: FromPath[str]) -> Response[bytes] | Stream:
        """Return a custom emoji."""
        return await self._answer(request, emoji_key(int(_named(_EMOJI, filename))))

    async def _answer(self, request: Call, key: str) -> Response[bytes] | Stream:
        headers = request.headers
        asked = Asked(headers.get("range"), headers.get("if-range"), headers.get("if-none-match"))
        try:
            kind = sniff(await self._objects.get(key, 0, 16))
            if kind is None:
                raise UnknownFile
            return await answer_file(self._objects, key, asked, content_type=kind[0], filename=None, inline=True)
        except ObjectMissing as error:
            raise UnknownFile from error


def _named(pattern: re.Pattern[str], filename: str) -> str:
    match = pattern.fullmatch(filename)
    if match is None:
        raise UnknownFile
    return match[1]


def key_in(path: str) -> tuple[str, str] | None:
    """Return the key of the picture that a path names, and the format that its ending asks for, empty for none."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    kind, owner, name, ending = found.groups()
    if kind == "emojis":
        return None if owner or not name.isdigit() else (emoji_key(int(name)), ending or "")
    if not owner or (name.isdigit() and len(name) < _HASH_LETTERS):
        return None
    key = avatar_key if kind == "avatars" else icon_key
    return key(int(owner), name), ending or ""
