//! Commands carried out.

use std::time::Instant;

use super::command::{self, Command, Kind, Ssrcs, TransportId};
use super::event::Event;
use super::peer::Peer;
use super::room::speaker;
use super::slab::Key;
use super::state::{Published, Shard};
use crate::receive::{Publication, TrackKey};
use crate::send::{Preference, Request};

impl Shard {
    /// Carry out what control says. What leads to datagrams leaves with the next [`Shard::handle_timeout`] or
    /// [`Shard::flush`].
    pub fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Open(open) => self.open(now, *open),
            Command::RestartIce {
                transport,
                credentials,
            } => self.restart_ice(now, transport, credentials),
            Command::SetRemote { transport_id, remote } => self.with_peer(now, transport_id, |peer| {
                // An error also comes as an event.
                let _ = peer.transport.set_remote(now, &remote);
            }),
            Command::CloseTransport { transport_id } => {
                self.with_peer(now, transport_id, |peer| peer.transport.close(now));
            }
            Command::MoveTransport { transport_id, room } => self.move_transport(transport_id, &room),
            Command::PublishTrack {
                transport_id,
                track,
                kind,
                mid,
                codecs,
                extensions,
                rids,
                sources,
                layers,
                muted,
            } => {
                let publication = Publication {
                    sid: track,
                    transport: transport_id,
                    kind,
                    mid,
                    codecs,
                    extensions,
                    rids,
                    sources,
                    layers,
                    muted,
                };
                self.publish(now, publication);
            }
            Command::UnpublishTrack { track } => {
                if let Some(key) = self.tracks.find(&track) {
                    self.unpublish(now, key);
                }
            }
            Command::MuteTrack { track, muted } => {
                let key = self.tracks.find(&track);
                if let Some(track) = key.and_then(|key| self.tracks.get_mut(key)) {
                    track.mute(muted);
                }
            }
            command => self.command_subscription(now, command),
        }
    }

    /// The commands about what a transport is sent.
    fn command_subscription(&mut self, now: Instant, command: Command) {
        match command {
            Command::Subscribe {
                transport_id,
                track,
                mid,
                ssrcs,
                codecs,
                extensions,
            } => self.subscribe(
                now,
                transport_id,
                &track,
                &Terms {
                    mid: &mid,
                    ssrcs,
                    codecs: &codecs,
                    extensions: &extensions,
                },
            ),
            Command::Unsubscribe { transport_id, track } => {
                if let (Some(peer), Some(track)) = (self.peer(transport_id), self.tracks.find(&track)) {
                    self.unsubscribe(now, peer, track);
                }
            }
            Command::Prefer {
                transport_id,
                track,
                paused,
                quality,
                fps,
                priority,
            } => {
                let preference = Preference {
                    paused,
                    quality,
                    fps,
                    priority,
                };
                if let Some(track) = self.tracks.find(&track) {
                    self.with_peer(now, transport_id, |peer| peer.downlink.prefer(track, preference));
                }
            }
            Command::SendData {
                transport_id,
                reliable,
                payload,
            } => {
                let mut dropped = 0;
                self.with_peer(now, transport_id, |peer| {
                    dropped = u64::from(peer.transport.send_data(now, reliable, &payload).is_err());
                });
                self.counters.messages_dropped = self.counters.messages_dropped.saturating_add(dropped);
            }
            Command::LimitBandwidth {
                transport_id,
                bits_per_second,
            } => self.with_peer(now, transport_id, |peer| peer.downlink.limit(bits_per_second)),
            _ => {}
        }
    }

    pub(super) fn peer(&self, id: TransportId) -> Option<Key> {
        self.by_id.get(&id).copied()
    }

    /// Change a transport, hear what it has to say of that, and see when it wants attention.
    pub(super) fn with_peer(&mut self, now: Instant, id: TransportId, change: impl FnOnce(&mut Peer)) {
        let Some(key) = self.peer(id) else { return };
        if let Some(peer) = self.peers.get_mut(key).filter(|peer| !peer.over) {
            change(peer);
            self.settle(now, key);
            self.mark(key);
            self.schedule(now, key);
        }
    }

    fn move_transport(&mut self, id: TransportId, room: &str) {
        let Some(key) = self.peer(id) else { return };
        let to = self.enter_room(room);
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let from = std::mem::replace(&mut peer.room, to);
        let voices: Vec<TrackKey> = peer.uplink.tracks().to_vec();
        for track in voices {
            if self
                .tracks
                .get(track)
                .is_some_and(|track| track.kind() == Kind::Audio)
            {
                self.silence(from, track);
                self.voice(to, track);
            }
        }
        self.leave_room(from);
    }

    fn publish(&mut self, now: Instant, publication: Publication) {
        let Some(peer_key) = self.peer(publication.transport) else {
            return;
        };
        let kind = publication.kind;
        let key = if let Some(key) = self.tracks.find(&publication.sid) {
            let publisher = self.published.get(&key).map(|known| known.publisher);
            if publisher != Some(peer_key) {
                // Of two transports that publish one sid, the first has it.
                return;
            }
            if let Some(track) = self.tracks.get_mut(key) {
                track.republish(publication);
            }
            key
        } else {
            let Some(key) = self.tracks.insert(now, publication) else {
                return;
            };
            let published = Published {
                publisher: peer_key,
                subscribers: Vec::new(),
                is_fresh: false,
            };
            self.published.insert(key, published);
            key
        };
        let Some(peer) = self.peers.get_mut(peer_key).filter(|peer| !peer.over) else {
            return;
        };
        if let Some(track) = self.tracks.get_mut(key) {
            peer.uplink.publish(key, track);
        }
        let room = peer.room;
        if kind == Kind::Audio {
            self.voice(room, key);
        }
        self.schedule(now, peer_key);
    }

    /// Forget a track.
    pub(super) fn unpublish(&mut self, now: Instant, key: TrackKey) {
        let Some(published) = self.published.remove(&key) else {
            return;
        };
        for subscriber in published.subscribers {
            if let Some(peer) = self.peers.get_mut(subscriber) {
                peer.downlink.unsubscribe(key);
                peer.subscriptions.retain(|known| *known != key);
                peer.pending.retain(|known| *known != key);
            }
            self.mark(subscriber);
        }
        if let Some(peer) = self.peers.get_mut(published.publisher) {
            for ssrc in peer.uplink.unpublish(key) {
                peer.transport.forget(ssrc);
            }
            let room = peer.room;
            self.silence(room, key);
        }
        self.tracks.remove(key);
        self.fresh.retain(|known| *known != key);
        self.schedule(now, published.publisher);
    }

    fn subscribe(&mut self, now: Instant, id: TransportId, sid: &str, terms: &Terms<'_>) {
        let (Some(peer_key), Some(key)) = (self.peer(id), self.tracks.find(sid)) else {
            return;
        };
        let Some(track) = self.tracks.get(key) else { return };
        let Some(published) = self.published.get_mut(&key) else {
            return;
        };
        let (room, cname) = match self.peers.get(published.publisher) {
            Some(sender) => (Some(sender.room), sender.participant.clone()),
            None => (None, sid.to_owned()),
        };
        let Some(peer) = self.peers.get_mut(peer_key).filter(|peer| !peer.over) else {
            return;
        };
        let request = Request {
            track: key,
            kind: track.kind(),
            mid: terms.mid,
            ssrcs: terms.ssrcs,
            codecs: terms.codecs,
            extensions: terms.extensions,
            cname: &cname,
        };
        let displaced = peer.downlink.subscribe(now, &request, self.random.as_mut());
        if displaced.is_err() {
            return;
        }
        if !published.subscribers.contains(&peer_key) {
            published.subscribers.push(peer_key);
            peer.subscriptions.push(key);
        }
        let room = room.and_then(|room| self.rooms.get(room));
        if room.is_some_and(|room| !room.is_audible(key)) {
            peer.downlink.set_audible(key, false);
        }
        self.mark(peer_key);
        self.schedule(now, peer_key);
    }

    pub(super) fn unsubscribe(&mut self, now: Instant, peer_key: Key, key: TrackKey) {
        if let Some(published) = self.published.get_mut(&key) {
            published.subscribers.retain(|known| *known != peer_key);
        }
        if let Some(peer) = self.peers.get_mut(peer_key) {
            peer.downlink.unsubscribe(key);
            peer.subscriptions.retain(|known| *known != key);
            peer.pending.retain(|known| *known != key);
        }
        self.mark(peer_key);
        self.schedule(now, peer_key);
    }

    /// Let a track of sound into a room.
    fn voice(&mut self, room: Key, track: TrackKey) {
        let changes = self.rooms.get_mut(room).map(|room| room.join(track));
        self.apply(&changes.unwrap_or_default());
    }

    /// Take a track of sound out of a room.
    fn silence(&mut self, room: Key, track: TrackKey) {
        let Some(room) = self.rooms.get_mut(room) else {
            return;
        };
        let (changes, spoke) = room.leave(track);
        let sid = room.sid.clone();
        if spoke && let Some(track) = self.tracks.get(track) {
            let speakers = vec![speaker(track.sid(), 0.0, false)];
            self.tell(Event::Speakers { room: sid, speakers });
        }
        self.apply(&changes);
    }
}

/// How a subscription is sent.
struct Terms<'a> {
    mid: &'a str,
    ssrcs: Ssrcs,
    codecs: &'a [command::Codec],
    extensions: &'a [command::Extension],
}
