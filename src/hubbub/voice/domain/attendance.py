"""Who is in a guild's voice channel, and what follows from the community's permissions for its call. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from hubbub.events.contracts import objects
from hubbub.voice.domain.grant import Claims, VideoGrant
from hubbub.voice.domain.permission import Permission, Source

SESSION_GRACE_S = 30.0
"""Seconds that a call outlives its gateway session, so that a client that identifies anew can take it up."""
_PICTURES = frozenset({Source.CAMERA, Source.SCREEN_SHARE, Source.SCREEN_SHARE_AUDIO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the community lets a user do in one voice channel at the moment."""

    guild_id: int
    channel_id: int
    user_id: int
    is_stage: bool
    """Whether people come as an audience, and speak once they are let."""
    user_limit: int
    """Most people in the channel; zero is no limit."""
    may_connect: bool
    may_speak: bool
    may_stream: bool
    may_move: bool
    """Move others; also come into a full channel."""
    is_muted: bool
    """By the server."""
    is_deafened: bool
    """By the server."""
    is_priority: bool
    """Whether the others' clients turn themselves down while this user speaks."""
    name: str
    avatar: str | None
    is_bot: bool
    member: objects.Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client asks for."""

    guild_id: int
    channel_id: int | None
    """None leaves."""
    self_mute: bool = False
    self_deaf: bool = False
    self_video: bool = False
    self_stream: bool = False


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What outlives a graceful restart of an attendee."""

    guild_id: int
    channel_id: int
    user_id: int
    session_id: str
    self_mute: bool
    self_deaf: bool
    self_video: bool
    self_stream: bool
    is_speaker: bool
    asked_ms: int | None
    was_brought: bool


@dataclass(frozen=True, slots=True)
class Ticket:
    """With what a client connects to the room of its channel."""

    token: str
    guild_id: int


@dataclass(slots=True, kw_only=True)
class Attendee:
    """One user in one voice channel."""

    standing: Standing
    session_id: str
    """Of the gateway; who owns the call."""
    self_mute: bool = False
    self_deaf: bool = False
    self_video: bool = False
    self_stream: bool = False
    is_speaker: bool = False
    """Whether it was let speak on a stage."""
    asked_ms: int | None = None
    """Unix milliseconds since when it asks to speak on a stage."""
    was_brought: bool = False
    """Somebody who may move others put it there, so that it need not be permitted to connect."""
    sid: str = ""
    """Of its participant; empty while it is not in the room."""
    deadline_s: float | None = None
    """Monotonic seconds by which it must be in the room; None while it is."""
    session_gone_s: float | None = None
    """Monotonic seconds since when its gateway session is over."""
    told: objects.VoiceState | None = None
    """What the guild was told last."""

    @property
    def guild_id(self) -> int:
        """Return the guild's id."""
        return self.standing.guild_id

    @property
    def channel_id(self) -> int:
        """Return the channel's id."""
        return self.standing.channel_id

    @property
    def user_id(self) -> int:
        """Return the user's id."""
        return self.standing.user_id

    @property
    def is_suppressed(self) -> bool:
        """Return whether it is only to listen: on a stage until it is let speak, elsewhere without the permission."""
        return not self.is_speaker if self.standing.is_stage else not self.standing.may_speak

    def take(self, wish: Wish) -> None:
        """Take what the user does to itself."""
        self.self_mute, self.self_deaf = wish.self_mute, wish.self_deaf
        self.self_video, self.self_stream = wish.self_video, wish.self_stream

    def is_over(self, now_s: float) -> bool:
        """Return whether it did not come into the room in time, or its gateway session is gone for too long."""
        late = self.deadline_s is not None and now_s >= self.deadline_s
        gone = self.session_gone_s is not None and now_s - self.session_gone_s >= SESSION_GRACE_S
        return late or gone

    def permission(self) -> Permission:
        """Return what it may do in the room."""
        standing, sources = self.standing, set[Source]()
        if not self.is_suppressed:
            if not standing.is_muted and (standing.may_speak or standing.is_stage):
                sources.add(Source.MICROPHONE)
            if standing.may_stream:
                sources |= _PICTURES
        return Permission(
            can_publish=bool(sources),
            can_subscribe=not standing.is_deafened,
            can_publish_data=not self.is_suppressed,
            can_publish_sources=frozenset(sources),
        )

    def claims(self) -> Claims:
        """Return what its access token says."""
        standing = self.standing
        about = {"user_id": str(self.user_id), "avatar": standing.avatar, "bot": standing.is_bot}
        grant = VideoGrant(room=room_name(self.channel_id), room_join=True).with_permission(self.permission())
        return Claims(
            identity=str(self.user_id),
            name=standing.name,
            metadata=msgspec.json.encode(about).decode(),
            attributes={"priority_speaker": "true"} if standing.is_priority else {},
            video=grant,
        )

    def state(self, *, gone: bool = False) -> objects.VoiceState:
        """Return its voice state; that of one who is `gone` is in no channel and asks for nothing."""
        standing, asked_ms = self.standing, None if gone else self.asked_ms
        return objects.VoiceState(
            guild_id=str(self.guild_id),
            channel_id=None if gone else str(self.channel_id),
            user_id=str(self.user_id),
            member=standing.member,
            session_id=self.session_id,
            mute=standing.is_muted,
            deaf=standing.is_deafened,
            self_mute=self.self_mute,
            self_deaf=self.self_deaf,
            self_video=self.self_video,
            self_stream=self.self_stream,
            suppress=self.is_suppressed,
            request_to_speak_timestamp=None if asked_ms is None else _timestamp(asked_ms),
        )


def _timestamp(unix_ms: int) -> str:
    """Return a moment as clients read it."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="microseconds")


def room_name(channel_id: int) -> str:
    """Return the name of a channel's room."""
    return str(channel_id)
