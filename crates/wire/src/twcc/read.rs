//! Reading feedback.

use core::iter::FusedIterator;

use super::{TICKS_PER_REFERENCE, capacity, symbol};
use crate::cursor::Reader;
use crate::{Error, Result};

/// Feedback on a run of packets, checked when it was read: walking it cannot fail.
#[derive(Clone, Copy, Debug)]
pub struct Feedback<'a> {
    sender_ssrc: u32,
    media_ssrc: u32,
    base_sequence: u16,
    status_count: u16,
    reference: i32,
    counter: u8,
    chunks: &'a [[u8; 2]],
    deltas: &'a [u8],
}

impl<'a> Feedback<'a> {
    /// Read what follows the RTCP header.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        let sender_ssrc = reader.u32()?;
        let media_ssrc = reader.u32()?;
        let base_sequence = reader.u16()?;
        let status_count = reader.u16()?;
        let reference = (reader.u24()? << 8).cast_signed() >> 8;
        let counter = reader.u8()?;
        let start = reader.rest();
        let mut left = status_count;
        let mut delta_len = 0_usize;
        let mut chunk_count = 0_usize;
        while left > 0 {
            let chunk = Chunk(reader.u16()?);
            let covered = chunk.len().min(left);
            delta_len = delta_len.saturating_add(chunk.delta_len(covered)?);
            chunk_count = chunk_count.saturating_add(1);
            left = left.saturating_sub(covered);
        }
        let chunks = start.as_chunks().0.get(..chunk_count).ok_or(Error::Truncated)?;
        let deltas = reader.take(delta_len)?;
        Ok(Self {
            sender_ssrc,
            media_ssrc,
            base_sequence,
            status_count,
            reference,
            counter,
            chunks,
            deltas,
        })
    }

    /// Who received the packets.
    #[must_use]
    pub const fn sender_ssrc(&self) -> u32 {
        self.sender_ssrc
    }

    /// One of the sources whose packets these are; the feedback is for the whole transport.
    #[must_use]
    pub const fn media_ssrc(&self) -> u32 {
        self.media_ssrc
    }

    /// The first packet's transport-wide sequence number.
    #[must_use]
    pub const fn base_sequence(&self) -> u16 {
        self.base_sequence
    }

    /// How many packets the feedback covers.
    #[must_use]
    pub const fn status_count(&self) -> u16 {
        self.status_count
    }

    /// A number that rises by one per feedback and tells that one was lost; wraps.
    #[must_use]
    pub const fn feedback_count(&self) -> u8 {
        self.counter
    }

    /// The time that the first delta counts from, in ticks of 250 µs of the receiver's clock. It wraps each
    /// 2³² ticks (12.4 days), for the wire has 24 signed bits of 64 ms.
    #[must_use]
    pub fn reference_ticks(&self) -> i64 {
        i64::from(self.reference).saturating_mul(TICKS_PER_REFERENCE)
    }

    /// Each packet with the ticks since the one before it that arrived.
    #[must_use]
    pub const fn statuses(&self) -> Statuses<'a> {
        Statuses {
            sequence: self.base_sequence,
            left: self.status_count,
            chunk: Chunk(0),
            at: 0,
            chunks: self.chunks,
            deltas: Reader::new(self.deltas),
        }
    }

    /// Each packet with its arrival in ticks of 250 µs on the scale of [`Feedback::reference_ticks`], or
    /// `None` when it did not arrive.
    pub fn arrivals(&self) -> impl Iterator<Item = (u16, Option<i64>)> + use<'a> {
        let mut ticks = self.reference_ticks();
        self.statuses().map(move |Status { sequence, delta }| {
            let arrival = delta.map(|delta| {
                ticks = ticks.saturating_add(i64::from(delta));
                ticks
            });
            (sequence, arrival)
        })
    }
}

/// What the feedback says of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The packet's transport-wide sequence number.
    pub sequence: u16,
    /// Ticks of 250 µs since the arrival of the packet before it that arrived, or since the reference time
    /// for the first; `None` when it did not arrive.
    pub delta: Option<i16>,
}

/// Up to 8,191 packets' symbols in two bytes. Source: §3.1.2 to §3.1.4.
#[derive(Clone, Copy, Debug)]
struct Chunk(u16);

impl Chunk {
    const fn is_run(self) -> bool {
        self.0 & 0x8000 == 0
    }

    const fn is_one_bit(self) -> bool {
        self.0 & 0x4000 == 0
    }

    const fn len(self) -> u16 {
        if self.is_run() {
            self.0 & capacity::RUN
        } else if self.is_one_bit() {
            capacity::ONE_BIT
        } else {
            capacity::TWO_BIT
        }
    }

    /// The symbol of packet `at`, counted from zero.
    fn symbol(self, at: u16) -> u16 {
        if self.is_run() {
            return (self.0 >> 13) & 0b11;
        }
        // Symbols go from high bits to low ones, behind the two bits of the chunk's own kind.
        let (width, mask) = if self.is_one_bit() { (1, 0b1) } else { (2, 0b11) };
        let shift = 14_u16.saturating_sub(at.saturating_add(1).saturating_mul(width));
        (self.0 >> (shift & 15)) & mask
    }

    /// Bytes of deltas for the first `covered` packets.
    fn delta_len(self, covered: u16) -> Result<usize> {
        if self.is_run() {
            let each = symbol_len(self.symbol(0))?;
            return Ok(each.saturating_mul(usize::from(covered)));
        }
        let mut len = 0_usize;
        for at in 0..covered {
            len = len.saturating_add(symbol_len(self.symbol(at))?);
        }
        Ok(len)
    }
}

const fn symbol_len(symbol: u16) -> Result<usize> {
    match symbol {
        symbol::MISSING => Ok(0),
        symbol::SMALL => Ok(1),
        symbol::LARGE => Ok(2),
        _ => Err(Error::Invalid("packet status symbol")),
    }
}

/// Walks the packets of a feedback.
#[derive(Clone, Debug)]
pub struct Statuses<'a> {
    sequence: u16,
    left: u16,
    chunk: Chunk,
    at: u16,
    chunks: &'a [[u8; 2]],
    deltas: Reader<'a>,
}

impl Iterator for Statuses<'_> {
    type Item = Status;

    fn next(&mut self) -> Option<Status> {
        self.left = self.left.checked_sub(1)?;
        while self.at >= self.chunk.len() {
            let (chunk, rest) = self.chunks.split_first()?;
            self.chunk = Chunk(u16::from_be_bytes(*chunk));
            self.chunks = rest;
            self.at = 0;
        }
        let delta = match self.chunk.symbol(self.at) {
            symbol::SMALL => Some(i16::from(self.deltas.u8().ok()?)),
            symbol::LARGE => Some(self.deltas.u16().ok()?.cast_signed()),
            _ => None,
        };
        self.at = self.at.saturating_add(1);
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Some(Status { sequence, delta })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left), Some(usize::from(self.left)))
    }
}

impl ExactSizeIterator for Statuses<'_> {}
impl FusedIterator for Statuses<'_> {}
