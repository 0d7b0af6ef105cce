"""The rules of voice messages: one sound, with how long it is and what it looks like, and nothing else.

Source: Discord API documentation, "Voice Messages".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hubbub.community.domain.message_form import IS_VOICE_MESSAGE
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import VoiceNeedsAudio, VoiceNeedsMetadata, VoiceWithContent
from hubbub.community.service.guild_directory import ChannelAccess, require
from hubbub.community.service.upload import FileNote, Upload


def check_may_speak(access: ChannelAccess, flags: int, *, has_more: bool) -> None:
    """Raise unless a message with these flags may be one, before its files are looked at.

    Args:
        access: The sender's.
        flags: As the request asks for.
        has_more: Whether it brings text or embeds.

    Raises:
        MissingPermissions: SEND_VOICE_MESSAGES is not held.
        VoiceWithContent: It brings more than a sound.
    """
    if not flags & IS_VOICE_MESSAGE:
        return
    if access.guild is not None:
        require(access, Permissions.SEND_VOICE_MESSAGES)
    if has_more:
        raise VoiceWithContent


def check_voice(flags: int, uploads: Sequence[Upload], notes: Mapping[int, FileNote]) -> None:
    """Raise unless a message with these flags brings what a voice message must.

    Raises:
        VoiceNeedsAudio: It has another number of files than one, or one that is no sound.
        VoiceNeedsMetadata: Its duration or its waveform is missing.
    """
    if not flags & IS_VOICE_MESSAGE:
        return
    if len(uploads) != 1 or not _may_be_sound(uploads[0]):
        raise VoiceNeedsAudio
    note = notes.get(uploads[0].index, FileNote())
    if note.duration_s is None or note.waveform is None:
        raise VoiceNeedsMetadata


def _may_be_sound(upload: Upload) -> bool:
    """Return whether a file is a sound; one that is still being looked at passes.

    Browsers record sound into the containers of videos: such a file has no picture.
    """
    file = upload.file
    if file is None or not file.state.is_settled:
        return True
    return file.kind == "audio" or (file.kind == "video" and file.width is None)
