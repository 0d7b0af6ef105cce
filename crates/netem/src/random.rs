//! Repeatable randomness.

/// A seeded generator: `SplitMix64`, chosen because it is a few lines, passes the usual statistical batteries and needs
/// no warm-up for small seeds. It is not for secrets.
///
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014, figure 12.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A generator whose whole future is decided by `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0.0..1.0`, uniform, with 32 bits of resolution.
    pub fn fraction(&mut self) -> f64 {
        let high = u32::try_from(self.bits() >> 32).unwrap_or(u32::MAX);
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }

    /// True with probability `chance`; zero never, one always.
    pub fn chance(&mut self, chance: f64) -> bool {
        self.fraction() < chance
    }

    /// A number in `0..bound`, or zero for a bound of zero. The bias is below `bound / 2^64`.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.bits()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// Fill `buffer` with random bytes.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            for (byte, random) in chunk.iter_mut().zip(self.bits().to_le_bytes()) {
                *byte = random;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First outputs for seed 1234567, as listed with the algorithm's public reference programs.
    #[test]
    fn the_published_sequence_comes_out() {
        let mut random = Random::new(1_234_567);
        assert_eq!(random.bits(), 6_457_827_717_110_365_317);
        assert_eq!(random.bits(), 3_203_168_211_198_807_973);
        assert_eq!(random.bits(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn chances_come_true_as_often_as_they_say() {
        let mut random = Random::new(7);
        let hits = (0..100_000).filter(|_| random.chance(0.3)).count();
        assert!((29_300..30_700).contains(&hits), "{hits}");
        assert!(!random.chance(0.0));
        assert!(random.chance(1.0));
    }

    #[test]
    fn bounded_numbers_stay_below_their_bound() {
        let mut random = Random::new(9);
        assert_eq!(random.below(0), 0);
        let mut seen = [false; 6];
        for _ in 0..200 {
            seen[usize::try_from(random.below(6)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 6]);
    }

    #[test]
    fn filling_covers_every_length() {
        let mut buffer = [0u8; 21];
        Random::new(3).fill(&mut buffer);
        assert!(buffer[16..].iter().any(|byte| *byte != 0));
    }
}
