//! What each shard's thread counts.

use std::sync::{Mutex, PoisonError};

use hubbub_sfu::refusal::Refusals;
use hubbub_sfu::shard;
use serde::Serialize;

/// Counts of one shard since its start, and a few present figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Datagrams received, whatever carried them.
    pub datagrams_in: u64,
    /// Their bytes.
    pub bytes_in: u64,
    /// Datagrams sent.
    pub datagrams_out: u64,
    /// Their bytes.
    pub bytes_out: u64,
    /// Runs of datagrams that one receiver got at once.
    pub runs_out: u64,
    /// Calls of the system to receive, send and wait.
    pub receive_calls: u64,
    /// See [`Self::receive_calls`].
    pub send_calls: u64,
    /// See [`Self::receive_calls`].
    pub wait_calls: u64,
    /// Datagrams not sent because too many waited.
    pub dropped_backlog: u64,
    /// Datagrams that the system refused to send.
    pub dropped_refused: u64,
    /// Datagrams from sources that belong to no transport.
    pub unknown_sources: u64,
    /// Checks from unknown addresses beyond what a transport may get.
    pub limited_checks: u64,
    /// Packets of tracks, as publishers sent them.
    pub packets: u64,
    /// Authentic packets that belong to no track, or are broken.
    pub packets_dropped: u64,
    /// Packets of known transports that were not taken, those among them.
    pub packets_refused: Refusals,
    /// Messages that no data channel took.
    pub messages_dropped: u64,
    /// Commands carried out.
    pub commands: u64,
    /// Events that gave way when too many waited.
    pub events_dropped: u64,
    /// Times that the shard broke down and began anew.
    pub panics: u64,
    /// TCP connections accepted.
    pub connections: u64,
    /// TCP connections refused or cut: too many, silent, malformed.
    pub connections_cut: u64,
    /// TCP connections that are open.
    pub connections_open: u64,
    /// Transports that are open.
    pub transports_open: u64,
}

impl Counters {
    /// Take over what engines counted, the present one and those that broke down, and the events that were lost here.
    pub fn take(&mut self, engines: &shard::Counters, events_lost: u64) {
        self.unknown_sources = engines.unknown_sources;
        self.limited_checks = engines.limited_checks;
        self.packets = engines.packets;
        self.packets_dropped = engines.packets_dropped;
        self.packets_refused = engines.refused;
        self.messages_dropped = engines.messages_dropped;
        self.events_dropped = engines.events_dropped.saturating_add(events_lost);
    }
}

/// What two engines counted, one after the other.
pub fn sum(earlier: &shard::Counters, later: &shard::Counters) -> shard::Counters {
    shard::Counters {
        unknown_sources: earlier.unknown_sources.saturating_add(later.unknown_sources),
        limited_checks: earlier.limited_checks.saturating_add(later.limited_checks),
        packets_dropped: earlier.packets_dropped.saturating_add(later.packets_dropped),
        refused: earlier.refused.and(later.refused),
        packets: earlier.packets.saturating_add(later.packets),
        messages_dropped: earlier.messages_dropped.saturating_add(later.messages_dropped),
        events_dropped: earlier.events_dropped.saturating_add(later.events_dropped),
    }
}

/// All shards' counters at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// By number of the shard.
    pub shards: Vec<Counters>,
    /// Events that wait to be fetched.
    pub events_waiting: u64,
}

/// Where a thread leaves its counters for others to read. Written once a turn, so the lock costs nothing.
#[derive(Debug, Default)]
pub struct Board(Mutex<Counters>);

impl Board {
    /// Leave them.
    pub fn post(&self, counters: &Counters) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = *counters;
    }

    /// Read them.
    pub fn read(&self) -> Counters {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
