//! Where randomness comes from: an argument, so that a run can be repeated.

/// Fills buffers with random bytes.
pub trait RandomSource {
    /// Fill `buffer` with bytes that nobody can foretell.
    fn fill(&mut self, buffer: &mut [u8]);
}
