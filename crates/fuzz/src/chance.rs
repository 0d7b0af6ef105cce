//! Repeatable randomness.

use hubbub_sfu::random::RandomSource;

/// `SplitMix64`: each seed a sequence of its own, and quick. Source: Steele, Lea, Flood, "Fast splittable pseudorandom
/// number generators", 2014.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number under `end`; zero when `end` is.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    pub(crate) const fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

impl RandomSource for Chance {
    fn fill(&mut self, buffer: &mut [u8]) {
        buffer.fill_with(|| self.byte());
    }
}
