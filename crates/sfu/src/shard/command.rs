//! What control tells a shard. Mirrors `hubbub.voice.service.media_plane`, from which these are read.

use std::fmt;

/// Names a transport; given by control and never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(transparent)
)]
pub struct TransportId(pub u64);

impl fmt::Display for TransportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "lowercase")
)]
pub enum Kind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// Hash of the certificate that the peer will show.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct Fingerprint {
    /// Such as `sha-256`.
    pub algorithm: String,
    /// Hexadecimal octets joined by colons.
    pub value: String,
}

/// The peer's end of a transport.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct Remote {
    /// ICE user name fragment.
    pub ufrag: String,
    /// ICE password; a lite agent sends no checks and has no use for it.
    pub pwd: String,
    /// Any of them may match.
    pub fingerprints: Vec<Fingerprint>,
    /// Whether the peer opens the DTLS handshake.
    pub active: bool,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("ufrag", &self.ufrag)
            .field("fingerprints", &self.fingerprints)
            .field("active", &self.active)
            .finish_non_exhaustive()
    }
}

/// A codec as both ends agreed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct Codec {
    /// `opus`, `VP8`, `VP9`, `H264` or `AV1`.
    pub name: String,
    /// Its payload type.
    pub payload_type: u8,
    /// Ticks per second.
    pub clock_rate: u32,
    /// 1 but for audio.
    pub channels: u8,
    /// As in `a=fmtp`.
    pub parameters: String,
    /// As in `a=rtcp-fb`, e.g. `nack`, `nack pli`, `transport-cc`.
    pub feedback: Vec<String>,
    /// Payload type of its retransmissions (RFC 4588).
    pub rtx_payload_type: Option<u8>,
    /// Payload type of redundancy around it (RFC 2198).
    pub red_payload_type: Option<u8>,
}

/// A header extension and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct Extension {
    /// 1 to 255.
    pub id: u8,
    /// Its name.
    pub uri: String,
}

/// SSRCs of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct Ssrcs {
    /// Of the media. What we send has the section's slot, shifted left by one, in its low 16 bits.
    pub media: u32,
    /// Of its retransmissions.
    pub rtx: u32,
}

/// What a publisher says of one layer; zero is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct Layer {
    /// `LiveKit`'s name of it: 0 low, 1 medium, 2 high, 3 off.
    pub quality: u8,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bits per second.
    pub bitrate: u32,
    /// Its RTP stream id.
    pub rid: String,
    /// Its SSRC.
    pub ssrc: u32,
    /// Index of the spatial layer within one stream.
    pub spatial: u8,
}

/// A transport to be opened. Its credentials were drawn by who sends the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its name.
    pub transport: TransportId,
    /// Sid of its room.
    pub room: String,
    /// Sid of its participant.
    pub participant: String,
    /// Labels of data channels that we open; empty when the peer opens them.
    pub data_channels: Vec<String>,
    /// Our end.
    pub credentials: crate::ice::Credentials,
}

/// What a shard is told. A command for what is gone changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub enum Command {
    /// Open a transport.
    #[cfg_attr(feature = "serde", serde(skip))]
    Open(Box<Open>),
    /// Take new credentials of ours; the old ones hold until the peer uses the new.
    #[cfg_attr(feature = "serde", serde(skip))]
    RestartIce {
        /// Whose.
        transport: TransportId,
        /// The new ones.
        credentials: crate::ice::Credentials,
    },
    /// Take the peer's end; new credentials mean that ICE starts anew, other fingerprints that DTLS does.
    SetRemote {
        /// Whose.
        transport_id: TransportId,
        /// The peer's end.
        remote: Remote,
    },
    /// End a transport with everything on it.
    CloseTransport {
        /// Which.
        transport_id: TransportId,
    },
    /// Count a transport to another room of this shard from now on.
    MoveTransport {
        /// Which.
        transport_id: TransportId,
        /// Sid of the new room.
        room: String,
    },
    /// Take a track's packets; said again when its codecs or layers change.
    PublishTrack {
        /// Of whom.
        transport_id: TransportId,
        /// Sid of the track.
        track: String,
        /// Sound or pictures.
        kind: Kind,
        /// Its section.
        mid: String,
        /// The first is the one that is expected.
        codecs: Vec<Codec>,
        /// Numbers of the header extensions.
        extensions: Vec<Extension>,
        /// Lowest layer first; empty without simulcast by RTP stream id.
        rids: Vec<String>,
        /// Lowest layer first; empty when the packets must tell by mid and rid.
        sources: Vec<Ssrcs>,
        /// Lowest layer first.
        layers: Vec<Layer>,
        /// Whether nothing is to be forwarded.
        muted: bool,
    },
    /// Forget a track and all that was sent of it.
    UnpublishTrack {
        /// Its sid.
        track: String,
    },
    /// Forward nothing of a track, or forward it again.
    MuteTrack {
        /// Its sid.
        track: String,
        /// Which of the two.
        muted: bool,
    },
    /// Send a track on a transport.
    Subscribe {
        /// To whom.
        transport_id: TransportId,
        /// Its sid.
        track: String,
        /// The section that carries it.
        mid: String,
        /// How it is sent.
        ssrcs: Ssrcs,
        /// What the subscriber can receive, best first.
        codecs: Vec<Codec>,
        /// Numbers of the header extensions.
        extensions: Vec<Extension>,
    },
    /// Send a track no longer.
    Unsubscribe {
        /// To whom.
        transport_id: TransportId,
        /// Its sid.
        track: String,
    },
    /// What a subscriber wants of a track at most.
    Prefer {
        /// Who.
        transport_id: TransportId,
        /// The track's sid.
        track: String,
        /// Nothing at all.
        paused: bool,
        /// 0 low, 1 medium, 2 high.
        quality: u8,
        /// Frames per second; zero for all.
        fps: u32,
        /// 1 is the most important; zero is unset.
        priority: u8,
    },
    /// Send a message on a data channel.
    SendData {
        /// To whom.
        transport_id: TransportId,
        /// On `_reliable`, or on `_lossy`.
        reliable: bool,
        /// The message.
        #[cfg_attr(feature = "serde", serde(with = "serde_bytes"))]
        payload: Vec<u8>,
    },
    /// Pretend that the way to a subscriber is no wider than this; zero lifts it.
    LimitBandwidth {
        /// To whom.
        transport_id: TransportId,
        /// How wide.
        bits_per_second: u64,
    },
}
