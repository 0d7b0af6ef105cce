//! Sending: what one subscriber's transport gets, and what it says of it.
//!
//! | Step | File | Per |
//! |---|---|---|
//! | what is asked for, where it has its place | [`request`], `slot` | subscription |
//! | what the subscriber negotiated | `terms` | subscription |
//! | decide, number, queue | [`subscriber`], `subscription` | packet |
//! | which layers fit the path | `allocation`, `bandwidth`, `fallback` | transport |
//! | let go, packet by packet | `leave` | packet |
//! | header, extensions, payload, seal | `packet` | packet |
//! | send again what was lost, within bounds | `repair`, `allowance`, `copies` | lost packet |
//! | repeat sound before it is lost | `redundancy` | transport |
//! | sender reports out, receiver reports in | `reports` | subscription |
//! | how it went | [`leg`] | subscription |
//!
//! Calling contract, sans-IO; `now` never goes backwards. [`Subscriber::forward`] for each subscribed track with fresh
//! packets and [`Subscriber::rtcp`] for each block the peer sent, then [`Subscriber::poll_transmit`] once, which writes
//! everything that may leave, one packet after another; again at [`Subscriber::deadline`]. [`Subscriber::poll_event`]
//! until `None` after any of them. Nothing allocates per packet once queues have grown to their usual length.
//!
//! An SRTP index is never used twice with other contents: media numbers go up only, also when a slot is used again
//! with the same SSRC; padding under a number is the same bits each time; copies of what has no retransmission
//! stream are the sealed datagrams themselves.

mod allocation;
mod allowance;
mod bandwidth;
mod copies;
pub mod event;
mod fallback;
mod heard;
mod leave;
pub mod leg;
mod packet;
mod redundancy;
mod repair;
mod reports;
pub mod request;
mod seen;
mod slot;
pub mod source;
pub mod subscriber;
mod subscription;
mod terms;

pub use event::Event;
pub use leg::Leg;
pub use request::{Error, Preference, Request, Settings};
pub use source::{Source, Sources};
pub use subscriber::Subscriber;
