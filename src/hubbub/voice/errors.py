"""Errors of voice. What a client does wrong has a stable code; what a peer sends malformed names the line."""

from __future__ import annotations

from typing import ClassVar

from hubbub.kernel.errors import HubbubError, Overloaded


class VoiceError(HubbubError):
    """Base of voice's own errors; `twirp_code` is the name that the RoomService answers with."""

    code = "voice.failed"
    twirp_code: ClassVar[str] = "internal"


class TokenRefused(VoiceError):
    """An access token is malformed, forged, expired, or of an unknown key."""

    code = "voice.token_refused"
    status = 401
    twirp_code = "unauthenticated"
    default_sentence = "The access token is not valid."


class NotPermitted(VoiceError):
    """The token is genuine and lacks the grant that the request needs."""

    code = "voice.not_permitted"
    status = 403
    twirp_code = "permission_denied"
    default_sentence = "The token does not permit this."


class KeyUnknown(VoiceError):
    """No API key that was given out is called this."""

    code = "voice.key_unknown"
    status = 404
    twirp_code = "not_found"
    default_sentence = "There is no such key. `hubbub key list` shows those there are."


class RoomUnknown(VoiceError):
    """No room has that name."""

    code = "voice.room_unknown"
    status = 404
    twirp_code = "not_found"
    default_sentence = "The room does not exist."


class ParticipantUnknown(VoiceError):
    """Nobody in the room has that identity."""

    code = "voice.participant_unknown"
    status = 404
    twirp_code = "not_found"
    default_sentence = "The participant is not in the room."


class TrackUnknown(VoiceError):
    """The participant publishes no such track."""

    code = "voice.track_unknown"
    status = 404
    twirp_code = "not_found"
    default_sentence = "The track does not exist."


class RequestRefused(VoiceError):
    """A request is malformed or asks for what cannot be; the sentence names the field."""

    code = "voice.request_refused"
    status = 400
    twirp_code = "invalid_argument"
    default_sentence = "The request cannot be understood."


class RoomFull(VoiceError):
    """The room or this server holds as many as it may."""

    code = "voice.room_full"
    status = 429
    twirp_code = "resource_exhausted"
    default_sentence = "The room is full."


class NotSupported(VoiceError):
    """The request is part of the protocol and not served here."""

    code = "voice.not_supported"
    status = 501
    twirp_code = "unimplemented"
    default_sentence = "This server does not offer that."


class DescriptionRefused(VoiceError):
    """A session description breaks the grammar, a bound, or what this server can negotiate."""

    code = "voice.description_refused"
    status = 400
    twirp_code = "invalid_argument"
    default_sentence = "The session description cannot be used."

    def __init__(self, sentence: str, *, line: int = 0) -> None:
        """Make the error.

        Args:
            sentence: What is wrong, for a person.
            line: Number of the line at fault, from 1; zero when the whole description is.
        """
        self.line = line
        super().__init__(f"Line {line}: {sentence}" if line else sentence)


class MediaPlaneUnavailable(Overloaded):
    """The media plane cannot take another transport."""

    code = "voice.media_plane_unavailable"
    default_sentence = "The media server is busy. Try again shortly."
    twirp_code: ClassVar[str] = "unavailable"


class MediaPlaneMissing(MediaPlaneUnavailable):
    """The native core, which moves packets, is not built on this machine."""

    code = "voice.media_plane_missing"
    default_sentence = (
        "Voice is not available: this server runs without its native core. "
        "Its operator gets it with `scripts/setup native`."
    )


class JoinedTooOften(Overloaded):
    """One participant joined one room so often that something must be wrong with it."""

    code = "voice.joined_too_often"
    status = 429
    default_sentence = "You joined this room too often. Try again shortly."
    twirp_code: ClassVar[str] = "resource_exhausted"


class CallUnknown(VoiceError):
    """No call has that id, or what was known of it was forgotten by now."""

    code = "voice.call_unknown"
    status = 404
    default_sentence = "No call has this id, or it was forgotten by now."
    twirp_code = "not_found"


class ChannelFull(VoiceError):
    """The voice channel holds as many people as its user limit says."""

    code = "voice.channel_full"
    status = 403
    twirp_code = "resource_exhausted"
    default_sentence = "The voice channel is full."


class NotInVoice(VoiceError):
    """The user is in no voice channel of the guild."""

    code = "voice.not_in_voice"
    status = 400
    json_code = 40032
    twirp_code = "not_found"
    default_sentence = "Target user is not connected to voice."
