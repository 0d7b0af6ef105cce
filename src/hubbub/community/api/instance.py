"""What anyone may know of this installation."""

from __future__ import annotations

import msgspec
from litestar.handlers import HTTPRouteHandler

from hubbub import __version__
from hubbub.community.api.endpoint import endpoint
from hubbub.community.config import Registration
from hubbub.community.domain import limits
from hubbub.community.service.community import Community


class InstanceLimits(msgspec.Struct, kw_only=True):
    """Sizes that a client checks before it sends."""

    upload_bytes: int
    """Largest file, in bytes."""
    upload_total_bytes: int
    """Largest request with files, in bytes."""
    attachments: int
    """Files of one message."""
    message_length: int
    """Characters of one message."""
    avatar_bytes: int
    emoji_bytes: int


class InstanceFeatures(msgspec.Struct, kw_only=True):
    """What not every installation has."""

    voice: bool
    """Whether voice channels can be joined."""


class Instance(msgspec.Struct, kw_only=True):
    """This installation as a sign-up page shows it."""

    name: str
    version: str
    registration: Registration
    limits: InstanceLimits
    features: InstanceFeatures


class InstanceFace:
    """Routes about the installation."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`'s settings, and what runs beside it."""
        self._config = community.config
        self._voice_states = community.voice_states

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        return [endpoint("GET", "/instance", self.get_instance, auth="none")]

    async def get_instance(self) -> Instance:
        """Return name, version, sign-up policy, limits and features of this installation."""
        return Instance(
            name=self._config.name,
            version=__version__,
            registration=self._config.registration,
            limits=InstanceLimits(
                upload_bytes=self._config.upload_bytes_max,
                upload_total_bytes=self._config.upload_bytes_total_max,
                attachments=limits.ATTACHMENTS_MAX,
                message_length=limits.MESSAGE_LENGTH_MAX,
                avatar_bytes=limits.IMAGE_BYTES_MAX,
                emoji_bytes=limits.EMOJI_BYTES_MAX,
            ),
            features=InstanceFeatures(voice=self._voice_states.are_available),
        )
