//! Whether the sender has less to send than it may.

use std::time::{Duration, Instant};

use super::bitrate::Bitrate;

/// Share of the estimate that counts as using it fully.
const SHARE: f64 = 0.65;
/// Memory of the budget.
const WINDOW: Duration = Duration::from_millis(500);
/// Unused budget, as a share of the window, at which the limited region begins and ends; apart, so that it does not
/// flap with each video frame.
const BEGIN: f64 = 0.8;
const END: f64 = 0.5;

/// Over how long the mean of what is sent is taken: longer than a keyframe and what follows it.
const MEAN: Duration = Duration::from_secs(2);
/// Sending less than this share of the estimate on average leaves some of it to spare.
const SPARE: f64 = 0.95;

/// The application-limited region: while in it, an estimate is not being tested by traffic, so it must not grow by
/// itself, and probing is how to learn more.
///
/// A budget fills at a share of the estimate and empties with what is sent; much of it unused means limited.
#[derive(Debug, Default)]
pub struct Limited {
    updated: Option<Instant>,
    unused_bytes: f64,
    since: Option<Instant>,
    mean_bytes: f64,
}

impl Limited {
    /// Account `bytes` sent now against `estimate`.
    pub fn sent(&mut self, now: Instant, bytes: u32, estimate: Bitrate) {
        self.update(now, f64::from(bytes), estimate);
    }

    /// Since when the sender has been limited by what it has, if it is.
    pub fn since(&mut self, now: Instant, estimate: Bitrate) -> Option<Instant> {
        self.update(now, 0.0, estimate);
        self.since
    }

    /// Whether less than the estimate is sent on average: then what arrives is no measure of the path.
    pub fn spares(&mut self, now: Instant, estimate: Bitrate) -> bool {
        self.update(now, 0.0, estimate);
        self.mean_bytes < estimate.times(SPARE).bytes_in(MEAN)
    }

    fn update(&mut self, now: Instant, bytes: f64, estimate: Bitrate) {
        let elapsed = now.saturating_duration_since(*self.updated.get_or_insert(now));
        self.updated = Some(now);
        if !elapsed.is_zero() {
            let forgotten = elapsed.as_secs_f64() / MEAN.as_secs_f64();
            self.mean_bytes *= (-forgotten).exp();
        }
        self.mean_bytes += bytes;
        let elapsed = elapsed.min(WINDOW);
        let allowed = estimate.times(SHARE);
        let span = allowed.bytes_in(WINDOW);
        self.unused_bytes = (self.unused_bytes + allowed.bytes_in(elapsed) - bytes).clamp(-span, span);
        if self.unused_bytes > span * BEGIN {
            self.since.get_or_insert(now);
        } else if self.unused_bytes < span * END {
            self.since = None;
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    fn limited_after(send_kbps: u32) -> bool {
        let mut clock = Clock::new();
        let mut limited = Limited::default();
        let estimate = Bitrate::from_kbps(1_000);
        for _ in 0..300 {
            limited.sent(clock.now(), send_kbps / 8 * 10, estimate);
            clock.advance(Duration::from_millis(10));
        }
        limited.since(clock.now(), estimate).is_some()
    }

    #[test]
    fn only_a_sender_well_below_its_estimate_is_limited() {
        assert!(limited_after(0));
        assert!(limited_after(400));
        assert!(!limited_after(800));
        assert!(!limited_after(1_000));
    }

    #[test]
    fn a_keyframe_leaves_what_there_was_to_spare() {
        let mut clock = Clock::new();
        let mut limited = Limited::default();
        let estimate = Bitrate::from_kbps(1_000);
        for step in 0..100 {
            // 600 kbit/s, and once four tenths of a second of it at once.
            limited.sent(clock.now(), if step == 99 { 30_000 } else { 3_000 }, estimate);
            clock.advance(Duration::from_millis(40));
        }
        assert!(limited.spares(clock.now(), estimate));
        assert!(!limited.spares(clock.now(), Bitrate::from_kbps(600)));
    }
}
