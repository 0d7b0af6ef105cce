//! Datagrams in and out.

use std::time::{Duration, Instant};

use hubbub_wire::rtcp::Compound;

use super::event::Event;
use super::room::speaker;
use super::slab::Key;
use super::state::Shard;
use super::timers::Owner;
use super::transmit::Transmit;
use crate::ice::{Path, Route};
use crate::receive::{Received, TrackKey};
use crate::refusal::Refusal;
use crate::send;
use crate::transport;

/// What could not leave, because too much waits to be sent, is not tried again sooner than this.
const PAUSE: Duration = Duration::from_micros(500);

impl Shard {
    /// Take a datagram; media is opened where it lies. Answers that cannot wait go to `out`.
    pub fn receive(&mut self, now: Instant, path: Path, datagram: &mut [u8], out: &mut impl Transmit) {
        let key = match self.mux.route(now, path, datagram) {
            Route::Session(key) => key,
            Route::Unknown => {
                self.counters.unknown_sources = self.counters.unknown_sources.saturating_add(1);
                return;
            }
            Route::Limited => {
                self.counters.limited_checks = self.counters.limited_checks.saturating_add(1);
                return;
            }
        };
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        match peer.transport.receive(now, path, datagram, out) {
            Ok(transport::Received::Rtp(packet, _)) => {
                let received = peer.uplink.receive(now, packet, &mut self.tracks);
                while let Some(ssrc) = peer.uplink.poll_retired() {
                    peer.transport.forget(ssrc);
                }
                let room = peer.room;
                if let Received::Dropped(why) = received {
                    self.refuse(key, why);
                }
                self.take(now, room, received);
                self.attend(now, key);
            }
            Ok(transport::Received::Rtcp(compound)) => {
                for block in Compound::new(compound).flatten() {
                    peer.uplink.rtcp(now, &block, &mut self.tracks);
                    peer.downlink.rtcp(now, &block, &self.tracks);
                }
                self.attend(now, key);
            }
            Ok(transport::Received::Refused(why)) => self.refuse(key, why),
            // Errors also come as events.
            Ok(transport::Received::Nothing) | Err(_) => {
                self.settle(now, key);
                self.mark(key);
            }
        }
    }

    fn refuse(&mut self, key: Key, why: Refusal) {
        self.counters.refused.count(why);
        if let Some(peer) = self.peers.get_mut(key) {
            peer.refused.count(why);
        }
    }

    /// Show subscribers what came, and send what may leave, subscriber by subscriber.
    pub fn flush(&mut self, now: Instant, out: &mut impl Transmit) {
        self.distribute();
        let mut marked = std::mem::take(&mut self.marked);
        let mut publishers = std::mem::take(&mut self.publishers);
        for key in &marked {
            if self.serve(now, *key, out) {
                publishers.push(*key);
            }
        }
        for key in self.fresh.drain(..) {
            if let Some(track) = self.tracks.get_mut(key) {
                track.flushed();
            }
            if let Some(published) = self.published.get_mut(&key) {
                published.is_fresh = false;
            }
        }
        // Only now, for subscribers' needs for keyframes go out with the publisher's reports.
        publishers.append(&mut self.marked);
        for key in &publishers {
            self.report(now, *key, out);
            self.schedule_no_sooner(now, *key, PAUSE);
        }
        publishers.clear();
        self.publishers = publishers;
        marked.clear();
        // What was marked meanwhile waits for the next flush; it has its deadline.
        marked.append(&mut self.marked);
        self.marked = marked;
        self.timers.tidy();
    }

    /// Send a subscriber what there is for it, all at one visit, for its memory is cold at the next. Whether it is a
    /// publisher too, who waits for what all subscribers want of it.
    fn serve(&mut self, now: Instant, key: Key, out: &mut impl Transmit) -> bool {
        let Some(peer) = self.peers.get_mut(key) else {
            return false;
        };
        peer.is_marked = false;
        peer.transmit(now, &self.tracks, out);
        let publishes = !peer.over && !peer.uplink.is_idle();
        if peer.downlink.has_news() {
            self.follow_downlink(now, key);
        }
        if !publishes {
            self.schedule_no_sooner(now, key, PAUSE);
        }
        publishes
    }

    /// Let time pass. [`Shard::flush`] is to follow.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut impl Transmit) {
        while let Some(owner) = self.timers.pop(now) {
            match owner {
                Owner::Peer(key) => self.peer_timeout(now, key, out),
                Owner::Room(key) => self.room_timeout(now, key),
            }
        }
    }

    fn peer_timeout(&mut self, now: Instant, key: Key, out: &mut impl Transmit) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        if peer.transport.deadline().is_some_and(|deadline| deadline <= now) {
            peer.transport.handle_timeout(now, out);
        }
        self.settle(now, key);
        let Some(peer) = self.peers.get(key) else { return };
        if peer.over {
            self.remove(key);
            return;
        }
        if peer.sample_at <= now {
            self.sample(now, key);
        }
        // The rest happens in the flush that follows, which also enters the next deadline.
        self.mark(key);
    }

    fn room_timeout(&mut self, now: Instant, key: Key) {
        let Some(room) = self.rooms.get_mut(key) else {
            return;
        };
        let news = room.speakers(now);
        let next = room.next_tick(now);
        self.timers.set(Owner::Room(key), next);
        let sid = room.sid.clone();
        let named = news.into_iter().filter_map(|(track, level, active)| {
            let track = self.tracks.get(track)?;
            Some(speaker(track.sid(), level, active))
        });
        let speakers: Vec<_> = named.collect();
        if !speakers.is_empty() {
            self.tell(Event::Speakers { room: sid, speakers });
        }
    }

    /// Note what became of a packet.
    fn take(&mut self, now: Instant, room_key: Key, received: Received) {
        let Received::Track { track, level } = received else {
            self.counters.packets_dropped = self.counters.packets_dropped.saturating_add(1);
            return;
        };
        self.counters.packets = self.counters.packets.saturating_add(1);
        if self.fresh.last() != Some(&track)
            && let Some(published) = self.published.get_mut(&track)
            && !std::mem::replace(&mut published.is_fresh, true)
        {
            self.fresh.push(track);
        }
        let (Some(level), Some(room)) = (level, self.rooms.get_mut(room_key)) else {
            return;
        };
        let mut changes = Vec::new();
        room.observe(now, track, level.level, |change| changes.push(change));
        let next = room.next_tick(now);
        self.timers.set(Owner::Room(room_key), next);
        if !changes.is_empty() {
            self.apply(&changes);
        }
    }

    /// Note with each subscriber which tracks have fresh packets for it.
    fn distribute(&mut self) {
        for key in &self.fresh {
            let Some(published) = self.published.get(key) else {
                continue;
            };
            for subscriber in &published.subscribers {
                let Some(peer) = self.peers.get_mut(*subscriber) else {
                    continue;
                };
                if peer.over || !peer.transport.is_connected() {
                    continue;
                }
                peer.pending.push(*key);
                if !std::mem::replace(&mut peer.is_marked, true) {
                    self.marked.push(*subscriber);
                }
            }
            let Some(track) = self.tracks.get_mut(*key) else {
                continue;
            };
            if let Some(codec) = track.take_alive() {
                let event = Event::TrackAlive {
                    track: track.sid().to_owned(),
                    codec: codec.name().to_owned(),
                };
                self.events.push_back(event);
            }
        }
    }

    /// Do what a transport's downlink asks for.
    pub(super) fn follow_downlink(&mut self, now: Instant, key: Key) {
        loop {
            let Some(peer) = self.peers.get_mut(key) else {
                return;
            };
            let Some(event) = peer.downlink.poll_event() else {
                return;
            };
            let transport_id = peer.id;
            match event {
                send::Event::KeyframeWanted { track, encoding } => {
                    if let Some(track) = self.tracks.get_mut(track) {
                        track.need_keyframe(encoding);
                    }
                    self.mark_publisher(track);
                }
                send::Event::NeedsChanged { track, was, is } => {
                    if let Some(track) = self.tracks.get_mut(track) {
                        track.change_demand(now, was, is);
                    }
                    self.mark_publisher(track);
                }
                send::Event::Paused { track, paused } => {
                    if let Some(track) = self.tracks.get(track) {
                        let event = Event::StreamPaused {
                            transport_id,
                            track: track.sid().to_owned(),
                            paused,
                        };
                        self.tell(event);
                    }
                }
                send::Event::Noticed { track, notice, value } => {
                    let track = track.and_then(|track| self.tracks.get(track));
                    let event = Event::Noticed {
                        transport_id,
                        track: track.map(|track| track.sid().to_owned()).unwrap_or_default(),
                        notice,
                        value,
                    };
                    self.tell(event);
                }
            }
        }
    }

    fn mark_publisher(&mut self, track: TrackKey) {
        if let Some(published) = self.published.get(&track) {
            self.mark(published.publisher);
        }
    }

    /// Report to a publisher, and tell control which layers it need not send.
    fn report(&mut self, now: Instant, key: Key, out: &mut impl Transmit) {
        let Some(peer) = self.peers.get_mut(key).filter(|peer| !peer.over) else {
            return;
        };
        peer.is_marked = false;
        if peer.uplink.is_idle() {
            return;
        }
        for track in peer.uplink.tracks() {
            let Some(track) = self.tracks.get_mut(*track) else {
                continue;
            };
            if let Some(wanted) = track.poll_wanted(now) {
                let event = Event::LayersWanted {
                    track: track.sid().to_owned(),
                    wanted,
                };
                self.events.push_back(event);
            }
        }
        peer.report(now, &mut self.tracks, out);
        if let Some(value) = peer.uplink.take_burst(now) {
            let event = Event::Noticed {
                transport_id: peer.id,
                track: String::new(),
                notice: super::event::Notice::NackBurst,
                value,
            };
            self.tell(event);
        }
    }
}
