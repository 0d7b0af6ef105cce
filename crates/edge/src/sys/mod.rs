//! Calls of the system that no crate of ours wraps: the only place with `unsafe` below `native`.
#![allow(
    unsafe_code,
    reason = "each call states its safety argument; nothing else in the crate may"
)]

mod interfaces;
#[cfg(target_os = "linux")]
mod messages;
mod poll;

pub use interfaces::interface_addresses;
#[cfg(target_os = "linux")]
pub use messages::{Batch, Message};
pub use poll::{Interest, poll};
