//! Sequence numbers of one subscription: one continuous run, whatever is left out or joined.
//!
//! Call [`Munger::begin`] at the first packet of each source (start, resume, simulcast switch), then for every
//! packet of that source exactly one of [`Munger::forward`] and [`Munger::omit`].

use super::window::{Window, slot_of};

/// Renumbers packets for one subscriber.
///
/// A packet lost on its way to us keeps its place, so that the subscriber sees the gap and asks, and a late packet
/// fills it. A packet that is left out on purpose leaves no gap if it comes in order. If it comes late its place was
/// already kept, for nobody knew then that it would be left out; the place must be filled with a padding packet.
#[derive(Clone, Debug)]
pub struct Munger {
    window: Window,
    /// One bit per remembered input: dealt with, so a second copy is a repeat.
    seen: Box<[u64]>,
    /// Highest output given out; the next source begins after it.
    sent: u64,
    begun: bool,
}

impl Munger {
    /// A munger whose first output is `first`, knowing the last `window` inputs (rounded up to a power of two, at
    /// least 64). Later packets than that are dropped.
    #[must_use]
    pub fn new(first: u64, window: usize) -> Self {
        let window = Window::new(window.max(64));
        let words = usize::try_from(window.len() / 64).unwrap_or(1);
        Self {
            window,
            seen: vec![0; words].into(),
            sent: first.wrapping_sub(1),
            begun: false,
        }
    }

    /// Join a source whose first packet is `input`; it will follow the highest number sent. Places kept for packets
    /// of the last source that nobody has seen yet are taken back.
    pub fn begin(&mut self, input: u64) {
        self.window.begin(input, self.sent.wrapping_add(1));
        self.seen.fill(0);
        self.begun = true;
    }

    /// Whether `input` lies so far ahead that its predecessors are not merely late: the source was interrupted.
    #[must_use]
    pub fn is_jump(&self, input: u64) -> bool {
        self.begun && input > self.window.highest().saturating_add(self.window.len())
    }

    /// The number for a packet to forward; `None` for a repeat, one from before the source began, or one too late.
    pub fn forward(&mut self, input: u64) -> Option<u64> {
        self.enter(input)?;
        let output = self.window.output(input)?;
        if self.is_ahead(output) {
            self.sent = output;
        }
        Some(output)
    }

    /// Leave a packet out. Returns the number of a kept place that must now be filled with padding, if any.
    pub fn omit(&mut self, input: u64) -> Option<u64> {
        let newest = input > self.window.highest();
        self.enter(input)?;
        if newest {
            self.window.omit_highest();
            return None;
        }
        let output = self.window.output(input)?;
        // No higher number was sent, so nobody sees the gap yet; it will close or be filled by what comes.
        if self.is_ahead(output) {
            self.sent = output;
        }
        Some(output)
    }

    /// A number for a padding packet after all that was sent; `None` while places before it are still open.
    pub fn insert(&mut self) -> Option<u64> {
        let output = self.window.next_output();
        if !self.begun || output != self.sent.wrapping_add(1) {
            return None;
        }
        self.window.insert();
        self.sent = output;
        Some(output)
    }

    /// Numbers above `left` were given out and not used: they are given out again. A new source must begin next.
    pub fn take_back(&mut self, left: u64) {
        if self.is_ahead(left) {
            return;
        }
        self.sent = left;
        self.begun = false;
    }

    /// Highest number given out.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    fn is_ahead(&self, output: u64) -> bool {
        output.wrapping_sub(self.sent).cast_signed() > 0
    }

    /// Make room for `input` and mark it; `None` when it was marked or has no place.
    fn enter(&mut self, input: u64) -> Option<()> {
        if !self.begun {
            return None;
        }
        let highest = self.window.highest();
        let jump = input.saturating_sub(highest);
        if jump >= self.window.len() {
            self.seen.fill(0);
        } else {
            for number in 0..jump {
                self.mark(input.wrapping_sub(number), false);
            }
        }
        self.window.advance(input);
        self.window.output(input)?;
        self.mark(input, true).then_some(())
    }

    /// Set or clear the bit; true when that changed it.
    fn mark(&mut self, input: u64, value: bool) -> bool {
        let slot = slot_of(input >> 6, self.seen.len());
        let bit = 1_u64 << (input & 63);
        let Some(word) = self.seen.get_mut(slot) else {
            return false;
        };
        let was = *word & bit != 0;
        if value {
            *word |= bit;
        } else {
            *word &= !bit;
        }
        was != value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_packet_to_omit_leaves_a_place_to_fill() {
        let mut munger = Munger::new(10, 64);
        munger.begin(500);
        assert_eq!(munger.forward(500), Some(10));
        assert_eq!(munger.forward(503), Some(13));
        assert_eq!(munger.omit(501), Some(11));
        assert_eq!(munger.omit(501), None);
        assert_eq!(munger.forward(502), Some(12));
        assert_eq!(munger.forward(502), None);
        assert_eq!(munger.omit(504), None);
        assert_eq!(munger.insert(), Some(14));
        assert_eq!(munger.forward(505), Some(15));
        munger.forward(508);
        munger.begin(7000);
        assert_eq!(munger.forward(7000), Some(19));
        assert_eq!(munger.forward(6999), None);
    }

    #[test]
    fn numbers_taken_back_are_given_out_again() {
        let mut munger = Munger::new(10, 64);
        munger.begin(500);
        for input in 500..508 {
            munger.forward(input);
        }
        munger.take_back(20);
        munger.take_back(13);
        assert_eq!(munger.forward(508), None);
        assert_eq!(munger.insert(), None);
        munger.begin(90);
        assert_eq!(munger.forward(90), Some(14));
    }

    #[test]
    fn places_that_nobody_saw_are_taken_back_at_a_switch() {
        let mut munger = Munger::new(0, 64);
        munger.begin(1);
        assert_eq!(munger.forward(1), Some(0));
        assert_eq!(munger.omit(5), None); // 2, 3 and 4 are missing
        assert_eq!(munger.insert(), None);
        munger.begin(90);
        assert_eq!(munger.forward(90), Some(1));
    }
}
