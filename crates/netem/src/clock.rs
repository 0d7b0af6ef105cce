//! Virtual time.

use std::time::{Duration, Instant};

/// A clock that moves only when told to.
///
/// The standard library offers no other way to an [`Instant`] than reading the machine's clock, so it is read once,
/// here, for an origin; only differences from it ever matter.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    now: Instant,
}

impl Clock {
    /// A clock standing at its origin.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "an arbitrary origin; see the type's comment"
    )]
    #[allow(
        clippy::new_without_default,
        reason = "a default that reads the machine's clock would surprise"
    )]
    pub fn new() -> Self {
        let origin = Instant::now();
        Self { origin, now: origin }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Time passed since the origin.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.origin
    }

    /// The moment `after` the origin.
    #[must_use]
    pub fn at(&self, after: Duration) -> Instant {
        self.origin + after
    }

    /// Move forward by `step`.
    pub fn advance(&mut self, step: Duration) {
        self.now += step;
    }

    /// Move forward to `moment`; a moment already past changes nothing.
    pub fn advance_to(&mut self, moment: Instant) {
        self.now = self.now.max(moment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_forward_and_only_when_told() {
        let mut clock = Clock::new();
        assert_eq!(clock.elapsed(), Duration::ZERO);
        clock.advance(Duration::from_millis(5));
        clock.advance_to(clock.at(Duration::from_millis(3)));
        assert_eq!(clock.elapsed(), Duration::from_millis(5));
        clock.advance_to(clock.at(Duration::from_millis(8)));
        assert_eq!(clock.now(), clock.at(Duration::from_millis(8)));
    }
}
