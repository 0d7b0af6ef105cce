//! Reading and writing big-endian fields one after another, with the bounds checked in one place.

use crate::{Error, Result};

/// Takes fields off the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(len).ok_or(Error::Truncated)?;
        self.rest = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(Error::Truncated)?;
        self.rest = tail;
        Ok(head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        let [byte] = *self.array()?;
        Ok(byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_be_bytes(*self.array()?))
    }

    pub(crate) fn u24(&mut self) -> Result<u32> {
        let [high, middle, low] = *self.array()?;
        Ok(u32::from_be_bytes([0, high, middle, low]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(*self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_be_bytes(*self.array()?))
    }
}

/// Appends fields to a caller's buffer.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    bytes: &'a mut [u8],
    position: usize,
}

impl<'a> Writer<'a> {
    pub(crate) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bytes written so far.
    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    /// Forget what was written after `position`.
    pub(crate) const fn rewind(&mut self, position: usize) {
        if position < self.position {
            self.position = position;
        }
    }

    /// Bytes that still fit.
    pub(crate) const fn room(&self) -> usize {
        self.bytes.len().saturating_sub(self.position)
    }

    /// The next `len` bytes of the buffer, to be filled by the caller.
    pub(crate) fn reserve(&mut self, len: usize) -> Result<&mut [u8]> {
        let end = self.position.checked_add(len).ok_or(Error::NoRoom)?;
        let slot = self.bytes.get_mut(self.position..end).ok_or(Error::NoRoom)?;
        self.position = end;
        Ok(slot)
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.reserve(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn zeroes(&mut self, len: usize) -> Result<()> {
        self.reserve(len)?.fill(0);
        Ok(())
    }

    pub(crate) fn u8(&mut self, value: u8) -> Result<()> {
        self.put(&[value])
    }

    pub(crate) fn u16(&mut self, value: u16) -> Result<()> {
        self.put(&value.to_be_bytes())
    }

    /// The low 24 bits of `value`.
    pub(crate) fn u24(&mut self, value: u32) -> Result<()> {
        let [_, high, middle, low] = value.to_be_bytes();
        self.put(&[high, middle, low])
    }

    pub(crate) fn u32(&mut self, value: u32) -> Result<()> {
        self.put(&value.to_be_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> Result<()> {
        self.put(&value.to_be_bytes())
    }

    /// Overwrite bytes written before.
    pub(crate) fn patch(&mut self, at: usize, bytes: &[u8]) -> Result<()> {
        let end = at.checked_add(bytes.len()).ok_or(Error::NoRoom)?;
        self.bytes
            .get_mut(at..end)
            .ok_or(Error::NoRoom)?
            .copy_from_slice(bytes);
        Ok(())
    }
}
