//! Sealed datagrams of sound, kept for subscribers that ask again and negotiated no retransmission stream.
//!
//! Sound is seldom given a retransmission stream, so a lost packet must be sent again under its own number. Sealing
//! it anew would use one SRTP index for two contents, as the transport-wide number differs; so the very datagram is
//! kept. The receiver's feedback then says of the first number that it came late, which is true.

use std::time::{Duration, Instant};

/// Datagrams kept: 640 ms of 20 ms packets, longer than any player waits. A power of two.
const KEPT: usize = 32;
/// Largest datagram kept, bytes: 128 kbit/s in packets of 20 ms, with headers; or speech with its redundancy.
const LEN_MAX: usize = 480;
/// Copies of one datagram, at most.
const COPIES_MAX: u8 = 2;
/// A datagram that left longer ago is not sent again.
const AGE_MAX: Duration = Duration::from_millis(400);
/// Between two copies passes at least this, or one round trip if that is longer.
const SPACING_MIN: Duration = Duration::from_millis(10);

#[derive(Clone, Copy, Debug)]
struct Entry {
    sequence: u64,
    len: usize,
    sent: Instant,
    again: Option<Instant>,
    copies: u8,
}

/// The last datagrams of one stream of sound. 16 kB; taken when the first packet is asked for.
#[derive(Debug)]
pub(super) struct Copies {
    entries: [Option<Entry>; KEPT],
    bytes: Box<[[u8; LEN_MAX]]>,
}

impl Copies {
    pub(super) fn new() -> Self {
        Self {
            entries: [None; KEPT],
            bytes: vec![[0; LEN_MAX]; KEPT].into(),
        }
    }

    /// Keep what leaves now; larger datagrams than 480 bytes are not kept.
    pub(super) fn keep(&mut self, now: Instant, sequence: u64, datagram: &[u8]) {
        let slot = slot_of(sequence);
        let (Some(entry), Some(bytes)) = (self.entries.get_mut(slot), self.bytes.get_mut(slot)) else {
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
        let entry = self.entries.get_mut(slot_of(u64::from(lost)))?.as_mut()?;
        let since = |then: Instant| now.saturating_duration_since(then);
        let crossed = entry
            .again
            .is_some_and(|again| since(again) < rtt.max(SPACING_MIN));
        let other = entry.sequence & 0xffff != u64::from(lost);
        if other || crossed || entry.copies >= COPIES_MAX || since(entry.sent) > AGE_MAX {
            return None;
        }
        entry.copies = entry.copies.saturating_add(1);
        entry.again = Some(now);
        Some(entry.sequence)
    }

    /// The datagram of that number.
    pub(super) fn get(&self, sequence: u64) -> Option<&[u8]> {
        let slot = slot_of(sequence);
        let entry = self.entries.get(slot)?.as_ref()?;
        let bytes = self.bytes.get(slot)?.get(..entry.len)?;
        (entry.sequence == sequence).then_some(bytes)
    }
}

fn slot_of(sequence: u64) -> usize {
    usize::try_from(sequence & 31).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    #[test]
    fn a_datagram_is_sent_again_twice_and_not_too_often() {
        let mut clock = Clock::new();
        let mut copies = Copies::new();
        copies.keep(clock.now(), 65_540, b"sound");
        copies.keep(clock.now(), 65_541, &[0; LEN_MAX + 1]);
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
