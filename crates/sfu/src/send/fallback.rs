//! An estimate for subscribers without transport-wide feedback: by reported loss and by their own estimate.

use std::time::{Duration, Instant};

use crate::cc::Bitrate;

/// Assumed before anything is known: a good layer of most cameras.
const START_KBPS: u32 = 1_000;
/// Bounds: sound and a small picture below; above, loss alone is too blunt a tool.
const MIN_KBPS: u32 = 100;
const MAX_KBPS: u32 = 4_000;
/// Below this share of loss the rate grows, above the other it falls (gcc-02 section 6).
const CLEAN: f64 = 0.02;
const HEAVY: f64 = 0.1;
/// Growth per report without loss.
const GROWTH: f64 = 1.08;
/// The rate changes once in this time, however many streams are reported on.
const INTERVAL: Duration = Duration::from_secs(1);
/// A receiver's own estimate holds this long after it was told.
const LIFETIME: Duration = Duration::from_secs(15);

/// The loss-based rate, bounded by REMB.
///
/// Source: draft-ietf-rmcat-gcc-02 section 6; draft-alvestrand-rmcat-remb-03 section 2.
#[derive(Debug)]
pub(super) struct Fallback {
    rate: Bitrate,
    changed: Option<Instant>,
    told: Option<(Bitrate, Instant)>,
}

impl Fallback {
    pub(super) fn new() -> Self {
        Self {
            rate: Bitrate::from_kbps(START_KBPS),
            changed: None,
            told: None,
        }
    }

    /// Take in a reported share of loss, `0.0..=1.0`.
    pub(super) fn lost(&mut self, now: Instant, share: f64) {
        let since = |then: Instant| now.saturating_duration_since(then);
        let early = self.changed.is_some_and(|changed| since(changed) < INTERVAL);
        if early {
            return;
        }
        if share > HEAVY {
            self.rate = self.rate.times(1.0 - share / 2.0);
        } else if share < CLEAN {
            self.rate = self.rate.times(GROWTH);
        } else {
            return;
        }
        self.rate = self
            .rate
            .max(Bitrate::from_kbps(MIN_KBPS))
            .min(Bitrate::from_kbps(MAX_KBPS));
        self.changed = Some(now);
    }

    /// Take in a receiver's own estimate, bits per second.
    #[allow(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn told(&mut self, now: Instant, bits_per_second: u64) {
        let rate = Bitrate::from_bps(bits_per_second as f64).max(Bitrate::from_kbps(MIN_KBPS));
        self.told = Some((rate, now));
    }

    /// What may be sent.
    pub(super) fn rate(&self, now: Instant) -> Bitrate {
        let told = self
            .told
            .filter(|(_, at)| now.saturating_duration_since(*at) < LIFETIME);
        told.map_or(self.rate, |(rate, _)| self.rate.min(rate))
    }
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
            fallback.lost(clock.now(), 0.0);
            fallback.lost(clock.now(), 0.0);
            clock.advance(INTERVAL);
        }
        assert_eq!(fallback.rate(clock.now()), Bitrate::from_kbps(MAX_KBPS));
        fallback.told(clock.now(), 700_000);
        assert_eq!(fallback.rate(clock.now()), Bitrate::from_kbps(700));
        fallback.told(clock.now(), 0);
        assert_eq!(fallback.rate(clock.now()), Bitrate::from_kbps(MIN_KBPS));
        clock.advance(LIFETIME);
        for _ in 0..60 {
            fallback.lost(clock.now(), 0.3);
            clock.advance(INTERVAL);
        }
        assert_eq!(fallback.rate(clock.now()), Bitrate::from_kbps(MIN_KBPS));
    }
}
