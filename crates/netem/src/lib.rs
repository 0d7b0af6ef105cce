//! A seeded network emulator on virtual time, for tests.
//!
//! A [`Link`] is one direction of a path: a bottleneck with a drop-tail queue, then propagation delay with jitter,
//! reordering, loss and duplication. Nothing here reads a clock or an ambient source of randomness, so the same seed
//! and the same calls give the same run.
//!
//! Calling contract: time never goes backwards between calls; after [`Link::send`] or [`Link::poll`] ask
//! [`Link::deadline`] for the next moment at which a poll can yield a packet.
#![forbid(unsafe_code)]
#![allow(
    clippy::arithmetic_side_effects,
    reason = "the emulator's operands come from tests, and an overflow there should be seen"
)]

mod clock;
mod link;
mod loss;
mod random;

pub use clock::Clock;
pub use link::{Config, Delivery, Link, Reorder, Statistics};
pub use loss::Loss;
pub use random::Random;
