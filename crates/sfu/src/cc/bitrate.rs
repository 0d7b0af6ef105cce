//! The unit of everything here.

use std::time::Duration;

/// A rate in bits per second; never negative, never NaN.
///
/// It is a float because estimators multiply and divide it all the time; what leaves for the wire or for statistics
/// is rounded there.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Bitrate(f64);

impl Bitrate {
    /// Nothing at all.
    pub const ZERO: Self = Self(0.0);

    /// A rate from bits per second; what is negative or not a number becomes zero.
    #[must_use]
    pub fn from_bps(bps: f64) -> Self {
        Self(bps.max(0.0))
    }

    /// A rate from kilobits (1,000 bits) per second.
    #[must_use]
    pub fn from_kbps(kbps: u32) -> Self {
        Self(f64::from(kbps) * 1_000.0)
    }

    /// The rate at which `bytes` pass in `time`, or `None` when no time passed.
    #[must_use]
    pub fn of(bytes: f64, time: Duration) -> Option<Self> {
        (time > Duration::ZERO).then(|| Self::from_bps(bytes * 8.0 / time.as_secs_f64()))
    }

    /// Bits per second.
    #[must_use]
    pub fn bps(self) -> f64 {
        self.0
    }

    /// Kilobits (1,000 bits) per second.
    #[must_use]
    pub fn kbps(self) -> f64 {
        self.0 / 1_000.0
    }

    /// This rate times `factor`.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self::from_bps(self.0 * factor)
    }

    /// The sum of two rates.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    /// What is left after taking `other` away; at least zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self::from_bps(self.0 - other.0)
    }

    /// The smaller of two rates.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// The larger of two rates.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// Bytes that pass in `time`.
    #[must_use]
    pub fn bytes_in(self, time: Duration) -> f64 {
        self.0 * time.as_secs_f64() / 8.0
    }

    /// Time that `bytes` need; [`Duration::MAX`] at rate zero.
    #[must_use]
    pub fn time_for(self, bytes: f64) -> Duration {
        Duration::try_from_secs_f64(bytes * 8.0 / self.0).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;

    #[test]
    fn nonsense_becomes_zero_or_never() {
        assert_eq!(Bitrate::from_bps(-1.0), Bitrate::ZERO);
        assert_eq!(Bitrate::from_bps(f64::NAN), Bitrate::ZERO);
        assert_eq!(Bitrate::of(100.0, Duration::ZERO), None);
        assert_eq!(Bitrate::ZERO.time_for(1.0), Duration::MAX);
    }

    #[test]
    fn bytes_and_time_agree() {
        let rate = Bitrate::from_kbps(800);
        assert_eq!(
            rate.time_for(rate.bytes_in(Duration::from_millis(250))),
            Duration::from_millis(250)
        );
    }
}
