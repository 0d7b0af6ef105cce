"""What clients send, parsed and checked once at the edge.

Source: Discord Gateway v10, "Send Events". Libraries differ in details that we accept: ids as strings or integers,
`since` as a float, flags as 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hubbub.gateway.domain.protocol import CloseCode, Opcode

NONCE_BYTES_MAX = 32
"""A longer nonce is ignored, as documented."""
USER_IDS_MAX = 100
"""Users that one request may name; more are cut."""
QUERY_LIMIT_MAX = 100
"""Members that a request by prefix returns at most."""
_SNOWFLAKE_MAX = (1 << 63) - 1
_ACTIVITIES_MAX = 5
_TEXT_MAX = 128
_URL_MAX = 512
_ACTIVITY_TYPES = range(6)
_STATUSES = frozenset({"online", "dnd", "idle", "invisible", "offline"})


class Refused(Exception):
    """The payload closes the connection with `code`; `args[0]` is the reason, a sentence."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        """Refuse with `code`; `reason` tells the developer what to change, in at most 123 bytes."""
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Payload(msgspec.Struct):
    """The envelope."""

    op: int
    d: msgspec.Raw = msgspec.Raw(b"null")


class ActivityEmoji(msgspec.Struct, omit_defaults=True):
    """Emoji of a custom status."""

    name: str
    id: str | int | None = None
    animated: bool = False


class Activity(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What someone does. Fields beyond these are dropped."""

    name: Annotated[str, Meta(max_length=_TEXT_MAX)]
    type: int
    url: Annotated[str, Meta(max_length=_URL_MAX)] | None = None
    state: Annotated[str, Meta(max_length=_TEXT_MAX)] | None = None
    details: Annotated[str, Meta(max_length=_TEXT_MAX)] | None = None
    emoji: ActivityEmoji | None = None
    created_at: int | None = None
    """Unix milliseconds; set by the gateway."""


class PresenceUpdate(msgspec.Struct):
    """Presence as a client sets it (op 3, or inside IDENTIFY)."""

    status: str | None
    """None is online: discord.py sends it when a program names activities alone."""
    activities: list[Activity] | None = None
    game: Activity | None = None
    """The older form of `activities`, which discord.py and hikari still send in IDENTIFY."""
    since: float | None = None
    afk: bool | int = False


class IdentifyProperties(msgspec.Struct):
    """What the client runs on; only the platform of a presence is read from it."""

    os: str = ""
    browser: str = ""
    device: str = ""


class Identify(msgspec.Struct):
    """Op 2."""

    token: str
    intents: int | None = None
    properties: IdentifyProperties = msgspec.field(default_factory=IdentifyProperties)
    large_threshold: int | None = None
    shard: tuple[int, int] | None = None
    presence: PresenceUpdate | None = None


class Resume(msgspec.Struct):
    """Op 6."""

    token: str
    session_id: str
    seq: int


class RequestMembers(msgspec.Struct):
    """Op 8, with ids as integers. `user_ids` is None for a request by prefix."""

    guild_id: int
    query: str
    limit: int
    presences: bool
    user_ids: tuple[int, ...] | None
    not_ids: tuple[str | int, ...]
    """What was sent as a user id and cannot be one."""
    nonce: str | None


class VoiceStateUpdate(msgspec.Struct):
    """Op 4, with ids as integers; `channel_id` None leaves."""

    guild_id: int
    channel_id: int | None
    self_mute: bool
    self_deaf: bool
    self_video: bool = False
    self_stream: bool = False


class _RequestMembersForm(msgspec.Struct):
    guild_id: int | str
    query: str | None = None
    limit: int | None = None
    presences: bool | int | None = False
    user_ids: int | str | list[int | str] | None = None
    nonce: str | int | None = None


class _VoiceForm(msgspec.Struct):
    guild_id: int | str
    channel_id: int | str | None = None
    self_mute: bool | int = False
    self_deaf: bool | int = False
    self_video: bool | int = False
    self_stream: bool | int = False


Command = Identify | Resume | RequestMembers | VoiceStateUpdate | PresenceUpdate
"""A parsed payload other than a heartbeat."""

_payload = msgspec.json.Decoder(Payload)
_identify = msgspec.json.Decoder(Identify)
_resume = msgspec.json.Decoder(Resume)
_presence = msgspec.json.Decoder(PresenceUpdate)
_request_members = msgspec.json.Decoder(_RequestMembersForm)
_voice = msgspec.json.Decoder(_VoiceForm)
_sequence = msgspec.json.Decoder(int | None)


def parse_payload(data: bytes) -> Payload:
    """Return the envelope of `data`.

    Raises:
        Refused: Not a JSON object with an integer `op`.
    """
    try:
        return _payload.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise Refused(CloseCode.DECODE_ERROR, _reason("payload", problem)) from None


def parse_sequence(d: msgspec.Raw) -> int | None:
    """Return the last sequence number that a heartbeat names, None for none.

    Raises:
        Refused: Neither an integer nor null.
    """
    try:
        sequence: int | None = _sequence.decode(d)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise Refused(CloseCode.DECODE_ERROR, _reason("heartbeat", problem)) from None
    return sequence


def parse_command(op: int, d: msgspec.Raw) -> Command:
    """Return the command of a payload.

    Raises:
        Refused: An opcode that clients do not send (4001), or a body that it does not allow.
    """
    try:
        match op:
            case Opcode.IDENTIFY:
                return _checked_identify(_identify.decode(d))
            case Opcode.RESUME:
                return _resume.decode(d)
            case Opcode.PRESENCE_UPDATE:
                return _checked_presence(_presence.decode(d))
            case Opcode.REQUEST_GUILD_MEMBERS:
                return _checked_request(_request_members.decode(d))
            case Opcode.VOICE_STATE_UPDATE:
                return _checked_voice(_voice.decode(d))
            case _:
                raise Refused(CloseCode.UNKNOWN_OPCODE, f"Opcode {op} is not one that clients send."[:120])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise Refused(CloseCode.DECODE_ERROR, _reason(f"opcode {op}", problem)) from None


def snowflake(value: int | str) -> int | None:
    """Return `value` as an id, or None when it cannot be one."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 20):  # noqa: PLR2004 - digits of a 64-bit number
            return None
        value = int(value)
    return value if 0 <= value <= _SNOWFLAKE_MAX else None


def _checked_identify(identify: Identify) -> Identify:
    if identify.shard is not None:
        index, count = identify.shard
        if not (count >= 1 and 0 <= index < count):
            raise Refused(CloseCode.INVALID_SHARD, "shard must be [index, count] with 0 <= index < count.")
    if identify.presence is not None:
        _checked_presence(identify.presence)
    return identify


def _checked_presence(presence: PresenceUpdate) -> PresenceUpdate:
    presence.status = presence.status or "online"
    if presence.activities is None and presence.game is not None:
        presence.activities = [presence.game]
    if presence.status not in _STATUSES:
        raise Refused(CloseCode.DECODE_ERROR, "status must be online, idle, dnd, invisible or offline.")
    for activity in presence.activities or ():
        if activity.type not in _ACTIVITY_TYPES:
            raise Refused(CloseCode.DECODE_ERROR, "An activity's type must be 0 to 5.")
    if presence.activities is not None:
        del presence.activities[_ACTIVITIES_MAX:]
    return presence


def _checked_request(form: _RequestMembersForm) -> RequestMembers:
    if form.query is None and form.user_ids is None:
        raise Refused(CloseCode.DECODE_ERROR, "A request for members names query or user_ids.")
    if form.query is not None and form.user_ids is None and form.limit is None:
        raise Refused(CloseCode.DECODE_ERROR, "A request for members by query names its limit.")
    known, unknown = (None, ()) if form.user_ids is None else _split_ids(form.user_ids)
    nonce = None if form.nonce is None else str(form.nonce)
    if nonce is not None and len(nonce.encode(errors="replace")) > NONCE_BYTES_MAX:
        nonce = None
    return RequestMembers(
        guild_id=_required(form.guild_id, "guild_id"),
        query=form.query or "",
        limit=max(form.limit or 0, 0),
        presences=bool(form.presences),
        user_ids=known,
        not_ids=unknown,
        nonce=nonce,
    )


def _split_ids(ids: int | str | Sequence[int | str]) -> tuple[tuple[int, ...], tuple[str | int, ...]]:
    sent = (ids,) if isinstance(ids, int | str) else tuple(ids[:USER_IDS_MAX])
    known = {parsed: None for each in sent if (parsed := snowflake(each)) is not None}
    return tuple(known), tuple(each for each in sent if snowflake(each) is None)


def _checked_voice(form: _VoiceForm) -> VoiceStateUpdate:
    return VoiceStateUpdate(
        guild_id=_required(form.guild_id, "guild_id"),
        channel_id=None if form.channel_id is None else _required(form.channel_id, "channel_id"),
        self_mute=bool(form.self_mute),
        self_deaf=bool(form.self_deaf),
        self_video=bool(form.self_video),
        self_stream=bool(form.self_stream),
    )


def _required(value: int | str, name: str) -> int:
    parsed = snowflake(value)
    if parsed is None:
        raise Refused(CloseCode.DECODE_ERROR, f"{name} is not a snowflake.")
    return parsed


def _reason(what: str, problem: Exception) -> str:
    """Name the place at fault; a close reason has room for 123 bytes."""
    text = f"{what}: {problem}".encode("ascii", errors="replace")[:120]
    return text.decode("ascii")
