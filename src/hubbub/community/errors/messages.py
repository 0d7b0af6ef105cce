"""What a message cannot be, or cannot become."""

from __future__ import annotations

from hubbub.community.errors.access import Forbidden
from hubbub.kernel.errors import HubbubError


class NotTextChannel(HubbubError):
    """Messages cannot be written in a channel of this type."""

    code = "channel.not_text"
    status = 400
    json_code = 50008
    default_sentence = "Cannot send messages in a non-text channel"


class NotForDirectMessages(HubbubError):
    """The act means nothing in a direct message."""

    code = "channel.direct_message"
    status = 400
    json_code = 50003
    default_sentence = "Cannot execute action on a DM channel"


class CannotMessageUser(Forbidden):
    """That user takes no direct messages from the caller."""

    code = "user.unreachable"
    json_code = 50007
    default_sentence = "Cannot send messages to this user"


class EmptyMessage(HubbubError):
    """A message needs content, an embed or a file."""

    code = "message.empty"
    status = 400
    json_code = 50006
    default_sentence = "Cannot send an empty message"


class ReplyNeedsHistory(Forbidden):
    """A reply needs the permission to read the channel's history."""

    code = "message.reply_history"
    json_code = 160002
    default_sentence = "Cannot reply without permission to read message history"


class CannotEditOthers(Forbidden):
    """A message can be edited by its author only."""

    code = "message.not_author"
    json_code = 50005
    default_sentence = "Cannot edit a message authored by another user"


class SystemMessage(Forbidden):
    """A system message cannot be edited."""

    code = "message.system"
    json_code = 50021
    default_sentence = "Cannot execute action on a system message"


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
