//! What a shard knows, and what its parts share.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::command::TransportId;
use super::event::Event;
use super::peer::Peer;
use super::room::{Change, Room};
use super::settings::{Counters, Settings};
use super::slab::{Key, Slab};
use super::timers::{Owner, Timers, on_grid};
use crate::dtls;
use crate::ice::Mux;
use crate::random::RandomSource;
use crate::receive::{TrackKey, Tracks};

/// Who gets a track.
#[derive(Debug)]
pub(super) struct Published {
    /// Whose it is.
    pub(super) publisher: Key,
    pub(super) subscribers: Vec<Key>,
    /// It stands in the list of tracks with fresh packets.
    pub(super) is_fresh: bool,
}

/// The rooms that share a thread. See the module's documentation for the calling contract.
pub struct Shard {
    pub(super) settings: Settings,
    pub(super) endpoint: Arc<dtls::Endpoint>,
    pub(super) random: Box<dyn RandomSource + Send>,
    pub(super) mux: Mux<Key>,
    pub(super) peers: Slab<Peer>,
    pub(super) by_id: HashMap<TransportId, Key>,
    /// Transports by participant, of which there may be one to publish and one to subscribe.
    pub(super) participants: HashMap<String, Vec<Key>>,
    pub(super) rooms: Slab<Room>,
    pub(super) by_sid: HashMap<String, Key>,
    pub(super) tracks: Tracks,
    pub(super) published: HashMap<TrackKey, Published>,
    /// Tracks with packets that nobody was shown yet.
    pub(super) fresh: Vec<TrackKey>,
    /// Transports to be flushed.
    pub(super) marked: Vec<Key>,
    /// Those of them that publish; empty between flushes.
    pub(super) publishers: Vec<Key>,
    pub(super) timers: Timers,
    pub(super) events: VecDeque<Event>,
    pub(super) counters: Counters,
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shard")
            .field("transports", &self.by_id.len())
            .field("rooms", &self.by_sid.len())
            .field("tracks", &self.tracks.len())
            .finish_non_exhaustive()
    }
}

impl Shard {
    /// An empty one. `endpoint` has the certificate that descriptions name.
    #[must_use]
    pub fn new(
        _now: Instant,
        settings: Settings,
        endpoint: Arc<dtls::Endpoint>,
        random: Box<dyn RandomSource + Send>,
    ) -> Self {
        Self {
            mux: Mux::new(settings.mux),
            settings,
            endpoint,
            random,
            peers: Slab::default(),
            by_id: HashMap::new(),
            participants: HashMap::new(),
            rooms: Slab::default(),
            by_sid: HashMap::new(),
            tracks: Tracks::new(),
            published: HashMap::new(),
            fresh: Vec::new(),
            marked: Vec::new(),
            publishers: Vec::new(),
            timers: Timers::default(),
            events: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// The next thing to tell control.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Shard::handle_timeout`] is due; `None` while nothing is open. Ask after [`Shard::flush`].
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// How many transports there are.
    #[must_use]
    pub fn transports(&self) -> usize {
        self.peers.len()
    }

    /// How many tracks are published.
    #[must_use]
    pub fn tracks(&self) -> usize {
        self.tracks.len()
    }

    /// How many rooms have a transport.
    #[must_use]
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// What was counted.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Tell control; telemetry is dropped when too much waits.
    pub(super) fn tell(&mut self, event: Event) {
        if event.is_telemetry() && self.events.len() >= self.settings.events_max {
            self.counters.events_dropped = self.counters.events_dropped.saturating_add(1);
            return;
        }
        self.events.push_back(event);
    }

    /// Have a transport looked at by the next flush.
    pub(super) fn mark(&mut self, key: Key) {
        if let Some(peer) = self.peers.get_mut(key)
            && !std::mem::replace(&mut peer.is_marked, true)
        {
            self.marked.push(key);
        }
    }

    /// Have a transport looked at by the next flush if something of it is due, or else when it is.
    pub(super) fn attend(&mut self, now: Instant, key: Key) {
        let Some(peer) = self.peers.get(key) else { return };
        let deadline = peer.deadline(now, &self.tracks);
        if peer.downlink.has_news() || deadline.is_some_and(|deadline| deadline <= now) {
            self.mark(key);
            return;
        }
        let epoch = self.settings.wall_clock.0;
        self.timers.set(
            Owner::Peer(key),
            deadline.map(|deadline| on_grid(epoch, deadline)),
        );
    }

    /// Enter a transport's deadline.
    pub(super) fn schedule(&mut self, now: Instant, key: Key) {
        self.schedule_no_sooner(now, key, Duration::ZERO);
    }

    /// As [`Shard::schedule`], but not before `pause` is over.
    pub(super) fn schedule_no_sooner(&mut self, now: Instant, key: Key, pause: Duration) {
        if let Some(peer) = self.peers.get_mut(key) {
            let deadline = peer.deadline(now, &self.tracks);
            let soonest = now.checked_add(pause).unwrap_or(now);
            let epoch = self.settings.wall_clock.0;
            let deadline = deadline.map(|deadline| on_grid(epoch, deadline.max(soonest)));
            self.timers.set(Owner::Peer(key), deadline);
        }
    }

    /// The room of that sid, made when there is none.
    pub(super) fn enter_room(&mut self, sid: &str) -> Key {
        let key = if let Some(key) = self.by_sid.get(sid) {
            *key
        } else {
            let room = Room::new(sid, self.settings.voices_small, self.settings.audible_max);
            let key = self.rooms.insert(room);
            self.by_sid.insert(sid.to_owned(), key);
            key
        };
        if let Some(room) = self.rooms.get_mut(key) {
            room.peers = room.peers.saturating_add(1);
        }
        key
    }

    /// Count one transport less to a room; the last takes it along.
    pub(super) fn leave_room(&mut self, key: Key) {
        let Some(room) = self.rooms.get_mut(key) else {
            return;
        };
        room.peers = room.peers.saturating_sub(1);
        if room.peers == 0
            && let Some(room) = self.rooms.remove(key)
        {
            self.by_sid.remove(&room.sid);
        }
    }

    /// Tell subscribers which voices they are to get.
    pub(super) fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            let Some(published) = self.published.get(&change.track) else {
                continue;
            };
            for key in &published.subscribers {
                if let Some(peer) = self.peers.get_mut(*key) {
                    peer.downlink.set_audible(change.track, change.audible);
                }
            }
        }
    }
}
