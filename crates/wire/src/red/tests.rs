use proptest::prelude::*;

use super::*;

/// The shape of the example in RFC 2198 §5: one earlier frame of 20 ms at 8 kHz (160 ticks), then the newest.
const EXAMPLE: [u8; 10] = [0x80 | 0x07, 0x02, 0x80, 0x03, 0x05, 0xA1, 0xA2, 0xA3, 0xB1, 0xB2];

#[test]
fn earlier_and_newest_frames_are_read() {
    let payload = Payload::parse(&EXAMPLE).unwrap();
    let earlier = Block {
        payload_type: 7,
        timestamp_offset: 160,
        data: &[0xA1, 0xA2, 0xA3],
    };
    let newest = Block {
        payload_type: 5,
        timestamp_offset: 0,
        data: &[0xB1, 0xB2],
    };
    assert_eq!(payload.redundant().collect::<Vec<_>>(), [earlier]);
    assert_eq!(payload.primary(), newest);
    let mut out = [0; 10];
    assert_eq!(write(&mut out, &[earlier], &newest), Ok(10));
    assert_eq!(out, EXAMPLE);
}

#[test]
fn a_payload_may_hold_the_newest_frame_alone() {
    let payload = Payload::parse(&[111, 1, 2]).unwrap();
    assert_eq!(payload.redundant().count(), 0);
    assert_eq!(payload.primary().data, [1, 2]);
}

#[test]
fn cut_payloads_are_errors() {
    for len in 0..8 {
        assert!(Payload::parse(&EXAMPLE[..len]).is_err(), "{len} bytes");
    }
    assert!(Payload::parse(&EXAMPLE[..8]).unwrap().primary().data.is_empty());
}

#[test]
fn what_does_not_fit_a_block_is_refused() {
    let mut out = [0; 2048];
    let fine = Block {
        payload_type: 111,
        timestamp_offset: 0,
        data: &[1],
    };
    let refused = |block, error| assert_eq!(write(&mut [0; 2048], &[block], &fine), Err(error));
    refused(
        Block {
            data: &[0; 1024],
            ..fine
        },
        Error::OutOfRange("redundant block"),
    );
    refused(
        Block {
            timestamp_offset: 0x4000,
            ..fine
        },
        Error::OutOfRange("timestamp offset"),
    );
    refused(
        Block {
            payload_type: 128,
            ..fine
        },
        Error::OutOfRange("payload type"),
    );
    assert_eq!(
        write(
            &mut out,
            &[],
            &Block {
                payload_type: 128,
                ..fine
            }
        ),
        Err(Error::OutOfRange("payload type"))
    );
    assert_eq!(write(&mut out[..6], &[fine], &fine), Err(Error::NoRoom));
    assert_eq!(write(&mut out[..7], &[fine], &fine), Ok(7));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(payload) = Payload::parse(&bytes) {
            let data: usize = payload.redundant().map(|block| block.data.len()).sum();
            let used = data.saturating_add(payload.redundant().count().saturating_mul(4));
            prop_assert_eq!(used.saturating_add(payload.primary().data.len()).saturating_add(1), bytes.len());
        }
    }

    #[test]
    fn what_is_written_is_read(
        blocks in prop::collection::vec((0_u8..128, 0_u16..0x4000, prop::collection::vec(any::<u8>(), 0..200)), 1..5),
    ) {
        let blocks: Vec<_> = blocks.iter().map(|(payload_type, offset, data)|
            Block { payload_type: *payload_type, timestamp_offset: *offset, data }).collect();
        let (primary, redundant) = blocks.split_last().unwrap();
        let primary = Block { timestamp_offset: 0, ..*primary };
        let mut out = [0; 2048];
        let len = write(&mut out, redundant, &primary).unwrap();
        let payload = Payload::parse(&out[..len]).unwrap();
        prop_assert_eq!(payload.redundant().collect::<Vec<_>>(), redundant);
        prop_assert_eq!(payload.primary(), primary);
    }
}
