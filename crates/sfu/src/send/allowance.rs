//! What may be sent again, and when so much is asked for that it is told.

use std::time::{Duration, Instant};

use crate::cc::Bitrate;

/// What was not used is kept for this long.
const SAVED: Duration = Duration::from_millis(500);
/// A request for more packets than this within [`BURST`] is told.
const BURST_PACKETS: u32 = 20;
const BURST: Duration = Duration::from_secs(1);

/// Bytes that may be sent again.
#[derive(Debug)]
pub(super) struct Allowance {
    bytes: f64,
    at: Instant,
}

impl Allowance {
    pub(super) fn new(now: Instant) -> Self {
        Self { bytes: 0.0, at: now }
    }

    /// Take `bytes`; false when nothing is left.
    pub(super) fn take(&mut self, now: Instant, rate: Bitrate, bytes: usize) -> bool {
        let since = now.saturating_duration_since(self.at).min(SAVED);
        self.at = now;
        self.bytes = (self.bytes + rate.bytes_in(since)).min(rate.bytes_in(SAVED));
        if self.bytes <= 0.0 {
            return false;
        }
        self.bytes -= f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        true
    }
}

/// Counts lost packets within a second.
#[derive(Debug, Default)]
pub(super) struct Burst {
    since: Option<Instant>,
    packets: u32,
    told: bool,
}

impl Burst {
    /// Count `packets`; the count when it is to be told, once a burst.
    pub(super) fn count(&mut self, now: Instant, packets: u32) -> Option<u32> {
        let over = self
            .since
            .is_none_or(|since| now.saturating_duration_since(since) >= BURST);
        if over {
            *self = Self {
                since: Some(now),
                packets: 0,
                told: false,
            };
        }
        self.packets = self.packets.saturating_add(packets);
        let tell = self.packets > BURST_PACKETS && !self.told;
        self.told |= tell;
        tell.then_some(self.packets)
    }
}
