//! Renumbering with omissions: inputs that are left out close up, late inputs still find their place.

/// Maps input numbers to output numbers for one source.
///
/// For each of the last `len` inputs it remembers how many omissions came before it. That makes a late input's
/// output one subtraction, where a list of ranges would need a search. Memory: 4 bytes per remembered input.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Omissions before each remembered input, low 32 bits; the slot is the input modulo the length.
    omitted_before: Box<[u32]>,
    /// First input of this source.
    start: u64,
    /// Highest input seen.
    highest: u64,
    /// Input minus output before any omission.
    base: u64,
    /// Omissions less insertions so far; wraps.
    omitted: u64,
}

impl Window {
    /// A window of `len` inputs, rounded up to a power of two.
    pub(super) fn new(len: usize) -> Self {
        let len = len.max(1).next_power_of_two();
        Self {
            omitted_before: vec![0; len].into(),
            start: 0,
            highest: 0,
            base: 0,
            omitted: 0,
        }
    }

    /// Inputs remembered.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.omitted_before.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Begin a source whose first input is to come out as `output`. Inputs before it have no output.
    pub(super) fn begin(&mut self, input: u64, output: u64) {
        self.start = input;
        self.highest = input;
        self.base = input.wrapping_sub(output);
        self.omitted = 0;
        self.set(input);
    }

    /// Make `input` the highest; inputs jumped over keep a place. Work is bounded by the window's length.
    pub(super) fn advance(&mut self, input: u64) {
        let jump = input.saturating_sub(self.highest).min(self.len());
        for back in 0..jump {
            self.set(input.wrapping_sub(back));
        }
        self.highest = self.highest.max(input);
    }

    /// Leave the highest input out: the next takes its place.
    pub(super) fn omit_highest(&mut self) {
        self.omitted = self.omitted.wrapping_add(1);
    }

    /// Put an output of our own after the highest input; later inputs move on by one.
    pub(super) fn insert(&mut self) {
        self.omitted = self.omitted.wrapping_sub(1);
    }

    /// Where `input` comes out; `None` when it is before the source's start, ahead, or too old to be known.
    pub(super) fn output(&self, input: u64) -> Option<u64> {
        let age = self.highest.checked_sub(input)?;
        if input < self.start || age >= self.len() {
            return None;
        }
        let low = *self.omitted_before.get(self.slot(input))?;
        // Omissions since that input are few, so the low half of the count suffices to find the whole.
        let since = low_half(self.omitted).wrapping_sub(low).cast_signed();
        let omitted = self.omitted.wrapping_sub(i64::from(since).cast_unsigned());
        Some(input.wrapping_sub(self.base).wrapping_sub(omitted))
    }

    /// The output that the input after the highest would have.
    pub(super) fn next_output(&self) -> u64 {
        self.highest
            .wrapping_add(1)
            .wrapping_sub(self.base)
            .wrapping_sub(self.omitted)
    }

    fn set(&mut self, input: u64) {
        let low = low_half(self.omitted);
        let slot = self.slot(input);
        if let Some(place) = self.omitted_before.get_mut(slot) {
            *place = low;
        }
    }

    fn slot(&self, input: u64) -> usize {
        slot_of(input, self.omitted_before.len())
    }
}

/// The low 32 bits.
pub(super) fn low_half(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}

/// The low 16 bits: the form on the wire of a sequence number.
pub(super) fn low_quarter(number: u64) -> u16 {
    u16::try_from(number & u64::from(u16::MAX)).unwrap_or(0)
}

/// The slot for `number` in a table whose length is a power of two.
pub(super) fn slot_of(number: u64, len: usize) -> usize {
    usize::try_from(number).unwrap_or(0) & len.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omissions_close_up_and_late_inputs_keep_their_place() {
        let mut window = Window::new(8);
        window.begin(100, 1);
        window.advance(101);
        window.omit_highest();
        window.advance(104); // 102 and 103 are missing
        assert_eq!(window.output(104), Some(4));
        assert_eq!(window.output(102), Some(2));
        assert_eq!(window.output(100), Some(1));
        assert_eq!(window.output(99), None);
        window.insert();
        window.advance(105);
        assert_eq!(window.output(105), Some(6));
        assert_eq!(window.output(103), Some(3));
        window.advance(112);
        assert_eq!(window.output(104), None);
        assert_eq!(window.output(105), Some(6));
    }
}
