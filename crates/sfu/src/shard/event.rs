//! What a shard tells control. Mirrors `hubbub.voice.service.media_plane`, which reads these.

use super::command::{Kind, TransportId};
use crate::refusal::Refusals;

/// Loudness of one track.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Speaker {
    /// Its sid.
    pub track: String,
    /// 0 to 1, 1 the loudest.
    pub level: f32,
    /// Whether it speaks.
    pub active: bool,
}

/// Which way a leg's packets go, seen from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Direction {
    /// From a publisher to us.
    Up,
    /// From us to a subscriber.
    Down,
}

/// How one track did on one transport within an interval.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Leg {
    /// The track's sid.
    pub track: String,
    /// Which way.
    pub direction: Direction,
    /// Sound or pictures.
    pub kind: Kind,
    /// Down: whether feedback on each packet tells of this leg alone. Else it is what the receiver reports, who sees
    /// what was lost on the way to us too.
    pub measured: bool,
    /// Media packets that were sent to the end of the leg, retransmissions left out.
    pub packets: u64,
    /// Share of them lost on the way, whether mended or not, 0 to 1.
    pub loss: f32,
    /// Share of them that neither came nor was mended by retransmission or redundancy, as far as we can know, 0 to 1.
    pub residual_loss: f32,
    /// Share of the sound that was not there when it was to be played, 0 to 1: lost for good, or too late. Up it is
    /// what never came to us; down it is what feedback tells, or what reports tell where there is none. -1 for
    /// pictures.
    pub concealed: f32,
    /// Interarrival jitter, milliseconds (RFC 3550 section 6.4.1).
    pub jitter_ms: f32,
    /// Bits per second of media, headers included.
    pub bits_per_second: u64,
    /// Retransmissions asked for.
    pub nacks: u32,
    /// Keyframes asked for.
    pub plis: u32,
    /// Times that pictures stood still: the next was later than three usual intervals, or than one and 150 ms if that
    /// is longer. Down it is what feedback tells, or as we saw them pass where there is none.
    pub freezes: u32,
    /// How long they stood still, milliseconds.
    pub frozen_ms: u32,
    /// Spatial layer or encoding that is sent; 255 is none.
    pub spatial: u8,
    /// Temporal layer that is sent; 255 is none.
    pub temporal: u8,
    /// R of the E-model (ITU-T G.107), 0 to 100; sound only, else -1.
    pub r: f32,
    /// Opinion, 1 to 5.
    pub mos: f32,
}

/// Something that somebody who asks why a call was bad wants to see on its timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Notice {
    /// More than 20 packets were asked for again within a second; `value` of them.
    NackBurst,
    /// The subscriber gets another layer; `value` is 10 · spatial + temporal, or -1 when paused.
    LayerSwitched,
    /// The path's estimate fell by overuse or loss; `value` is the new one in bit/s.
    Congested,
    /// The estimate is back above what all tracks need; `value` is it in bit/s.
    Recovered,
    /// Packets come and go by another address; `value` is 0 for UDP, 1 for TCP.
    PathChanged,
    /// Nothing was heard of the peer for some seconds; `value` of them.
    Silent,
    /// It is heard again.
    Heard,
}

/// What a shard has to tell.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Event {
    /// ICE and DTLS are through: packets flow.
    Connected {
        /// Which transport.
        transport_id: TransportId,
        /// The peer's address and port as we see them.
        remote: String,
        /// `udp` or `tcp`.
        protocol: &'static str,
        /// From the peer's first check to the keys.
        handshake_ms: u32,
    },
    /// The peer cannot be reached, or broke off the handshake.
    Failed {
        /// Which transport.
        transport_id: TransportId,
        /// In words.
        reason: String,
    },
    /// The first packets of a track arrived, in this codec.
    TrackAlive {
        /// Its sid.
        track: String,
        /// Name of the codec.
        codec: String,
    },
    /// Who began, went on or ceased to speak in a room; only changes.
    Speakers {
        /// Sid of the room.
        room: String,
        /// Those of whom something changed.
        speakers: Vec<Speaker>,
    },
    /// Congestion made us pause a subscriber's track, or its end made it go on.
    StreamPaused {
        /// Which transport.
        transport_id: TransportId,
        /// The track's sid.
        track: String,
        /// Which of the two.
        paused: bool,
    },
    /// Which layers of a track anybody wants, so that its publisher need not send the others (dynacast).
    LayersWanted {
        /// The track's sid.
        track: String,
        /// One for each layer, lowest first.
        wanted: Vec<bool>,
    },
    /// How one transport did in the last 5 s.
    QualitySample {
        /// Which transport.
        transport_id: TransportId,
        /// Round trip, milliseconds; -1 when unknown.
        rtt_ms: f32,
        /// What the path to the subscriber is thought to carry, bits per second; 0 when unknown.
        estimate: u64,
        /// Packets of the peer's that were not taken.
        refused: Refusals,
        /// Its tracks.
        legs: Vec<Leg>,
    },
    /// Something for the timeline.
    Noticed {
        /// Which transport.
        transport_id: TransportId,
        /// The track's sid, or empty.
        track: String,
        /// What.
        notice: Notice,
        /// As its documentation says.
        value: i64,
    },
    /// A message on a data channel.
    DataReceived {
        /// Which transport.
        transport_id: TransportId,
        /// On `_reliable`, or on `_lossy`.
        reliable: bool,
        /// The message.
        #[cfg_attr(feature = "serde", serde(with = "serde_bytes"))]
        payload: Vec<u8>,
    },
    /// A transport is gone, and will never speak again.
    Closed {
        /// Which.
        transport_id: TransportId,
    },
}

impl Event {
    /// Whether a full queue may drop it: the next of its kind tells the same and more.
    #[must_use]
    pub fn is_telemetry(&self) -> bool {
        matches!(
            self,
            Self::QualitySample { .. } | Self::Noticed { .. } | Self::Speakers { .. }
        )
    }
}
