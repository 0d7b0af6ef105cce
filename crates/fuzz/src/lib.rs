//! Feeds every parser with broken and forged input, repeatably and on stable Rust.
//!
//! A [`Target`] names a parser, brings valid inputs to begin with, and says of any input what came of it: a number that
//! is another when the parser went another way. [`Hunt`] changes inputs at random, keeps those with a new outcome as
//! the next ones to change, and so finds its way behind the first length check without compiler instrumentation. A
//! target panics when a promise is broken; that includes every panic of the code under test. The same seed makes the
//! same run.
//!
//! `cargo test -p hubbub-fuzz` feeds each target a fixed number of inputs and those in `findings`, which broke something
//! once. `cargo run --release -p hubbub-fuzz -- --seconds 600 rtp` goes on longer, from another seed each time.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a panic is how a target reports, and no peer reaches this code"
)]

mod chance;
mod hunt;
mod mutation;
mod target;

pub use hunt::{Breach, Hunt, feed};
pub use target::{Subject, TARGETS, Target, findings, folder_of};
