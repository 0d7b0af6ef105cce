//! How a shard does its work.

use std::time::{Duration, Instant};

use crate::forward::Ntp;
use crate::refusal::Refusals;
use crate::{ice, transport};

/// Settings of a [`Shard`](super::Shard).
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// One moment in both clocks. Send times in packets count from it.
    pub wall_clock: (Instant, Ntp),
    /// Bounds of finding sessions.
    pub mux: ice::MuxSettings,
    /// Of each transport.
    pub transport: transport::Settings,
    /// Rooms of up to this many voices forward them all. Default 8: so many are heard without loss of anything, and
    /// most calls are smaller.
    pub voices_small: usize,
    /// Larger rooms forward this many voices at once, the loudest; zero forwards all. Default 8.
    pub audible_max: usize,
    /// Between two samples of a transport's quality. Default 5 s.
    pub sample_interval: Duration,
    /// Events that wait for [`Shard::poll_event`](super::Shard::poll_event) at most; more telemetry is dropped.
    /// Default 4,096.
    pub events_max: usize,
}

impl Settings {
    /// The defaults, with `wall_clock` as the moment at which time is known.
    #[must_use]
    pub fn new(wall_clock: (Instant, Ntp)) -> Self {
        Self {
            wall_clock,
            mux: ice::MuxSettings::default(),
            transport: transport::Settings::default(),
            voices_small: 8,
            audible_max: 8,
            sample_interval: Duration::from_secs(5),
            events_max: 4_096,
        }
    }
}

/// What a shard counted since its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams from sources that belong to no transport.
    pub unknown_sources: u64,
    /// Checks beyond what a transport may get from unknown addresses.
    pub limited_checks: u64,
    /// Opened packets that belong to no track, or are broken.
    pub packets_dropped: u64,
    /// Packets of known transports that were not taken, those among them.
    pub refused: Refusals,
    /// Packets of tracks.
    pub packets: u64,
    /// Messages that no data channel took.
    pub messages_dropped: u64,
    /// Telemetry that nobody fetched in time.
    pub events_dropped: u64,
}
