//! Sealed datagrams, kept for subscribers that ask again and negotiated no retransmission stream.
//!
//! Sound is seldom given a retransmission stream, and some peers have none for pictures either, so a lost packet must
//! be sent again under its own number. Sealing it anew would use one SRTP index for two contents, as the transport-wide
//! number differs; so the very datagram is kept. The receiver's feedback then says of the first number that it came
//! late, which is true.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::shard::command::Kind;

/// Between two copies passes at least this, or one round trip if that is longer.
const SPACING_MIN: Duration = Duration::from_millis(10);

/// What is kept of a stream.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Datagrams kept; a power of two.
    kept: usize,
    /// Largest datagram kept, bytes.
    len_max: usize,
    /// Copies of one datagram, at most.
    copies_max: u8,
    /// A datagram that left longer ago is not sent again.
    age_max: Duration,
}

/// 640 ms of 20 ms packets, longer than any player waits; 128 kbit/s with headers, or speech with its redundancy.
const SOUND: Bounds = Bounds {
    kept: 32,
    len_max: 480,
    copies_max: 2,
    age_max: Duration::from_millis(400),
};
/// A second of 2 Mbit/s; any datagram. Receivers ask for about a second, then for a keyframe.
const PICTURES: Bounds = Bounds {
    kept: 256,
    len_max: 1_500,
    copies_max: 8,
    age_max: Duration::from_secs(1),
};

#[derive(Clone, Copy, Debug)]
struct Entry {
    sequence: u64,
    len: usize,
    sent: Instant,
    again: Option<Instant>,
    copies: u8,
}

/// The last datagrams of one stream: 16 kB for sound, 384 kB for pictures; taken when the first packet is asked for.
#[derive(Debug)]
pub(super) struct Copies {
    bounds: Bounds,
    entries: Vec<Option<Entry>>,
    /// Room for each of them.
    bytes: Vec<u8>,
}

impl Copies {
    pub(super) fn new(kind: Kind) -> Self {
        let bounds = match kind {
            Kind::Audio => SOUND,
            Kind::Video => PICTURES,
        };
        Self {
            bounds,
            entries: vec![None; bounds.kept],
            bytes: vec![0; bounds.kept.saturating_mul(bounds.len_max)],
        }
    }

    /// Keep what leaves now; larger datagrams than the bound are not kept.
    pub(super) fn keep(&mut self, now: Instant, sequence: u64, datagram: &[u8]) {
        let slot = self.slot_of(sequence);
        let room = self.room_of(slot);
        let (Some(entry), Some(bytes)) = (self.entries.get_mut(slot), self.bytes.get_mut(room)) else {
            return;
        };
        *entry = None;
        let Some(room) = bytes.get_mut(..datagram.len()) else {
            return;
        };
        room.copy_from_slice(datagram);
        *entry = Some(Entry {
            sequence,
            len: datagram.len(),
            sent: now,
            again: None,
            copies: 0,
        });
    }

    /// Whether the packet whose number ends so is to be sent again; its whole number. Notes that it is.
    pub(super) fn answer(&mut self, now: Instant, rtt: Duration, lost: u16) -> Option<u64> {
        let slot = self.slot_of(u64::from(lost));
        let bounds = self.bounds;
        let entry = self.entries.get_mut(slot)?.as_mut()?;
        let since = |then: Instant| now.saturating_duration_since(then);
        let crossed = entry
            .again
            .is_some_and(|again| since(again) < rtt.max(SPACING_MIN));
        let other = entry.sequence & 0xffff != u64::from(lost);
        if other || crossed || entry.copies >= bounds.copies_max || since(entry.sent) > bounds.age_max {
            return None;
        }
        entry.copies = entry.copies.saturating_add(1);
        entry.again = Some(now);
        Some(entry.sequence)
    }

    /// The datagram of that number.
    pub(super) fn get(&self, sequence: u64) -> Option<&[u8]> {
        let slot = self.slot_of(sequence);
        let entry = self.entries.get(slot)?.as_ref()?;
        let bytes = self.bytes.get(self.room_of(slot))?.get(..entry.len)?;
        (entry.sequence == sequence).then_some(bytes)
    }

    /// The place of a number: its low bits, which the 16 bits of a request have too.
    fn slot_of(&self, sequence: u64) -> usize {
        let mask = self.bounds.kept.saturating_sub(1);
        usize::try_from(sequence & 0xffff).unwrap_or(0) & mask
    }

    fn room_of(&self, slot: usize) -> Range<usize> {
        let start = slot.saturating_mul(self.bounds.len_max);
        start..start.saturating_add(self.bounds.len_max)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    #[test]
    fn a_datagram_is_sent_again_twice_and_not_too_often() {
        let mut clock = Clock::new();
        let mut copies = Copies::new(Kind::Audio);
        copies.keep(clock.now(), 65_540, b"sound");
        copies.keep(clock.now(), 65_541, &[0; SOUND.len_max + 1]);
        let rtt = Duration::from_millis(30);
        assert_eq!(copies.answer(clock.now(), rtt, 4), Some(65_540));
        assert_eq!(copies.get(65_540), Some(b"sound".as_slice()));
        assert_eq!(copies.answer(clock.now(), rtt, 4), None);
        clock.advance(rtt);
        assert_eq!(copies.answer(clock.now(), rtt, 4), Some(65_540));
        clock.advance(rtt);
        assert_eq!(copies.answer(clock.now(), rtt, 4), None);
        assert_eq!(copies.answer(clock.now(), rtt, 5), None);
        assert_eq!(copies.answer(clock.now(), rtt, 36), None);
        assert_eq!(copies.get(4), None);
    }
}
