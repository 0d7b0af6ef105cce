//! Transport-wide congestion control feedback: which packets arrived, and when.
//!
//! Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{Feedback, Status, Statuses};
pub use write::{Arrival, Report, Written};

/// Ticks in a second: arrival times count 250 µs.
pub const TICKS_PER_SECOND: i64 = 4_000;
/// Ticks in the reference time's unit of 64 ms.
const TICKS_PER_REFERENCE: i64 = 256;

/// What a chunk says of a packet, and how many bytes of arrival time follow for it.
mod symbol {
    pub(super) const MISSING: u16 = 0;
    pub(super) const SMALL: u16 = 1;
    pub(super) const LARGE: u16 = 2;
}

/// Packets that one chunk describes.
mod capacity {
    pub(super) const RUN: u16 = 0x1FFF;
    pub(super) const ONE_BIT: u16 = 14;
    pub(super) const TWO_BIT: u16 = 7;
}
