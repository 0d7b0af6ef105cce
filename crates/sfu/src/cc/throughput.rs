//! How much actually arrives.

use std::time::Duration;

use super::bitrate::Bitrate;
use super::feedback::RemoteTime;

/// First window: long, since the first packets say little.
const WINDOW_FIRST: Duration = Duration::from_millis(500);
/// Later windows.
const WINDOW: Duration = Duration::from_millis(150);
/// How strongly a sample that disagrees with the estimate is doubted. A burst of one window must not move the
/// estimate, three in a row should.
const DOUBT: f64 = 10.0;
/// Variance of the estimate in kbit²/s² at the start, and what it gains with each window.
const VARIANCE_START: f64 = 50.0;
const VARIANCE_STEP: f64 = 5.0;
/// Extra variance when a sudden change is expected (after a probe was believed).
const VARIANCE_SUDDEN: f64 = 200.0;

/// The rate at which packets arrive, by the receiver's clock: windowed samples weighed against the estimate so far by
/// their variances, the way deployed senders do it (a one-dimensional Kalman update).
#[derive(Debug, Default)]
pub struct Throughput {
    window_start: Option<RemoteTime>,
    bytes: f64,
    estimate_kbps: Option<f64>,
    variance: f64,
}

impl Throughput {
    /// Count `bytes` that arrived at `at`. Bytes of unknown fate (see [`super::Outcome::Unknown`]) are passed with the
    /// next arrival.
    pub fn add(&mut self, at: RemoteTime, bytes: f64) {
        let start = *self.window_start.get_or_insert(at);
        let elapsed = at.since(start);
        let length = if self.estimate_kbps.is_some() {
            WINDOW
        } else {
            WINDOW_FIRST
        };
        if elapsed >= length {
            // A packet that comes after a long silence says what the silence was worth.
            if let Some(sample) = Bitrate::of(self.bytes, elapsed) {
                self.weigh(sample.kbps());
            }
            self.bytes = 0.0;
            self.window_start = Some(at);
        }
        self.bytes += bytes;
    }

    /// The rate, or `None` before half a second of arrivals.
    #[must_use]
    pub fn rate(&self) -> Option<Bitrate> {
        self.estimate_kbps.map(|kbps| Bitrate::from_bps(kbps * 1_000.0))
    }

    /// Believe the next samples sooner: the sending rate is about to jump.
    pub fn expect_change(&mut self) {
        self.variance += VARIANCE_SUDDEN;
    }

    fn weigh(&mut self, sample_kbps: f64) {
        let Some(estimate) = self.estimate_kbps else {
            self.estimate_kbps = Some(sample_kbps);
            self.variance = VARIANCE_START;
            return;
        };
        let doubt = DOUBT * (estimate - sample_kbps).abs() / estimate.max(1.0);
        let sample_variance = (doubt * doubt).max(f64::EPSILON);
        let predicted = self.variance + VARIANCE_STEP;
        let total = sample_variance + predicted;
        self.estimate_kbps = Some((sample_variance * estimate + predicted * sample_kbps) / total);
        self.variance = sample_variance * predicted / total;
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;

    fn feed(throughput: &mut Throughput, from_ms: i64, to_ms: i64, bytes_per_10_ms: f64) {
        for at in (from_ms..to_ms).step_by(10) {
            throughput.add(RemoteTime::from_micros(at * 1_000), bytes_per_10_ms);
        }
    }

    #[test]
    fn it_finds_a_steady_rate_and_follows_a_drop() {
        let mut throughput = Throughput::default();
        feed(&mut throughput, 0, 400, 1_250.0);
        assert_eq!(throughput.rate(), None);
        feed(&mut throughput, 400, 3_000, 1_250.0);
        assert!((throughput.rate().unwrap().kbps() - 1_000.0).abs() < 20.0);
        feed(&mut throughput, 3_000, 4_000, 500.0);
        assert!((throughput.rate().unwrap().kbps() - 400.0).abs() < 40.0);
    }
}
