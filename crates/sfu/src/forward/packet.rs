//! What forwarding needs to know of a packet, in terms no codec owns.

use std::time::Instant;

/// Simulcast encodings of one track. Browsers send three; the fourth is room for a thumbnail.
pub const ENCODINGS_MAX: usize = 4;

/// A quality to forward: the simulcast encoding or spatial layer, and the highest temporal layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layer {
    /// Simulcast: index of the encoding, lowest first. Scalable: spatial layer. Below [`ENCODINGS_MAX`].
    pub spatial: u8,
    /// Highest temporal layer wanted; 0 is the base frame rate.
    pub temporal: u8,
}

/// How a track offers its qualities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// One RTP stream per encoding, each with its own numbers (RFC 8853); also a plain track, with one encoding.
    Simulcast,
    /// One RTP stream with spatial layers inside (VP9 and AV1 scalable modes).
    Scalable,
}

/// Where higher temporal layers may begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SwitchPoint {
    /// Not here.
    #[default]
    None,
    /// This frame and those after it in its own temporal layer need nothing earlier of that layer.
    /// Source: RFC 7741 section 4.2, bit Y; AV1 dependency descriptor, indication Switch.
    Own,
    /// Frames after this one, in all higher temporal layers, need nothing of those layers from before it.
    /// Source: RFC 9628 section 4.2, bit U.
    Above,
}

/// The numbers a codec puts in its payload descriptor, which must run on when streams are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Running number of the picture, in its low `bits` bits.
    pub id: u16,
    /// Width of `id` on the wire: 7 or 15 (VP8, VP9), 16 (AV1 frame number).
    pub bits: u8,
    /// TL0PICIDX: running number of base layer frames.
    pub base: Option<u8>,
    /// KEYIDX: running number of keyframes, 5 bits.
    pub key: Option<u8>,
}

/// What the payload descriptor or dependency descriptor says of the frame a packet belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one bit of a descriptor; no two exclude each other"
)]
pub struct Frame {
    /// Part of a picture that needs no earlier picture, in any layer.
    pub keyframe: bool,
    /// First packet of its layer frame.
    pub start: bool,
    /// Last packet of its layer frame. Differs from the RTP marker, which ends the picture with all layers.
    pub end: bool,
    /// This layer frame needs nothing from before its picture (VP9: P bit clear). True in keyframes, in all layers.
    pub refresh: bool,
    /// Spatial layer within the stream; 0 under simulcast.
    pub spatial: u8,
    /// Temporal layer.
    pub temporal: u8,
    /// Where higher temporal layers may begin.
    pub switch: SwitchPoint,
    /// Numbers to be rewritten, where the codec has them.
    pub picture: Option<Picture>,
}

impl Frame {
    /// A packet that stands alone, as every packet of audio does.
    pub const ALONE: Self = Self {
        keyframe: true,
        start: true,
        end: true,
        refresh: true,
        spatial: 0,
        temporal: 0,
        switch: SwitchPoint::None,
        picture: None,
    };
}

/// A media packet from a publisher, decrypted and read. RTX has been undone: it bears its original numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Index of the simulcast encoding (from SSRC or RID), lowest quality first; 0 for one stream.
    pub encoding: u8,
    /// Sequence number, extended to 64 bits within its stream.
    pub sequence: u64,
    /// RTP timestamp, extended to 64 bits within its stream; ticks of the track's clock.
    pub timestamp: u64,
    /// The RTP marker bit.
    pub marker: bool,
    /// Bytes of payload without padding. 0 is a probe and is never forwarded.
    pub payload_len: u16,
    /// The frame that it belongs to.
    pub frame: Frame,
    /// When it came.
    pub at: Instant,
}
