#![allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]

use proptest::prelude::*;

use super::*;

/// The first packet of a keyframe with two spatial and two temporal layers, not flexible, with its structure.
const KEYFRAME: [u8; 22] = [
    0xAA, // I L B V
    0x81, 0x02, // picture 258
    0x10, 9, // layers: temporal 0, switching up, spatial 0; TL0
    0x38, 0x01, 0x40, 0x00, 0xB4, 0x02, 0x80, 0x01, 0x68, // two sizes: 320 × 180, 640 × 360
    2, 0x04, 2, 0x34, 1, // group: (0, one reference 2 back), (1, switching up, one reference 1 back)
    0x11, 0x22, 0x33,
];

#[test]
fn a_keyframe_with_its_structure_is_read() {
    let descriptor = Descriptor::parse(&KEYFRAME).unwrap();
    assert_eq!(descriptor.picture_id, Some(PictureId::Long(258)));
    let layer = Layer {
        temporal: 0,
        spatial: 0,
        switching_up: true,
        inter_layer: false,
    };
    assert_eq!(descriptor.layer, Some(layer));
    assert_eq!(descriptor.tl0_picture_index, Some(9));
    assert!(descriptor.is_keyframe() && descriptor.frame_start && !descriptor.frame_end);
    assert!(!descriptor.flexible && !descriptor.predicted && !descriptor.not_a_reference_for_higher);
    let structure = descriptor.structure.unwrap();
    assert_eq!(structure.spatial_layers, 2);
    assert_eq!(structure.sizes().collect::<Vec<_>>(), [(320, 180), (640, 360)]);
    let group: Vec<_> = structure.group().collect();
    let expected = [
        GroupPicture {
            temporal: 0,
            switching_up: false,
            differences: &[2],
        },
        GroupPicture {
            temporal: 1,
            switching_up: true,
            differences: &[1],
        },
    ];
    assert_eq!(group, expected);
    assert_eq!(descriptor.data, [0x11, 0x22, 0x33]);
    for len in 0..19 {
        assert_eq!(Descriptor::parse(&KEYFRAME[..len]), Err(Error::Truncated));
    }
}

#[test]
fn flexible_mode_names_references_and_has_no_tl0() {
    // I P L F E Z, short picture id, temporal 2, spatial 1 with inter-layer, references 1 and 3 back.
    let descriptor = Descriptor::parse(&[0xF5, 0x05, 0x43, 0x03, 0x06, 0xDD]).unwrap();
    assert_eq!(descriptor.picture_id, Some(PictureId::Short(5)));
    let layer = Layer {
        temporal: 2,
        spatial: 1,
        switching_up: false,
        inter_layer: true,
    };
    assert_eq!(descriptor.layer, Some(layer));
    assert_eq!(descriptor.tl0_picture_index, None);
    assert_eq!(descriptor.differences(), [1, 3]);
    assert!(descriptor.frame_end && !descriptor.frame_start && descriptor.not_a_reference_for_higher);
    assert!(!descriptor.is_keyframe());
    assert_eq!(descriptor.data, [0xDD]);
    assert_eq!(
        Descriptor::parse(&[0x50, 3, 3, 3, 3]),
        Err(Error::TooMany("references"))
    );
}

#[test]
fn upper_layers_of_a_keyframe_picture_are_not_keyframes() {
    // I L B, spatial 1, inter-layer: refers to nothing earlier, but to the layer below.
    assert!(
        !Descriptor::parse(&[0xA8, 0x05, 0x03, 0x09, 0xDD])
            .unwrap()
            .is_keyframe()
    );
    assert!(Descriptor::parse(&[0x08, 0xDD]).unwrap().is_keyframe());
}

#[test]
fn rewriting_keeps_widths_and_neighbours() {
    let mut payload = KEYFRAME;
    rewrite(
        &mut payload,
        &Rewrite {
            picture_id: Some(0x9234),
            tl0_picture_index: Some(77),
        },
    )
    .unwrap();
    let mut expected = KEYFRAME;
    (expected[1], expected[2], expected[4]) = (0x92, 0x34, 77);
    assert_eq!(payload, expected);
    let mut flexible = [0xF5, 0x05, 0x43, 0x03, 0x06, 0xDD];
    rewrite(
        &mut flexible,
        &Rewrite {
            picture_id: Some(0x81),
            tl0_picture_index: Some(77),
        },
    )
    .unwrap();
    assert_eq!(flexible, [0xF5, 0x01, 0x43, 0x03, 0x06, 0xDD]);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(mut payload in prop::collection::vec(any::<u8>(), 0..60), id: u16, byte: u8) {
        let read = Descriptor::parse(&payload).map(|descriptor| {
            let _ = (descriptor.is_keyframe(), descriptor.differences().len());
            if let Some(structure) = descriptor.structure {
                let _ = (structure.sizes().count(), structure.group().count());
            }
            (descriptor.layer, descriptor.data.len())
        });
        let rewritten = rewrite(&mut payload, &Rewrite { picture_id: Some(id), tl0_picture_index: Some(byte) });
        if let Ok(before) = read {
            prop_assert_eq!(rewritten, Ok(()));
            let descriptor = Descriptor::parse(&payload).unwrap();
            prop_assert_eq!((descriptor.layer, descriptor.data.len()), before);
            prop_assert_eq!(descriptor.tl0_picture_index.unwrap_or(byte), byte);
            if let Some(picture) = descriptor.picture_id {
                prop_assert_eq!(picture.value(), id & (picture.cycle() - 1));
            }
        }
    }
}
