//! Numbers that wrap: comparing them, and widening them to 64 bits.
//!
//! Source: RFC 1982 for comparing; RFC 3711 Appendix A for widening by the nearest cycle.

#[cfg(test)]
mod tests;

mod sealed {
    pub trait Sealed {}
    impl Sealed for u16 {}
    impl Sealed for u32 {}
}

/// A number that wraps on the wire: `u16` (sequence numbers) or `u32` (timestamps).
pub trait Wrapping: Copy + Eq + Into<u64> + sealed::Sealed {
    /// How many values there are: one cycle.
    const CYCLE: u64;

    /// The low bits of a widened number.
    fn narrow(wide: u64) -> Self;

    /// Steps from `earlier` to `self`, the short way round: from -CYCLE/2 to CYCLE/2 - 1.
    #[must_use]
    fn steps_since(self, earlier: Self) -> i64;

    /// Whether `self` comes after `other`. Half a cycle apart, neither way is right and the answer is no.
    #[must_use]
    fn is_after(self, other: Self) -> bool {
        self.steps_since(other) > 0
    }
}

impl Wrapping for u16 {
    const CYCLE: u64 = 1 << 16;

    fn narrow(wide: u64) -> Self {
        (wide & 0xFFFF) as Self
    }

    fn steps_since(self, earlier: Self) -> i64 {
        i64::from(self.wrapping_sub(earlier).cast_signed())
    }
}

impl Wrapping for u32 {
    const CYCLE: u64 = 1 << 32;

    fn narrow(wide: u64) -> Self {
        (wide & 0xFFFF_FFFF) as Self
    }

    fn steps_since(self, earlier: Self) -> i64 {
        i64::from(self.wrapping_sub(earlier).cast_signed())
    }
}

/// The wide number with the low bits `value` that lies nearest to `reference`.
///
/// Exactly half a cycle away, the number in `reference`'s own cycle is taken, as RFC 3711 Appendix A does.
/// Numbers below zero and above `u64::MAX` do not exist; the other neighbour is taken there.
#[must_use]
pub fn nearest<T: Wrapping>(reference: u64, value: T) -> u64 {
    let half = T::CYCLE / 2;
    let same = (reference & !(T::CYCLE.wrapping_sub(1))) | value.into();
    if same > reference && same.wrapping_sub(reference) > half {
        same.checked_sub(T::CYCLE).unwrap_or(same)
    } else if same < reference && reference.wrapping_sub(same) > half {
        same.checked_add(T::CYCLE).unwrap_or(same)
    } else {
        same
    }
}

/// Widens a stream of wrapping numbers to 64 bits that go on rising.
///
/// Numbers may come out of order, by less than half a cycle. The first lands in cycle one, not zero, so that
/// earlier numbers arriving after it still have a place below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extender<T> {
    highest: Option<u64>,
    narrow: core::marker::PhantomData<T>,
}

impl<T: Wrapping> Extender<T> {
    /// An extender that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            highest: None,
            narrow: core::marker::PhantomData,
        }
    }

    /// Widen `value` and remember it when it is the highest so far.
    pub fn extend(&mut self, value: T) -> u64 {
        let wide = self.peek(value);
        self.highest = Some(self.highest.map_or(wide, |highest| highest.max(wide)));
        wide
    }

    /// Widen `value` without remembering it, as for numbers in feedback.
    #[must_use]
    pub fn peek(&self, value: T) -> u64 {
        self.highest.map_or_else(
            || T::CYCLE.saturating_add(value.into()),
            |highest| nearest(highest, value),
        )
    }

    /// The highest number so far.
    #[must_use]
    pub const fn highest(&self) -> Option<u64> {
        self.highest
    }
}
