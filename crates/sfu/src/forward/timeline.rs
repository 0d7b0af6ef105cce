//! Timestamps of one subscription: one clock, whichever encodings feed it.

use std::time::Instant;

use super::clock::{Clocks, ticks};
use super::packet::Arrived;

/// A publisher whose reports disagree with arrivals by more seconds than this is not believed. Network delay stays
/// well below it, and a player would take a step of this size badly.
const DISAGREEMENT_S_MAX: u64 = 2;

/// The newest picture sent.
#[derive(Clone, Copy, Debug)]
struct Newest {
    output: u64,
    at: Instant,
}

/// Maps input timestamps to output timestamps for one subscriber.
///
/// At a switch the new encoding's first timestamp is placed where the old encoding's clock would have stood at its
/// capture, by sender reports, or else by the time elapsed between arrivals. It is never placed at or before what
/// was sent; a shift made for that is remembered and undone at the next switch, so that shifts do not add up.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    encoding: u8,
    /// Output minus input; wraps.
    offset: u64,
    /// Part of the offset that only kept order.
    shift: u64,
    newest: Option<Newest>,
}

impl Timeline {
    /// Join the source of `packet`, its first. The very first keeps its timestamps.
    pub(super) fn begin(&mut self, packet: &Arrived, clocks: &Clocks) {
        if let Some(newest) = self.newest {
            let elapsed = packet.at.saturating_duration_since(newest.at);
            let arrival = newest.output.wrapping_add(ticks(elapsed, clocks.rate()));
            let ideal = clocks
                .translate(packet.encoding, self.encoding, packet.timestamp)
                .map(|timestamp| timestamp.wrapping_add(self.offset).wrapping_sub(self.shift))
                .filter(|reported| {
                    let apart = reported.wrapping_sub(arrival).cast_signed().unsigned_abs();
                    apart <= u64::from(clocks.rate()).wrapping_mul(DISAGREEMENT_S_MAX)
                })
                .unwrap_or(arrival);
            let first = newest.output.wrapping_add(1);
            let output = if ideal.wrapping_sub(first).cast_signed() < 0 {
                first
            } else {
                ideal
            };
            self.shift = output.wrapping_sub(ideal);
            self.offset = output.wrapping_sub(packet.timestamp);
        }
        self.encoding = packet.encoding;
    }

    /// The timestamp to send, and note it.
    pub(super) fn forward(&mut self, packet: &Arrived) -> u64 {
        let output = self.at(packet.timestamp);
        let is_newer = self
            .newest
            .is_none_or(|newest| output.wrapping_sub(newest.output).cast_signed() > 0);
        if is_newer {
            self.newest = Some(Newest {
                output,
                at: packet.at,
            });
        }
        output
    }

    /// The output for an input of the present source.
    pub(super) fn at(&self, timestamp: u64) -> u64 {
        timestamp.wrapping_add(self.offset)
    }

    /// The encoding that feeds it.
    pub(super) fn encoding(&self) -> u8 {
        self.encoding
    }

    /// Highest timestamp sent and when that picture came.
    pub(super) fn newest(&self) -> Option<(u64, Instant)> {
        self.newest.map(|newest| (newest.output, newest.at))
    }
}
