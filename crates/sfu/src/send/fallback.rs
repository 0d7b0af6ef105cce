//! An estimate for subscribers without transport-wide feedback: by reported loss and round trips, and by their own
//! estimate.

use std::time::{Duration, Instant};

use crate::cc::Bitrate;

/// Assumed before anything is known: a good layer of most cameras.
const START_KBPS: u32 = 1_000;
/// Bounds: sound and a small picture below; above, such reports are too blunt a tool.
const MIN_KBPS: u32 = 100;
const MAX_KBPS: u32 = 4_000;
/// Below this share of loss the rate grows, above the other it falls (gcc-02 section 6).
const CLEAN: f64 = 0.02;
const HEAVY: f64 = 0.1;
/// Growth per report without loss.
const GROWTH: f64 = 1.08;
/// The rate changes once in this time, however many streams are reported on.
const INTERVAL: Duration = Duration::from_secs(1);
/// A round trip this much longer than the shortest is a queue that grows no further, and one that must shrink: deep
/// queues lose nothing, but what waits in them is late.
const QUEUED: Duration = Duration::from_millis(80);
const LATE: Duration = Duration::from_millis(200);
/// What remains of the rate then. Reports come once a second, so it falls fast.
const RELIEF: f64 = 0.7;
/// The shortest round trip of the last one to two of these counts, for routes change.
const MEMORY: Duration = Duration::from_secs(30);
/// A receiver's own estimate holds this long after it was told.
const LIFETIME: Duration = Duration::from_secs(15);

/// The loss-based rate, bounded by what queues and by REMB.
///
/// Source: draft-ietf-rmcat-gcc-02 section 6; draft-alvestrand-rmcat-remb-03 section 2. It differs in that round trips
/// count as well.
#[derive(Debug)]
pub(super) struct Fallback {
    rate: Bitrate,
    changed: Option<Instant>,
    told: Option<(Bitrate, Instant)>,
    reported: Option<Instant>,
    window: Option<Instant>,
    /// Least round trip of this window and of the one before.
    shortest: Option<Duration>,
    shortest_before: Option<Duration>,
}

impl Fallback {
    pub(super) fn new() -> Self {
        Self {
            rate: Bitrate::from_kbps(START_KBPS),
            changed: None,
            told: None,
            reported: None,
            window: None,
            shortest: None,
            shortest_before: None,
        }
    }

    /// Begin anew from what the path was seen to carry, or from what is assumed. What was reported so far was about
    /// another rate.
    pub(super) fn restart(&mut self, proven: Option<Bitrate>) {
        self.rate = bounded(proven.unwrap_or(Bitrate::from_kbps(START_KBPS)));
        self.changed = None;
    }

    /// Take in a reported share of loss, `0.0..=1.0`, and the round trip, if the report told of one.
    pub(super) fn reported_loss(&mut self, now: Instant, share: f64, round_trip: Option<Duration>) {
        self.reported = Some(now);
        let queued = round_trip.map_or(Duration::ZERO, |sample| self.queued(now, sample));
        let since = |then: Instant| now.saturating_duration_since(then);
        let early = self.changed.is_some_and(|changed| since(changed) < INTERVAL);
        if early {
            return;
        }
        let change = if share > HEAVY || queued > LATE {
            (1.0 - share / 2.0).min(if queued > LATE { RELIEF } else { 1.0 })
        } else if share < CLEAN && queued < QUEUED {
            GROWTH
        } else {
            return;
        };
        self.rate = bounded(self.rate.times(change));
        self.changed = Some(now);
    }

    /// Take in a receiver's own estimate, bits per second.
    #[allow(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn told(&mut self, now: Instant, bits_per_second: u64) {
        let rate = Bitrate::from_bps(bits_per_second as f64).max(Bitrate::from_kbps(MIN_KBPS));
        self.told = Some((rate, now));
        self.reported = Some(now);
    }

    /// When the receiver said anything last.
    pub(super) fn reported(&self) -> Option<Instant> {
        self.reported
    }

    /// What may be sent.
    pub(super) fn rate(&self, now: Instant) -> Bitrate {
        let told = self
            .told
            .filter(|(_, at)| now.saturating_duration_since(*at) < LIFETIME);
        told.map_or(self.rate, |(rate, _)| self.rate.min(rate))
    }

    /// How much longer a round trip is than the shortest.
    fn queued(&mut self, now: Instant, sample: Duration) -> Duration {
        let over = |since: Instant| now.saturating_duration_since(since) >= MEMORY;
        if self.window.is_none_or(over) {
            self.window = Some(now);
            self.shortest_before = self.shortest.take();
        }
        let shortest = self.shortest.map_or(sample, |shortest| shortest.min(sample));
        self.shortest = Some(shortest);
        let base = self
            .shortest_before
            .map_or(shortest, |before| before.min(shortest));
        sample.saturating_sub(base)
    }
}

fn bounded(rate: Bitrate) -> Bitrate {
    rate.max(Bitrate::from_kbps(MIN_KBPS))
        .min(Bitrate::from_kbps(MAX_KBPS))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    #[test]
    fn loss_and_the_receivers_own_estimate_bound_the_rate() {
        let mut clock = Clock::new();
        let mut fallback = Fallback::new();
        for _ in 0..60 {
            fallback.reported_loss(clock.now(), 0.0, None);
            fallback.reported_loss(clock.now(), 0.0, None);
            clock.advance(INTERVAL);
        }
        assert_eq!(fallback.rate(clock.now()), Bitrate::from_kbps(MAX_KBPS));
        fallback.told(clock.now(), 700_000);
        assert_eq!(fallback.rate(clock.now()), Bitrate::from_kbps(700));
        fallback.told(clock.now(), 0);
        assert_eq!(fallback.rate(clock.now()), Bitrate::from_kbps(MIN_KBPS));
        clock.advance(LIFETIME);
        for _ in 0..60 {
            fallback.reported_loss(clock.now(), 0.3, None);
            clock.advance(INTERVAL);
        }
        assert_eq!(fallback.rate(clock.now()), Bitrate::from_kbps(MIN_KBPS));
    }

    #[test]
    fn a_queue_that_loses_nothing_lowers_the_rate_until_it_is_gone() {
        let mut clock = Clock::new();
        let mut fallback = Fallback::new();
        let mut report = |milliseconds| {
            fallback.reported_loss(clock.now(), 0.0, Some(Duration::from_millis(milliseconds)));
            clock.advance(INTERVAL);
            fallback.rate(clock.now()).kbps().round()
        };
        assert!((report(50) - 1_080.0).abs() < 1.0);
        assert!((report(150) - 1_080.0).abs() < 1.0);
        assert!((report(400) - 756.0).abs() < 1.0);
        assert!((report(60) - 816.0).abs() < 1.0);
    }
}
