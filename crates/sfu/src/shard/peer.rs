//! One transport with what it sends and receives.

use std::time::{Duration, Instant};

use super::slab::Key;
use crate::receive::{TrackKey, Tracks, Uplink};
use crate::refusal::Refusals;
use crate::send::Subscriber;
use crate::shard::{Transmit, TransportId};
use crate::transport::Transport;

/// Room for a compound, with what sealing adds.
const COMPOUND_LEN: usize = 1_200;

/// One transport of a shard.
pub(super) struct Peer {
    pub(super) id: TransportId,
    pub(super) room: Key,
    pub(super) participant: String,
    pub(super) transport: Transport,
    pub(super) uplink: Uplink,
    pub(super) downlink: Subscriber,
    /// Tracks that it is sent.
    pub(super) subscriptions: Vec<TrackKey>,
    /// Tracks with fresh packets that it is to be sent at the next flush.
    pub(super) pending: Vec<TrackKey>,
    /// It stands in the list of those to be flushed.
    pub(super) is_marked: bool,
    /// It has failed or was closed, and only waits for its last words to leave.
    pub(super) over: bool,
    /// The transport's deadline, which media never brings forward, so it need not be asked for at each packet.
    pub(super) transport_due: Option<Instant>,
    pub(super) sample_at: Instant,
    /// Its packets that were not taken since the last sample.
    pub(super) refused: Refusals,
}

impl Peer {
    /// When something of it is due.
    pub(super) fn deadline(&self, now: Instant, tracks: &Tracks) -> Option<Instant> {
        if self.over {
            return Some(now);
        }
        let transport = self.transport_due;
        if !self.can_send() {
            return transport;
        }
        [
            transport,
            self.uplink.deadline(now, tracks),
            self.downlink.deadline(),
            Some(self.sample_at),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether packets can leave.
    pub(super) fn can_send(&self) -> bool {
        !self.over && self.transport.is_connected() && self.transport.path().is_some()
    }

    /// Send what is to be reported to a publisher.
    pub(super) fn report(&mut self, now: Instant, tracks: &mut Tracks, out: &mut dyn Transmit) {
        let due = self.uplink.deadline(now, tracks).is_some_and(|due| due <= now);
        let Some(path) = self.transport.path().filter(|_| due) else {
            return;
        };
        let Some(outbound) = self.transport.outbound_mut() else {
            return;
        };
        let overhead = outbound.profile().rtcp_overhead();
        // The uplink has a few compounds at most; what it has more waits for the next time.
        for _ in 0..4_u8 {
            let Some(room) = out.reserve(path, COMPOUND_LEN.saturating_add(overhead)) else {
                return;
            };
            let Some(len) = self.uplink.poll_transmit(now, tracks, room) else {
                return;
            };
            if let Ok(len) = outbound.seal_rtcp(room, len) {
                out.commit(len);
            }
        }
    }

    /// Send what the subscriber is to get now.
    pub(super) fn transmit(&mut self, now: Instant, tracks: &Tracks, out: &mut dyn Transmit) {
        let path = self.transport.path().filter(|_| !self.over);
        let Some(path) = path.filter(|_| self.transport.is_connected()) else {
            self.pending.clear();
            return;
        };
        for key in self.pending.drain(..) {
            if let Some(track) = tracks.get(key) {
                self.downlink.forward(now, key, &track.into());
            }
        }
        if let Some(outbound) = self.transport.outbound_mut() {
            self.downlink.poll_transmit(now, path, outbound, tracks, out);
        }
        if let Some(round_trip) = self.downlink.round_trip() {
            self.uplink.set_round_trip(round_trip);
        }
    }

    /// When the next sample is due, given that one was taken now.
    pub(super) fn next_sample(&mut self, now: Instant, interval: Duration) {
        self.sample_at = now.checked_add(interval).unwrap_or(now);
    }
}
