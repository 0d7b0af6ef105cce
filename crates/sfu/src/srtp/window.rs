//! Replay windows: which packet indices of a stream have been seen.

use super::Error;

/// Smallest replay window in packets. RFC 3711 section 3.3.2 asks for at least this.
pub const WINDOW_MIN: u16 = 64;
/// Largest replay window in packets: one word of the ring is always being refilled.
pub const WINDOW_MAX: u16 = 31 * 64;

const WORDS: u64 = 32;

/// A ring of bits, one for each index of the last [`WORDS`] × 64.
///
/// Moving forward clears whole words instead of shifting all of them (RFC 6479).
#[derive(Clone, Debug)]
pub(super) struct Window {
    words: [u64; 32],
    highest: u64,
}

impl Window {
    /// A window in which `first` alone has been seen.
    pub(super) fn new(first: u64) -> Self {
        let mut window = Self {
            words: [0; 32],
            highest: first,
        };
        window.set(first);
        window
    }

    /// The highest index seen.
    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether `index` is new, where the last `size` indices are remembered.
    pub(super) fn check(&self, index: u64, size: u16) -> Result<(), Error> {
        let Some(behind) = self.highest.checked_sub(index) else {
            return Ok(());
        };
        if behind >= u64::from(size) {
            return Err(Error::Stale);
        }
        match self.words.get(slot(index)) {
            Some(word) if word & bit(index) != 0 => Err(Error::Replayed),
            _ => Ok(()),
        }
    }

    /// Mark `index` as seen. It has passed [`Window::check`] and the packet is authentic.
    pub(super) fn accept(&mut self, index: u64) {
        if index > self.highest {
            let from = self.highest >> 6;
            let steps = (index >> 6).saturating_sub(from).min(WORDS);
            for step in 1..=steps {
                if let Some(word) = self.words.get_mut(slot_of_word(from.wrapping_add(step))) {
                    *word = 0;
                }
            }
            self.highest = index;
        }
        self.set(index);
    }

    fn set(&mut self, index: u64) {
        if let Some(word) = self.words.get_mut(slot(index)) {
            *word |= bit(index);
        }
    }
}

fn bit(index: u64) -> u64 {
    1 << (index & 63)
}

fn slot(index: u64) -> usize {
    slot_of_word(index >> 6)
}

fn slot_of_word(word: u64) -> usize {
    let [low, ..] = word.to_le_bytes();
    usize::from(low & 31)
}

/// The most likely 48-bit index of a packet with `sequence`, when `highest` is the highest seen.
///
/// A stream's first packet is taken to be of rollover count 0. A sender that starts just below 2^16 and whose first
/// packets are lost would be guessed wrong, which is why senders start in the lower half (RFC 3711 section 3.3.1).
pub(super) fn guess_index(highest: Option<u64>, sequence: u16) -> u64 {
    const CYCLE: u64 = 1 << 16;
    const HALF: u64 = 1 << 15;
    let Some(highest) = highest else {
        return u64::from(sequence);
    };
    let same_cycle = (highest & !(CYCLE.wrapping_sub(1))) | u64::from(sequence);
    if same_cycle.saturating_sub(highest) > HALF {
        same_cycle.checked_sub(CYCLE).unwrap_or(same_cycle)
    } else if highest.saturating_sub(same_cycle) > HALF {
        same_cycle.saturating_add(CYCLE)
    } else {
        same_cycle
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "the operands are the test's own")]

    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn guesses_follow_the_nearer_cycle() {
        assert_eq!(guess_index(None, 65_000), 65_000);
        assert_eq!(guess_index(Some(65_535), 0), 65_536);
        assert_eq!(guess_index(Some(65_540), 65_530), 65_530);
        assert_eq!(guess_index(Some(5 << 16), 65_535), (5 << 16) - 1);
        assert_eq!(guess_index(Some((5 << 16) + 0xffff), 3), (6 << 16) + 3);
        assert_eq!(
            guess_index(Some(10), 65_000),
            65_000,
            "nothing lies before the first cycle"
        );
    }

    proptest! {
        /// Whatever the order of arrival, an index near the highest is guessed right.
        #[test]
        fn guesses_are_right_within_half_a_cycle(highest in 0_u64..(1 << 47), distance in -32_767_i64..32_768) {
            let index = highest.saturating_add_signed(distance);
            let sequence = u16::try_from(index & 0xffff).unwrap();
            prop_assert_eq!(guess_index(Some(highest), sequence), index);
        }

        /// The ring says the same as a set of everything seen.
        #[test]
        fn the_ring_agrees_with_a_set(
            start in 0_u64..100_000,
            steps in prop::collection::vec(prop_oneof![-200_i64..200, -2_500_i64..5_000], 1..300),
            size in WINDOW_MIN..=WINDOW_MAX,
        ) {
            let mut window = Window::new(start);
            let mut seen = BTreeSet::from([start]);
            for step in steps {
                let highest = *seen.last().unwrap();
                let index = highest.saturating_add_signed(step);
                let expected = if index + u64::from(size) <= highest {
                    Err(Error::Stale)
                } else if seen.contains(&index) {
                    Err(Error::Replayed)
                } else {
                    Ok(())
                };
                prop_assert_eq!(window.check(index, size), expected);
                if expected.is_ok() {
                    window.accept(index);
                    seen.insert(index);
                }
            }
        }
    }
}
