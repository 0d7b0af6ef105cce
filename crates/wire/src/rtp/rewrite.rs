//! Changing a header where it lies, so that one copy of a packet serves a subscriber.

use super::{FIXED_LEN, MARKER_BIT, layout};
use crate::extension::Form;
use crate::{Error, Result};

/// A header that can be changed in place; its length stays.
///
/// Parsing finds the extensions, so the bytes must not be changed by other ways in between.
#[derive(Debug)]
pub struct HeaderMut<'a> {
    fixed: &'a mut [u8; FIXED_LEN],
    form: Form,
    extension: &'a mut [u8],
}

impl<'a> HeaderMut<'a> {
    /// Take the header at the front of `bytes`, which may go on with payload.
    pub fn parse(bytes: &'a mut [u8]) -> Result<Self> {
        let (form, range) = layout(bytes)?;
        let (fixed, rest) = bytes
            .split_first_chunk_mut::<FIXED_LEN>()
            .ok_or(Error::Truncated)?;
        let start = range.start.saturating_sub(FIXED_LEN);
        let end = range.end.saturating_sub(FIXED_LEN);
        let extension = rest.get_mut(start..end).ok_or(Error::Truncated)?;
        Ok(Self {
            fixed,
            form,
            extension,
        })
    }

    /// Set or clear the marker bit.
    pub const fn set_marker(&mut self, marker: bool) {
        self.fixed[1] = if marker {
            self.fixed[1] | MARKER_BIT
        } else {
            self.fixed[1] & !MARKER_BIT
        };
    }

    /// Set the payload type, 0 to 127; a higher bit is ignored.
    pub const fn set_payload_type(&mut self, payload_type: u8) {
        self.fixed[1] = (self.fixed[1] & MARKER_BIT) | (payload_type & !MARKER_BIT);
    }

    /// Set the sequence number.
    pub const fn set_sequence(&mut self, sequence: u16) {
        [self.fixed[2], self.fixed[3]] = sequence.to_be_bytes();
    }

    /// Set the media time, in units of the payload type's clock rate.
    pub const fn set_timestamp(&mut self, timestamp: u32) {
        [self.fixed[4], self.fixed[5], self.fixed[6], self.fixed[7]] = timestamp.to_be_bytes();
    }

    /// Set the synchronization source.
    pub const fn set_ssrc(&mut self, ssrc: u32) {
        [self.fixed[8], self.fixed[9], self.fixed[10], self.fixed[11]] = ssrc.to_be_bytes();
    }

    /// The value of the first extension with this id, to be overwritten at its length.
    pub fn extension_value_mut(&mut self, id: u8) -> Option<&mut [u8]> {
        let range = self.form.find(self.extension, id)?;
        self.extension.get_mut(range)
    }

    /// Give the first extension with id `from` the id `to`, where the subscriber negotiated another number.
    ///
    /// Answers whether there was one. `to` must be possible in the packet's form: 1 to 14 with one-byte
    /// headers, 1 to 255 with two-byte headers.
    pub fn renumber_extension(&mut self, from: u8, to: u8) -> Result<bool> {
        let Some(range) = self.form.find(self.extension, from) else {
            return Ok(false);
        };
        let (back, id_mask) = match self.form {
            Form::OneByte if (1..=14).contains(&to) => (1, 0xF0),
            Form::TwoByte if to != 0 => (2, 0xFF),
            _ => return Err(Error::OutOfRange("extension id")),
        };
        let slot = range
            .start
            .checked_sub(back)
            .and_then(|at| self.extension.get_mut(at))
            .ok_or(Error::Truncated)?;
        let id = if id_mask == 0xF0 { to << 4 } else { to };
        *slot = (*slot & !id_mask) | id;
        Ok(true)
    }
}
