//! Names by which header extensions are negotiated in SDP (`a=extmap`).

/// Audio level of the packet's sound. Source: RFC 6464 §4.
pub const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// When the packet left its sender, in 24 bits of seconds.
pub const ABSOLUTE_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
/// The transport-wide sequence number. Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 §2.
pub const TRANSPORT_SEQUENCE: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
/// The transport-wide sequence number with requests for feedback.
pub const TRANSPORT_SEQUENCE_2: &str = "http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02";
/// The media section a packet belongs to. Source: RFC 9143 §15.
pub const MEDIA_ID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// The simulcast stream a packet belongs to. Source: RFC 8852 §3.1.
pub const STREAM_ID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
/// The simulcast stream that a retransmission repairs. Source: RFC 8852 §3.2.
pub const REPAIRED_STREAM_ID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
/// How long the receiver shall hold frames back.
pub const PLAYOUT_DELAY: &str = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
/// How the picture must be turned. Source: 3GPP TS 26.114 §7.4.5.
pub const VIDEO_ORIENTATION: &str = "urn:3gpp:video-orientation";
/// The AV1 dependency descriptor; see `crate::descriptor`. Source: AV1 RTP payload format, A.9.
pub const DEPENDENCY_DESCRIPTOR: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
