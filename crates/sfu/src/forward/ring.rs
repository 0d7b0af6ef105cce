//! The last packets of one encoding, kept once for all subscribers.

use super::packet::Arrived;
use super::window::slot_of;

/// A stored packet.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// What was known of it.
    pub arrived: &'a Arrived,
    /// The bytes given to [`Ring::insert`].
    pub bytes: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    arrived: Arrived,
    /// Byte count written to the arena before this packet; tells whether it was overwritten.
    position: u64,
    len: usize,
}

/// Packets by sequence number in one arena.
///
/// The arena is written round and round, so a packet is evicted by being overwritten and nothing is ever moved or
/// freed. Memory: the arena plus about 100 bytes per packet, all taken at the start.
#[derive(Clone, Debug)]
pub struct Ring {
    entries: Box<[Option<Entry>]>,
    arena: Box<[u8]>,
    /// Bytes written so far, counting those skipped at the arena's end.
    written: u64,
    highest: u64,
}

impl Ring {
    /// Room for `packets` (rounded up to a power of two) and `bytes`, whichever is used up first.
    #[must_use]
    pub fn new(packets: usize, bytes: usize) -> Self {
        let packets = packets.max(1).next_power_of_two();
        Self {
            entries: vec![None; packets].into(),
            arena: vec![0; bytes.max(1)].into(),
            written: 0,
            highest: 0,
        }
    }

    /// Store a packet. False if it is held already, is older than the ring reaches, or is larger than the arena.
    pub fn insert(&mut self, arrived: &Arrived, bytes: &[u8]) -> bool {
        let slot = slot_of(arrived.sequence, self.entries.len());
        let Some(place) = self.entries.get_mut(slot) else {
            return false;
        };
        if place.is_some_and(|entry| entry.arrived.sequence >= arrived.sequence) {
            return false;
        }
        let capacity = self.arena.len();
        let start = arena_offset(self.written, capacity);
        let room = capacity.saturating_sub(start);
        if bytes.len() > capacity {
            return false;
        }
        let skipped = if bytes.len() > room { room } else { 0 };
        let position = self.written.wrapping_add(wide(skipped));
        let start = arena_offset(position, capacity);
        let Some(target) = self.arena.get_mut(start..start.saturating_add(bytes.len())) else {
            return false;
        };
        target.copy_from_slice(bytes);
        self.written = position.wrapping_add(wide(bytes.len()));
        self.highest = self.highest.max(arrived.sequence);
        *place = Some(Entry {
            arrived: *arrived,
            position,
            len: bytes.len(),
        });
        true
    }

    /// The packet with that number, if still held.
    #[must_use]
    pub fn get(&self, sequence: u64) -> Option<Stored<'_>> {
        let entry = self
            .entries
            .get(slot_of(sequence, self.entries.len()))?
            .as_ref()?;
        if entry.arrived.sequence != sequence {
            return None;
        }
        let capacity = self.arena.len();
        if self.written.wrapping_sub(entry.position) > wide(capacity) {
            return None;
        }
        let start = arena_offset(entry.position, capacity);
        let bytes = self.arena.get(start..start.saturating_add(entry.len))?;
        Some(Stored {
            arrived: &entry.arrived,
            bytes,
        })
    }

    /// Packets held with numbers above `sequence`, in order. Used after a join whose successors came before it.
    pub fn after(&self, sequence: u64) -> impl Iterator<Item = Stored<'_>> {
        let oldest = self.highest.saturating_sub(wide(self.entries.len()));
        let first = sequence.max(oldest).saturating_add(1);
        (first..=self.highest).filter_map(|number| self.get(number))
    }

    /// Forget all packets, for the source began anew with other numbers.
    pub fn clear(&mut self) {
        self.entries.fill(None);
        self.highest = 0;
    }
}

fn arena_offset(position: u64, capacity: usize) -> usize {
    position
        .checked_rem(wide(capacity))
        .and_then(|rest| usize::try_from(rest).ok())
        .unwrap_or(0)
}

fn wide(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
