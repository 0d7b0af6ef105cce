//! What was sent to one subscriber under each number, so that it can be sent again just so.

use std::time::{Duration, Instant};

use super::packet::Picture;
use super::window::{low_half, low_quarter, slot_of};

/// Joins remembered. Packets from before that many joins are not sent again.
const JOINS: usize = 8;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Not sent: its packet has not come.
    #[default]
    Open,
    Media,
    Padding,
    /// Padding of ours that bore what no copy would, so that it cannot be made again.
    Probe,
}

/// One number's fate. 24 bytes, so that a thousand subscriptions fit in little memory.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    source: u32,
    timestamp: u32,
    sent_ms: u32,
    again_ms: u32,
    picture: u16,
    base: u8,
    key: u8,
    /// Low bits of the count of joins at the time.
    join: u8,
    copies: u8,
    marker: bool,
    state: State,
}

/// A source that was joined.
#[derive(Clone, Copy, Debug, Default)]
struct Join {
    encoding: u8,
    /// First sequence number taken from it.
    source: u64,
    /// First number sent for it.
    output: u64,
}

/// A packet as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) encoding: u8,
    pub(super) source: u64,
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    /// Rewritten numbers; their presence and width are those of the stored packet.
    pub(super) picture: Picture,
}

/// What a number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Media(Sent),
    /// Padding, or a place that no packet will ever fill: (number, timestamp).
    Padding(u64, u32),
    /// Not sent yet.
    Open,
    /// Older than is remembered, or never used.
    Unknown,
}

/// The last numbers sent to one subscriber.
#[derive(Clone, Debug)]
pub(super) struct History {
    slots: Box<[Slot]>,
    joins: [Join; JOINS],
    join: u8,
    highest: Option<u64>,
    /// First number ever sent.
    first: u64,
    /// Milliseconds are counted from here.
    origin: Option<Instant>,
}

impl History {
    pub(super) fn new(len: usize) -> Self {
        let len = len.max(1).next_power_of_two();
        Self {
            slots: vec![Slot::default(); len].into(),
            joins: [Join::default(); JOINS],
            join: 0,
            highest: None,
            first: 0,
            origin: None,
        }
    }

    /// A source is joined: its packet `source` is sent as `output`.
    pub(super) fn join(&mut self, encoding: u8, source: u64, output: u64) {
        self.join = self.join.wrapping_add(1);
        if let Some(place) = self.joins.get_mut(usize::from(self.join) % JOINS) {
            *place = Join {
                encoding,
                source,
                output,
            };
        }
    }

    pub(super) fn media(&mut self, now: Instant, sent: &Sent) {
        let slot = Slot {
            source: low_half(sent.source),
            timestamp: sent.timestamp,
            sent_ms: self.millis(now),
            again_ms: 0,
            picture: sent.picture.id,
            base: sent.picture.base.unwrap_or(0),
            key: sent.picture.key.unwrap_or(0),
            join: self.join,
            copies: 0,
            marker: sent.marker,
            state: State::Media,
        };
        self.put(sent.sequence, slot);
    }

    pub(super) fn padding(&mut self, now: Instant, sequence: u64, timestamp: u32) {
        let sent_ms = self.millis(now);
        let slot = Slot {
            timestamp,
            sent_ms,
            state: State::Padding,
            join: self.join,
            ..Slot::default()
        };
        self.put(sequence, slot);
    }

    /// Padding that is never asked for from here: who sent it keeps the datagram.
    pub(super) fn probe(&mut self, now: Instant, sequence: u64, timestamp: u32) {
        self.padding(now, sequence, timestamp);
        let slot = slot_of(sequence, self.slots.len());
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.state = State::Probe;
        }
    }

    /// Numbers above `left` were not used after all.
    pub(super) fn take_back(&mut self, left: u64) {
        if left < self.first {
            self.highest = None;
        } else {
            self.highest = self.highest.map(|highest| highest.min(left));
        }
    }

    /// The number with these low 16 bits that is nearest to the highest sent.
    pub(super) fn extend(&self, sequence: u16) -> Option<u64> {
        let highest = self.highest?;
        let behind = low_quarter(highest).wrapping_sub(sequence);
        highest.checked_sub(u64::from(behind))
    }

    /// The number sent `back` numbers before the highest.
    pub(super) fn back(&self, back: u64) -> Option<u64> {
        self.highest?.checked_sub(back)
    }

    pub(super) fn find(&self, sequence: u64) -> Found {
        let Some(slot) = self.slot(sequence) else {
            return Found::Unknown;
        };
        match slot.state {
            State::Padding => return Found::Padding(sequence, slot.timestamp),
            State::Open => return self.find_open(sequence),
            State::Probe => return Found::Unknown,
            State::Media => {}
        }
        // Padding under a number that media bore would seal two packets with one index (RFC 3711 section 9.1).
        let Some(join) = self.join_of(slot.join) else {
            return Found::Unknown;
        };
        let past = slot.source.wrapping_sub(low_half(join.source));
        Found::Media(Sent {
            encoding: join.encoding,
            source: join.source.wrapping_add(u64::from(past)),
            sequence,
            timestamp: slot.timestamp,
            marker: slot.marker,
            picture: Picture {
                id: slot.picture,
                bits: 0,
                base: Some(slot.base),
                key: Some(slot.key),
            },
        })
    }

    /// Copies sent again, time since the first sending, time since the last copy.
    pub(super) fn past(&self, now: Instant, sequence: u64) -> (u8, Duration, Duration) {
        let Some(slot) = self.slot(sequence) else {
            return (u8::MAX, Duration::MAX, Duration::MAX);
        };
        let now = self.millis_since(now);
        let since = |then: u32| Duration::from_millis(u64::from(now.wrapping_sub(then)));
        let age = if slot.state == State::Open {
            Duration::ZERO
        } else {
            since(slot.sent_ms)
        };
        (
            slot.copies,
            age,
            if slot.copies == 0 {
                Duration::MAX
            } else {
                since(slot.again_ms)
            },
        )
    }

    /// Note that a copy is sent.
    pub(super) fn sent_again(&mut self, now: Instant, sequence: u64) {
        let now = self.millis(now);
        let slot = slot_of(sequence, self.slots.len());
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.copies = slot.copies.saturating_add(1);
            slot.again_ms = now;
        }
    }

    /// A place that is open belongs to a packet that may yet come, unless its source was left meanwhile.
    fn find_open(&self, sequence: u64) -> Found {
        match self.join_of(self.join) {
            Some(join) if sequence < join.output => Found::Padding(sequence, self.timestamp_above(sequence)),
            _ => Found::Open,
        }
    }

    /// The timestamp of the next number that was sent, so that padding keeps timestamps in order.
    fn timestamp_above(&self, sequence: u64) -> u32 {
        let highest = self.highest.unwrap_or(sequence);
        let mut above = (sequence..=highest).filter_map(|number| self.slot(number));
        above
            .find(|slot| slot.state != State::Open)
            .map_or(0, |slot| slot.timestamp)
    }

    fn join_of(&self, join: u8) -> Option<&Join> {
        let age = self.join.wrapping_sub(join);
        if usize::from(age) >= JOINS {
            return None;
        }
        self.joins.get(usize::from(join) % JOINS)
    }

    fn slot(&self, sequence: u64) -> Option<&Slot> {
        let age = self.highest?.checked_sub(sequence)?;
        if sequence < self.first || usize::try_from(age).ok()? >= self.slots.len() {
            return None;
        }
        self.slots.get(slot_of(sequence, self.slots.len()))
    }

    /// Write a number's slot; numbers jumped over become open. Work is bounded by the length.
    fn put(&mut self, sequence: u64, slot: Slot) {
        let len = self.slots.len();
        if self.highest.is_none() {
            self.first = sequence;
        }
        let highest = self.highest.unwrap_or_else(|| sequence.wrapping_sub(1));
        let jump = sequence.wrapping_sub(highest).cast_signed();
        if jump > 0 {
            let jump = usize::try_from(jump).unwrap_or(len).min(len);
            for back in 1..jump {
                let number = sequence.wrapping_sub(u64::try_from(back).unwrap_or(0));
                if let Some(place) = self.slots.get_mut(slot_of(number, len)) {
                    *place = Slot {
                        timestamp: slot.timestamp,
                        ..Slot::default()
                    };
                }
            }
            self.highest = Some(sequence);
        } else if jump.unsigned_abs() >= u64::try_from(len).unwrap_or(u64::MAX) {
            return;
        }
        if let Some(place) = self.slots.get_mut(slot_of(sequence, len)) {
            *place = slot;
        }
    }

    fn millis(&mut self, now: Instant) -> u32 {
        self.origin.get_or_insert(now);
        self.millis_since(now)
    }

    /// Milliseconds since the origin; wraps after 49 days, far beyond any age that matters.
    fn millis_since(&self, now: Instant) -> u32 {
        let since = self
            .origin
            .map_or(Duration::ZERO, |origin| now.saturating_duration_since(origin));
        low_half(u64::try_from(since.as_millis() & u128::from(u32::MAX)).unwrap_or(0))
    }
}
