#![allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]

use proptest::prelude::*;

use super::*;

/// The first packet of a 640 × 480 keyframe as browsers send it: 15-bit picture id, TL0, layer and key index.
const KEYFRAME: [u8; 16] = [
    0x90, 0xF0, 0x91, 0x23, 0x07, 0x25, 0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01,
];

#[test]
fn a_full_descriptor_is_read() {
    let descriptor = Descriptor::parse(&KEYFRAME).unwrap();
    assert_eq!(descriptor.picture_id, Some(PictureId::Long(0x1123)));
    assert_eq!(descriptor.tl0_picture_index, Some(7));
    assert_eq!(
        descriptor.temporal,
        Some(Temporal {
            id: 0,
            layer_sync: true
        })
    );
    assert_eq!(descriptor.key_index, Some(5));
    assert!(descriptor.is_frame_start() && descriptor.is_keyframe() && !descriptor.non_reference);
    assert_eq!(descriptor.size(), Some((640, 480)));
    assert_eq!(descriptor.descriptor_len(), 6);
    assert_eq!(descriptor.data, &KEYFRAME[6..]);
}

#[test]
fn the_smallest_descriptor_is_one_byte() {
    let descriptor = Descriptor::parse(&[0x10, 0x01]).unwrap();
    assert_eq!(
        (descriptor.picture_id, descriptor.temporal, descriptor.key_index),
        (None, None, None)
    );
    assert_eq!(descriptor.descriptor_len(), 1);
    assert!(!descriptor.is_keyframe());
    // RFC 7741 §4.2: a second partition never starts a picture.
    assert!(!Descriptor::parse(&[0x11, 0x00]).unwrap().is_keyframe());
}

#[test]
fn short_picture_ids_take_one_byte() {
    let descriptor = Descriptor::parse(&[0xA0, 0x80, 0x11, 0xFF]).unwrap();
    assert_eq!(descriptor.picture_id, Some(PictureId::Short(0x11)));
    assert_eq!(descriptor.picture_id.unwrap().cycle(), 128);
    assert!(descriptor.non_reference);
    assert_eq!(descriptor.data, [0xFF]);
}

#[test]
fn a_cut_descriptor_is_an_error_and_cut_data_has_no_size() {
    for len in 0..6 {
        assert_eq!(Descriptor::parse(&KEYFRAME[..len]), Err(Error::Truncated));
    }
    for len in 7..16 {
        let descriptor = Descriptor::parse(&KEYFRAME[..len]).unwrap();
        assert!(descriptor.is_keyframe());
        assert_eq!(descriptor.size(), None);
    }
    assert!(!Descriptor::parse(&KEYFRAME[..6]).unwrap().is_keyframe());
}

#[test]
fn encrypted_data_has_no_size() {
    let mut payload = KEYFRAME;
    payload[10] = 0;
    assert_eq!(Descriptor::parse(&payload).unwrap().size(), None);
}

#[test]
fn rewriting_keeps_widths_and_neighbours() {
    let mut payload = KEYFRAME;
    let numbers = Rewrite {
        picture_id: Some(0xFFFF),
        tl0_picture_index: Some(8),
        key_index: Some(0x3E),
    };
    rewrite(&mut payload, &numbers).unwrap();
    let descriptor = Descriptor::parse(&payload).unwrap();
    assert_eq!(descriptor.picture_id, Some(PictureId::Long(0x7FFF)));
    assert_eq!(descriptor.tl0_picture_index, Some(8));
    assert_eq!(
        descriptor.temporal,
        Some(Temporal {
            id: 0,
            layer_sync: true
        })
    );
    assert_eq!(descriptor.key_index, Some(0x1E));
    assert_eq!(descriptor.data, &KEYFRAME[6..]);
    let mut payload = [0x80, 0x80, 0x11, 0xFF];
    rewrite(
        &mut payload,
        &Rewrite {
            picture_id: Some(0x81),
            ..Rewrite::default()
        },
    )
    .unwrap();
    assert_eq!(payload, [0x80, 0x80, 0x01, 0xFF]);
    let mut payload = [0x10, 0x01];
    rewrite(&mut payload, &numbers).unwrap();
    assert_eq!(payload, [0x10, 0x01]);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(mut payload in prop::collection::vec(any::<u8>(), 0..20), id: u16, byte: u8) {
        let read = Descriptor::parse(&payload).map(|descriptor| {
            let _ = (descriptor.is_keyframe(), descriptor.size());
            descriptor.data.len()
        });
        let numbers = Rewrite { picture_id: Some(id), tl0_picture_index: Some(byte), key_index: Some(byte) };
        let rewritten = rewrite(&mut payload, &numbers);
        if let Ok(data_len) = read {
            prop_assert_eq!(rewritten, Ok(()));
            let descriptor = Descriptor::parse(&payload).unwrap();
            prop_assert_eq!(descriptor.data.len(), data_len);
            prop_assert_eq!(descriptor.tl0_picture_index.unwrap_or(byte), byte);
            prop_assert_eq!(descriptor.key_index.unwrap_or(byte & 31), byte & 31);
            if let Some(picture) = descriptor.picture_id {
                prop_assert_eq!(picture.value(), id & (picture.cycle() - 1));
            }
        }
    }
}
