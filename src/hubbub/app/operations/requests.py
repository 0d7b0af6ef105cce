"""What may be asked, and what is answered."""

from __future__ import annotations

from typing import Literal

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="operation", forbid_unknown_fields=True):
    """Base of all requests; the tag names the operation."""


class Status(Request, frozen=True, kw_only=True, tag="status"):
    """Whether a server runs, and how it is."""


class ListUsers(Request, frozen=True, kw_only=True, tag="user.list"):
    """All accounts of people and bots, oldest first."""

    query: str = ""
    """Part of the username; empty lists everyone."""
    limit: int = 100


class CreateUser(Request, frozen=True, kw_only=True, tag="user.create"):
    """Make an account; without a password, a link lets its owner choose one."""

    username: str
    password: str | None = None
    administrator: bool = False


class ResetPassword(Request, frozen=True, kw_only=True, tag="user.reset-password"):
    """Make a link with which the account's owner chooses a new password."""

    username: str


class SetAdministrator(Request, frozen=True, kw_only=True, tag="user.set-administrator"):
    """Let an account run this installation, or no longer."""

    username: str
    administrator: bool


class SetDisabled(Request, frozen=True, kw_only=True, tag="user.set-disabled"):
    """Shut an account out and end its sessions, or let it in again."""

    username: str
    disabled: bool


class ListGuilds(Request, frozen=True, kw_only=True, tag="guild.list"):
    """All guilds, oldest first."""

    limit: int = 100


class DeleteGuild(Request, frozen=True, kw_only=True, tag="guild.delete"):
    """Delete a guild with everything in it."""

    guild_id: int


class TransferGuild(Request, frozen=True, kw_only=True, tag="guild.transfer"):
    """Give a guild to another of its members, as when its owner is gone for good."""

    guild_id: int
    username: str


class ListRoles(Request, frozen=True, kw_only=True, tag="role.list"):
    """The roles of one guild, highest first."""

    guild_id: int


class SetRole(Request, frozen=True, kw_only=True, tag="role.set"):
    """Give a member a role of the guild, or take it."""

    guild_id: int
    role: str
    """Its name or its id."""
    username: str
    has: bool


class CreateBot(Request, frozen=True, kw_only=True, tag="bot.create"):
    """Make a bot application and its token, and bring it into a guild."""

    name: str
    guild_id: int | None = None
    """The guild to join; None makes one."""


class CreateKey(Request, frozen=True, kw_only=True, tag="key.create"):
    """Make an API key."""

    name: str = ""
    """What it is for."""
    opens: Literal["voice", "media"] = "voice"
    """The engine that takes it."""


class ListKeys(Request, frozen=True, kw_only=True, tag="key.list"):
    """The API keys that were given out, oldest first, without their secrets."""


class RevokeKey(Request, frozen=True, kw_only=True, tag="key.revoke"):
    """Make an API key good for nothing, and end the calls of those who came with it; what was uploaded stays."""

    key: str


class ListCalls(Request, frozen=True, kw_only=True, tag="call.list"):
    """Calls, the newest first."""

    query: str = ""
    """Part of a person's, a channel's or a guild's name; empty lists all."""
    state: str = ""
    """``live``, ``past`` or empty for both."""
    quality: str = ""
    """``bad``, ``fair``, ``good`` or empty for any."""
    limit: int = 50


class ShowCall(Request, frozen=True, kw_only=True, tag="call.show"):
    """One call with its people and the likely cause."""

    call_id: int


class ListParked(Request, frozen=True, kw_only=True, tag="media.parked"):
    """Files on which the work was given up, the newest first."""

    limit: int = 100


class RequeueParked(Request, frozen=True, kw_only=True, tag="media.requeue"):
    """Begin the work on a file anew, as after what was wrong with the machine was mended."""

    job_id: int


class DropParked(Request, frozen=True, kw_only=True, tag="media.drop"):
    """Forget that the work on a file was given up; the file stays as it is."""

    job_id: int


class CollectMedia(Request, frozen=True, kw_only=True, tag="media.collect"):
    """Remove what nobody needs: overdue uploads, files without a reference, objects that no row names."""

    dry_run: bool = True
    """Whether it is only counted."""


class CoolMedia(Request, frozen=True, kw_only=True, tag="media.cold"):
    """Keep what nobody asks for in less room, as servers do by themselves, a little at a time."""

    dry_run: bool = True
    """Whether it is only counted."""


class ShowUsage(Request, frozen=True, kw_only=True, tag="media.usage"):
    """What files take: originals by kind, what was made of them, and whose most of it is."""

    owners: int = 10
    """Most owners, and most guilds, to tell of."""


class ReportMedia(Request, frozen=True, kw_only=True, tag="media.report"):
    """What is kept of files, what is being done about them, how deliveries were answered, and what it costs."""


class RotateSigningKey(Request, frozen=True, kw_only=True, tag="media.rotate-key"):
    """Make a new key for addresses of files, which servers sign with from their next start on."""


class ListedHash(msgspec.Struct, frozen=True):
    """A picture that is not wanted."""

    hash: str
    """Its PDQ hash in hexadecimal, or the number of a file that is kept here."""
    label: str = ""
    action: str = "block"


class AddMatches(Request, frozen=True, kw_only=True, tag="media.match.add"):
    """Add hashes of pictures that are not wanted; all files are compared with them, beside other work."""

    entries: list[ListedHash]


class RemoveMatch(Request, frozen=True, kw_only=True, tag="media.match.remove"):
    """Remove a hash; what was kept back because of it stays so until somebody decides."""

    hash: str


class ListMatches(Request, frozen=True, kw_only=True, tag="media.match.list"):
    """Hashes of pictures that are not wanted, the newest first."""

    query: str = ""
    """Part of the label, or a whole hash; empty lists all."""
    limit: int = 100


class CompareAnew(Request, frozen=True, kw_only=True, tag="media.match.rescan"):
    """Compare every file with the list anew, as after `media.match_distance_max` was raised."""


class ListQuarantine(Request, frozen=True, kw_only=True, tag="media.quarantine.list"):
    """Files that are kept back, the newest first."""

    decided: bool = False
    """Whether those about which somebody decided are listed instead."""
    limit: int = 50


class DecideCase(Request, frozen=True, kw_only=True, tag="media.quarantine.decide"):
    """Let a file through that is kept back, or remove its bytes."""

    case_id: int
    delete: bool
    by: str = "command line"


class FillDemo(Request, frozen=True, kw_only=True, tag="demo"):
    """Fill the server with believable guilds, people and conversations; doing it again changes nothing."""

    seed: int = 1


class EnterDemo(Request, frozen=True, kw_only=True, tag="demo.enter"):
    """Sign some of the demonstration's people in, so that they can be online."""


AnyRequest = (
    Status
    | ListUsers
    | CreateUser
    | ResetPassword
    | SetAdministrator
    | SetDisabled
    | ListGuilds
    | DeleteGuild
    | TransferGuild
    | ListRoles
    | SetRole
    | CreateBot
    | CreateKey
    | ListKeys
    | RevokeKey
    | ListCalls
    | ShowCall
    | ListParked
    | RequeueParked
    | DropParked
    | CollectMedia
    | CoolMedia
    | RotateSigningKey
    | ShowUsage
    | ReportMedia
    | AddMatches
    | RemoveMatch
    | ListMatches
    | CompareAnew
    | ListQuarantine
    | DecideCase
    | FillDemo
    | EnterDemo
)
"""Every request there is."""


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far a long operation is."""

    done: int
    total: int
    label: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The operation's facts."""

    facts: dict[str, object]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Why nothing was done."""

    code: str
    sentence: str
    fields: list[tuple[str, str]] = []
    """Each field at fault and its sentence."""


Answer = Progress | Done | Failed
"""What a server sends back: any number of `Progress`, then one of the others."""
