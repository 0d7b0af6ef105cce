//! RTP header extensions: finding them in a packet, and the values that matter to forwarding.
//!
//! Ids are negotiated per session, so nothing here knows them; [`uri`] lists the names they are negotiated
//! by.
//!
//! Source: RFC 8285 §4.

#[cfg(test)]
mod tests;
pub mod uri;
mod value;

use core::iter::FusedIterator;
use core::ops::Range;

pub use value::{
    AbsoluteSendTime, AudioLevel, FeedbackRequest, PlayoutDelay, Rotation, TransportSequence,
    VideoOrientation, media_id, stream_id,
};

/// The profile of blocks with one-byte headers. Source: RFC 8285 §4.2.
pub const ONE_BYTE_PROFILE: u16 = 0xBEDE;
/// The profile of blocks with two-byte headers, with zero in the four bits left to applications. Source: RFC
/// 8285 §4.3.
pub const TWO_BYTE_PROFILE: u16 = 0x1000;

/// One header extension of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// The negotiated id: 1 to 14 with one-byte headers, 1 to 255 with two-byte headers.
    pub id: u8,
    /// The value: 1 to 16 bytes with one-byte headers, 0 to 255 with two-byte headers.
    pub value: &'a [u8],
}

/// How a block's elements are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    OneByte,
    TwoByte,
    /// No block, or one of a profile that RFC 8285 does not define.
    Opaque,
}

/// Where an element lies in the bytes it was looked for in.
struct Element {
    id: u8,
    value: Range<usize>,
}

impl Form {
    pub(crate) const fn of(profile: Option<u16>) -> Self {
        match profile {
            Some(ONE_BYTE_PROFILE) => Self::OneByte,
            // The low four bits are the application's.
            Some(profile) if profile & 0xFFF0 == TWO_BYTE_PROFILE => Self::TwoByte,
            _ => Self::Opaque,
        }
    }

    /// The first element in `data`, padding skipped; `None` at the end and at anything broken.
    fn first(self, data: &[u8]) -> Option<Element> {
        let at = data.iter().position(|byte| *byte != 0)?;
        let head = *data.get(at)?;
        let (id, start, len) = match self {
            // Id 0 with a length, and id 15, end the block (§4.2).
            Self::OneByte if head >> 4 == 0 || head >> 4 == 15 => return None,
            Self::OneByte => (
                head >> 4,
                at.checked_add(1)?,
                usize::from(head & 0x0F).checked_add(1)?,
            ),
            Self::TwoByte => {
                let length_at = at.checked_add(1)?;
                (
                    head,
                    length_at.checked_add(1)?,
                    usize::from(*data.get(length_at)?),
                )
            }
            Self::Opaque => return None,
        };
        let end = start.checked_add(len)?;
        (end <= data.len()).then_some(Element {
            id,
            value: start..end,
        })
    }

    /// Where the value of the first element with this id lies in `data`.
    pub(crate) fn find(self, data: &[u8], id: u8) -> Option<Range<usize>> {
        let mut offset = 0_usize;
        loop {
            let element = self.first(data.get(offset..)?)?;
            let start = element.value.start.checked_add(offset)?;
            let end = element.value.end.checked_add(offset)?;
            if element.id == id {
                return Some(start..end);
            }
            offset = end;
        }
    }
}

/// Walks a packet's header extensions; stops at the first broken one.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    form: Form,
    rest: &'a [u8],
}

impl<'a> Iter<'a> {
    pub(crate) const fn new(profile: Option<u16>, data: &'a [u8]) -> Self {
        Self {
            form: Form::of(profile),
            rest: data,
        }
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.form.first(self.rest);
        let Some(element) = found else {
            self.rest = &[];
            return None;
        };
        let value = self.rest.get(element.value.clone())?;
        self.rest = self.rest.get(element.value.end..)?;
        Some(Extension {
            id: element.id,
            value,
        })
    }
}

impl FusedIterator for Iter<'_> {}
