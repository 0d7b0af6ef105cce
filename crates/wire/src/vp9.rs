//! VP9 payload descriptors: layers, switching points and picture numbers, without looking at VP9 data.
//!
//! Source: RFC 9628 §4.2.

#[cfg(test)]
mod tests;

use crate::cursor::Reader;
pub use crate::vp8::PictureId;
use crate::{Error, Result};

const HAS_PICTURE_ID: u8 = 0x80;
const PREDICTED: u8 = 0x40;
const HAS_LAYER: u8 = 0x20;
const FLEXIBLE: u8 = 0x10;
const START: u8 = 0x08;
const END: u8 = 0x04;
const HAS_STRUCTURE: u8 = 0x02;
const NOT_A_REFERENCE: u8 = 0x01;

/// References that a packet in flexible mode can name.
const REFERENCES_MAX: usize = 3;

/// Where a packet stands in the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The temporal layer, 0 to 7; 0 is the base.
    pub temporal: u8,
    /// The spatial layer, 0 to 7; 0 is the smallest.
    pub spatial: u8,
    /// Whether pictures of higher temporal layers after this one refer to none before it, so that a receiver
    /// may go up in time here.
    pub switching_up: bool,
    /// Whether the frame refers to the next lower spatial layer of its picture.
    pub inter_layer: bool,
}

/// What stands before the VP9 data in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are the format's flags, each on its own"
)]
pub struct Descriptor<'a> {
    /// The picture's number, the same for all its spatial layers.
    pub picture_id: Option<PictureId>,
    /// Whether the frame refers to earlier pictures.
    pub predicted: bool,
    /// The layer; without one the stream has a single one.
    pub layer: Option<Layer>,
    /// A count of base layer pictures up to this one, not in flexible mode; wraps.
    pub tl0_picture_index: Option<u8>,
    /// Whether each packet names the pictures it refers to.
    pub flexible: bool,
    /// Whether the packet is the first of its frame, one spatial layer of a picture.
    pub frame_start: bool,
    /// Whether the packet is the last of its frame.
    pub frame_end: bool,
    /// Whether no higher spatial layer refers to this frame.
    pub not_a_reference_for_higher: bool,
    differences: [u8; REFERENCES_MAX],
    difference_count: usize,
    /// How the stream is layered, if the packet says so.
    pub structure: Option<Structure<'a>>,
    /// The VP9 data.
    pub data: &'a [u8],
}

impl<'a> Descriptor<'a> {
    /// Read the descriptor at the front of an RTP payload.
    pub fn parse(payload: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(payload);
        let flags = reader.u8()?;
        let flexible = flags & FLEXIBLE != 0;
        let picture_id = if flags & HAS_PICTURE_ID == 0 {
            None
        } else {
            Some(PictureId::parse(&mut reader)?)
        };
        let (mut layer, mut tl0_picture_index) = (None, None);
        if flags & HAS_LAYER != 0 {
            let byte = reader.u8()?;
            layer = Some(Layer {
                temporal: byte >> 5,
                switching_up: byte & 0x10 != 0,
                spatial: (byte >> 1) & 0x07,
                inter_layer: byte & 0x01 != 0,
            });
            if !flexible {
                tl0_picture_index = Some(reader.u8()?);
            }
        }
        let (mut differences, mut difference_count) = ([0; REFERENCES_MAX], 0_usize);
        let mut more = flexible && flags & PREDICTED != 0;
        while more {
            let byte = reader.u8()?;
            *differences
                .get_mut(difference_count)
                .ok_or(Error::TooMany("references"))? = byte >> 1;
            difference_count = difference_count.saturating_add(1);
            more = byte & 1 != 0;
        }
        let structure = if flags & HAS_STRUCTURE == 0 {
            None
        } else {
            Some(Structure::parse(&mut reader)?)
        };
        Ok(Self {
            picture_id,
            predicted: flags & PREDICTED != 0,
            layer,
            tl0_picture_index,
            flexible,
            frame_start: flags & START != 0,
            frame_end: flags & END != 0,
            not_a_reference_for_higher: flags & NOT_A_REFERENCE != 0,
            differences,
            difference_count,
            structure,
            data: reader.rest(),
        })
    }

    /// The temporal layer, 0 without layers.
    #[must_use]
    pub fn temporal(&self) -> u8 {
        self.layer.map_or(0, |layer| layer.temporal)
    }

    /// The spatial layer, 0 without layers.
    #[must_use]
    pub fn spatial(&self) -> u8 {
        self.layer.map_or(0, |layer| layer.spatial)
    }

    /// In flexible mode, how many pictures back the references lie, 0 to 3 numbers of 1 to 127.
    #[must_use]
    pub fn differences(&self) -> &[u8] {
        self.differences.get(..self.difference_count).unwrap_or_default()
    }

    /// Whether the packet is the first of a keyframe: a base layer frame that refers to nothing.
    #[must_use]
    pub fn is_keyframe(&self) -> bool {
        self.frame_start
            && !self.predicted
            && self.spatial() == 0
            && !self.layer.is_some_and(|layer| layer.inter_layer)
    }
}

/// How a stream is layered. Source: RFC 9628 §4.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structure<'a> {
    /// Spatial layers, 1 to 8.
    pub spatial_layers: u8,
    sizes: Option<&'a [[u8; 4]]>,
    picture_group: Option<(u8, &'a [u8])>,
}

/// One picture of the group that repeats. Source: RFC 9628 §4.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupPicture<'a> {
    /// The temporal layer, 0 to 7.
    pub temporal: u8,
    /// Whether a receiver may go up in time here.
    pub switching_up: bool,
    /// How many pictures back the references lie, 0 to 3 numbers.
    pub differences: &'a [u8],
}

impl<'a> Structure<'a> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self> {
        let first = reader.u8()?;
        let spatial_layers = (first >> 5).saturating_add(1);
        let sizes = if first & 0x10 == 0 {
            None
        } else {
            Some(
                reader
                    .take(usize::from(spatial_layers).saturating_mul(4))?
                    .as_chunks()
                    .0,
            )
        };
        let picture_group = if first & 0x08 == 0 {
            None
        } else {
            let count = reader.u8()?;
            let start = reader.rest();
            for _ in 0..count {
                group_picture(reader)?;
            }
            let len = start.len().saturating_sub(reader.rest().len());
            Some((count, start.get(..len).ok_or(Error::Truncated)?))
        };
        Ok(Self {
            spatial_layers,
            sizes,
            picture_group,
        })
    }

    /// Width and height in pixels of each spatial layer, smallest first; none when the packet does not say.
    #[must_use]
    pub fn sizes(&self) -> impl ExactSizeIterator<Item = (u16, u16)> + use<'a> {
        let sizes = self.sizes.unwrap_or_default();
        sizes
            .iter()
            .map(|[w0, w1, h0, h1]| (u16::from_be_bytes([*w0, *w1]), u16::from_be_bytes([*h0, *h1])))
    }

    /// The pictures of the group that repeats, at most 255; none when the packet does not say.
    pub fn group(&self) -> impl Iterator<Item = GroupPicture<'a>> + use<'a> {
        let (count, bytes) = self.picture_group.unwrap_or_default();
        let mut reader = Reader::new(bytes);
        (0..count).map_while(move |_| group_picture(&mut reader).ok())
    }
}

fn group_picture<'a>(reader: &mut Reader<'a>) -> Result<GroupPicture<'a>> {
    let byte = reader.u8()?;
    Ok(GroupPicture {
        temporal: byte >> 5,
        switching_up: byte & 0x10 != 0,
        differences: reader.take(usize::from((byte >> 2) & 0b11))?,
    })
}

/// New numbers for a descriptor; `None` leaves a number as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// The picture's number, cut to the width it has in the packet.
    pub picture_id: Option<u16>,
    /// The count of base layer pictures.
    pub tl0_picture_index: Option<u8>,
}

/// Overwrite numbers in the descriptor at the front of an RTP payload. Numbers that the packet lacks stay
/// away, for the descriptor keeps its length.
pub fn rewrite(payload: &mut [u8], numbers: &Rewrite) -> Result<()> {
    let mut reader = Reader::new(payload);
    let flags = reader.u8()?;
    let mut at = 1_usize;
    if flags & HAS_PICTURE_ID != 0 {
        let width = match PictureId::parse(&mut reader)? {
            PictureId::Short(_) => 1,
            PictureId::Long(_) => 2,
        };
        if let Some(picture_id) = numbers.picture_id {
            PictureId::overwrite(payload, at, picture_id)?;
        }
        at = at.saturating_add(width);
    }
    if flags & HAS_LAYER != 0 && flags & FLEXIBLE == 0 {
        let slot = payload.get_mut(at.saturating_add(1)).ok_or(Error::Truncated)?;
        *slot = numbers.tl0_picture_index.unwrap_or(*slot);
    }
    Ok(())
}
