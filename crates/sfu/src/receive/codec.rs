//! The codecs that are forwarded, and what sets them apart.

use crate::forward::{Numbering, Structure};

/// A codec whose packets are forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// AV1 RTP payload format v1.0.
    Av1,
}

impl Codec {
    /// The codec of this name, letter case aside; `None` when it is not forwarded.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Opus, Self::Vp8, Self::Vp9, Self::H264, Self::Av1]
            .into_iter()
            .find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// Its name in session descriptions.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::H264 => "H264",
            Self::Av1 => "AV1",
        }
    }

    /// Whether it carries sound.
    #[must_use]
    pub const fn is_audio(self) -> bool {
        matches!(self, Self::Opus)
    }

    /// What omitted frames do to its picture numbers.
    #[must_use]
    pub const fn numbering(self) -> Numbering {
        match self {
            Self::Vp8 => Numbering::Close,
            Self::Opus | Self::Vp9 | Self::H264 | Self::Av1 => Numbering::Stay,
        }
    }

    /// How a track of that many RTP streams offers its qualities. One stream of VP9 or AV1 may have spatial layers
    /// inside; without them it behaves the same.
    #[must_use]
    pub const fn structure(self, encodings: usize) -> Structure {
        match self {
            Self::Vp9 | Self::Av1 if encodings <= 1 => Structure::Scalable,
            _ => Structure::Simulcast,
        }
    }
}
