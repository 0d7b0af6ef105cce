//! What sender and receiver reports say: loss, jitter, round trips.
//!
//! Plain numbers in and out; writing the RTCP blocks is the wire crate's.

use std::time::{Duration, Instant};

use super::clock::{Ntp, ticks};
use super::window::low_half;

/// Extreme values of the cumulative loss, which is 24 bits wide and signed (RFC 3550 section 6.4.1).
const LOST_MAX: i64 = 0x7f_ffff;
const LOST_MIN: i64 = -0x80_0000;

/// Sender reports remembered to measure round trips; a receiver echoes the last one it got.
const REPORTS: usize = 4;

/// A longer round trip than this is an echo of something else.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(30);

/// One block of a receiver report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceptionBlock {
    /// Share lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets expected less packets received since the beginning; negative with duplicates.
    pub cumulative_lost: i32,
    /// Cycles in the high half, highest sequence number in the low half.
    pub highest_sequence: u32,
    /// Mean deviation of transit times, in ticks.
    pub jitter: u32,
    /// Middle of the last sender report's NTP time; 0 before the first.
    pub last_report: u32,
    /// Time since that report, in 1/65,536 s; 0 before the first.
    pub delay_since_last_report: u32,
}

/// Counts what comes of one stream.
///
/// Source: RFC 3550 section 6.4.1 and appendices A.3, A.8.
#[derive(Clone, Debug)]
pub struct Reception {
    rate: u32,
    first: Option<(u64, Instant)>,
    highest: u64,
    received: u64,
    expected_prior: u64,
    received_prior: u64,
    transit: Option<u64>,
    /// Jitter times 16, as in appendix A.8.
    jitter: u64,
    report: Option<(Ntp, Instant)>,
}

impl Reception {
    /// Nothing received; the clock runs at `rate` hertz.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self {
            rate,
            first: None,
            highest: 0,
            received: 0,
            expected_prior: 0,
            received_prior: 0,
            transit: None,
            jitter: 0,
            report: None,
        }
    }

    /// Count a packet. Retransmitted packets must not be shown here: they would hide loss and raise jitter.
    pub fn arrived(&mut self, now: Instant, sequence: u64, timestamp: u64) {
        let (first, origin) = *self.first.get_or_insert((sequence, now));
        if sequence < first {
            // It came out of order at the very beginning; expect it from now on, as it is counted.
            self.first = Some((sequence, origin));
        }
        self.highest = self.highest.max(sequence);
        self.received = self.received.saturating_add(1);
        let transit = ticks(now.saturating_duration_since(origin), self.rate).wrapping_sub(timestamp);
        if let Some(last) = self.transit {
            let difference = transit.wrapping_sub(last).cast_signed().unsigned_abs();
            let fall = self.jitter.saturating_add(8) >> 4;
            self.jitter = self.jitter.saturating_add(difference).saturating_sub(fall);
        }
        self.transit = Some(transit);
    }

    /// Take in a sender report's time.
    pub fn sender_report(&mut self, now: Instant, ntp: Ntp) {
        self.report = Some((ntp, now));
    }

    /// Jitter in ticks.
    #[must_use]
    pub fn jitter(&self) -> u64 {
        self.jitter >> 4
    }

    /// The block for a report now; `None` before the first packet. The fraction counts from the last call.
    pub fn block(&mut self, now: Instant) -> Option<ReceptionBlock> {
        let (first, _) = self.first?;
        let expected = self.highest.saturating_sub(first).saturating_add(1);
        let expected_since = expected.saturating_sub(self.expected_prior);
        let received_since = self.received.saturating_sub(self.received_prior);
        let lost_since = expected_since.saturating_sub(received_since);
        self.expected_prior = expected;
        self.received_prior = self.received;
        // All lost would be 256, which the field cannot say.
        let fraction = lost_since
            .saturating_mul(256)
            .checked_div(expected_since)
            .unwrap_or(0)
            .min(255);
        let lost = expected
            .wrapping_sub(self.received)
            .cast_signed()
            .clamp(LOST_MIN, LOST_MAX);
        let (last_report, delay) = self.report.map_or((0, 0), |(ntp, at)| {
            (
                ntp.middle(),
                low_half(ticks(now.saturating_duration_since(at), 65_536)),
            )
        });
        Some(ReceptionBlock {
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            cumulative_lost: i32::try_from(lost).unwrap_or(0),
            highest_sequence: low_half(self.highest),
            jitter: low_half(self.jitter().min(u64::from(u32::MAX))),
            last_report,
            delay_since_last_report: delay,
        })
    }
}

/// What a sender report says besides its two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderBlock {
    /// Wall clock time.
    pub ntp: Ntp,
    /// The same moment as an RTP timestamp.
    pub timestamp: u32,
    /// Packets sent, modulo 2^32.
    pub packets: u32,
    /// Payload bytes sent, modulo 2^32.
    pub octets: u32,
}

/// Counts what is sent of one stream, and measures round trips.
#[derive(Clone, Debug, Default)]
pub struct Sending {
    packets: u64,
    octets: u64,
    /// Middle of the NTP time of the last reports, and when they were sent.
    reports: [Option<(u32, Instant)>; REPORTS],
    round_trip: Option<Duration>,
}

impl Sending {
    /// Nothing sent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Count a packet by its payload without padding, in bytes.
    pub fn sent(&mut self, payload_len: usize) {
        self.packets = self.packets.saturating_add(1);
        self.octets = self
            .octets
            .saturating_add(u64::try_from(payload_len).unwrap_or(0));
    }

    /// The block for a report sent now, at a moment given by [`super::Forwarder::moment`].
    pub fn block(&mut self, now: Instant, (ntp, timestamp): (Ntp, u64)) -> SenderBlock {
        self.reports.rotate_right(1);
        if let Some(first) = self.reports.first_mut() {
            *first = Some((ntp.middle(), now));
        }
        SenderBlock {
            ntp,
            timestamp: low_half(timestamp),
            packets: low_half(self.packets),
            octets: low_half(self.octets),
        }
    }

    /// Take in a receiver's block. Returns the round trip, if it echoes one of the last reports.
    ///
    /// The time of sending is looked up rather than computed from the echo, because the report's wall clock is the
    /// publisher's and may step.
    ///
    /// Source: RFC 3550 section 6.4.1, delay since last SR.
    pub fn receiver_report(&mut self, now: Instant, block: &ReceptionBlock) -> Option<Duration> {
        if block.last_report == 0 {
            return None;
        }
        let mut known = self.reports.iter().flatten();
        let (_, sent) = known.find(|(middle, _)| *middle == block.last_report)?;
        let held = u64::from(block.delay_since_last_report).saturating_mul(1_000_000) >> 16;
        let elapsed = now.saturating_duration_since(*sent);
        let round_trip = elapsed.saturating_sub(Duration::from_micros(held));
        if round_trip > ROUND_TRIP_MAX {
            return None;
        }
        // One eighth of news, as TCP smooths (RFC 6298 section 2).
        let smooth = |old: Duration| {
            old.saturating_mul(7)
                .saturating_add(round_trip)
                .checked_div(8)
                .unwrap_or(old)
        };
        self.round_trip = Some(self.round_trip.map_or(round_trip, smooth));
        Some(round_trip)
    }

    /// Smoothed round trip; `None` until measured.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }
}
