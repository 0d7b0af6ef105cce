//! Sockets, threads and timers around the selective forwarding unit, whose cores own none of them.
//!
//! One thread drives one shard and owns one port, so that no datagram changes threads; a room is pinned to a shard.
//! Commands go in through bounded queues, events come out in batches announced by a descriptor; no call waits for a
//! thread.
//!
//! Calling contract: [`Edge::start`]; then [`Edge::open`], [`Edge::restart_ice`] and [`Edge::perform`] from any
//! thread; [`Edge::events`] until it returns fewer than asked for, whenever [`Edge::descriptor`] is readable. Dropping
//! the [`Edge`] ends its threads.

mod address;
mod clock;
mod counters;
mod edge;
mod engine;
mod error;
mod inbox;
mod listening;
mod news;
mod outbox;
mod placement;
mod random;
mod settings;
mod sys;
mod tcp;
mod udp;
mod wake;
mod worker;

pub use address::Candidate;
pub use counters::{Counters, Snapshot};
pub use edge::{Birth, Edge, Fingerprint, Local};
pub use engine::Engine;
pub use error::Error;
pub use settings::Settings;
