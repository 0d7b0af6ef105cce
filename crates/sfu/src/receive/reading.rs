//! What a packet says of its frame, codec by codec, in the terms of [`crate::forward`].
//!
//! Payloads may be encrypted end to end. So a dependency descriptor is believed before the payload, payload
//! descriptors are read since they stay in the clear, and media bytes only where a codec has nothing else (the first
//! bytes of VP8 and H.264, which clients that encrypt leave readable).

use hubbub_wire::descriptor::{self, DECODE_TARGETS_MAX, Indication};
use hubbub_wire::{av1, h264, vp8, vp9};

use super::codec::Codec;
use crate::forward::{ENCODINGS_MAX, Frame, Picture, SwitchPoint};

/// Facts of a packet's header that frames need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    /// Extended timestamp.
    pub(super) timestamp: u64,
    pub(super) marker: bool,
    /// Value of the dependency descriptor.
    pub(super) descriptor: Option<&'a [u8]>,
}

/// Reads the packets of one encoding, in the order of arrival.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Boxed, for it is 4 kB and most streams have none.
    descriptor: Option<Box<Described>>,
    /// Timestamp of the newest picture that is a keyframe.
    key: Option<u64>,
    /// Newest picture.
    newest: Option<u64>,
    /// The stream carries H.264 parameters, so a keyframe begins with them.
    has_parameters: bool,
}

/// A stream with dependency descriptors.
#[derive(Debug, Default)]
struct Described {
    state: descriptor::State,
    /// Highest temporal layer of each decode target.
    temporals: [u8; DECODE_TARGETS_MAX],
}

impl Reader {
    /// Read a packet. `None` when it fits no frame: it is broken, or its descriptor's structure was lost.
    pub(super) fn read(&mut self, codec: Codec, head: Head<'_>, payload: &[u8]) -> Option<Frame> {
        let described = match head.descriptor {
            Some(value) if codec != Codec::Opus => Some(self.described(head, value)),
            _ => None,
        };
        let frame = match (codec, described) {
            (Codec::Opus, _) => return Some(Frame::ALONE),
            (Codec::Av1, Some(described)) => described,
            (Codec::Av1, None) => self.av1(head, payload),
            (Codec::H264, Some(Some(described))) => Some(Frame {
                picture: None,
                ..described
            }),
            (Codec::H264, _) => self.h264(head, payload),
            (Codec::Vp8, described) => {
                let plain = self.vp8(head, payload);
                merge(plain, described.flatten())
            }
            // The payload descriptor says all and is never encrypted.
            (Codec::Vp9, _) => self.vp9(head, payload),
        };
        self.newest = self.newest.max(Some(head.timestamp));
        frame
    }

    fn is_key(&self, head: Head<'_>) -> bool {
        self.key == Some(head.timestamp)
    }

    fn begin_key(&mut self, head: Head<'_>) {
        self.key = self.key.max(Some(head.timestamp));
    }

    fn described(&mut self, head: Head<'_>, value: &[u8]) -> Option<Frame> {
        let known = self.descriptor.get_or_insert_default();
        let said = known.state.read(value).ok()?;
        if said.carries_structure {
            known.learn();
        }
        let layer = said.dependencies.layer();
        let switch = known.switch_point(&said);
        if said.carries_structure {
            self.begin_key(head);
        }
        let keyframe = self.is_key(head);
        // Frames of a picture have consecutive numbers, so a nearer reference than that stays within the picture.
        let within = |difference: &u16| *difference <= u16::from(layer.spatial);
        Some(Frame {
            keyframe,
            start: said.start_of_frame,
            end: said.end_of_frame,
            refresh: said.dependencies.differences().iter().all(within),
            spatial: clamp_spatial(layer.spatial),
            temporal: layer.temporal,
            switch,
            picture: Some(Picture {
                id: said.number,
                bits: 16,
                base: None,
                key: None,
            }),
        })
    }

    fn vp8(&mut self, head: Head<'_>, payload: &[u8]) -> Option<Frame> {
        let read = vp8::Descriptor::parse(payload).ok()?;
        if read.is_keyframe() {
            self.begin_key(head);
        }
        let keyframe = self.is_key(head);
        let sync = read.temporal.is_some_and(|temporal| temporal.layer_sync);
        let picture = read.picture_id.map(|id| Picture {
            id: id.value(),
            bits: bits(id),
            base: read.tl0_picture_index,
            key: read.key_index,
        });
        Some(Frame {
            keyframe,
            start: read.is_frame_start(),
            end: head.marker,
            refresh: keyframe,
            spatial: 0,
            temporal: read.temporal.map_or(0, |temporal| temporal.id),
            switch: if sync { SwitchPoint::Own } else { SwitchPoint::None },
            picture,
        })
    }

    fn vp9(&mut self, head: Head<'_>, payload: &[u8]) -> Option<Frame> {
        let read = vp9::Descriptor::parse(payload).ok()?;
        if read.is_keyframe() {
            self.begin_key(head);
        }
        let up = read.layer.is_some_and(|layer| layer.switching_up);
        let picture = read.picture_id.map(|id| Picture {
            id: id.value(),
            bits: bits(id),
            base: read.tl0_picture_index,
            key: None,
        });
        Some(Frame {
            keyframe: self.is_key(head) && !read.predicted,
            start: read.frame_start,
            end: read.frame_end,
            refresh: !read.predicted,
            spatial: clamp_spatial(read.spatial()),
            temporal: read.temporal(),
            switch: if up { SwitchPoint::Above } else { SwitchPoint::None },
            picture,
        })
    }

    fn h264(&mut self, head: Head<'_>, payload: &[u8]) -> Option<Frame> {
        let read = h264::Payload::parse(payload).ok()?;
        let parameters = read
            .nals()
            .any(|nal| nal.start && nal.kind == h264::NalType::SequenceParameters);
        self.has_parameters |= parameters;
        // Where parameters are to be expected, the picture alone is no beginning: they may only be late.
        let begins = parameters || (read.is_keyframe() && !self.has_parameters);
        if begins {
            self.begin_key(head);
        }
        let keyframe = self.is_key(head);
        Some(Frame {
            keyframe,
            start: begins || (!keyframe && self.newest < Some(head.timestamp)),
            end: head.marker,
            refresh: keyframe,
            ..Frame::default()
        })
    }

    /// AV1 without descriptors: whole pictures, and nothing to choose from.
    fn av1(&mut self, head: Head<'_>, payload: &[u8]) -> Option<Frame> {
        let read = av1::AggregationHeader::parse(payload).ok()?;
        if read.new_sequence {
            self.begin_key(head);
        }
        let keyframe = self.is_key(head);
        Some(Frame {
            keyframe,
            start: read.new_sequence || self.newest < Some(head.timestamp),
            end: head.marker,
            refresh: keyframe,
            ..Frame::default()
        })
    }
}

impl Described {
    /// Take in a new structure.
    fn learn(&mut self) {
        let Some(structure) = self.state.structure() else {
            return;
        };
        for (target, temporal) in self.temporals.iter_mut().enumerate() {
            let of_target = structure
                .templates()
                .iter()
                .filter(|template| template.indication(target) != Indication::NotPresent);
            *temporal = of_target
                .map(|template| template.layer().temporal)
                .max()
                .unwrap_or(0);
        }
    }

    /// Where the frame lets higher temporal layers begin.
    fn switch_point(&self, said: &descriptor::Frame) -> SwitchPoint {
        let own = said.dependencies.layer().temporal;
        let count = self
            .state
            .structure()
            .map_or(0, descriptor::Structure::decode_target_count);
        let targets = self.temporals.iter().take(count).enumerate();
        let is_switch = |target: usize| said.dependencies.indication(target) == Indication::Switch;
        let present = |target: usize| said.dependencies.indication(target) != Indication::NotPresent;
        let mut higher = targets
            .clone()
            .filter(|(target, temporal)| **temporal > own && present(*target))
            .peekable();
        if higher.peek().is_some() && higher.all(|(target, _)| is_switch(target)) {
            return SwitchPoint::Above;
        }
        if targets
            .filter(|(_, temporal)| **temporal == own)
            .any(|(target, _)| is_switch(target))
        {
            return SwitchPoint::Own;
        }
        SwitchPoint::None
    }
}

/// A VP8 packet with a dependency descriptor: layers and borders from there, numbers from the payload descriptor.
fn merge(plain: Option<Frame>, described: Option<Frame>) -> Option<Frame> {
    match (plain, described) {
        (Some(plain), Some(described)) => Some(Frame {
            picture: plain.picture,
            ..described
        }),
        (plain, _) => plain,
    }
}

fn bits(id: vp8::PictureId) -> u8 {
    match id {
        vp8::PictureId::Short(_) => 7,
        vp8::PictureId::Long(_) => 15,
    }
}

fn clamp_spatial(spatial: u8) -> u8 {
    let highest = u8::try_from(ENCODINGS_MAX).unwrap_or(u8::MAX).saturating_sub(1);
    spatial.min(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(timestamp: u64, marker: bool) -> Head<'static> {
        Head {
            timestamp,
            marker,
            descriptor: None,
        }
    }

    #[test]
    fn a_vp8_keyframe_is_one_in_all_its_packets() {
        let mut reader = Reader::default();
        // X, S; I, L, T; picture id 300, TL0 7, TID 1 with Y.
        let first = [0x90, 0xe0, 0x81, 0x2c, 7, 0x60, 0x10, 2, 0, 0x9d, 1, 0x2a];
        let next = [0x80, 0xe0, 0x81, 0x2c, 7, 0x60, 1, 2, 3];
        let frame = reader.read(Codec::Vp8, head(9, false), &first).unwrap();
        assert!(frame.keyframe && frame.start && !frame.end);
        let picture = frame.picture.unwrap();
        assert_eq!((picture.id, picture.bits, picture.base), (300, 15, Some(7)));
        assert_eq!((frame.temporal, frame.switch), (1, SwitchPoint::Own));
        let frame = reader.read(Codec::Vp8, head(9, true), &next).unwrap();
        assert!(frame.keyframe && !frame.start && frame.end);
        let delta = [0x90, 0xe0, 0x81, 0x2d, 8, 0x20, 0x11];
        let frame = reader.read(Codec::Vp8, head(3009, true), &delta).unwrap();
        assert!(!frame.keyframe && frame.start);
    }

    #[test]
    fn h264_begins_with_its_parameters() {
        let mut reader = Reader::default();
        let (parameters, picture, slice) = ([0x67, 1, 2], [0x65, 1, 2], [0x41, 1, 2]);
        let frame = reader.read(Codec::H264, head(1, false), &parameters).unwrap();
        assert!(frame.keyframe && frame.start);
        let frame = reader.read(Codec::H264, head(1, true), &picture).unwrap();
        assert!(frame.keyframe && !frame.start && frame.end);
        let frame = reader.read(Codec::H264, head(2, true), &slice).unwrap();
        assert!(!frame.keyframe && frame.start);
        let frame = reader.read(Codec::H264, head(3, true), &picture).unwrap();
        assert!(!frame.keyframe, "its parameters are late");
    }

    #[test]
    fn vp9_layers_are_told_apart() {
        let mut reader = Reader::default();
        // I, L, B, E: 7-bit picture 5; TID 0, U, SID 0; TL0 9.
        let base = [0x80 | 0x20 | 0x0c, 5, 0x10, 9, 0xff];
        // D: SID 1.
        let above = [0x80 | 0x20 | 0x0c, 5, 0x13, 9, 0xff];
        let frame = reader.read(Codec::Vp9, head(1, false), &base).unwrap();
        assert!(frame.keyframe && frame.start && frame.end && frame.refresh);
        let frame = reader.read(Codec::Vp9, head(1, true), &above).unwrap();
        assert_eq!((frame.spatial, frame.keyframe), (1, true));
        assert_eq!(frame.switch, SwitchPoint::Above);
        assert_eq!(frame.picture.unwrap().base, Some(9));
    }

    #[test]
    fn av1_without_its_structure_fits_no_frame() {
        let mut reader = Reader::default();
        let head = Head {
            descriptor: Some(&[0x80, 0, 1]),
            ..head(1, true)
        };
        assert_eq!(reader.read(Codec::Av1, head, &[0x10, 1]), None);
    }
}
