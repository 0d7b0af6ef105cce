"""What this server can negotiate: codecs, the feedback they use, and header extensions.

Source: RFC 7587 (Opus), RFC 2198 (RED), RFC 7741 (VP8), RFC 9628 (VP9), RFC 6184 (H.264), the AV1 RTP specification,
RFC 4588 (RTX).
"""

from __future__ import annotations

from dataclasses import dataclass

from hubbub.voice.domain.sdp.description import Codec, Kind

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
DEPENDENCY_DESCRIPTOR = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
VIDEO_ORIENTATION = "urn:3gpp:video-orientation"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

EXTENSION_IDS = {
    AUDIO_LEVEL: 1,
    ABS_SEND_TIME: 2,
    TRANSPORT_CC: 3,
    MID: 4,
    PLAYOUT_DELAY: 5,
    RID: 10,
    REPAIRED_RID: 11,
    DEPENDENCY_DESCRIPTOR: 12,
    VIDEO_ORIENTATION: 13,
}
"""Numbers in our own offers: below 15, so that one-byte headers carry them; Chromium's own, so that logs look alike."""

_RECEIVED = {
    Kind.AUDIO: (MID, AUDIO_LEVEL, TRANSPORT_CC, ABS_SEND_TIME),
    Kind.VIDEO: (MID, RID, REPAIRED_RID, TRANSPORT_CC, ABS_SEND_TIME, DEPENDENCY_DESCRIPTOR, VIDEO_ORIENTATION),
}
_SENT = {
    Kind.AUDIO: (MID, TRANSPORT_CC, ABS_SEND_TIME),
    Kind.VIDEO: (MID, TRANSPORT_CC, ABS_SEND_TIME, DEPENDENCY_DESCRIPTOR, VIDEO_ORIENTATION, PLAYOUT_DELAY),
}
_BASELINE = 0x42
_MAIN = 0x4D
_FEEDBACK = {
    Kind.AUDIO: ("transport-cc", "nack"),
    Kind.VIDEO: ("transport-cc", "ccm fir", "nack", "nack pli"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A codec with the payload types that our own offers give it."""

    kind: Kind
    name: str
    payload_type: int
    clock_rate: int = 90_000
    channels: int = 1
    parameters: str = ""
    rtx_payload_type: int | None = None
    red_payload_type: int | None = None


OPUS = Format(
    kind=Kind.AUDIO,
    name="opus",
    payload_type=111,
    clock_rate=48_000,
    channels=2,
    parameters="minptime=10;useinbandfec=1",
    red_payload_type=63,
)


def _h264(payload_type: int, rtx_payload_type: int, profile: str) -> Format:
    parameters = f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"
    return Format(
        kind=Kind.VIDEO,
        name="H264",
        payload_type=payload_type,
        parameters=parameters,
        rtx_payload_type=rtx_payload_type,
    )


FORMATS: tuple[Format, ...] = (
    OPUS,
    Format(kind=Kind.VIDEO, name="VP8", payload_type=96, rtx_payload_type=97),
    Format(kind=Kind.VIDEO, name="VP9", payload_type=98, rtx_payload_type=99, parameters="profile-id=0"),
    _h264(108, 109, "42e01f"),
    _h264(102, 103, "42001f"),
    _h264(116, 117, "4d001f"),
    _h264(123, 119, "640032"),
    Format(
        kind=Kind.VIDEO, name="AV1", payload_type=45, rtx_payload_type=46, parameters="level-idx=5;profile=0;tier=0"
    ),
)


def codec_of(each: Format, feedback: tuple[str, ...] = ()) -> Codec:
    """Return `each` as our own offers write it."""
    return Codec(
        payload_type=each.payload_type,
        name=each.name,
        clock_rate=each.clock_rate,
        channels=each.channels,
        parameters=each.parameters,
        feedback=feedback,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What may be negotiated; the defaults are all that the media plane can do."""

    formats: tuple[Format, ...] = FORMATS
    red_from_publishers: bool = True

    def format_of(self, kind: Kind, codec: Codec) -> Format | None:
        """Return the format that `codec` is, or None when it is not one of ours."""
        for each in self.formats:
            alike = each.kind is kind and codec.is_named(each.name) and codec.clock_rate == each.clock_rate
            if alike and each.channels == codec.channels and profile_of(codec) == profile_of(codec_of(each)):
                return each
        return None

    def received_extensions(self, kind: Kind) -> tuple[str, ...]:
        """Return the header extensions that we read from a publisher."""
        return _RECEIVED.get(kind, ())

    def sent_extensions(self, kind: Kind) -> tuple[str, ...]:
        """Return the header extensions that we write to a subscriber."""
        return _SENT.get(kind, ())

    def feedback(self, kind: Kind) -> tuple[str, ...]:
        """Return the RTCP feedback that we use."""
        return _FEEDBACK.get(kind, ())


def profile_of(codec: Codec) -> str:
    """Return what two ends must share of a codec's parameters to understand one another; levels may differ.

    Source: RFC 6184, 8.1 (H.264: profile and packetization mode), RFC 9628, 7 (VP9), AV1 RTP specification, 7.2.
    """
    name = codec.name.casefold()
    if name == "h264":
        profile = (codec.parameter("profile-level-id") or "42000a").casefold()
        return f"{codec.parameter('packetization-mode') or '0'} {_h264_profile(profile)}"
    if name == "vp9":
        return codec.parameter("profile-id") or "0"
    if name == "av1":
        return codec.parameter("profile") or "0"
    return ""


def _h264_profile(level_id: str) -> str:
    try:
        profile, constraints = int(level_id[0:2], 16), int(level_id[2:4], 16)
    except ValueError:
        return "unknown"
    constrained_baseline = (profile == _BASELINE and constraints & 0x40) or (profile == _MAIN and constraints & 0x80)
    return "constrained baseline" if constrained_baseline else f"{profile:x}"
