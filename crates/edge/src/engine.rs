//! What a thread drives.

use std::time::Instant;

use hubbub_sfu::ice::Path;
use hubbub_sfu::shard::{Command, Event, Transmit};

/// A shard as its thread sees it; see [`hubbub_sfu::shard`] for the calling contract. That I/O can be tested by itself,
/// and that a shard can break down in a test, is what this is for.
pub trait Engine {
    /// Carry out what control says.
    fn command(&mut self, now: Instant, command: Command);

    /// Take a datagram, and change it as need be. Answers that cannot wait go to `out`.
    fn receive(&mut self, now: Instant, path: Path, datagram: &mut [u8], out: &mut impl Transmit);

    /// Send what the last turn's commands and datagrams led to.
    fn flush(&mut self, now: Instant, out: &mut impl Transmit);

    /// Let time pass.
    fn handle_timeout(&mut self, now: Instant, out: &mut impl Transmit);

    /// When [`Self::handle_timeout`] is due.
    fn deadline(&self) -> Option<Instant>;

    /// What control is to be told next.
    fn poll_event(&mut self) -> Option<Event>;

    /// Datagrams until now whose source belongs to no transport.
    fn unknown_sources(&self) -> u64 {
        0
    }
}

/// Does nothing: what an edge drives until there is a shard.
#[derive(Debug, Default)]
pub struct Idle(std::collections::VecDeque<Event>);

impl Engine for Idle {
    fn command(&mut self, _: Instant, command: Command) {
        if let Command::CloseTransport { transport_id } = command {
            self.0.push_back(Event::Closed { transport_id });
        }
    }

    fn receive(&mut self, _: Instant, _: Path, _: &mut [u8], _: &mut impl Transmit) {}

    fn flush(&mut self, _: Instant, _: &mut impl Transmit) {}

    fn handle_timeout(&mut self, _: Instant, _: &mut impl Transmit) {}

    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.0.pop_front()
    }
}
