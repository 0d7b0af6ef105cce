//! The tracks of a shard, found by a key without hashing.

use std::collections::HashMap;
use std::time::Instant;

use super::publication::Publication;
use super::track::Track;

/// Names a track within its shard. A key of a track that is gone finds nothing, also when its place was taken again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackKey {
    index: u32,
    generation: u32,
}

impl TrackKey {
    /// Both halves in one number.
    #[must_use]
    pub fn number(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    track: Option<Box<Track>>,
}

/// All tracks of a shard.
#[derive(Debug, Default)]
pub struct Tracks {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_sid: HashMap<String, TrackKey>,
}

impl Tracks {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Add a track. `None` when its sid is taken or there are 2^32 tracks.
    pub fn insert(&mut self, now: Instant, publication: Publication) -> Option<TrackKey> {
        if self.by_sid.contains_key(&publication.sid) {
            return None;
        }
        let index = if let Some(index) = self.free.pop() {
            index
        } else {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len()).ok()?.checked_sub(1)?
        };
        let slot = self.slots.get_mut(usize::try_from(index).ok()?)?;
        let key = TrackKey {
            index,
            generation: slot.generation,
        };
        self.by_sid.insert(publication.sid.clone(), key);
        slot.track = Some(Box::new(Track::new(now, publication)));
        Some(key)
    }

    /// Take a track out.
    pub fn remove(&mut self, key: TrackKey) -> Option<Box<Track>> {
        let slot = self.slots.get_mut(usize::try_from(key.index).ok()?)?;
        if slot.generation != key.generation {
            return None;
        }
        let track = slot.track.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(key.index);
        self.by_sid.remove(track.sid());
        Some(track)
    }

    /// A track.
    #[must_use]
    pub fn get(&self, key: TrackKey) -> Option<&Track> {
        let slot = self.slots.get(usize::try_from(key.index).ok()?)?;
        slot.track
            .as_deref()
            .filter(|_| slot.generation == key.generation)
    }

    /// A track, to be changed.
    pub fn get_mut(&mut self, key: TrackKey) -> Option<&mut Track> {
        let slot = self.slots.get_mut(usize::try_from(key.index).ok()?)?;
        slot.track
            .as_deref_mut()
            .filter(|_| slot.generation == key.generation)
    }

    /// The key of a sid.
    #[must_use]
    pub fn find(&self, sid: &str) -> Option<TrackKey> {
        self.by_sid.get(sid).copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_sid.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_sid.is_empty()
    }
}
