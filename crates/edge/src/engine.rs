//! What a thread drives.

use std::time::Instant;

use hubbub_sfu::ice::Path;
use hubbub_sfu::shard::{self, Command, Event, Shard, Transmit};

/// A shard as its thread sees it; see [`hubbub_sfu::shard`] for the calling contract. That I/O can be tested by itself,
/// and that a shard can break down in a test, is what this trait is for.
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

    /// What it counted since its beginning.
    fn counters(&self) -> shard::Counters {
        shard::Counters::default()
    }
}

impl Engine for Shard {
    fn command(&mut self, now: Instant, command: Command) {
        Self::command(self, now, command);
    }

    fn receive(&mut self, now: Instant, path: Path, datagram: &mut [u8], out: &mut impl Transmit) {
        Self::receive(self, now, path, datagram, out);
    }

    fn flush(&mut self, now: Instant, out: &mut impl Transmit) {
        Self::flush(self, now, out);
    }

    fn handle_timeout(&mut self, now: Instant, out: &mut impl Transmit) {
        Self::handle_timeout(self, now, out);
    }

    fn deadline(&self) -> Option<Instant> {
        Self::deadline(self)
    }

    fn poll_event(&mut self) -> Option<Event> {
        Self::poll_event(self)
    }

    fn counters(&self) -> shard::Counters {
        Self::counters(self)
    }
}
