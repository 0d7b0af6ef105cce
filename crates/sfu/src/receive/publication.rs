//! How control publishes a track, and what follows from that.

use std::time::Duration;

use super::codec::Codec;
use crate::forward::ENCODINGS_MAX;
use crate::forward::nack::Limits;
use crate::shard::TransportId;
use crate::shard::command::{self, Extension, Kind, Layer, Ssrcs};

/// How control publishes a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Its sid.
    pub sid: String,
    /// Who sends it.
    pub transport: TransportId,
    /// Sound or pictures.
    pub kind: Kind,
    /// Its section.
    pub mid: String,
    /// The first is the one that is expected.
    pub codecs: Vec<command::Codec>,
    /// Numbers of the header extensions.
    pub extensions: Vec<Extension>,
    /// Lowest layer first; empty without simulcast by RTP stream id.
    pub rids: Vec<String>,
    /// Lowest layer first; empty when the packets must tell by mid and rid.
    pub sources: Vec<Ssrcs>,
    /// Lowest layer first.
    pub layers: Vec<Layer>,
    /// Whether nothing is to be forwarded.
    pub muted: bool,
}

impl Publication {
    /// How many RTP streams of media it has, 1 to 4.
    #[must_use]
    pub fn encodings(&self) -> usize {
        self.rids.len().max(self.sources.len()).clamp(1, ENCODINGS_MAX)
    }

    pub(super) fn expected_codec(&self) -> Codec {
        let mut known = self.codecs.iter().filter_map(|codec| Codec::of_name(&codec.name));
        known.next().unwrap_or(match self.kind {
            Kind::Audio => Codec::Opus,
            Kind::Video => Codec::Vp8,
        })
    }

    pub(super) fn described(&self, codec: Codec) -> Option<&command::Codec> {
        self.codecs
            .iter()
            .find(|described| Codec::of_name(&described.name) == Some(codec))
    }

    /// How many layers control knows of: encodings or spatial layers, 1 to 4.
    pub(super) fn layer_count(&self) -> u8 {
        let count = self.layers.len().max(self.encodings()).clamp(1, ENCODINGS_MAX);
        u8::try_from(count).unwrap_or(1)
    }

    /// A bit for each of them.
    pub(super) fn layer_mask(&self) -> u8 {
        let above = 1_u8.checked_shl(u32::from(self.layer_count()));
        above.unwrap_or(0).wrapping_sub(1)
    }

    pub(super) fn clock_rate(&self, codec: Codec) -> u32 {
        let usual = if codec.is_audio() { 48_000 } else { 90_000 };
        self.described(codec)
            .map(|described| described.clock_rate)
            .filter(|rate| *rate > 0)
            .unwrap_or(usual)
    }

    /// How long lost packets are asked for.
    pub(super) fn limits(&self) -> Limits {
        match self.kind {
            Kind::Video => Limits::default(),
            Kind::Audio => Limits {
                // A player conceals sooner than that.
                age_max: Duration::from_millis(300),
                requests_max: 4,
                missing_max: 32,
                gap_max: 64,
                ..Limits::default()
            },
        }
    }

    /// The codec and role of a payload type.
    pub(super) fn role(&self, payload_type: u8) -> Option<(Codec, Role)> {
        self.codecs.iter().find_map(|described| {
            let codec = Codec::of_name(&described.name)?;
            let role = if described.payload_type == payload_type {
                Role::Media
            } else if described.rtx_payload_type == Some(payload_type) {
                Role::Repeat
            } else if described.red_payload_type == Some(payload_type) {
                Role::Redundant
            } else {
                return None;
            };
            Some((codec, role))
        })
    }
}

/// What a payload type carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Media,
    /// RFC 4588.
    Repeat,
    /// RFC 2198.
    Redundant,
}
