//! Media clocks: ticks, NTP time, and how the clocks of a track's encodings relate.

use std::time::{Duration, Instant};

use super::packet::ENCODINGS_MAX;

/// NTP time: seconds since 1900 in the high half, the fraction in the low half.
///
/// Source: RFC 3550 section 4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ntp(pub u64);

impl Ntp {
    /// The middle 32 bits, which reports echo; unit 1/65,536 s.
    #[must_use]
    pub fn middle(self) -> u32 {
        super::window::low_half(self.0 >> 16)
    }

    /// This time moved on by `duration`; wraps in 2036 as the wire does.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let fraction = u64::from(duration.subsec_nanos()).wrapping_shl(32) / 1_000_000_000;
        Self(
            self.0
                .wrapping_add(duration.as_secs().wrapping_shl(32))
                .wrapping_add(fraction),
        )
    }
}

/// `duration` in ticks of a clock of `rate` hertz, rounded down.
#[must_use]
pub fn ticks(duration: Duration, rate: u32) -> u64 {
    let rate = u64::from(rate);
    let fraction = u64::from(duration.subsec_nanos()).wrapping_mul(rate) / 1_000_000_000;
    duration.as_secs().wrapping_mul(rate).wrapping_add(fraction)
}

/// One moment in three clocks, from a sender report (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The publisher's wall clock.
    pub ntp: Ntp,
    /// The stream's RTP timestamp, extended to 64 bits like those of its packets.
    pub timestamp: u64,
    /// When the report came.
    pub at: Instant,
}

/// The clocks of one track, shared by all its subscribers.
#[derive(Clone, Debug)]
pub struct Clocks {
    rate: u32,
    moments: [Option<Moment>; ENCODINGS_MAX],
}

impl Clocks {
    /// Clocks of `rate` hertz (90,000 for video, 48,000 for Opus), nothing reported yet.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self {
            rate,
            moments: [None; ENCODINGS_MAX],
        }
    }

    /// Ticks per second.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Take in a sender report on an encoding. An index out of range is ignored.
    pub fn report(&mut self, encoding: u8, moment: Moment) {
        if let Some(place) = self.moments.get_mut(usize::from(encoding)) {
            *place = Some(moment);
        }
    }

    /// Forget what was reported on an encoding, for its source began anew.
    pub fn forget(&mut self, encoding: u8) {
        if let Some(place) = self.moments.get_mut(usize::from(encoding)) {
            *place = None;
        }
    }

    /// The newest moment known of an encoding.
    #[must_use]
    pub fn moment(&self, encoding: u8) -> Option<Moment> {
        self.moments.get(usize::from(encoding)).copied().flatten()
    }

    /// The timestamp that encoding `to` has at the moment when encoding `from` has `timestamp`. `None` until both
    /// were reported, except for one and the same encoding.
    #[must_use]
    pub fn translate(&self, from: u8, to: u8, timestamp: u64) -> Option<u64> {
        if from == to {
            return Some(timestamp);
        }
        let (source, target) = (self.moment(from)?, self.moment(to)?);
        let apart = i128::from(source.ntp.0.wrapping_sub(target.ntp.0).cast_signed());
        let apart = i64::try_from(apart.wrapping_mul(i128::from(self.rate)) >> 32).ok()?;
        let since = timestamp.wrapping_sub(source.timestamp);
        Some(
            target
                .timestamp
                .wrapping_add(since)
                .wrapping_add(apart.cast_unsigned()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_convert() {
        assert_eq!(ticks(Duration::from_millis(20), 48_000), 960);
        assert_eq!(ticks(Duration::new(3, 500_000_000), 90_000), 315_000);
        assert_eq!(Ntp(0x1122_3344_5566_7788).middle(), 0x3344_5566);
        assert_eq!(
            Ntp(5 << 32).after(Duration::from_millis(500)),
            Ntp((5 << 32) + (1 << 31))
        );
    }
}
