"""What an access token permits: LiveKit's `video` grant and the claims beside it.

Source: livekit/protocol, auth/grants.go: names of claims, defaults, and how sources limit publishing.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hubbub.voice.domain.permission import Permission, Source


class Kind(StrEnum):
    """What a participant is."""

    STANDARD = "standard"
    INGRESS = "ingress"
    EGRESS = "egress"
    SIP = "sip"
    AGENT = "agent"
    CONNECTOR = "connector"
    BRIDGE = "bridge"


class VideoGrant(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What the holder may do; the three-valued ones are None when the token does not say."""

    room_create: bool = False
    room_list: bool = False
    room_record: bool = False
    room_admin: bool = False
    room_join: bool = False
    room: str = ""
    can_publish: bool | None = None
    can_subscribe: bool | None = None
    can_publish_data: bool | None = None
    can_publish_sources: tuple[str, ...] = ()
    can_update_own_metadata: bool | None = None
    can_subscribe_metrics: bool | None = None
    can_manage_agent_session: bool | None = None
    ingress_admin: bool = False
    hidden: bool = False
    recorder: bool = False
    agent: bool = False
    destination_room: str = ""

    def permission(self) -> Permission:
        """Return what the holder may do inside the room: publish and subscribe unless the token says otherwise."""
        publishes = self.can_publish is not False
        return Permission(
            can_publish=publishes,
            can_subscribe=self.can_subscribe is not False,
            can_publish_data=publishes if self.can_publish_data is None else self.can_publish_data,
            can_publish_sources=frozenset(
                Source(name) for name in self.can_publish_sources if name in Source.__members__.values()
            ),
            can_update_metadata=self.can_update_own_metadata is True,
            can_subscribe_metrics=self.can_subscribe_metrics is True,
            hidden=self.hidden,
            recorder=self.recorder,
            agent=self.agent,
        )

    def with_permission(self, permission: Permission) -> VideoGrant:
        """Return the grant that a refreshed token carries after `permission` was changed."""
        return msgspec.structs.replace(
            self,
            can_publish=permission.can_publish,
            can_subscribe=permission.can_subscribe,
            can_publish_data=permission.can_publish_data,
            can_publish_sources=tuple(sorted(permission.can_publish_sources)),
            can_update_own_metadata=permission.can_update_metadata,
            can_subscribe_metrics=permission.can_subscribe_metrics,
            hidden=permission.hidden,
        )


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Everything that a token says beside its signature and times."""

    identity: str = ""
    """Of the participant; travels as the JWT's subject."""
    name: str = ""
    kind: str = ""
    kind_details: tuple[str, ...] = ()
    video: VideoGrant = VideoGrant()
    metadata: str = ""
    attributes: dict[str, str] = {}
    sha256: str = ""
    """Base64 of the SHA-256 of a message that the token vouches for, as webhooks use it."""
    room_preset: str = ""
    room_config: dict[str, object] = {}
    """How the room is made when this participant is the first: RoomConfiguration in its JSON form."""
