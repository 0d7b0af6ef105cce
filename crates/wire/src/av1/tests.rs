#![allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]

use proptest::prelude::*;

use super::*;

#[test]
fn the_last_element_of_a_count_has_no_length() {
    // The example of §4.5: 303 bytes, two elements of 200 and 100 bytes, the first with two bytes of length.
    let mut bytes = vec![0x28, 0xC8, 0x01];
    bytes.extend([1; 200]);
    bytes.extend([2; 100]);
    assert_eq!(bytes.len(), 303);
    let payload = Payload::parse(&bytes).unwrap();
    let header = AggregationHeader {
        continues: false,
        continued: false,
        element_count: 2,
        new_sequence: true,
    };
    assert_eq!(payload.header(), header);
    assert!(payload.is_keyframe());
    let elements: Vec<_> = payload.elements().map(<[u8]>::len).collect();
    assert_eq!(elements, [200, 100]);
}

#[test]
fn without_a_count_all_elements_have_lengths() {
    let payload = Payload::parse(&[0xC0, 2, 0xAA, 0xBB, 0, 1, 0xCC]).unwrap();
    assert!(payload.header().continues && payload.header().continued && !payload.is_keyframe());
    let expected: [&[u8]; 3] = [&[0xAA, 0xBB], &[], &[0xCC]];
    assert_eq!(payload.elements().collect::<Vec<_>>(), expected);
    assert_eq!(Payload::parse(&[0xC0, 2, 0xAA]).unwrap_err(), Error::Truncated);
}

#[test]
fn a_sequence_never_begins_with_a_continuation() {
    assert_eq!(
        Payload::parse(&[0x88]).unwrap_err(),
        Error::Invalid("aggregation header")
    );
}

#[test]
fn endless_lengths_are_refused() {
    let mut bytes = vec![0x00];
    bytes.extend([0x80; 9]);
    assert_eq!(
        Payload::parse(&bytes).unwrap_err(),
        Error::Invalid("OBU element length")
    );
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(header) = AggregationHeader::parse(&bytes) {
            prop_assert_eq!(header.to_byte(), bytes[0] & 0xF8);
        }
        if let Ok(payload) = Payload::parse(&bytes) {
            prop_assert!(payload.elements().map(<[u8]>::len).sum::<usize>() < bytes.len());
        }
    }

    #[test]
    fn elements_are_what_was_put_in(elements in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..4), counted: bool) {
        let mut bytes = vec![if counted { u8::try_from(elements.len()).unwrap() << 4 } else { 0 }];
        for (at, element) in elements.iter().enumerate() {
            if !counted || at + 1 < elements.len() {
                let len = u8::try_from(element.len()).unwrap();
                bytes.extend([len | 0x80, len >> 7].iter().take(if len < 128 { 0 } else { 2 }));
                bytes.extend((len < 128).then_some(len));
            }
            bytes.extend(element);
        }
        let payload = Payload::parse(&bytes).unwrap();
        prop_assert_eq!(payload.elements().collect::<Vec<_>>(), elements);
    }
}
