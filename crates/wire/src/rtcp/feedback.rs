//! Feedback messages: repeat this, send a keyframe, send no more than that.
//!
//! Source: RFC 4585 §6, RFC 5104 §4.3.1, draft-alvestrand-rmcat-remb-03 §2.2.

use crate::cursor::Reader;
use crate::{Error, Result};

/// Packets to send again. Source: RFC 4585 §6.2.1.
#[derive(Clone, Copy, Debug)]
pub struct Nack<'a> {
    /// Who asks.
    pub sender_ssrc: u32,
    /// Whose packets.
    pub media_ssrc: u32,
    pairs: &'a [[u8; 4]],
}

/// One lost packet and a mask of the 16 after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NackPair {
    /// The first lost sequence number.
    pub packet_id: u16,
    /// Bit i set: `packet_id` + i + 1 is lost too.
    pub bitmask: u16,
}

impl NackPair {
    /// The lost sequence numbers, 1 to 17, rising.
    pub fn lost(self) -> impl Iterator<Item = u16> {
        let Self { packet_id, bitmask } = self;
        let later = (0_u16..16).filter(move |bit| bitmask >> bit & 1 != 0);
        core::iter::once(packet_id).chain(later.map(move |bit| packet_id.wrapping_add(bit).wrapping_add(1)))
    }
}

impl<'a> Nack<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        Ok(Self {
            sender_ssrc: reader.u32()?,
            media_ssrc: reader.u32()?,
            pairs: reader.rest().as_chunks().0,
        })
    }

    /// The pairs as sent. One message can name tens of thousands of packets: the receiver bounds its answer.
    #[must_use]
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = NackPair> + use<'a> {
        self.pairs.iter().map(|[a, b, c, d]| NackPair {
            packet_id: u16::from_be_bytes([*a, *b]),
            bitmask: u16::from_be_bytes([*c, *d]),
        })
    }

    /// The lost sequence numbers in the order sent.
    pub fn lost(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.pairs().flat_map(NackPair::lost)
    }
}

/// A request for a keyframe, for pictures were lost. Source: RFC 4585 §6.3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pli {
    /// Who asks.
    pub sender_ssrc: u32,
    /// Whose keyframe.
    pub media_ssrc: u32,
}

impl Pli {
    pub(super) fn parse(body: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        Ok(Self {
            sender_ssrc: reader.u32()?,
            media_ssrc: reader.u32()?,
        })
    }
}

/// Numbered requests for keyframes; a repeated number repeats the request. Source: RFC 5104 §4.3.1.
#[derive(Clone, Copy, Debug)]
pub struct Fir<'a> {
    /// Who asks.
    pub sender_ssrc: u32,
    entries: &'a [[u8; 8]],
}

/// One request for a keyframe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirEntry {
    /// Whose keyframe.
    pub ssrc: u32,
    /// The request's number; wraps.
    pub sequence: u8,
}

impl<'a> Fir<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        let sender_ssrc = reader.u32()?;
        // The media source of the common header is unused: each entry names its own.
        reader.u32()?;
        Ok(Self {
            sender_ssrc,
            entries: reader.rest().as_chunks().0,
        })
    }

    /// The requests.
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = FirEntry> + use<'a> {
        self.entries.iter().map(|[a, b, c, d, sequence, ..]| FirEntry {
            ssrc: u32::from_be_bytes([*a, *b, *c, *d]),
            sequence: *sequence,
        })
    }
}

/// The bitrate a receiver can take in all, by its own estimate. Source: draft-alvestrand-rmcat-remb-03 §2.2.
#[derive(Clone, Copy, Debug)]
pub struct Remb<'a> {
    /// Who says so.
    pub sender_ssrc: u32,
    /// Bits per second; what does not fit 64 bits reads as the largest number.
    pub bitrate_bps: u64,
    ssrcs: &'a [u8],
}

pub(super) const REMB: [u8; 4] = *b"REMB";
/// Bits of the bitrate's mantissa.
const MANTISSA_BITS: u32 = 18;

impl<'a> Remb<'a> {
    /// Whether this application feedback is a REMB.
    pub(super) fn is_in(body: &[u8]) -> bool {
        body.get(8..12) == Some(REMB.as_slice())
    }

    pub(super) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        let sender_ssrc = reader.u32()?;
        reader.u32()?;
        if *reader.array::<4>()? != REMB {
            return Err(Error::Invalid("REMB identifier"));
        }
        let count = reader.u8()?;
        let packed = reader.u24()?;
        let exponent = packed >> MANTISSA_BITS;
        let mantissa = u64::from(packed & 0x0003_FFFF);
        let bitrate_bps = if mantissa.leading_zeros() < exponent {
            u64::MAX
        } else {
            mantissa << (exponent & 63)
        };
        let ssrcs = reader.take(usize::from(count).saturating_mul(4))?;
        Ok(Self {
            sender_ssrc,
            bitrate_bps,
            ssrcs,
        })
    }

    /// The sources the bitrate is for.
    pub fn ssrcs(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.ssrcs
            .as_chunks()
            .0
            .iter()
            .map(|ssrc| u32::from_be_bytes(*ssrc))
    }

    /// Exponent and mantissa in 24 bits, rounded down to the 18 bits that the mantissa has.
    pub(super) fn pack(bitrate_bps: u64) -> u32 {
        let bits = u64::BITS.saturating_sub(bitrate_bps.leading_zeros());
        let exponent = bits.saturating_sub(MANTISSA_BITS);
        (exponent << MANTISSA_BITS) | ((bitrate_bps >> (exponent & 63)) & 0x0003_FFFF) as u32
    }
}
