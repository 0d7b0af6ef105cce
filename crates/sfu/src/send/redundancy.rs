//! How much is sent more than once: earlier sound in each packet of sound, and copies of pictures' packets.
//!
//! Redundancy is made only for who loses packets: a listener without loss gains nothing from twice the bytes, and in a
//! room of a hundred listeners most have none. Loss is known within a few hundred milliseconds where feedback is
//! transport-wide, and a call that begins on a bad path loses little by then. Depth rises at once and falls slowly,
//! since loss comes in bouts.

use std::time::{Duration, Instant};

use crate::forward::red::DEPTH_MAX;

/// Shares of loss from which one, two and three earlier payloads are sent. With independent loss of 10, 20 and 30 %
/// they leave 0.1, 0.2 and 0.8 % of the sound to be concealed.
const STEPS: [f64; DEPTH_MAX] = [0.01, 0.05, 0.15];

/// Share of loss from which a packet that was asked for is sent twice. Requests get lost as well, and each round takes
/// a receiver that never sent anything a tenth of a second: with 30 % lost both ways one copy mends half of what is
/// missing in a round, two mend two thirds. A third would hold up what comes after it.
const TWICE: f64 = 0.07;
/// Shares of loss from which all pictures are sent twice, and below which they no longer are.
const DOUBLE: f64 = 0.15;
const SINGLE: f64 = 0.1;

/// Each step down waits this long after the last need of more.
const CALM: Duration = Duration::from_secs(10);

/// Decides the depth for one transport.
#[derive(Debug)]
pub(super) struct Redundancy {
    depth: usize,
    needed: Option<Instant>,
    loss: f64,
    doubles: bool,
}

impl Redundancy {
    pub(super) fn new() -> Self {
        Self {
            depth: 0,
            needed: None,
            loss: 0.0,
            doubles: false,
        }
    }

    /// Take in the share of packets lost of late, `0.0..=1.0`.
    pub(super) fn update(&mut self, now: Instant, loss: f64) {
        self.loss = loss;
        self.doubles = loss >= if self.doubles { SINGLE } else { DOUBLE };
        let wanted = STEPS.iter().filter(|step| loss >= **step).count();
        let calm = self
            .needed
            .is_none_or(|needed| now.saturating_duration_since(needed) >= CALM);
        if wanted >= self.depth {
            self.depth = wanted;
            self.needed = Some(now);
        } else if calm {
            self.depth = self.depth.saturating_sub(1);
            self.needed = Some(now);
        }
    }

    /// Whether what was asked for is sent twice.
    pub(super) fn repairs_twice(&self) -> bool {
        self.loss >= TWICE
    }

    /// Whether pictures are sent twice unasked, as far as there is room.
    pub(super) fn doubles(&self) -> bool {
        self.doubles
    }

    /// Earlier payloads to send.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    #[test]
    fn depth_follows_loss_up_at_once_and_down_slowly() {
        let mut clock = Clock::new();
        let mut redundancy = Redundancy::new();
        redundancy.update(clock.now(), 0.001);
        assert_eq!(redundancy.depth(), 0);
        redundancy.update(clock.now(), 0.2);
        assert_eq!(redundancy.depth(), 3);
        redundancy.update(clock.now(), 0.0);
        assert_eq!(redundancy.depth(), 3);
        for depth in (0..3).rev() {
            clock.advance(CALM);
            redundancy.update(clock.now(), 0.0);
            assert_eq!(redundancy.depth(), depth);
        }
    }

    #[test]
    fn copies_follow_loss_both_ways() {
        let clock = Clock::new();
        let mut redundancy = Redundancy::new();
        let course = [
            (0.0, false, false),
            (0.1, true, false),
            (0.3, true, true),
            (0.12, true, true),
            (0.01, false, false),
        ];
        for (loss, twice, double) in course {
            redundancy.update(clock.now(), loss);
            assert_eq!(
                (redundancy.repairs_twice(), redundancy.doubles()),
                (twice, double)
            );
        }
    }
}
