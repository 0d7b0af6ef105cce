"""What was named does not exist, or not for the caller."""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError


class Unknown(HubbubError):
    """What was named does not exist, or not for the caller."""

    code = "unknown"
    status = 404
    default_sentence = "404: Not Found"


class UnknownApplication(Unknown):
    """No such application."""

    code = "application.unknown"
    json_code = 10002
    default_sentence = "Unknown Application"


class UnknownChannel(Unknown):
    """No such channel."""

    code = "channel.unknown"
    json_code = 10003
    default_sentence = "Unknown Channel"


class UnknownGuild(Unknown):
    """No such guild, or the caller is not a member."""

    code = "guild.unknown"
    json_code = 10004
    default_sentence = "Unknown Guild"


class UnknownInvite(Unknown):
    """No such invite, or it has expired or was used up."""

    code = "invite.unknown"
    json_code = 10006
    default_sentence = "Unknown Invite"


class UnknownMember(Unknown):
    """That user is not a member."""

    code = "member.unknown"
    json_code = 10007
    default_sentence = "Unknown Member"


class UnknownMessage(Unknown):
    """No such message in that channel."""

    code = "message.unknown"
    json_code = 10008
    default_sentence = "Unknown Message"


class UnknownOverwrite(Unknown):
    """That channel has no overwrite for that role or member."""

    code = "overwrite.unknown"
    json_code = 10009
    default_sentence = "Unknown Permission Overwrite"


class UnknownRole(Unknown):
    """No such role in that guild."""

    code = "role.unknown"
    json_code = 10011
    default_sentence = "Unknown Role"


class UnknownToken(Unknown):
    """A one-time link that does not exist, has expired or was used."""

    code = "token.unknown"
    json_code = 10012
    default_sentence = "This link has expired or was already used. Ask for a new one."


class UnknownUser(Unknown):
    """No such user."""

    code = "user.unknown"
    json_code = 10013
    default_sentence = "Unknown User"


class UnknownEmoji(Unknown):
    """No such emoji."""

    code = "emoji.unknown"
    json_code = 10014
    default_sentence = "Unknown Emoji"


class UnknownWebhook(Unknown):
    """No such webhook, or its interaction's token has expired."""

    code = "webhook.unknown"
    json_code = 10015
    default_sentence = "Unknown Webhook"


class UnknownSession(Unknown):
    """No such login session of the caller."""

    code = "session.unknown"
    json_code = 10020
    default_sentence = "Unknown Session"


class UnknownBan(Unknown):
    """That user is not banned."""

    code = "ban.unknown"
    json_code = 10026
    default_sentence = "Unknown Ban"


class NobodyBanned(HubbubError):
    """None of the users could be banned: they stand higher, are banned already, or do not exist."""

    code = "ban.nobody"
    status = 400
    json_code = 500000
    default_sentence = "Failed to ban users"


class UnknownInteraction(Unknown):
    """No such interaction, or too late to answer it."""

    code = "interaction.unknown"
    json_code = 10062
    default_sentence = "Unknown interaction"


class UnknownCommand(Unknown):
    """No such application command."""

    code = "command.unknown"
    json_code = 10063
    default_sentence = "Unknown application command"


class UnknownFile(Unknown):
    """No such stored file."""

    code = "file.unknown"
    default_sentence = "404: Not Found"


class UnknownVoiceState(HubbubError):
    """The user is not in voice in the guild, as far as the caller may see."""

    code = "voice_state.unknown"
    status = 404
    json_code = 10065
    default_sentence = "Unknown Voice State"
