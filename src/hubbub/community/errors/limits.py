"""Bounds that were reached: of a rate, or of how many of a thing there may be."""

from __future__ import annotations

from hubbub.kernel.errors import FieldProblem, HubbubError


class RateLimited(HubbubError):
    """A bucket is empty; `retry_after_s` says when it fills again."""

    code = "rate_limited"
    status = 429
    default_sentence = "You are being rate limited."


class SlowMode(RateLimited):
    """The channel's slow mode asks the author to wait."""

    code = "rate_limited.slow_mode"
    json_code = 20016
    default_sentence = "This channel is in slow mode. Wait before you send again."


class LimitReached(HubbubError):
    """A documented maximum number of things exists already."""

    code = "limit.reached"
    status = 400
    default_sentence = "The maximum number is reached."


class TooManyApplications(LimitReached):
    """The person owns as many applications as allowed."""

    code = "limit.applications"
    default_sentence = "Maximum number of applications reached (50)"


class TooManyChannels(LimitReached):
    """The guild has as many channels as allowed."""

    code = "limit.channels"
    json_code = 30013
    default_sentence = "Maximum number of guild channels reached (500)"


class TooManyCommands(LimitReached):
    """The application has as many commands as allowed."""

    code = "limit.commands"
    json_code = 30032
    default_sentence = "Maximum number of application commands reached (100)"


class TooManyEmojis(LimitReached):
    """The guild has as many emojis as allowed."""

    code = "limit.emojis"
    json_code = 30008
    default_sentence = "Maximum number of emojis reached (200)"


class TooManyGuilds(LimitReached):
    """The user is in as many guilds as allowed."""

    code = "limit.guilds"
    json_code = 30001
    default_sentence = "Maximum number of guilds reached (200)"


class TooManyInvites(LimitReached):
    """The guild has as many invites as allowed."""

    code = "limit.invites"
    json_code = 30016
    default_sentence = "Maximum number of invites reached (1000)"


class TooManyOverwrites(LimitReached):
    """The channel has as many overwrites as allowed."""

    code = "limit.overwrites"
    json_code = 30060
    default_sentence = "Maximum number of channel permission overwrites reached (1000)"


class TooManyPins(LimitReached):
    """The channel has as many pins as allowed."""

    code = "limit.pins"
    json_code = 30003
    default_sentence = "Maximum number of pins reached for the channel (250)"


class TooManyReactions(LimitReached):
    """The message has as many different reactions as allowed."""

    code = "limit.reactions"
    json_code = 30010
    default_sentence = "Maximum number of reactions reached (20)"


class TooManyRoles(LimitReached):
    """The guild has as many roles as allowed."""

    code = "limit.roles"
    json_code = 30005
    default_sentence = "Maximum number of guild roles reached (250)"


class GuildStorageFull(LimitReached):
    """The files of a guild would have more bytes together than they may."""

    code = "limit.guild_storage"
    status = 413
    json_code = 40005
    default_sentence = "There is no room for this file in this guild. Remove some first."

    def __init__(self, field: str, bytes_max: int) -> None:
        """Make the error.

        Args:
            field: The request's that brought the file.
            bytes_max: What the guild's files may have together.
        """
        sentence = f"The files of this guild may have {bytes_max:,} bytes together. Remove some first."
        super().__init__(sentence, fields=[FieldProblem(field, "GUILD_STORAGE_FULL", sentence)])
