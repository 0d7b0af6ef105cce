//! Which shard each room, transport and track is on.

use std::collections::HashMap;

use hubbub_sfu::shard::{Command, TransportId};

/// Where everything is. Rooms are pinned to a shard while anybody is in them.
#[derive(Debug)]
pub struct Placement {
    /// Transports of each shard.
    loads: Vec<usize>,
    rooms: HashMap<String, Room>,
    transports: HashMap<TransportId, Home>,
    tracks: HashMap<String, TransportId>,
}

#[derive(Debug)]
struct Room {
    shard: usize,
    transports: usize,
}

#[derive(Debug)]
struct Home {
    shard: usize,
    room: String,
    tracks: Vec<String>,
}

/// Where a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To this shard.
    To(usize),
    /// What it is about is gone, so that it changes nothing.
    Nowhere,
    /// It brings a transport of this shard to a room of another one, where its port is not.
    Apart(TransportId, usize),
}

impl Placement {
    /// Nothing on any of so many shards.
    pub fn new(shards: usize) -> Self {
        Self {
            loads: vec![0; shards],
            rooms: HashMap::new(),
            transports: HashMap::new(),
            tracks: HashMap::new(),
        }
    }

    /// How many transports there are.
    pub fn len(&self) -> usize {
        self.transports.len()
    }

    /// The shard of a transport.
    pub fn shard_of(&self, transport: TransportId) -> Option<usize> {
        self.transports.get(&transport).map(|home| home.shard)
    }

    /// Place a transport where its room is; a new room goes where the fewest transports are.
    pub fn open(&mut self, transport: TransportId, room: &str) -> usize {
        let shard = self.rooms.get(room).map_or_else(
            || {
                let loads = self.loads.iter().enumerate();
                loads.min_by_key(|(_, load)| **load).map_or(0, |(shard, _)| shard)
            },
            |room| room.shard,
        );
        self.enter(room, shard);
        if let Some(load) = self.loads.get_mut(shard) {
            *load = load.saturating_add(1);
        }
        self.transports.insert(
            transport,
            Home {
                shard,
                room: room.to_owned(),
                tracks: Vec::new(),
            },
        );
        shard
    }

    /// Forget a transport with its tracks, and its room when it was the last.
    pub fn close(&mut self, transport: TransportId) {
        let Some(home) = self.transports.remove(&transport) else {
            return;
        };
        for track in &home.tracks {
            self.tracks.remove(track);
        }
        if let Some(load) = self.loads.get_mut(home.shard) {
            *load = load.saturating_sub(1);
        }
        self.leave(&home.room);
    }

    /// Tell where a command goes, and take note of what it changes.
    pub fn route(&mut self, command: &Command) -> Route {
        let transport = match command {
            Command::MuteTrack { track, .. } | Command::UnpublishTrack { track } => {
                self.tracks.get(track).copied()
            }
            Command::Open(open) => Some(open.transport),
            Command::RestartIce { transport, .. } => Some(*transport),
            Command::SetRemote { transport_id, .. }
            | Command::CloseTransport { transport_id }
            | Command::MoveTransport { transport_id, .. }
            | Command::PublishTrack { transport_id, .. }
            | Command::Subscribe { transport_id, .. }
            | Command::Unsubscribe { transport_id, .. }
            | Command::Prefer { transport_id, .. }
            | Command::SendData { transport_id, .. }
            | Command::LimitBandwidth { transport_id, .. } => Some(*transport_id),
        };
        let Some((transport, shard)) = transport.and_then(|id| Some((id, self.shard_of(id)?))) else {
            return Route::Nowhere;
        };
        match command {
            Command::CloseTransport { .. } => self.close(transport),
            Command::MoveTransport { room, .. } => return self.move_to(transport, shard, room),
            Command::PublishTrack { track, .. } => self.publish(transport, track),
            Command::UnpublishTrack { track } => self.unpublish(transport, track),
            _ => {}
        }
        Route::To(shard)
    }

    fn move_to(&mut self, transport: TransportId, shard: usize, room: &str) -> Route {
        if self.rooms.get(room).is_some_and(|room| room.shard != shard) {
            self.close(transport);
            return Route::Apart(transport, shard);
        }
        self.enter(room, shard);
        if let Some(home) = self.transports.get_mut(&transport) {
            let before = std::mem::replace(&mut home.room, room.to_owned());
            self.leave(&before);
        }
        Route::To(shard)
    }

    fn publish(&mut self, transport: TransportId, track: &str) {
        if self.tracks.get(track) == Some(&transport) {
            return;
        }
        self.tracks.insert(track.to_owned(), transport);
        if let Some(home) = self.transports.get_mut(&transport) {
            home.tracks.push(track.to_owned());
        }
    }

    fn unpublish(&mut self, transport: TransportId, track: &str) {
        self.tracks.remove(track);
        if let Some(home) = self.transports.get_mut(&transport) {
            home.tracks.retain(|each| each != track);
        }
    }

    fn enter(&mut self, room: &str, shard: usize) {
        let room = self
            .rooms
            .entry(room.to_owned())
            .or_insert(Room { shard, transports: 0 });
        room.transports = room.transports.saturating_add(1);
    }

    fn leave(&mut self, room: &str) {
        if let Some(left) = self.rooms.get_mut(room) {
            left.transports = left.transports.saturating_sub(1);
            if left.transports == 0 {
                self.rooms.remove(room);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn id(number: u64) -> TransportId {
        TransportId(number)
    }

    fn move_to(number: u64, room: &str) -> Command {
        Command::MoveTransport {
            transport_id: id(number),
            room: room.to_owned(),
        }
    }

    fn mute(track: &str) -> Command {
        Command::MuteTrack {
            track: track.to_owned(),
            muted: true,
        }
    }

    fn publish(number: u64, track: &str) -> Command {
        Command::PublishTrack {
            transport_id: id(number),
            track: track.to_owned(),
            kind: hubbub_sfu::shard::Kind::Audio,
            mid: "0".to_owned(),
            codecs: Vec::new(),
            extensions: Vec::new(),
            rids: Vec::new(),
            sources: Vec::new(),
            layers: Vec::new(),
            muted: false,
        }
    }

    #[test]
    fn a_room_stays_on_its_shard_while_anybody_is_in_it() {
        let mut placement = Placement::new(2);
        assert_eq!(placement.open(id(1), "a"), 0);
        assert_eq!(placement.open(id(2), "b"), 1);
        assert_eq!(placement.open(id(3), "b"), 1);
        assert_eq!(placement.open(id(4), "b"), 1);
        placement.close(id(1));
        placement.close(id(1));
        assert_eq!(placement.open(id(5), "a"), 0, "the fewest are there");
        assert_eq!(placement.len(), 4);
    }

    #[test]
    fn a_track_is_found_until_it_or_its_transport_is_gone() {
        let mut placement = Placement::new(2);
        placement.open(id(1), "a");
        placement.open(id(2), "b");
        assert_eq!(placement.route(&mute("TR_b")), Route::Nowhere);
        assert_eq!(placement.route(&publish(2, "TR_b")), Route::To(1));
        assert_eq!(placement.route(&mute("TR_b")), Route::To(1));
        let close = Command::CloseTransport { transport_id: id(2) };
        assert_eq!(placement.route(&close), Route::To(1));
        assert_eq!(placement.route(&mute("TR_b")), Route::Nowhere);
        assert_eq!(placement.route(&close), Route::Nowhere);
        assert!(placement.tracks.is_empty() && placement.rooms.len() == 1);
    }

    #[test]
    fn a_transport_cannot_follow_to_a_room_of_another_shard() {
        let mut placement = Placement::new(2);
        placement.open(id(1), "a");
        placement.open(id(2), "b");
        assert_eq!(placement.route(&move_to(1, "new")), Route::To(0));
        assert_eq!(placement.open(id(3), "new"), 0);
        assert_eq!(placement.route(&move_to(1, "b")), Route::Apart(id(1), 0));
        assert_eq!(placement.shard_of(id(1)), None);
    }
}
