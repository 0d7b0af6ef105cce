//! Transports come, tell, and go.

use std::time::Instant;

use super::command::{Open, TransportId};
use super::event::{Event, Notice};
use super::peer::Peer;
use super::slab::Key;
use super::state::Shard;
use crate::ice::{Credentials, Path, Protocol};
use crate::receive::{TrackKey, Uplink};
use crate::refusal::Refusals;
use crate::send::{Settings as SendSettings, Subscriber};
use crate::transport::{self, Transport};

impl Shard {
    /// Open a transport.
    pub(super) fn open(&mut self, now: Instant, open: Open) {
        let id = open.transport;
        if self.by_id.contains_key(&id) {
            return;
        }
        let room = self.enter_room(&open.room);
        let ufrag = open.credentials.ufrag().to_owned();
        let transport = Transport::new(
            id,
            open.credentials,
            self.endpoint.clone(),
            open.data_channels,
            self.settings.transport,
        );
        let participant = open.participant.clone();
        let key = self.peers.insert(Peer {
            id,
            room,
            participant: open.participant,
            transport,
            uplink: Uplink::new(now),
            downlink: Subscriber::new(now, SendSettings::new(self.settings.wall_clock.0)),
            subscriptions: Vec::new(),
            pending: Vec::new(),
            is_marked: false,
            over: false,
            transport_due: None,
            sample_at: now.checked_add(self.settings.sample_interval).unwrap_or(now),
            refused: Refusals::default(),
        });
        self.by_id.insert(id, key);
        self.participants.entry(participant).or_default().push(key);
        if let Err(error) = self.mux.add(key, &ufrag) {
            self.tell(Event::Failed {
                transport_id: id,
                reason: error.to_string(),
            });
            self.end(now, key);
        }
        self.schedule(now, key);
    }

    /// Give a transport new credentials.
    pub(super) fn restart_ice(&mut self, now: Instant, id: TransportId, credentials: Credentials) {
        let ufrag = credentials.ufrag().to_owned();
        self.with_peer(now, id, |peer| peer.transport.restart_ice(now, credentials));
        let Some(key) = self.peer(id) else { return };
        if let Err(error) = self.mux.add(key, &ufrag) {
            self.tell(Event::Failed {
                transport_id: id,
                reason: error.to_string(),
            });
            self.end(now, key);
            self.schedule(now, key);
        }
    }

    /// Take in what a transport has to tell.
    pub(super) fn settle(&mut self, now: Instant, key: Key) {
        loop {
            let Some(peer) = self.peers.get_mut(key) else {
                return;
            };
            let Some(event) = peer.transport.poll_event() else {
                peer.transport_due = peer.transport.deadline();
                return;
            };
            let transport_id = peer.id;
            let notice = |notice, value| Event::Noticed {
                transport_id,
                track: String::new(),
                notice,
                value,
            };
            match event {
                transport::Event::Validated(path) => {
                    // A path beyond the bound is one of many; the peer has others.
                    let _ = self.mux.learn(key, path);
                }
                transport::Event::Forgotten(path) => self.mux.unlearn(key, path),
                transport::Event::Renewed { ufrag } => self.mux.remove_ufrag(&ufrag),
                transport::Event::Connected { path, handshake } => {
                    self.tell(Event::Connected {
                        transport_id,
                        remote: path.remote.to_string(),
                        protocol: protocol_name(path),
                        handshake_ms: u32::try_from(handshake.as_millis()).unwrap_or(u32::MAX),
                    });
                    self.mark(key);
                }
                transport::Event::PathChanged(path) => {
                    let value = i64::from(path.protocol == Protocol::Tcp);
                    self.tell(notice(Notice::PathChanged, value));
                }
                transport::Event::Silent(since) => {
                    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
                    self.tell(notice(Notice::Silent, seconds));
                }
                transport::Event::Heard => self.tell(notice(Notice::Heard, 0)),
                transport::Event::Data { reliable, payload } => self.tell(Event::DataReceived {
                    transport_id,
                    reliable,
                    payload,
                }),
                transport::Event::Failed(error) => {
                    self.tell(Event::Failed {
                        transport_id,
                        reason: error.to_string(),
                    });
                    self.end(now, key);
                }
                transport::Event::Closed => self.end(now, key),
                transport::Event::ConsentLost
                | transport::Event::ChannelOpen { .. }
                | transport::Event::ChannelsLost => {}
            }
        }
    }

    /// A transport is over: nothing of it is forwarded any more, nor to it. Its last words leave with the next
    /// [`Shard::handle_timeout`], which is due at once.
    pub(super) fn end(&mut self, now: Instant, key: Key) {
        let Some(peer) = self.peers.get_mut(key).filter(|peer| !peer.over) else {
            return;
        };
        peer.over = true;
        let published: Vec<TrackKey> = peer.uplink.tracks().to_vec();
        let subscriptions = std::mem::take(&mut peer.subscriptions);
        for track in published {
            self.unpublish(now, track);
        }
        for track in subscriptions {
            self.unsubscribe(now, key, track);
        }
        self.follow_downlink(now, key);
        self.schedule(now, key);
    }

    /// Forget a transport that is over.
    pub(super) fn remove(&mut self, key: Key) {
        let Some(peer) = self.peers.remove(key) else {
            return;
        };
        self.mux.remove(key);
        self.by_id.remove(&peer.id);
        if let Some(keys) = self.participants.get_mut(&peer.participant) {
            keys.retain(|known| *known != key);
            if keys.is_empty() {
                self.participants.remove(&peer.participant);
            }
        }
        self.leave_room(peer.room);
        self.tell(Event::Closed {
            transport_id: peer.id,
        });
    }
}

fn protocol_name(path: Path) -> &'static str {
    match path.protocol {
        Protocol::Udp => "udp",
        Protocol::Tcp => "tcp",
    }
}
