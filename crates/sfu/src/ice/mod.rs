//! ICE-lite: answers connectivity checks, follows the peer's nomination, and finds a datagram's session.
//!
//! A [`Mux`] stands before all sessions of a port and says whose a datagram is; each session owns a [`Lite`] agent.
//! Being lite we send no checks: the peer, always controlling, finds the paths.
//!
//! Calling contract: hand [`Lite::handle`] the STUN datagrams that [`Mux::route`] gave to its session, send the answer
//! back where the request came from, then drain [`Lite::poll_event`] and tell the [`Mux`] of validated and forgotten
//! paths. Call [`Lite::handle_timeout`] at [`Lite::deadline`]. Time comes in as an argument and never goes backwards.
//!
//! Source: RFC 8445 section 2.5 (lite) and 7.3 (answering checks), RFC 8489 (STUN), RFC 8838 (checks may come before
//! candidates, so any authenticated source is a candidate), RFC 7675 (consent), RFC 7983 (telling packets apart).
//! Where we differ: unknown comprehension-required attributes are ignored, not answered with 420.

mod credentials;
mod lite;
mod mux;
mod refusal;

#[cfg(test)]
mod tests;

pub use credentials::Credentials;
pub use lite::{Answer, Error, Event, Lite, Path, Protocol, Settings};
pub use mux::{Mux, MuxError, MuxSettings, PacketKind, Route};
