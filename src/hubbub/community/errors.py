"""Every error of the community engine, as a tree under `HubbubError`.

Codes ending in `.unknown` also answer for things the caller may not know of, so that ids cannot be probed. Numeric
codes are the API's, which client libraries turn into exceptions of their own.

Source: Discord API documentation, "Opcodes and Status Codes", JSON error codes.
"""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError


class Unauthorized(HubbubError):
    """The request carries no credential, or one that is not valid."""

    code = "auth.unauthorized"
    status = 401
    json_code = 40001
    default_sentence = "401: Unauthorized. Sign in, or send a valid bot token."


class WrongLogin(HubbubError):
    """Name and password do not belong together; it does not tell which is wrong."""

    code = "auth.wrong_login"
    status = 401
    json_code = 40001
    default_sentence = "This name and password do not belong together."


class Throttled(HubbubError):
    """Too many attempts; `retry_after_s` says how long to wait."""

    code = "auth.throttled"
    status = 429
    json_code = 40062
    default_sentence = "Too many attempts. Wait a little and try again."


class WrongOrigin(HubbubError):
    """A browser sent a changing request from another site, or without the client's header."""

    code = "auth.wrong_origin"
    status = 403
    json_code = 50067
    default_sentence = "Invalid request origin."


class Forbidden(HubbubError):
    """The caller may not do this."""

    code = "access.forbidden"
    status = 403
    json_code = 50001
    default_sentence = "Missing Access"


class MissingAccess(Forbidden):
    """The caller cannot see what it names."""

    code = "access.missing"


class MissingPermissions(Forbidden):
    """The caller sees it, but lacks the permission for the act."""

    code = "access.permissions"
    json_code = 50013
    default_sentence = "Missing Permissions"


class BotsOnly(Forbidden):
    """Only a bot's token may do this."""

    code = "access.bots_only"
    json_code = 20002
    default_sentence = "Only bots can use this endpoint"


class PeopleOnly(Forbidden):
    """A bot may not do this."""

    code = "access.people_only"
    json_code = 20001
    default_sentence = "Bots cannot use this endpoint"


class AdministratorsOnly(Forbidden):
    """Only an administrator of the installation may do this."""

    code = "access.administrators_only"
    default_sentence = "Only an administrator of this installation can do this."


class OwnersOnly(Forbidden):
    """Only the owner of the guild may do this."""

    code = "access.owners_only"
    json_code = 20018
    default_sentence = "Only the owner can do this."


class RegistrationClosed(Forbidden):
    """The installation takes no new accounts, or only with an invite."""

    code = "auth.registration_closed"
    default_sentence = "Sign-up is closed here. Ask for an invite, or ask the operator."


class Banned(Forbidden):
    """The caller is banned from the guild."""

    code = "access.banned"
    json_code = 40007
    default_sentence = "You are banned from this guild."


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


class MethodNotAllowed(HubbubError):
    """The path exists, but not for this method."""

    code = "request.method"
    status = 405
    default_sentence = "405: Method Not Allowed"


class MalformedBody(HubbubError):
    """The body is not what its Content-Type says."""

    code = "request.malformed"
    status = 400
    json_code = 50109
    default_sentence = "The request body contains invalid JSON."


class UnsupportedMediaType(HubbubError):
    """The body's Content-Type is not one the route reads."""

    code = "request.media_type"
    status = 415
    json_code = 50035
    default_sentence = "Send application/json, or multipart/form-data where the route takes files."


class TooLarge(HubbubError):
    """The body is larger than accepted."""

    code = "request.too_large"
    status = 413
    json_code = 40005
    default_sentence = "Request entity too large"


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


class TooManyGuilds(LimitReached):
    """The user is in as many guilds as allowed."""

    code = "limit.guilds"
    json_code = 30001
    default_sentence = "Maximum number of guilds reached (200)"


class TooManyPins(LimitReached):
    """The channel has as many pins as allowed."""

    code = "limit.pins"
    json_code = 30003
    default_sentence = "Maximum number of pins reached for the channel (250)"


class TooManyRoles(LimitReached):
    """The guild has as many roles as allowed."""

    code = "limit.roles"
    json_code = 30005
    default_sentence = "Maximum number of guild roles reached (250)"


class TooManyEmojis(LimitReached):
    """The guild has as many emojis as allowed."""

    code = "limit.emojis"
    json_code = 30008
    default_sentence = "Maximum number of emojis reached (200)"


class TooManyReactions(LimitReached):
    """The message has as many different reactions as allowed."""

    code = "limit.reactions"
    json_code = 30010
    default_sentence = "Maximum number of reactions reached (20)"


class TooManyChannels(LimitReached):
    """The guild has as many channels as allowed."""

    code = "limit.channels"
    json_code = 30013
    default_sentence = "Maximum number of guild channels reached (500)"


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


class TooManyCommands(LimitReached):
    """The application has as many commands as allowed."""

    code = "limit.commands"
    json_code = 30032
    default_sentence = "Maximum number of application commands reached (100)"


class AlreadyAnswered(HubbubError):
    """The interaction was answered before."""

    code = "interaction.answered"
    status = 400
    json_code = 40060
    default_sentence = "Interaction has already been acknowledged."


class NotForDirectMessages(HubbubError):
    """The act means nothing in a direct message."""

    code = "channel.direct_message"
    status = 400
    json_code = 50003
    default_sentence = "Cannot execute action on a DM channel"


class CannotEditOthers(Forbidden):
    """A message can be edited by its author only."""

    code = "message.not_author"
    json_code = 50005
    default_sentence = "Cannot edit a message authored by another user"


class EmptyMessage(HubbubError):
    """A message needs content, an embed or a file."""

    code = "message.empty"
    status = 400
    json_code = 50006
    default_sentence = "Cannot send an empty message"


class VoiceWithContent(HubbubError):
    """A voice message brings text or embeds."""

    code = "message.voice_with_content"
    status = 400
    json_code = 50159
    default_sentence = "Voice messages do not support additional content."


class VoiceNeedsAudio(HubbubError):
    """A voice message has another number of files than one, or one that is no sound."""

    code = "message.voice_needs_audio"
    status = 400
    json_code = 50160
    default_sentence = "Voice messages must have a single audio attachment."


class VoiceNeedsMetadata(HubbubError):
    """A voice message does not say how long it is, or what it looks like."""

    code = "message.voice_needs_metadata"
    status = 400
    json_code = 50161
    default_sentence = "Voice messages must have supporting metadata: duration_secs and waveform."


class CannotEditVoice(HubbubError):
    """A voice message stays as it was recorded."""

    code = "message.cannot_edit_voice"
    status = 400
    json_code = 50162
    default_sentence = "Voice messages cannot be edited."


class CannotMessageUser(Forbidden):
    """That user takes no direct messages from the caller."""

    code = "user.unreachable"
    json_code = 50007
    default_sentence = "Cannot send messages to this user"


class NotTextChannel(HubbubError):
    """Messages cannot be written in a channel of this type."""

    code = "channel.not_text"
    status = 400
    json_code = 50008
    default_sentence = "Cannot send messages in a non-text channel"


class ReplyNeedsHistory(Forbidden):
    """A reply needs the permission to read the channel's history."""

    code = "message.reply_history"
    json_code = 160002
    default_sentence = "Cannot reply without permission to read message history"


class NotYourApplication(Forbidden):
    """An application's own token is needed."""

    code = "application.not_yours"
    json_code = 20012
    default_sentence = "You are not authorized to perform this action on this application"


class UsersOnlyPermissions(Forbidden):
    """Command permissions are set by people, not by a bot's token."""

    code = "command.permissions_bearer"
    json_code = 20001
    default_sentence = "Bots cannot use this endpoint"


class CommandNameTaken(HubbubError):
    """Another command of this application has the name."""

    code = "command.name_taken"
    status = 400
    json_code = 40041
    default_sentence = "An application command with that name already exists"


class WrongBulkDelete(HubbubError):
    """A bulk delete takes 2 to 100 messages."""

    code = "message.bulk_count"
    status = 400
    json_code = 50016
    default_sentence = "Provided too few or too many messages to delete. Must provide at least 2 and at most 100"


class TooOldToBulkDelete(HubbubError):
    """A bulk delete takes messages of the last two weeks."""

    code = "message.bulk_age"
    status = 400
    json_code = 50034
    default_sentence = "A message provided was too old to bulk delete"


class SystemMessage(Forbidden):
    """A system message cannot be edited."""

    code = "message.system"
    json_code = 50021
    default_sentence = "Cannot execute action on a system message"


class InvalidRole(HubbubError):
    """The role cannot be used so: it is @everyone's or managed by an integration."""

    code = "role.invalid"
    status = 400
    json_code = 50028
    default_sentence = "Invalid Role"


class BotCannotOwn(HubbubError):
    """A guild's ownership goes to people only."""

    code = "guild.bot_owner"
    status = 400
    json_code = 50132
    default_sentence = "Ownership cannot be transferred to a bot user"


class OwnerCannotLeave(HubbubError):
    """The owner transfers or deletes the guild first."""

    code = "guild.owner_leaves"
    status = 400
    json_code = 50055
    default_sentence = "You own this guild. Transfer it to someone or delete it instead of leaving."


class InvalidImage(HubbubError):
    """The upload is no picture of an accepted format."""

    code = "image.invalid"
    status = 400
    json_code = 50046
    default_sentence = "Send a PNG, JPEG, GIF or WebP picture."


class ImageTooLarge(HubbubError):
    """The picture is larger than the route takes."""

    code = "image.too_large"
    status = 400
    json_code = 50045
    default_sentence = "The picture is too large."


class Conflict(HubbubError):
    """Someone else changed the same thing at the same moment; asking again succeeds."""

    code = "conflict"
    status = 409
    default_sentence = "This changed while you changed it. Look at it again, then retry."


class UnknownVoiceState(HubbubError):
    """The user is not in voice in the guild, as far as the caller may see."""

    code = "voice_state.unknown"
    status = 404
    json_code = 10065
    default_sentence = "Unknown Voice State"


class NotInVoice(HubbubError):
    """The member is in no voice channel, where it could be moved, muted or deafened."""

    code = "member.not_in_voice"
    status = 400
    json_code = 40032
    default_sentence = "Target user is not connected to voice."


class TooManyApplications(LimitReached):
    """The person owns as many applications as allowed."""

    code = "limit.applications"
    default_sentence = "Maximum number of applications reached (50)"
