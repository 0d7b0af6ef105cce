//! What is read of video before it is forwarded.

use hubbub_wire::descriptor::{State, set_frame_number, write};
use hubbub_wire::{av1, descriptor, h264, vp8, vp9};

use super::{Subject, about, hex, join, outcome, split};

/// VP8 payload descriptors.
pub(super) struct Vp8;

impl Subject for Vp8 {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "1000",
            "90e0812345603f9d012a80026801",
            "9080077f",
            "80f081234501e2aa",
            "905005ab",
        ]
        .map(hex)
        .into()
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let mut copy = input.to_vec();
        let numbers = vp8::Rewrite {
            picture_id: Some(0x1234),
            tl0_picture_index: Some(0x56),
            key_index: Some(7),
        };
        let rewritten = vp8::rewrite(&mut copy, &numbers);
        let read = match vp8::Descriptor::parse(input) {
            Ok(read) => read,
            Err(error) => return outcome(error.to_string()),
        };
        assert_eq!(rewritten, Ok(()), "what can be read can be rewritten");
        let after = vp8::Descriptor::parse(&copy).expect("rewriting keeps a descriptor one");
        assert_eq!(after.data, read.data);
        assert_eq!(after.temporal, read.temporal);
        assert_eq!(after.picture_id.is_some(), read.picture_id.is_some());
        if let (Some(before), Some(after)) = (read.picture_id, after.picture_id) {
            assert_eq!(after.value(), 0x1234 % before.cycle());
        }
        assert_eq!(after.tl0_picture_index, read.tl0_picture_index.map(|_| 0x56));
        assert_eq!(after.key_index, read.key_index.map(|_| 7));
        assert!(read.data.len() <= input.len());
        outcome((
            read.picture_id.map(vp8::PictureId::cycle),
            read.tl0_picture_index.is_some(),
            read.temporal.map(|temporal| temporal.id),
            read.key_index.is_some(),
            read.is_keyframe(),
            read.size().is_some(),
        ))
    }
}

/// VP9 payload descriptors.
pub(super) struct Vp9;

impl Subject for Vp9 {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "8c8123aa",
            "ae812301052201401c02d00203040c08aa",
            "f881230313050708aa",
            "0e38032028aa",
            "b8800100aa",
        ]
        .map(hex)
        .into()
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let mut copy = input.to_vec();
        let numbers = vp9::Rewrite {
            picture_id: Some(0x1234),
            tl0_picture_index: Some(0x56),
        };
        let rewritten = vp9::rewrite(&mut copy, &numbers);
        let read = match vp9::Descriptor::parse(input) {
            Ok(read) => read,
            Err(error) => return outcome(error.to_string()),
        };
        assert_eq!(rewritten, Ok(()), "what can be read can be rewritten");
        let after = vp9::Descriptor::parse(&copy).expect("rewriting keeps a descriptor one");
        assert_eq!((after.data, after.layer), (read.data, read.layer));
        assert_eq!(after.differences(), read.differences());
        assert_eq!(after.structure, read.structure);
        assert_eq!(after.tl0_picture_index, read.tl0_picture_index.map(|_| 0x56));
        let structure = read.structure.map(|structure| {
            assert!(structure.sizes().len() <= usize::from(structure.spatial_layers));
            (structure.sizes().len(), about(structure.group().count()))
        });
        outcome((
            read.picture_id.map(vp9::PictureId::cycle),
            read.layer.map(|layer| layer.spatial),
            read.differences().len(),
            structure,
            read.is_keyframe(),
        ))
    }
}

/// H.264 payloads.
pub(super) struct H264;

impl Subject for H264 {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "65aabb",
            "780004674200aa000268ee000365aabb",
            "7c85aabb",
            "7c45aabb",
            "41aabb",
        ]
        .map(hex)
        .into()
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let payload = match h264::Payload::parse(input) {
            Ok(payload) => payload,
            Err(error) => return outcome(error.to_string()),
        };
        let len: usize = payload.nals().map(|nal| nal.data.len()).sum();
        assert!(len <= input.len());
        let first = payload
            .nals()
            .next()
            .map(|nal| (matches!(nal.kind, h264::NalType::Other(_)), nal.start, nal.end));
        outcome((first, about(payload.nals().count()), payload.is_keyframe()))
    }
}

/// AV1 payloads.
pub(super) struct Av1;

impl Subject for Av1 {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "18 0a0b0000",
            "28 020a0b 3210aabb",
            "00 020a0b 0332aabb",
            "d0 aabbcc",
            "30 8101 aa",
        ]
        .map(hex)
        .into()
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let payload = match av1::Payload::parse(input) {
            Ok(payload) => payload,
            Err(error) => return outcome(error.to_string()),
        };
        let header = payload.header();
        assert_eq!(av1::AggregationHeader::parse(&[header.to_byte()]), Ok(header));
        let len: usize = payload.elements().map(<[u8]>::len).sum();
        assert!(len < input.len());
        if header.element_count > 0 {
            assert_eq!(payload.elements().count(), usize::from(header.element_count));
        }
        outcome((
            header.to_byte(),
            about(payload.elements().count()),
            payload.is_keyframe(),
        ))
    }
}

/// Sequences of dependency descriptors on one stream.
pub(super) struct Descriptors;

/// What Chromium sends with a keyframe of a stream in three spatial and three temporal layers.
pub(super) const KEYFRAME: &str = "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a8000600\
                        0040001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca86553042242\
                        30eca877530077004200ef008601df010d";

impl Subject for Descriptors {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let keyframe = hex(KEYFRAME);
        let later = [
            hex("820173"),
            hex("c30174"),
            hex("4401751800"),
            hex("c2017648ff00"),
        ];
        let all = std::iter::once(&keyframe).chain(&later).map(Vec::as_slice);
        vec![join(all), join([keyframe.as_slice()])]
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let mut state = State::new();
        let mut seen = Vec::new();
        for value in split(input).take(32) {
            let before = state.clone();
            seen.push(match state.read(value) {
                Ok(frame) => {
                    assert_eq!(Ok(frame.number), descriptor::frame_number(value));
                    again(&before, value, frame);
                    let layer = frame.dependencies.layer();
                    (
                        u8::from(frame.carries_structure),
                        layer.spatial,
                        layer.temporal,
                        0,
                    )
                }
                Err(error) => (2, 0, 0, error.to_string().len()),
            });
        }
        let structure = state.structure().map(|structure| {
            for target in 0..structure.decode_target_count() {
                let layer = structure.target_layer(target);
                assert!(structure.target_of(layer).is_some());
                assert!(
                    structure
                        .protecting_chain(target)
                        .is_none_or(|chain| chain < structure.chain_count())
                );
            }
            (about(structure.templates().len()), about(structure.chain_count()))
        });
        seen.sort_unstable();
        seen.dedup();
        seen.truncate(3);
        outcome((seen, structure))
    }
}

/// A frame that was read can be written, and then reads the same.
fn again(before: &State, value: &[u8], frame: descriptor::Frame) {
    let mut after = before.clone();
    let mut renumbered = value.to_vec();
    assert_eq!(
        set_frame_number(&mut renumbered, frame.number.wrapping_add(1)),
        Ok(())
    );
    let second = after.read(&renumbered).expect("its number decides nothing");
    assert_eq!(second.dependencies, frame.dependencies);
    if !frame.carries_structure {
        return;
    }
    let mut fresh = State::new();
    fresh.read(value).expect("it brings its structure along");
    let structure = fresh.structure().expect("it was just read");
    let mut bytes = vec![0; 4_096];
    let len = write(&mut bytes, &frame, structure).expect("what was read can be written");
    let mut reader = State::new();
    assert_eq!(reader.read(&bytes[..len]), Ok(frame));
    assert_eq!(reader.structure(), fresh.structure());
}
