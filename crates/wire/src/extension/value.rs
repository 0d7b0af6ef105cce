//! Typed values of header extensions.

use core::time::Duration;

use crate::cursor::Reader;
use crate::{Error, Result};

/// How loud a packet's sound is. Source: RFC 6464 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioLevel {
    /// Whether the sender's detector heard speech.
    pub voice: bool,
    /// Level below the loudest possible sound, in -dBov: 0 is the loudest, 127 is silence.
    pub level: u8,
}

impl AudioLevel {
    /// Read the value; the two-byte form may carry a second, padding byte.
    pub fn parse(value: &[u8]) -> Result<Self> {
        let byte = *value.first().ok_or(Error::Truncated)?;
        Ok(Self {
            voice: byte & 0x80 != 0,
            level: byte & 0x7F,
        })
    }

    /// The value's bytes; a level above 127 counts as silence.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 1] {
        [self.level.min(127) | if self.voice { 0x80 } else { 0 }]
    }
}

/// When a packet left its sender: 24 bits of seconds with 18 bits after the point, wrapping each 64 s.
///
/// Source: the WebRTC project's description of `abs-send-time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbsoluteSendTime(u32);

impl AbsoluteSendTime {
    /// Bytes on the wire.
    pub const LEN: usize = 3;

    /// Read the value.
    pub fn parse(value: &[u8]) -> Result<Self> {
        Ok(Self(Reader::new(value).u24()?))
    }

    /// The time `since_epoch`, any epoch the sender keeps to, cut to 24 bits.
    #[must_use]
    pub const fn from_duration(since_epoch: Duration) -> Self {
        let seconds = since_epoch.as_secs() & 63;
        let fraction = ((since_epoch.subsec_nanos() as u64) << 18) / 1_000_000_000;
        Self((((seconds << 18) | fraction) & 0x00FF_FFFF) as u32)
    }

    /// The 24 bits, in units of 2⁻¹⁸ s (about 3.8 µs).
    #[must_use]
    pub const fn ticks(self) -> u32 {
        self.0
    }

    /// Time from `earlier` to this in units of 2⁻¹⁸ s, taken the short way round: -32 s to 32 s.
    #[must_use]
    pub const fn ticks_since(self, earlier: Self) -> i32 {
        // Shifted to the top, the difference of 24-bit numbers wraps where 32-bit numbers do.
        ((self.0 << 8).wrapping_sub(earlier.0 << 8)).cast_signed() >> 8
    }

    /// The value's bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        let [_, high, middle, low] = self.0.to_be_bytes();
        [high, middle, low]
    }
}

/// What the second form of the transport-wide sequence number asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedbackRequest {
    /// Whether the feedback shall carry arrival times.
    pub timing: bool,
    /// How many packets, up to and with this one, the feedback shall cover: 1 to 32767.
    pub count: u16,
}

/// A packet's number among all packets of its transport.
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 §2; the request is from transport-wide-cc-02.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportSequence {
    /// The number, one more per packet whatever its SSRC.
    pub sequence: u16,
    /// A request for feedback, in the second form only.
    pub request: Option<FeedbackRequest>,
}

impl TransportSequence {
    /// Read the value, two or four bytes long.
    pub fn parse(value: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(value);
        let sequence = reader.u16()?;
        let request = match reader.u16() {
            // A count of zero asks for nothing.
            Ok(word) if word & 0x7FFF != 0 => Some(FeedbackRequest {
                timing: word & 0x8000 != 0,
                count: word & 0x7FFF,
            }),
            _ => None,
        };
        Ok(Self { sequence, request })
    }

    /// The bytes of the first form, which has no request.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        self.sequence.to_be_bytes()
    }
}

/// How long a receiver shall hold frames back before it shows them.
///
/// Source: the WebRTC project's description of `playout-delay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayoutDelay {
    /// Least delay in ms, 0 to 40,950, kept in steps of 10 ms.
    pub min_ms: u16,
    /// Most delay in ms, 0 to 40,950, kept in steps of 10 ms; not less than `min_ms`.
    pub max_ms: u16,
}

impl PlayoutDelay {
    /// Bytes on the wire.
    pub const LEN: usize = 3;

    /// Read the value; the most must not be less than the least.
    pub fn parse(value: &[u8]) -> Result<Self> {
        let bits = Reader::new(value).u24()?;
        let min_ms = ((bits >> 12) & 0x0FFF) as u16;
        let max_ms = (bits & 0x0FFF) as u16;
        if min_ms > max_ms {
            return Err(Error::Invalid("playout delay"));
        }
        Ok(Self {
            min_ms: min_ms.saturating_mul(10),
            max_ms: max_ms.saturating_mul(10),
        })
    }

    /// The value's bytes; delays are cut to whole steps of 10 ms.
    pub fn to_bytes(self) -> Result<[u8; Self::LEN]> {
        let (min, max) = (self.min_ms / 10, self.max_ms / 10);
        if min > max || max > 0x0FFF {
            return Err(Error::OutOfRange("playout delay"));
        }
        let [_, high, middle, low] = ((u32::from(min) << 12) | u32::from(max)).to_be_bytes();
        Ok([high, middle, low])
    }
}

/// A turn of the picture, counter to how it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Upright.
    None,
    /// A quarter turn.
    Quarter,
    /// Upside down.
    Half,
    /// Three quarters.
    ThreeQuarters,
}

/// How the picture must be turned to stand upright. Source: 3GPP TS 26.114 §7.4.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoOrientation {
    /// Whether the camera looks away from the user.
    pub back_camera: bool,
    /// Whether the picture must be mirrored left to right.
    pub flipped: bool,
    /// The turn to undo.
    pub rotation: Rotation,
}

impl VideoOrientation {
    /// Read the value.
    pub fn parse(value: &[u8]) -> Result<Self> {
        let byte = *value.first().ok_or(Error::Truncated)?;
        let rotation = match byte & 0b11 {
            0 => Rotation::None,
            1 => Rotation::Quarter,
            2 => Rotation::Half,
            _ => Rotation::ThreeQuarters,
        };
        Ok(Self {
            back_camera: byte & 0b1000 != 0,
            flipped: byte & 0b100 != 0,
            rotation,
        })
    }

    /// The value's bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 1] {
        let rotation = match self.rotation {
            Rotation::None => 0,
            Rotation::Quarter => 1,
            Rotation::Half => 2,
            Rotation::ThreeQuarters => 3,
        };
        [rotation | if self.back_camera { 0b1000 } else { 0 } | if self.flipped { 0b100 } else { 0 }]
    }
}

/// Read the id of a simulcast stream, plain or repaired: 1 to 255 ASCII letters and digits.
///
/// RFC 8852 §3 allows no more, though `-` and `_` appear in the SDP grammar of RFC 8851; they are accepted
/// here, for clients send them. Trailing zero bytes, which some senders pad with, are cut off.
pub fn stream_id(value: &[u8]) -> Result<&str> {
    text(value, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
    })
    .ok_or(Error::Invalid("RTP stream id"))
}

/// Read the id of a media section: 1 to 255 characters of an SDP token. Source: RFC 9143 §15, RFC 8866 §9.
pub fn media_id(value: &[u8]) -> Result<&str> {
    text(value, |byte| {
        byte.is_ascii_graphic()
            && !matches!(
                byte,
                b'"' | b'(' | b')' | b',' | b'/' | b':' | b';' | b'<' | b'=' | b'>'
            )
            && !matches!(byte, b'?' | b'@' | b'[' | b'\\' | b']')
    })
    .ok_or(Error::Invalid("media id"))
}

fn text(value: &[u8], allowed: fn(u8) -> bool) -> Option<&str> {
    let len = value.iter().rposition(|byte| *byte != 0)?.checked_add(1)?;
    let value = value.get(..len)?;
    if value.len() > 255 || !value.iter().all(|byte| allowed(*byte)) {
        return None;
    }
    core::str::from_utf8(value).ok()
}
