//! RTP packets: reading, rewriting in place, and making headers anew.
//!
//! [`Header::parse`] works on encrypted packets too: SRTP leaves the header readable but hides the padding
//! count, so only [`Packet::parse`], for plain packets, knows where the payload ends.
//!
//! Source: RFC 3550 §5.1 and §5.3.1, RFC 8285, RFC 5761 §4.

mod rewrite;
#[cfg(test)]
mod tests;
mod write;

use core::iter::FusedIterator;
use core::ops::Deref;

use crate::cursor::Reader;
pub use crate::extension::Iter as ExtensionIter;
use crate::extension::{self, Extension};
use crate::{Error, Result};
pub use rewrite::HeaderMut;
pub use write::{HeaderFields, write_header, write_padding};

/// Bytes of the fixed header, before CSRCs and extensions.
pub const FIXED_LEN: usize = 12;

const PADDING_BIT: u8 = 0x20;
const EXTENSION_BIT: u8 = 0x10;
const MARKER_BIT: u8 = 0x80;

/// Whether a packet on a port shared by RTP and RTCP is RTCP, by its second byte. Source: RFC 5761 §4.
///
/// RTP payload types 64 to 95 cannot be used on such a port, for they would read as RTCP.
#[must_use]
pub fn is_rtcp(bytes: &[u8]) -> bool {
    bytes.get(1).is_some_and(|second| (192..=223).contains(second))
}

/// The header of an RTP packet whose payload may be encrypted.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    fixed: &'a [u8; FIXED_LEN],
    csrcs: &'a [u8],
    profile: Option<u16>,
    extension: &'a [u8],
    len: usize,
}

impl<'a> Header<'a> {
    /// Read the header at the front of `bytes`, which may go on with payload.
    ///
    /// Single extensions are not looked at: a broken one ends [`Header::extensions`] early, as RFC 8285
    /// wants.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let fixed = reader.array::<FIXED_LEN>()?;
        let first = fixed[0];
        if first >> 6 != 2 {
            return Err(Error::Version(first >> 6));
        }
        let csrcs = reader.take(usize::from(first & 0x0F).saturating_mul(4))?;
        let (profile, extension) = if first & EXTENSION_BIT == 0 {
            (None, [].as_slice())
        } else {
            let profile = reader.u16()?;
            let words = reader.u16()?;
            (Some(profile), reader.take(usize::from(words).saturating_mul(4))?)
        };
        let len = bytes.len().saturating_sub(reader.rest().len());
        Ok(Self {
            fixed,
            csrcs,
            profile,
            extension,
            len,
        })
    }

    /// Bytes of the whole header: fixed part, CSRCs and extensions. The payload starts here.
    #[must_use]
    pub const fn header_len(&self) -> usize {
        self.len
    }

    /// Bytes of the header without the content of the extensions, but with their four-byte preamble.
    ///
    /// The `rtpsize` modes of Discord Voice authenticate exactly these and encrypt the rest.
    #[must_use]
    pub const fn preamble_len(&self) -> usize {
        self.len.saturating_sub(self.extension.len())
    }

    /// Whether the packet says that padding follows its payload.
    #[must_use]
    pub const fn has_padding(&self) -> bool {
        self.fixed[0] & PADDING_BIT != 0
    }

    /// The marker bit: with video, the last packet of a picture; with audio, the first after silence.
    #[must_use]
    pub const fn marker(&self) -> bool {
        self.fixed[1] & MARKER_BIT != 0
    }

    /// The payload type, 0 to 127.
    #[must_use]
    pub const fn payload_type(&self) -> u8 {
        self.fixed[1] & !MARKER_BIT
    }

    /// The sequence number; see [`crate::sequence`] for one that does not wrap.
    #[must_use]
    pub const fn sequence(&self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }

    /// The media time, in units of the payload type's clock rate.
    #[must_use]
    pub const fn timestamp(&self) -> u32 {
        u32::from_be_bytes([self.fixed[4], self.fixed[5], self.fixed[6], self.fixed[7]])
    }

    /// The synchronization source.
    #[must_use]
    pub const fn ssrc(&self) -> u32 {
        u32::from_be_bytes([self.fixed[8], self.fixed[9], self.fixed[10], self.fixed[11]])
    }

    /// The contributing sources, at most 15.
    #[must_use]
    pub fn csrcs(&self) -> impl ExactSizeIterator<Item = u32> + FusedIterator + use<'a> {
        self.csrcs
            .as_chunks::<4>()
            .0
            .iter()
            .map(|csrc| u32::from_be_bytes(*csrc))
    }

    /// The profile field of the extension block, or `None` without one. Source: RFC 8285 §4.2 and §4.3.
    #[must_use]
    pub const fn extension_profile(&self) -> Option<u16> {
        self.profile
    }

    /// The header extensions; none when the block's profile is not one of RFC 8285's.
    #[must_use]
    pub fn extensions(&self) -> ExtensionIter<'a> {
        ExtensionIter::new(self.profile, self.extension)
    }

    /// The value of the first extension with this id.
    #[must_use]
    pub fn extension(&self, id: u8) -> Option<&'a [u8]> {
        self.extensions()
            .find(|extension| extension.id == id)
            .map(|Extension { value, .. }| value)
    }
}

/// A plain RTP packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    header: Header<'a>,
    payload: &'a [u8],
    padding_len: u8,
}

impl<'a> Packet<'a> {
    /// Read a decrypted packet.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let header = Header::parse(bytes)?;
        let body = bytes.get(header.len..).unwrap_or_default();
        if !header.has_padding() {
            return Ok(Self {
                header,
                payload: body,
                padding_len: 0,
            });
        }
        let padding_len = *body.last().ok_or(Error::Padding)?;
        if padding_len == 0 {
            return Err(Error::Padding);
        }
        let payload_len = body
            .len()
            .checked_sub(usize::from(padding_len))
            .ok_or(Error::Padding)?;
        let payload = body.get(..payload_len).ok_or(Error::Padding)?;
        Ok(Self {
            header,
            payload,
            padding_len,
        })
    }

    /// The payload without padding; empty in a packet that only probes for bandwidth.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Bytes of padding, the count itself included; zero without padding.
    #[must_use]
    pub const fn padding_len(&self) -> usize {
        self.padding_len as usize
    }
}

/// A packet answers all that its header does.
impl<'a> Deref for Packet<'a> {
    type Target = Header<'a>;

    fn deref(&self) -> &Self::Target {
        &self.header
    }
}

/// The header at the front of `bytes` as the places that rewriting needs: profile and where the extensions
/// lie.
fn layout(bytes: &[u8]) -> Result<(extension::Form, core::ops::Range<usize>)> {
    let header = Header::parse(bytes)?;
    Ok((
        extension::Form::of(header.profile),
        header.preamble_len()..header.len,
    ))
}
