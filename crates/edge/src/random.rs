//! Randomness that nobody can foretell.

use aws_lc_rs::rand;
use hubbub_sfu::random::RandomSource;

use crate::Error;

/// What one set of ICE credentials takes.
const DRAWN: usize = 64;

/// The system's generator, for a shard's thread.
pub struct System;

impl RandomSource for System {
    /// Panics when the system has none, which a shard's thread catches: to go on with bytes that can be foretold would
    /// be worse.
    fn fill(&mut self, buffer: &mut [u8]) {
        let filled = rand::fill(buffer);
        assert!(filled.is_ok(), "the system's random source failed");
    }
}

/// Bytes drawn beforehand, so that failing can be told.
pub struct Drawn {
    bytes: [u8; DRAWN],
    used: usize,
}

impl Drawn {
    /// Draw.
    pub fn draw() -> Result<Self, Error> {
        let mut bytes = [0; DRAWN];
        rand::fill(&mut bytes).map_err(|_| Error::Random)?;
        Ok(Self { bytes, used: 0 })
    }
}

impl RandomSource for Drawn {
    /// Past what was drawn this falls back to [`System`].
    fn fill(&mut self, buffer: &mut [u8]) {
        let end = self.used.saturating_add(buffer.len());
        match self.bytes.get(self.used..end) {
            Some(bytes) => buffer.copy_from_slice(bytes),
            None => System.fill(buffer),
        }
        self.used = end;
    }
}
