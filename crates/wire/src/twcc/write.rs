//! Writing feedback.

use super::{TICKS_PER_REFERENCE, capacity, symbol};
use crate::cursor::Writer;
use crate::{Error, Result};

/// When one packet arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The packet's transport-wide sequence number, widened (see [`crate::sequence::Extender`]).
    pub sequence: u64,
    /// Its arrival in ticks of 250 µs of the receiver's clock, from any epoch the receiver keeps to.
    pub ticks: i64,
}

/// Arrivals to report.
///
/// One packet takes as many as fit: until the buffer is full, 65,535 packets are covered, or an arrival lies
/// more than 8.19 s from the one before it. [`Written`] says where the next report goes on.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Who received the packets.
    pub sender_ssrc: u32,
    /// One of the sources whose packets these are.
    pub media_ssrc: u32,
    /// One more than in the report before; wraps.
    pub feedback_count: u8,
    /// The first packet to report on, not above the first arrival; what lies between counts as missing.
    pub base_sequence: u64,
    /// The arrivals in strictly rising order of sequence number; at least one.
    pub arrivals: &'a [Arrival],
}

/// How much of a [`Report`] was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many of the arrivals, from the first on, are in the packet.
    pub arrivals: usize,
    /// The base of the next report: one more than the last packet covered.
    pub next_base: u64,
}

impl Report<'_> {
    /// Append everything after the RTCP header.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<Written> {
        let first = self.arrivals.first().ok_or(Error::OutOfRange("arrivals"))?;
        let rising = self.arrivals.iter().is_sorted_by(|a, b| a.sequence < b.sequence);
        if !rising || self.base_sequence > first.sequence {
            return Err(Error::OutOfRange("arrivals"));
        }
        let reference = first.ticks.div_euclid(TICKS_PER_REFERENCE);
        writer.u32(self.sender_ssrc)?;
        writer.u32(self.media_ssrc)?;
        writer.u16((self.base_sequence & 0xFFFF) as u16)?;
        let count_at = writer.position();
        writer.u16(0)?;
        writer.u24((reference.cast_unsigned() & 0x00FF_FFFF) as u32)?;
        writer.u8(self.feedback_count)?;
        let marks = Marks {
            next: self.base_sequence,
            previous_ticks: reference.saturating_mul(TICKS_PER_REFERENCE),
            arrivals: self.arrivals,
        };
        let (count, left) = write_chunks(&marks, writer)?;
        writer.patch(count_at, &count.to_be_bytes())?;
        for mark in marks.take(usize::from(count)) {
            match mark {
                Mark::Missing => {}
                Mark::Small(delta) => writer.u8(delta)?,
                Mark::Large(delta) => writer.u16(delta.cast_unsigned())?,
            }
        }
        let position = writer.position();
        writer.zeroes(position.next_multiple_of(4).saturating_sub(position))?;
        let arrivals = self.arrivals.len().saturating_sub(left.arrivals.len());
        Ok(Written {
            arrivals,
            next_base: left.next,
        })
    }
}

/// Write chunks while they and their deltas fit; answers the packets covered and the marks not written.
fn write_chunks<'a>(marks: &Marks<'a>, writer: &mut Writer<'_>) -> Result<(u16, Marks<'a>)> {
    // The packet ends at a word.
    let mut room = writer.room() & !3;
    let mut left = marks.clone();
    let mut count = 0_u16;
    while let Some(delta_room) = room.checked_sub(2) {
        let Some(chunk) = Packed::next(&left, u16::MAX.saturating_sub(count), delta_room) else {
            break;
        };
        room = delta_room.saturating_sub(chunk.delta_len);
        writer.u16(chunk.word)?;
        count = count.saturating_add(chunk.covered);
        left = chunk.left;
    }
    if count == 0 {
        Err(Error::NoRoom)
    } else {
        Ok((count, left))
    }
}

/// What is written of one packet.
#[derive(Clone, Copy, Debug)]
enum Mark {
    Missing,
    Small(u8),
    Large(i16),
}

impl Mark {
    const fn symbol(self) -> u16 {
        match self {
            Self::Missing => symbol::MISSING,
            Self::Small(_) => symbol::SMALL,
            Self::Large(_) => symbol::LARGE,
        }
    }

    const fn delta_len(self) -> usize {
        match self {
            Self::Missing => 0,
            Self::Small(_) => 1,
            Self::Large(_) => 2,
        }
    }
}

/// Walks packet by packet over arrivals and the gaps between them; ends early at a delta too large for the
/// wire.
#[derive(Clone, Debug)]
struct Marks<'a> {
    next: u64,
    previous_ticks: i64,
    arrivals: &'a [Arrival],
}

impl Iterator for Marks<'_> {
    type Item = Mark;

    fn next(&mut self) -> Option<Mark> {
        let (arrival, rest) = self.arrivals.split_first()?;
        if self.next < arrival.sequence {
            self.next = self.next.saturating_add(1);
            return Some(Mark::Missing);
        }
        let delta = i16::try_from(arrival.ticks.checked_sub(self.previous_ticks)?).ok()?;
        self.next = self.next.saturating_add(1);
        self.previous_ticks = arrival.ticks;
        self.arrivals = rest;
        Some(u8::try_from(delta).map_or(Mark::Large(delta), Mark::Small))
    }
}

/// The next chunk.
struct Packed<'a> {
    word: u16,
    covered: u16,
    delta_len: usize,
    left: Marks<'a>,
}

impl<'a> Packed<'a> {
    /// The chunk that covers most of what comes next, but not more than `limit` packets nor `room` bytes of
    /// deltas; `None` when it would cover nothing.
    fn next(marks: &Marks<'a>, limit: u16, room: usize) -> Option<Self> {
        let fitting = marks.clone().take(usize::from(limit)).scan(room, |room, mark| {
            *room = room.checked_sub(mark.delta_len())?;
            Some(mark)
        });
        let head = fitting.clone().next()?;
        let same = |mark: &Mark| mark.symbol() == head.symbol();
        let run = fitting
            .clone()
            .take(usize::from(capacity::RUN))
            .take_while(same)
            .count();
        let window = fitting.take(usize::from(capacity::ONE_BIT));
        let one_bit = window.clone().all(|mark| mark.symbol() != symbol::LARGE);
        let (width, most) = if one_bit {
            (1, capacity::ONE_BIT)
        } else {
            (2, capacity::TWO_BIT)
        };
        let vector = window.take(usize::from(most)).count();
        let covered = u16::try_from(run.max(vector)).ok()?;
        let mut left = marks.clone();
        let mut delta_len = 0_usize;
        let mut packed = 0_u16;
        let mut shift = 14_u16;
        for mark in left.by_ref().take(usize::from(covered)) {
            delta_len = delta_len.saturating_add(mark.delta_len());
            shift = shift.saturating_sub(width);
            packed |= mark.symbol() << (shift & 15);
        }
        let word = if run >= vector {
            (head.symbol() << 13) | covered
        } else {
            0x8000 | if one_bit { 0 } else { 0x4000 } | packed
        };
        Some(Self {
            word,
            covered,
            delta_len,
            left,
        })
    }
}
