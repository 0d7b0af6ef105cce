//! A shard: the rooms that share a thread, with everything that happens to their packets.
//!
//! | What | File |
//! |---|---|
//! | datagrams in, flush by subscriber, time | `traffic` |
//! | tracks and subscriptions, as control says | `control` |
//! | transports come, tell, and go | `lifecycle` |
//! | which voices of a room are sent, who speaks | `room`, `speech` |
//! | samples of quality | `sampling` |
//! | who is due when | `timers` |
//!
//! Calling contract, sans-IO. `now` never goes backwards.
//! - [`Shard::command`] for each command of control.
//! - [`Shard::receive`] for each datagram of a batch, then [`Shard::flush`] once: what subscribers get leaves there,
//!   by subscriber.
//! - [`Shard::handle_timeout`] at [`Shard::deadline`], then [`Shard::flush`].
//! - [`Shard::poll_event`] until `None` after any of them.

pub mod command;
mod control;
pub mod event;
mod lifecycle;
mod peer;
mod room;
mod sampling;
mod settings;
mod slab;
mod speech;
mod state;
mod timers;
mod traffic;
pub mod transmit;

pub use command::{Command, Kind, Open, TransportId};
pub use event::Event;
pub use settings::{Counters, Settings};
pub use state::Shard;
pub use transmit::Transmit;
