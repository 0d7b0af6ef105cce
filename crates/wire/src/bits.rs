//! Bit fields, high bits first. Source: AV1 RTP payload format, A.8.2.

use crate::{Error, Result};

/// Takes bit fields off the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// `f(count)`: a number of up to 32 bits.
    pub(crate) fn bits(&mut self, count: u32) -> Result<u32> {
        let mut value = 0_u32;
        for _ in 0..count {
            let byte = *self.bytes.get(self.position / 8).ok_or(Error::Truncated)?;
            let shift = 7_usize.saturating_sub(self.position % 8);
            value = (value << 1) | u32::from((byte >> (shift & 7)) & 1);
            self.position = self.position.saturating_add(1);
        }
        Ok(value)
    }

    pub(crate) fn flag(&mut self) -> Result<bool> {
        Ok(self.bits(1)? != 0)
    }

    /// A number of up to eight bits.
    pub(crate) fn byte(&mut self, count: u32) -> Result<u8> {
        Ok((self.bits(count.min(8))? & 0xFF) as u8)
    }

    /// A number of up to 16 bits.
    pub(crate) fn short(&mut self, count: u32) -> Result<u16> {
        Ok((self.bits(count.min(16))? & 0xFFFF) as u16)
    }

    /// `ns(limit)`: a number below `limit`, the lower ones one bit shorter. `limit` is 1 to 255.
    pub(crate) fn below(&mut self, limit: u8) -> Result<u8> {
        let (width, short) = below_layout(limit);
        let value = self.byte(width)?;
        if value < short {
            return Ok(value);
        }
        let extra = self.byte(1)?;
        Ok((value << 1).wrapping_sub(short).wrapping_add(extra))
    }
}

/// Appends bit fields to a caller's buffer.
#[derive(Debug)]
pub(crate) struct BitWriter<'a> {
    bytes: &'a mut [u8],
    position: usize,
}

impl<'a> BitWriter<'a> {
    pub(crate) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bytes begun so far; unwritten bits of the last one are zero.
    pub(crate) const fn len(&self) -> usize {
        self.position.div_ceil(8)
    }

    /// The low `count` bits of `value`; `count` is up to 32.
    pub(crate) fn bits(&mut self, count: u32, value: u32) -> Result<()> {
        for at in (0..count).rev() {
            let slot = self.bytes.get_mut(self.position / 8).ok_or(Error::NoRoom)?;
            let offset = self.position % 8;
            if offset == 0 {
                *slot = 0;
            }
            let shift = 7_usize.saturating_sub(offset);
            *slot |= (((value >> (at & 31)) & 1) as u8) << (shift & 7);
            self.position = self.position.saturating_add(1);
        }
        Ok(())
    }

    pub(crate) fn flag(&mut self, value: bool) -> Result<()> {
        self.bits(1, u32::from(value))
    }

    /// `ns(limit)`; `value` is below `limit`.
    pub(crate) fn below(&mut self, limit: u8, value: u8) -> Result<()> {
        let (width, short) = below_layout(limit);
        if value < short {
            return self.bits(width, u32::from(value));
        }
        let shifted = value.wrapping_add(short);
        self.bits(width, u32::from(shifted >> 1))?;
        self.bits(1, u32::from(shifted & 1))
    }
}

/// Bits of the shorter numbers below `limit`, and how many numbers are short.
const fn below_layout(limit: u8) -> (u32, u8) {
    let width = u8::BITS.saturating_sub(limit.leading_zeros());
    let cycle = 1_u16 << (width & 15);
    let short = cycle.wrapping_sub(limit as u16);
    (width.saturating_sub(1), (short & 0xFF) as u8)
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_below_five_are_coded_as_in_the_specification() {
        // A.8.2: 00, 01, 10, 110, 111.
        let mut reader = BitReader::new(&[0b0001_1011, 0b0111_0000]);
        let read: Vec<u8> = (0..5).map(|_| reader.below(5).unwrap()).collect();
        assert_eq!(read, [0, 1, 2, 3, 4]);
        assert_eq!(BitReader::new(&[]).below(1), Ok(0));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(fields in prop::collection::vec((1_u32..33, any::<u32>(), 1_u8.., any::<u8>()), 0..20)) {
            let mut out = [0xFF; 200];
            let mut writer = BitWriter::new(&mut out);
            for (count, value, limit, number) in &fields {
                writer.bits(*count, *value).unwrap();
                writer.below(*limit, number % limit).unwrap();
            }
            let len = writer.len();
            let mut reader = BitReader::new(&out[..len]);
            for (count, value, limit, number) in &fields {
                prop_assert_eq!(reader.bits(*count), Ok(value & (u32::MAX >> (32 - count))));
                prop_assert_eq!(reader.below(*limit), Ok(number % limit));
            }
        }
    }
}
