use proptest::prelude::*;

use super::*;

fn kinds(payload: &[u8]) -> Vec<NalType> {
    Payload::parse(payload)
        .unwrap()
        .nals()
        .map(|nal| nal.kind)
        .collect()
}

#[test]
fn single_units_are_known_by_their_type() {
    assert_eq!(kinds(&[0x65, 0x88]), [NalType::Idr]);
    assert_eq!(kinds(&[0x41, 0x9A]), [NalType::Slice]);
    assert_eq!(kinds(&[0x06, 0x05]), [NalType::Other(6)]);
    assert!(Payload::parse(&[0x65, 0x88]).unwrap().is_keyframe());
    assert!(Payload::parse(&[0x67, 0x42]).unwrap().is_keyframe());
    assert!(!Payload::parse(&[0x68, 0xCE]).unwrap().is_keyframe());
    assert!(!Payload::parse(&[0x41, 0x9A]).unwrap().is_keyframe());
}

#[test]
fn parameters_in_an_aggregate_begin_a_keyframe() {
    let payload = [0x78, 0, 3, 0x67, 0x42, 0xC0, 0, 2, 0x68, 0xCE, 0, 1, 0x65];
    assert_eq!(
        kinds(&payload),
        [
            NalType::SequenceParameters,
            NalType::PictureParameters,
            NalType::Idr
        ]
    );
    assert!(Payload::parse(&payload).unwrap().is_keyframe());
    assert!(Payload::parse(&payload[..12]).is_err());
    assert_eq!(
        Payload::parse(&[0x78, 0, 0]).unwrap_err(),
        Error::Invalid("NAL unit length")
    );
    assert!(
        !Payload::parse(&[0x78, 0, 2, 0x41, 0x9A, 0, 1, 0x06])
            .unwrap()
            .is_keyframe()
    );
}

#[test]
fn only_the_first_fragment_begins_a_keyframe() {
    let first = Payload::parse(&[0x7C, 0x85, 0xAA]).unwrap();
    assert!(first.is_keyframe());
    let nal = Nal {
        kind: NalType::Idr,
        start: true,
        end: false,
        data: &[0xAA],
    };
    assert_eq!(first.nals().collect::<Vec<_>>(), [nal]);
    assert!(!Payload::parse(&[0x7C, 0x05, 0xAA]).unwrap().is_keyframe());
    let last = Payload::parse(&[0x7C, 0x45, 0xAA]).unwrap();
    assert!(!last.is_keyframe() && last.nals().all(|nal| nal.end));
    assert!(!Payload::parse(&[0x7C, 0x81, 0xAA]).unwrap().is_keyframe());
}

#[test]
fn interleaved_packets_are_refused() {
    for kind in [0, 25, 26, 27, 29, 30, 31] {
        assert_eq!(
            Payload::parse(&[0x60 | kind, 0, 0]).unwrap_err(),
            Error::Invalid("NAL unit type")
        );
    }
    assert_eq!(Payload::parse(&[]).unwrap_err(), Error::Truncated);
    assert_eq!(Payload::parse(&[0x7C]).unwrap_err(), Error::Truncated);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(payload in prop::collection::vec(any::<u8>(), 0..60), aggregate: bool) {
        let mut payload = payload;
        if let (true, Some(first)) = (aggregate, payload.first_mut()) {
            *first = 0x78;
        }
        if let Ok(parsed) = Payload::parse(&payload) {
            let _ = parsed.is_keyframe();
            prop_assert!(parsed.nals().all(|nal| nal.data.len() <= payload.len()));
        }
    }

    #[test]
    fn aggregates_hold_what_was_put_in(units in prop::collection::vec((1_u8..24, prop::collection::vec(any::<u8>(), 0..20)), 0..6)) {
        let mut payload = vec![0x78];
        for (kind, data) in &units {
            payload.extend(u16::try_from(data.len().saturating_add(1)).unwrap().to_be_bytes());
            payload.push(0x60 | kind);
            payload.extend(data);
        }
        let parsed = Payload::parse(&payload).unwrap();
        let read: Vec<_> = parsed.nals().map(|nal| (nal.data[0] & TYPE_MASK, nal.data[1..].to_vec())).collect();
        prop_assert_eq!(read, units);
    }
}
