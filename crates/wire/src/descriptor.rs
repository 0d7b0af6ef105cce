//! The dependency descriptor: what a frame needs, and who needs the frame, for any codec and without its
//! payload.
//!
//! A stream describes itself in templates, sent with its keyframes; each packet then names a template and
//! what differs from it. [`State`] keeps a stream's current [`Structure`] and reads packets into [`Frame`]s;
//! [`write`] makes a descriptor again, as when a subscriber must be told which decode targets are left.
//!
//! Calling contract: one [`State`] per incoming stream, fed with the descriptor of every packet in the order
//! of arrival. A packet that comes before its structure is
//! [`Error::UnknownTemplate`](crate::Error::UnknownTemplate); a structure that comes late, after a newer one,
//! serves its own packet only.
//!
//! Source: AV1 RTP payload format v1.0, Appendix A.

mod read;
mod structure;
#[cfg(test)]
mod tests;
mod write;

use crate::{Error, Result};
pub use read::{Frame, State};
pub use structure::{Dependencies, Indication, Layer, Resolution, Structure};
pub use write::write;

/// Most decode targets of a stream: their count is five bits, plus one.
pub const DECODE_TARGETS_MAX: usize = 32;
/// Most chains of a stream: one per decode target.
pub const CHAINS_MAX: usize = 32;
/// Most templates of a stream: their ids are six bits.
pub const TEMPLATES_MAX: usize = 64;
/// Most frames that one frame can refer to. A bound of ours; AV1 refers to at most seven.
pub const DIFFERENCES_MAX: usize = 8;
/// Most spatial layers of a stream. A bound of ours, as AV1's spatial ids are two bits.
pub const SPATIAL_LAYERS_MAX: u8 = 4;
/// Most temporal layers of a stream. A bound of ours, as AV1's temporal ids are three bits.
pub const TEMPORAL_LAYERS_MAX: u8 = 8;

/// The number of the frame that a descriptor belongs to, without reading the rest of it.
pub fn frame_number(value: &[u8]) -> Result<u16> {
    match value {
        [_, high, low, ..] => Ok(u16::from_be_bytes([*high, *low])),
        _ => Err(Error::Truncated),
    }
}

/// Overwrite the frame number in the value of a header extension.
pub fn set_frame_number(value: &mut [u8], number: u16) -> Result<()> {
    match value {
        [_, high, low, ..] => {
            [*high, *low] = number.to_be_bytes();
            Ok(())
        }
        _ => Err(Error::Truncated),
    }
}
