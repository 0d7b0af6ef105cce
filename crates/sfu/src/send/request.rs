//! What a downlink is told: how to send, which tracks, and what its receiver wants of them.

use std::time::Instant;

use crate::cc::{AllocatorSettings, EstimatorSettings, PacerSettings};
use crate::receive::TrackKey;
use crate::shard::command::{Codec, Extension, Kind, Ssrcs};

/// How a subscriber is sent to.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Send times count from here; the same for all subscribers of a shard.
    pub epoch: Instant,
    /// Bounds of the estimate.
    pub estimator: EstimatorSettings,
    /// How packets are spread over time.
    pub pacer: PacerSettings,
    /// How calm layer choices are.
    pub allocator: AllocatorSettings,
}

impl Settings {
    /// The defaults of each part.
    #[must_use]
    pub fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            estimator: EstimatorSettings::default(),
            pacer: PacerSettings::default(),
            allocator: AllocatorSettings::default(),
        }
    }
}

/// A track to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Which.
    pub track: TrackKey,
    /// Sound or pictures.
    pub kind: Kind,
    /// The section that carries it.
    pub mid: &'a str,
    /// How it is sent: the low 16 bits of `media` are the slot, shifted left by one, and `rtx` has the next number.
    pub ssrcs: Ssrcs,
    /// What the subscriber can receive, best first.
    pub codecs: &'a [Codec],
    /// Numbers of the header extensions.
    pub extensions: &'a [Extension],
    /// Canonical name of whose track it is; the same for all tracks that are to be played in step.
    pub cname: &'a str,
}

/// What a subscriber wants of a track at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preference {
    /// Nothing at all.
    pub paused: bool,
    /// 0 low, 1 medium, 2 high.
    pub quality: u8,
    /// Frames per second; zero for all.
    pub fps: u32,
    /// 1 is the most important; zero is unset, which counts as the middle.
    pub priority: u8,
}

impl Default for Preference {
    fn default() -> Self {
        Self {
            paused: false,
            quality: 2,
            fps: 0,
            priority: 0,
        }
    }
}

/// Why nothing was subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The media SSRC is odd: those are for retransmissions.
    #[error("SSRC {0:#x} is no media SSRC")]
    Ssrc(u32),
}
