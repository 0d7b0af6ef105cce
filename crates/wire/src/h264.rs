//! H.264 payloads: where keyframes begin.
//!
//! H.264 has no descriptor, so this looks at NAL unit headers in the payload; with frames encrypted end to
//! end the dependency descriptor must say it instead. Interleaved packets (STAP-B, MTAP, FU-B) need
//! packetization mode 2, which WebRTC does not negotiate: they are [`Error::Invalid`].
//!
//! Source: RFC 6184 §5.2 to §5.8.

#[cfg(test)]
mod tests;

use crate::cursor::Reader;
use crate::{Error, Result};

const TYPE_MASK: u8 = 0x1F;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const FU_START: u8 = 0x80;
const FU_END: u8 = 0x40;

/// NAL unit types that matter to forwarding. Source: ITU-T H.264 table 7-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NalType {
    /// A slice of a picture that refers to others (types 1 to 4).
    Slice,
    /// A slice of a picture from which decoding can begin (type 5).
    Idr,
    /// Parameters of a sequence, before its first picture (type 7).
    SequenceParameters,
    /// Parameters of pictures (type 8).
    PictureParameters,
    /// Anything else, by its number.
    Other(u8),
}

impl NalType {
    const fn of(header: u8) -> Self {
        match header & TYPE_MASK {
            1..=4 => Self::Slice,
            5 => Self::Idr,
            7 => Self::SequenceParameters,
            8 => Self::PictureParameters,
            other => Self::Other(other),
        }
    }
}

/// One NAL unit, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nal<'a> {
    /// Its type.
    pub kind: NalType,
    /// Whether the packet holds its beginning.
    pub start: bool,
    /// Whether the packet holds its end.
    pub end: bool,
    /// Its bytes: with the header in single units and aggregates, without it in fragments.
    pub data: &'a [u8],
}

/// The NAL units of one RTP payload.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a>(Layout<'a>);

#[derive(Clone, Copy, Debug)]
enum Layout<'a> {
    One(Nal<'a>),
    Aggregate(&'a [u8]),
}

impl<'a> Payload<'a> {
    /// Read a payload; the units of an aggregate are checked to lie within it.
    pub fn parse(payload: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(payload);
        let header = reader.u8()?;
        let layout = match header & TYPE_MASK {
            1..=23 => Layout::One(Nal {
                kind: NalType::of(header),
                start: true,
                end: true,
                data: payload,
            }),
            STAP_A => {
                let units = reader.rest();
                while !reader.rest().is_empty() {
                    unit(&mut reader)?;
                }
                Layout::Aggregate(units)
            }
            FU_A => {
                let fragment = reader.u8()?;
                Layout::One(Nal {
                    kind: NalType::of(fragment),
                    start: fragment & FU_START != 0,
                    end: fragment & FU_END != 0,
                    data: reader.rest(),
                })
            }
            _ => return Err(Error::Invalid("NAL unit type")),
        };
        Ok(Self(layout))
    }

    /// The units in order.
    pub fn nals(&self) -> impl Iterator<Item = Nal<'a>> + use<'a> {
        let (one, units) = match self.0 {
            Layout::One(nal) => (Some(nal), [].as_slice()),
            Layout::Aggregate(units) => (None, units),
        };
        let mut reader = Reader::new(units);
        one.into_iter()
            .chain(core::iter::from_fn(move || unit(&mut reader).ok()))
    }

    /// Whether a keyframe begins here: sequence parameters, or a picture from which decoding can begin.
    ///
    /// Encoders send parameters with each keyframe; a stream whose parameters travelled in the session
    /// description begins with the picture itself.
    #[must_use]
    pub fn is_keyframe(&self) -> bool {
        self.nals()
            .any(|nal| nal.start && matches!(nal.kind, NalType::Idr | NalType::SequenceParameters))
    }
}

/// The next unit of an aggregate: a length in two bytes, then the unit.
fn unit<'a>(reader: &mut Reader<'a>) -> Result<Nal<'a>> {
    let len = reader.u16()?;
    let data = reader.take(usize::from(len))?;
    let header = *data.first().ok_or(Error::Invalid("NAL unit length"))?;
    Ok(Nal {
        kind: NalType::of(header),
        start: true,
        end: true,
        data,
    })
}
