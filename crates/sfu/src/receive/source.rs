//! The reception of one encoding: its numbers, its gaps, its counts.

use std::time::{Duration, Instant};

use hubbub_wire::sequence::{Extender, nearest};

use super::reading::Reader;
use crate::forward::nack::{Arrival, Generator, Limits};
use crate::forward::report::Reception;

/// A picture later than this is a pause of the publisher rather than a freeze.
const PAUSE: Duration = Duration::from_secs(10);
/// Pictures stand still if the next is this much later than usual, or after three usual intervals if that is longer.
const FREEZE_MIN: Duration = Duration::from_millis(150);

/// What was counted since the last sample.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// Repeated by the publisher on request, or recovered from redundancy.
    pub(super) recovered: u64,
    pub(super) nacks: u32,
    pub(super) plis: u32,
    pub(super) freezes: u32,
    pub(super) frozen: Duration,
}

/// One RTP stream of a track.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) ssrc: u32,
    pub(super) sequence: Extender<u16>,
    pub(super) timestamp: Extender<u32>,
    pub(super) reception: Reception,
    pub(super) gaps: Generator,
    pub(super) reader: Reader,
    pub(super) counts: Counts,
    given_up: u64,
    expected: u64,
    pictures: Pictures,
}

/// When pictures began.
#[derive(Debug, Default)]
struct Pictures {
    newest: Option<(u64, Instant)>,
    interval: Option<Duration>,
}

impl Source {
    pub(super) fn new(ssrc: u32, clock_rate: u32, limits: Limits) -> Self {
        Self {
            ssrc,
            sequence: Extender::new(),
            timestamp: Extender::new(),
            reception: Reception::new(clock_rate),
            gaps: Generator::new(limits),
            reader: Reader::default(),
            counts: Counts::default(),
            given_up: 0,
            expected: 0,
            pictures: Pictures::default(),
        }
    }

    /// Take in the numbers of a packet that came by itself. Returns them widened, with what the first says.
    pub(super) fn arrived(
        &mut self,
        now: Instant,
        sequence: u16,
        timestamp: u32,
        len: usize,
    ) -> (u64, u64, Arrival) {
        let before = self.sequence.highest();
        let sequence = self.sequence.extend(sequence);
        let timestamp = self.timestamp.extend(timestamp);
        self.reception.arrived(now, sequence, timestamp);
        let arrival = self.gaps.arrived(now, sequence);
        let ahead = before.map_or(1, |before| sequence.saturating_sub(before));
        // An interruption is no loss.
        let ahead = if arrival == Arrival::Interrupted { 1 } else { ahead };
        self.expected = self.expected.saturating_add(ahead);
        self.counts.packets = self.counts.packets.saturating_add(1);
        self.counts.bytes = self.counts.bytes.saturating_add(u64::try_from(len).unwrap_or(0));
        (sequence, timestamp, arrival)
    }

    /// The numbers of a packet that was repeated on request.
    pub(super) fn repeated(&mut self, now: Instant, sequence: u16, timestamp: u32) -> (u64, u64, Arrival) {
        let sequence = self.sequence.peek(sequence);
        let timestamp = self.timestamp.peek(timestamp);
        (sequence, timestamp, self.recovered(now, sequence))
    }

    /// A missing packet came by retransmission or redundancy.
    pub(super) fn recovered(&mut self, now: Instant, sequence: u64) -> Arrival {
        // One ahead of all that came would open a gap that is none.
        if self.sequence.highest().is_none_or(|highest| sequence > highest) {
            return Arrival::Useless;
        }
        let arrival = self.gaps.arrived(now, sequence);
        if arrival == Arrival::Recovered {
            self.counts.recovered = self.counts.recovered.saturating_add(1);
        }
        arrival
    }

    /// A report's timestamp, widened.
    pub(super) fn moment(&self, timestamp: u32) -> Option<u64> {
        self.timestamp
            .highest()
            .map(|highest| nearest(highest, timestamp))
    }

    /// Note that a picture began, to find freezes.
    pub(super) fn picture(&mut self, now: Instant, timestamp: u64) {
        let Some((newest, at)) = self.pictures.newest else {
            self.pictures.newest = Some((timestamp, now));
            return;
        };
        if timestamp <= newest {
            return;
        }
        self.pictures.newest = Some((timestamp, now));
        let elapsed = now.saturating_duration_since(at);
        if elapsed > PAUSE {
            self.pictures.interval = None;
            return;
        }
        let Some(usual) = self.pictures.interval else {
            self.pictures.interval = Some(elapsed);
            return;
        };
        if elapsed >= usual.saturating_mul(3).max(usual.saturating_add(FREEZE_MIN)) {
            self.counts.freezes = self.counts.freezes.saturating_add(1);
            self.counts.frozen = self.counts.frozen.saturating_add(elapsed);
        }
        let smooth = usual.saturating_mul(15).saturating_add(elapsed);
        self.pictures.interval = smooth.checked_div(16);
    }

    /// No picture is expected: the publisher was told to pause, or is muted.
    pub(super) fn pause(&mut self) {
        self.pictures = Pictures::default();
    }

    /// What was counted since the last call, with the packets expected and those given up.
    pub(super) fn take(&mut self) -> (Counts, u64, u64) {
        let given_up = self.gaps.given_up();
        let lost = given_up.saturating_sub(std::mem::replace(&mut self.given_up, given_up));
        (
            std::mem::take(&mut self.counts),
            std::mem::take(&mut self.expected),
            lost,
        )
    }
}
