//! VP8 payload descriptors: which layer and picture a packet belongs to, and rewriting its numbers in place.
//!
//! Only [`Descriptor::is_keyframe`] and [`Descriptor::size`] look past the descriptor. Clients that encrypt
//! frames end to end leave VP8's first bytes readable for them; whoever cannot rely on that takes the
//! dependency descriptor.
//!
//! Source: RFC 7741 §4.2 and §4.3; RFC 6386 §9.1.

#[cfg(test)]
mod tests;

use crate::cursor::Reader;
use crate::{Error, Result};

const EXTENDED: u8 = 0x80;
const NON_REFERENCE: u8 = 0x20;
const START: u8 = 0x10;
const PARTITION: u8 = 0x07;

const HAS_PICTURE_ID: u8 = 0x80;
const HAS_TL0: u8 = 0x40;
const HAS_TEMPORAL: u8 = 0x20;
const HAS_KEY_INDEX: u8 = 0x10;

const LONG_PICTURE_ID: u8 = 0x80;
const LAYER_SYNC: u8 = 0x20;
const KEY_INDEX: u8 = 0x1F;

/// A number of a picture, as wide as its sender chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureId {
    /// 0 to 127, wrapping.
    Short(u8),
    /// 0 to 32,767, wrapping.
    Long(u16),
}

impl PictureId {
    /// The number.
    #[must_use]
    pub fn value(self) -> u16 {
        match self {
            Self::Short(id) => u16::from(id),
            Self::Long(id) => id,
        }
    }

    /// How many numbers there are before they wrap.
    #[must_use]
    pub const fn cycle(self) -> u16 {
        match self {
            Self::Short(_) => 1 << 7,
            Self::Long(_) => 1 << 15,
        }
    }

    /// Read the number, its width in its first bit.
    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self> {
        let first = reader.u8()?;
        if first & LONG_PICTURE_ID == 0 {
            return Ok(Self::Short(first));
        }
        Ok(Self::Long(u16::from_be_bytes([
            first & !LONG_PICTURE_ID,
            reader.u8()?,
        ])))
    }

    /// Overwrite the number at `at`, keeping the width it has there; higher bits of `value` are cut off.
    pub(crate) fn overwrite(payload: &mut [u8], at: usize, value: u16) -> Result<()> {
        let slot = payload.get_mut(at..).ok_or(Error::Truncated)?;
        let [high, low] = value.to_be_bytes();
        match slot {
            [first, second, ..] if *first & LONG_PICTURE_ID != 0 => {
                *first = LONG_PICTURE_ID | high;
                *second = low;
                Ok(())
            }
            [first, ..] if *first & LONG_PICTURE_ID == 0 => {
                *first = low & !LONG_PICTURE_ID;
                Ok(())
            }
            _ => Err(Error::Truncated),
        }
    }
}

/// Where a packet stands in the temporal layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Temporal {
    /// The layer, 0 to 3; 0 is the base.
    pub id: u8,
    /// Whether the picture needs the base layer only, so that a receiver may begin with this layer here.
    pub layer_sync: bool,
}

/// What stands before the VP8 data in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor<'a> {
    /// Whether no other picture refers to this one, so that it can be dropped alone.
    pub non_reference: bool,
    /// Whether the packet begins a partition.
    pub partition_start: bool,
    /// The partition's number, 0 to 7.
    pub partition: u8,
    /// The picture's number.
    pub picture_id: Option<PictureId>,
    /// A count of base layer pictures up to this one; wraps.
    pub tl0_picture_index: Option<u8>,
    /// The temporal layer.
    pub temporal: Option<Temporal>,
    /// Which keyframe the picture depends on, 0 to 31; wraps.
    pub key_index: Option<u8>,
    /// The VP8 data.
    pub data: &'a [u8],
}

impl<'a> Descriptor<'a> {
    /// Read the descriptor at the front of an RTP payload.
    pub fn parse(payload: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(payload);
        let first = reader.u8()?;
        let extension = if first & EXTENDED == 0 { 0 } else { reader.u8()? };
        let picture_id = if extension & HAS_PICTURE_ID == 0 {
            None
        } else {
            Some(PictureId::parse(&mut reader)?)
        };
        let tl0_picture_index = if extension & HAS_TL0 == 0 {
            None
        } else {
            Some(reader.u8()?)
        };
        // One byte serves the layer and the key index, each with a bit of its own.
        let shared = if extension & (HAS_TEMPORAL | HAS_KEY_INDEX) == 0 {
            0
        } else {
            reader.u8()?
        };
        Ok(Self {
            non_reference: first & NON_REFERENCE != 0,
            partition_start: first & START != 0,
            partition: first & PARTITION,
            picture_id,
            tl0_picture_index,
            temporal: (extension & HAS_TEMPORAL != 0).then_some(Temporal {
                id: shared >> 6,
                layer_sync: shared & LAYER_SYNC != 0,
            }),
            key_index: (extension & HAS_KEY_INDEX != 0).then_some(shared & KEY_INDEX),
            data: reader.rest(),
        })
    }

    /// Whether the packet is the first of its picture.
    #[must_use]
    pub const fn is_frame_start(&self) -> bool {
        self.partition_start && self.partition == 0
    }

    /// Whether the packet is the first of a keyframe. Reads the first byte of VP8 data.
    #[must_use]
    pub fn is_keyframe(&self) -> bool {
        self.is_frame_start() && self.data.first().is_some_and(|first| first & 1 == 0)
    }

    /// Width and height in pixels, in the first packet of a keyframe. Reads the first ten bytes of VP8 data;
    /// `None` when they do not hold the start code, as with encrypted frames.
    #[must_use]
    pub fn size(&self) -> Option<(u16, u16)> {
        if !self.is_keyframe() {
            return None;
        }
        let [_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1] = *self.data.first_chunk::<10>()? else {
            return None;
        };
        // The two high bits ask for scaling up, which nobody does.
        Some((
            u16::from_le_bytes([w0, w1]) & 0x3FFF,
            u16::from_le_bytes([h0, h1]) & 0x3FFF,
        ))
    }

    /// Bytes of the descriptor that this one was read from or would be written as.
    #[must_use]
    pub const fn descriptor_len(&self) -> usize {
        let picture_id = match self.picture_id {
            None => 0,
            Some(PictureId::Short(_)) => 1,
            Some(PictureId::Long(_)) => 2,
        };
        let tl0 = if self.tl0_picture_index.is_some() { 1 } else { 0 };
        let shared = if self.temporal.is_some() || self.key_index.is_some() {
            1
        } else {
            0
        };
        match usize::saturating_add(picture_id, tl0).saturating_add(shared) {
            0 => 1,
            fields => fields.saturating_add(2),
        }
    }
}

/// New numbers for a descriptor; `None` leaves a number as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// The picture's number, cut to the width it has in the packet.
    pub picture_id: Option<u16>,
    /// The count of base layer pictures.
    pub tl0_picture_index: Option<u8>,
    /// The keyframe's number, 0 to 31, cut to five bits.
    pub key_index: Option<u8>,
}

/// Overwrite numbers in the descriptor at the front of an RTP payload. Numbers that the packet lacks stay
/// away, for the descriptor keeps its length.
pub fn rewrite(payload: &mut [u8], numbers: &Rewrite) -> Result<()> {
    let mut reader = Reader::new(payload);
    if reader.u8()? & EXTENDED == 0 {
        return Ok(());
    }
    let extension = reader.u8()?;
    let mut at = 2_usize;
    if extension & HAS_PICTURE_ID != 0 {
        let width = match PictureId::parse(&mut reader)? {
            PictureId::Short(_) => 1,
            PictureId::Long(_) => 2,
        };
        if let Some(picture_id) = numbers.picture_id {
            PictureId::overwrite(payload, at, picture_id)?;
        }
        at = at.saturating_add(width);
    }
    if extension & HAS_TL0 != 0 {
        let slot = payload.get_mut(at).ok_or(Error::Truncated)?;
        *slot = numbers.tl0_picture_index.unwrap_or(*slot);
        at = at.saturating_add(1);
    }
    if extension & HAS_KEY_INDEX != 0 {
        let slot = payload.get_mut(at).ok_or(Error::Truncated)?;
        if let Some(key_index) = numbers.key_index {
            *slot = (*slot & !KEY_INDEX) | (key_index & KEY_INDEX);
        }
    }
    Ok(())
}
