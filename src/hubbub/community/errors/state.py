"""What the state of things does not allow: it is done already, taken, or not to be."""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError


class AlreadyAnswered(HubbubError):
    """The interaction was answered before."""

    code = "interaction.answered"
    status = 400
    json_code = 40060
    default_sentence = "Interaction has already been acknowledged."


class CommandNameTaken(HubbubError):
    """Another command of this application has the name."""

    code = "command.name_taken"
    status = 400
    json_code = 40041
    default_sentence = "An application command with that name already exists"


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


class Conflict(HubbubError):
    """Someone else changed the same thing at the same moment; asking again succeeds."""

    code = "conflict"
    status = 409
    default_sentence = "This changed while you changed it. Look at it again, then retry."


class NotInVoice(HubbubError):
    """The member is in no voice channel, where it could be moved, muted or deafened."""

    code = "member.not_in_voice"
    status = 400
    json_code = 40032
    default_sentence = "Target user is not connected to voice."
