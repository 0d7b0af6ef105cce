//! AV1 payloads: the aggregation header, and the OBU elements behind it.
//!
//! The header is all that forwarding needs, and it stays readable when frames are encrypted end to end;
//! layers are in the [dependency descriptor](crate::descriptor).
//!
//! Source: AV1 RTP payload format v1.0, §4.4 and §4.5.

#[cfg(test)]
mod tests;

use crate::cursor::Reader;
use crate::{Error, Result};

const CONTINUES: u8 = 0x80;
const CONTINUED: u8 = 0x40;
const NEW_SEQUENCE: u8 = 0x08;

/// Bytes that a length may take. Source: AV1 bitstream specification §4.10.5.
const LENGTH_BYTES_MAX: u32 = 8;

/// The first byte of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregationHeader {
    /// Z: whether the first element goes on from the packet before.
    pub continues: bool,
    /// Y: whether the last element goes on in the next packet.
    pub continued: bool,
    /// W: how many elements there are, 1 to 3; 0 when each has its length before it.
    pub element_count: u8,
    /// N: whether the packet is the first of a coded video sequence, which begins with a keyframe.
    pub new_sequence: bool,
}

impl AggregationHeader {
    /// Read the header at the front of an RTP payload.
    pub fn parse(payload: &[u8]) -> Result<Self> {
        let byte = *payload.first().ok_or(Error::Truncated)?;
        let header = Self {
            continues: byte & CONTINUES != 0,
            continued: byte & CONTINUED != 0,
            element_count: (byte >> 4) & 0b11,
            new_sequence: byte & NEW_SEQUENCE != 0,
        };
        if header.continues && header.new_sequence {
            return Err(Error::Invalid("aggregation header"));
        }
        Ok(header)
    }

    /// The header's byte; an element count above 3 is cut to its two bits.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        (self.element_count & 0b11) << 4
            | if self.continues { CONTINUES } else { 0 }
            | if self.continued { CONTINUED } else { 0 }
            | if self.new_sequence { NEW_SEQUENCE } else { 0 }
    }
}

/// The OBU elements of one RTP payload.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    header: AggregationHeader,
    elements: &'a [u8],
}

impl<'a> Payload<'a> {
    /// Read a payload; all elements are checked to lie within it.
    pub fn parse(payload: &'a [u8]) -> Result<Self> {
        let header = AggregationHeader::parse(payload)?;
        let elements = payload.get(1..).unwrap_or_default();
        let mut walk = Elements::new(header, elements);
        while walk.element()?.is_some() {}
        Ok(Self { header, elements })
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> AggregationHeader {
        self.header
    }

    /// Whether the packet begins a keyframe.
    #[must_use]
    pub const fn is_keyframe(&self) -> bool {
        self.header.new_sequence
    }

    /// OBUs or fragments of OBUs, without their lengths.
    pub fn elements(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut walk = Elements::new(self.header, self.elements);
        core::iter::from_fn(move || walk.element().ok().flatten())
    }
}

struct Elements<'a> {
    /// Elements to come; `None` when all have lengths and the end of the payload ends them.
    left: Option<u8>,
    reader: Reader<'a>,
}

impl<'a> Elements<'a> {
    const fn new(header: AggregationHeader, elements: &'a [u8]) -> Self {
        let left = if header.element_count == 0 {
            None
        } else {
            Some(header.element_count)
        };
        Self {
            left,
            reader: Reader::new(elements),
        }
    }

    fn element(&mut self) -> Result<Option<&'a [u8]>> {
        match self.left {
            Some(0) => return Ok(None),
            None if self.reader.rest().is_empty() => return Ok(None),
            _ => {}
        }
        let last = self.left == Some(1);
        self.left = self.left.map(|left| left.saturating_sub(1));
        let len = if last {
            self.reader.rest().len()
        } else {
            length(&mut self.reader)?
        };
        self.reader.take(len).map(Some)
    }
}

/// A length in leb128: seven bits a byte, low ones first.
fn length(reader: &mut Reader<'_>) -> Result<usize> {
    let mut value = 0_u64;
    for at in 0..LENGTH_BYTES_MAX {
        let byte = reader.u8()?;
        value |= u64::from(byte & 0x7F) << (at.saturating_mul(7) & 63);
        if byte & 0x80 == 0 {
            return usize::try_from(value).map_err(|_| Error::Invalid("OBU element length"));
        }
    }
    Err(Error::Invalid("OBU element length"))
}
