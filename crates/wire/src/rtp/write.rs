//! Headers for packets made anew: retransmissions (RFC 4588), redundancy (RFC 2198) and padding probes.

use super::{EXTENSION_BIT, MARKER_BIT, PADDING_BIT};
use crate::cursor::Writer;
use crate::extension::{ONE_BYTE_PROFILE, TWO_BYTE_PROFILE};
use crate::{Error, Result};

/// What a header made anew says, extensions apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeaderFields<'a> {
    /// Whether padding will follow the payload; see [`write_padding`].
    pub padding: bool,
    /// The marker bit.
    pub marker: bool,
    /// The payload type, 0 to 127.
    pub payload_type: u8,
    /// The sequence number.
    pub sequence: u16,
    /// The media time, in units of the payload type's clock rate.
    pub timestamp: u32,
    /// The synchronization source.
    pub ssrc: u32,
    /// The contributing sources, at most 15.
    pub csrcs: &'a [u32],
}

/// Write a header to the front of `out` and return its length in bytes.
///
/// `extensions` are pairs of id and value, written in this order. All go with one-byte headers when every id
/// is 1 to 14 and every value 1 to 16 bytes long, otherwise with two-byte headers (ids 1 to 255, values up to
/// 255 bytes), which the receiver must have accepted. Without extensions there is no extension block. Source:
/// RFC 8285 §4.
pub fn write_header(out: &mut [u8], fields: &HeaderFields<'_>, extensions: &[(u8, &[u8])]) -> Result<usize> {
    if fields.payload_type > 127 {
        return Err(Error::OutOfRange("payload type"));
    }
    let csrc_count = u8::try_from(fields.csrcs.len()).ok().filter(|count| *count <= 15);
    let mut first = 0x80 | csrc_count.ok_or(Error::OutOfRange("CSRC count"))?;
    if fields.padding {
        first |= PADDING_BIT;
    }
    if !extensions.is_empty() {
        first |= EXTENSION_BIT;
    }
    let mut writer = Writer::new(out);
    writer.u8(first)?;
    writer.u8(fields.payload_type | if fields.marker { MARKER_BIT } else { 0 })?;
    writer.u16(fields.sequence)?;
    writer.u32(fields.timestamp)?;
    writer.u32(fields.ssrc)?;
    for csrc in fields.csrcs {
        writer.u32(*csrc)?;
    }
    if !extensions.is_empty() {
        write_extensions(&mut writer, extensions)?;
    }
    Ok(writer.position())
}

fn write_extensions(writer: &mut Writer<'_>, extensions: &[(u8, &[u8])]) -> Result<()> {
    let one_byte = extensions
        .iter()
        .all(|(id, value)| (1..=14).contains(id) && (1..=16).contains(&value.len()));
    writer.u16(if one_byte {
        ONE_BYTE_PROFILE
    } else {
        TWO_BYTE_PROFILE
    })?;
    let length_at = writer.position();
    writer.u16(0)?;
    let start = writer.position();
    for (id, value) in extensions {
        if *id == 0 {
            return Err(Error::OutOfRange("extension id"));
        }
        let len = u8::try_from(value.len()).map_err(|_| Error::OutOfRange("extension value"))?;
        if one_byte {
            writer.u8((id << 4) | len.saturating_sub(1))?;
        } else {
            writer.put(&[*id, len])?;
        }
        writer.put(value)?;
    }
    let len = writer.position().saturating_sub(start);
    let padded = len.next_multiple_of(4);
    writer.zeroes(padded.saturating_sub(len))?;
    let words = u16::try_from(padded / 4).map_err(|_| Error::OutOfRange("extension block"))?;
    writer.patch(length_at, &words.to_be_bytes())
}

/// Write `len` bytes of padding to the front of `out`, the count in the last one, and return `len`.
///
/// `len` is 1 to 255; the header before it must have its padding bit set. Source: RFC 3550 §5.1.
pub fn write_padding(out: &mut [u8], len: u8) -> Result<usize> {
    let padding = out.get_mut(..usize::from(len)).ok_or(Error::NoRoom)?;
    let (count, zeroes) = padding.split_last_mut().ok_or(Error::OutOfRange("padding"))?;
    zeroes.fill(0);
    *count = len;
    Ok(usize::from(len))
}
