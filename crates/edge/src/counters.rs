//! What each shard's thread counts.

use std::sync::{Mutex, PoisonError};

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
