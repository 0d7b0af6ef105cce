//! Redundant audio: earlier frames sent again before the newest one. Source: RFC 2198 §3.

#[cfg(test)]
mod tests;

use core::iter::FusedIterator;

use crate::cursor::{Reader, Writer};
use crate::{Error, Result};

/// How far back a redundant block can lie, in units of the media clock: 14 bits, 341 ms at 48 kHz.
pub const OFFSET_MAX: u16 = 0x3FFF;
/// Most bytes of a redundant block: 10 bits.
pub const BLOCK_LEN_MAX: usize = 0x03FF;

const FOLLOWED: u8 = 0x80;
const HEADER_LEN: usize = 4;

/// One frame in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// Payload type of the frame, 0 to 127.
    pub payload_type: u8,
    /// How much earlier than the packet's timestamp the frame lies, in units of the media clock; 0 for the
    /// newest.
    pub timestamp_offset: u16,
    /// The frame.
    pub data: &'a [u8],
}

/// The frames of one RTP payload.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    headers: &'a [[u8; HEADER_LEN]],
    redundant: &'a [u8],
    primary: Block<'a>,
}

impl<'a> Payload<'a> {
    /// Read a payload; all blocks are checked to lie within it.
    pub fn parse(payload: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(payload);
        let mut count = 0_usize;
        let mut redundant_len = 0_usize;
        while reader.rest().first().ok_or(Error::Truncated)? & FOLLOWED != 0 {
            let header = reader.array::<HEADER_LEN>()?;
            count = count.saturating_add(1);
            redundant_len = redundant_len.saturating_add(block_len(*header));
        }
        let payload_type = reader.u8()?;
        let redundant = reader.take(redundant_len)?;
        let headers = payload.as_chunks().0.get(..count).ok_or(Error::Truncated)?;
        let primary = Block {
            payload_type,
            timestamp_offset: 0,
            data: reader.rest(),
        };
        Ok(Self {
            headers,
            redundant,
            primary,
        })
    }

    /// The newest frame.
    #[must_use]
    pub const fn primary(&self) -> Block<'a> {
        self.primary
    }

    /// The earlier frames, in the order sent: oldest first by custom.
    #[must_use]
    pub const fn redundant(&self) -> Redundant<'a> {
        Redundant {
            headers: self.headers,
            data: Reader::new(self.redundant),
        }
    }
}

const fn block_len([_, _, middle, low]: [u8; HEADER_LEN]) -> usize {
    (u16::from_be_bytes([middle, low]) & 0x03FF) as usize
}

/// Walks the earlier frames of a payload.
#[derive(Clone, Debug)]
pub struct Redundant<'a> {
    headers: &'a [[u8; HEADER_LEN]],
    data: Reader<'a>,
}

impl<'a> Iterator for Redundant<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        let (header, rest) = self.headers.split_first()?;
        self.headers = rest;
        let [first, high, middle, _] = *header;
        Some(Block {
            payload_type: first & !FOLLOWED,
            timestamp_offset: u16::from_be_bytes([high, middle]) >> 2,
            data: self.data.take(block_len(*header)).ok()?,
        })
    }
}

impl FusedIterator for Redundant<'_> {}

/// Write a payload to the front of `out` and return its length in bytes.
///
/// `redundant` goes before `primary`, in the order given; offsets are up to [`OFFSET_MAX`], frames up to
/// [`BLOCK_LEN_MAX`] bytes. The offset of `primary` is not written.
pub fn write(out: &mut [u8], redundant: &[Block<'_>], primary: &Block<'_>) -> Result<usize> {
    let mut writer = Writer::new(out);
    for block in redundant {
        let len = u16::try_from(block.data.len())
            .ok()
            .filter(|len| usize::from(*len) <= BLOCK_LEN_MAX);
        let len = len.ok_or(Error::OutOfRange("redundant block"))?;
        if block.payload_type >= FOLLOWED {
            return Err(Error::OutOfRange("payload type"));
        }
        if block.timestamp_offset > OFFSET_MAX {
            return Err(Error::OutOfRange("timestamp offset"));
        }
        writer.u8(FOLLOWED | block.payload_type)?;
        writer.u24((u32::from(block.timestamp_offset) << 10) | u32::from(len))?;
    }
    if primary.payload_type >= FOLLOWED {
        return Err(Error::OutOfRange("payload type"));
    }
    writer.u8(primary.payload_type)?;
    for block in redundant {
        writer.put(block.data)?;
    }
    writer.put(primary.data)?;
    Ok(writer.position())
}
