#![allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]

use proptest::prelude::*;

use super::*;

/// Marker, payload type 96, sequence 0x1234, one CSRC, one-byte extensions in the layout of the figure in RFC
/// 8285 §4.2.
const ONE_BYTE: [u8; 37] = [
    0x91, 0xE0, 0x12, 0x34, 0xDE, 0xAD, 0xBE, 0xEF, 0x01, 0x02, 0x03, 0x04, 0x0A, 0x0B, 0x0C,
    0x0D, // fixed, CSRC
    0xBE, 0xDE, 0x00, 0x03, 0x10, 0x55, 0x21, 0x66, 0x77, 0x00, 0x00, 0x33, 0x81, 0x82, 0x83,
    0x84, // extensions
    0xF0, 0xF1, 0xF2, 0xF3, 0xF4, // payload
];

/// Two-byte extensions in the layout of the figure in RFC 8285 §4.3: an empty value, padding between, four
/// bytes.
const TWO_BYTE: [u8; 29] = [
    0x90, 0x60, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03, // fixed
    0x10, 0x05, 0x00, 0x03, 0x01, 0x00, 0x02, 0x01, 0x66, 0x00, 0x63, 0x04, 0x81, 0x82, 0x83,
    0x84, // extensions
    0xAA,
];

#[test]
fn one_byte_extensions_are_read() {
    let packet = Packet::parse(&ONE_BYTE).unwrap();
    assert!(packet.marker());
    assert_eq!(packet.payload_type(), 96);
    assert_eq!(packet.sequence(), 0x1234);
    assert_eq!(packet.timestamp(), 0xDEAD_BEEF);
    assert_eq!(packet.ssrc(), 0x0102_0304);
    assert_eq!(packet.csrcs().collect::<Vec<_>>(), [0x0A0B_0C0D]);
    let extensions: Vec<_> = packet
        .extensions()
        .map(|extension| (extension.id, extension.value))
        .collect();
    let expected: [(u8, &[u8]); 3] = [(1, &[0x55]), (2, &[0x66, 0x77]), (3, &[0x81, 0x82, 0x83, 0x84])];
    assert_eq!(extensions, expected);
    assert_eq!(packet.extension(2), Some([0x66, 0x77].as_slice()));
    assert_eq!(packet.extension(4), None);
    assert_eq!((packet.header_len(), packet.preamble_len()), (32, 20));
    assert_eq!(packet.payload(), [0xF0, 0xF1, 0xF2, 0xF3, 0xF4]);
}

#[test]
fn two_byte_extensions_are_read_whatever_the_application_bits() {
    let packet = Packet::parse(&TWO_BYTE).unwrap();
    let extensions: Vec<_> = packet
        .extensions()
        .map(|extension| (extension.id, extension.value))
        .collect();
    let expected: [(u8, &[u8]); 3] = [(1, &[]), (2, &[0x66]), (0x63, &[0x81, 0x82, 0x83, 0x84])];
    assert_eq!(extensions, expected);
    assert_eq!(packet.extension_profile(), Some(0x1005));
}

#[test]
fn id_fifteen_and_lengthy_padding_end_the_block() {
    for head in [0xF0, 0x03] {
        let mut bytes = ONE_BYTE;
        bytes[22] = head;
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(
            packet
                .extensions()
                .map(|extension| extension.id)
                .collect::<Vec<_>>(),
            [1]
        );
    }
}

#[test]
fn an_extension_longer_than_its_block_ends_it() {
    let mut bytes = ONE_BYTE;
    bytes[27] = 0x3F;
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.extensions().count(), 2);
}

#[test]
fn an_unknown_profile_has_no_extensions_but_a_payload() {
    let mut bytes = ONE_BYTE;
    bytes[16] = 0x12;
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.extensions().count(), 0);
    assert_eq!(packet.payload().len(), 5);
}

#[test]
fn padding_is_cut_off() {
    let mut bytes = ONE_BYTE;
    bytes[0] |= PADDING_BIT;
    bytes[36] = 2;
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.payload(), [0xF0, 0xF1, 0xF2]);
    assert_eq!(packet.padding_len(), 2);
    bytes[36] = 5;
    assert_eq!(Packet::parse(&bytes).unwrap().payload(), []);
    for wrong in [0, 6, 255] {
        bytes[36] = wrong;
        assert_eq!(Packet::parse(&bytes).unwrap_err(), Error::Padding);
        assert!(Header::parse(&bytes).is_ok());
    }
}

#[test]
fn every_cut_within_the_header_is_an_error() {
    for len in 0..32 {
        assert_eq!(
            Packet::parse(&ONE_BYTE[..len]).unwrap_err(),
            Error::Truncated,
            "{len} bytes"
        );
    }
    assert!(Packet::parse(&ONE_BYTE[..32]).is_ok());
}

#[test]
fn other_versions_are_refused() {
    let mut bytes = ONE_BYTE;
    bytes[0] = 0x11;
    assert_eq!(Packet::parse(&bytes).unwrap_err(), Error::Version(0));
}

#[test]
fn rtcp_is_told_apart_by_the_second_byte() {
    assert!(is_rtcp(&[0x80, 200]) && is_rtcp(&[0x80, 206]) && is_rtcp(&[0x80, 192]));
    assert!(!is_rtcp(&[0x80, 96]) && !is_rtcp(&[0x80, 0xEF]) && !is_rtcp(&[0x80]));
}

#[test]
fn rewriting_touches_only_its_field() {
    let mut bytes = ONE_BYTE;
    let mut header = HeaderMut::parse(&mut bytes).unwrap();
    header.set_marker(false);
    header.set_payload_type(0xFF);
    header.set_sequence(0xFFFE);
    header.set_timestamp(1);
    header.set_ssrc(2);
    header.extension_value_mut(2).unwrap().copy_from_slice(&[9, 8]);
    assert!(header.extension_value_mut(9).is_none());
    let packet = Packet::parse(&bytes).unwrap();
    assert!(!packet.marker());
    assert_eq!(
        (
            packet.payload_type(),
            packet.sequence(),
            packet.timestamp(),
            packet.ssrc()
        ),
        (127, 0xFFFE, 1, 2)
    );
    assert_eq!(packet.extension(2), Some([9, 8].as_slice()));
    assert_eq!(packet.extension(3), Some([0x81, 0x82, 0x83, 0x84].as_slice()));
    assert_eq!(packet.payload(), &ONE_BYTE[32..]);
}

#[test]
fn extensions_are_renumbered_in_both_forms() {
    let mut bytes = ONE_BYTE;
    let mut header = HeaderMut::parse(&mut bytes).unwrap();
    assert_eq!(header.renumber_extension(3, 14), Ok(true));
    assert_eq!(header.renumber_extension(3, 13), Ok(false));
    assert_eq!(
        header.renumber_extension(2, 15),
        Err(Error::OutOfRange("extension id"))
    );
    assert_eq!(
        Packet::parse(&bytes).unwrap().extension(14),
        Some([0x81, 0x82, 0x83, 0x84].as_slice())
    );
    let mut bytes = TWO_BYTE;
    assert_eq!(
        HeaderMut::parse(&mut bytes)
            .unwrap()
            .renumber_extension(0x63, 200),
        Ok(true)
    );
    assert_eq!(
        Packet::parse(&bytes).unwrap().extension(200),
        Some([0x81, 0x82, 0x83, 0x84].as_slice())
    );
}

#[test]
fn a_written_header_is_the_one_of_the_example() {
    let fields = HeaderFields {
        marker: true,
        payload_type: 96,
        sequence: 0x1234,
        timestamp: 0xDEAD_BEEF,
        ssrc: 0x0102_0304,
        csrcs: &[0x0A0B_0C0D],
        ..HeaderFields::default()
    };
    let mut out = [0xEE; 40];
    let extensions: [(u8, &[u8]); 3] = [(1, &[0x55]), (2, &[0x66, 0x77]), (3, &[0x81, 0x82, 0x83, 0x84])];
    assert_eq!(write_header(&mut out, &fields, &extensions), Ok(32));
    assert_eq!(out[..25], ONE_BYTE[..25]);
    // Ours pads at the end, the example in the middle.
    assert_eq!(out[25..32], [0x33, 0x81, 0x82, 0x83, 0x84, 0, 0]);
    for len in 0..32 {
        assert_eq!(
            write_header(&mut out[..len], &fields, &extensions),
            Err(Error::NoRoom)
        );
    }
}

#[test]
fn what_does_not_fit_a_header_is_refused() {
    let mut out = [0; 2000];
    let fields = HeaderFields {
        payload_type: 128,
        ..HeaderFields::default()
    };
    assert_eq!(
        write_header(&mut out, &fields, &[]),
        Err(Error::OutOfRange("payload type"))
    );
    let fields = HeaderFields {
        csrcs: &[0; 16],
        ..HeaderFields::default()
    };
    assert_eq!(
        write_header(&mut out, &fields, &[]),
        Err(Error::OutOfRange("CSRC count"))
    );
    let fields = HeaderFields::default();
    assert_eq!(
        write_header(&mut out, &fields, &[(0, &[1])]),
        Err(Error::OutOfRange("extension id"))
    );
    assert_eq!(
        write_header(&mut out, &fields, &[(1, &[0; 256])]),
        Err(Error::OutOfRange("extension value"))
    );
}

#[test]
fn a_padding_probe_reads_as_an_empty_payload() {
    let mut out = [0xEE; 300];
    let fields = HeaderFields {
        padding: true,
        ..HeaderFields::default()
    };
    let header_len = write_header(&mut out, &fields, &[(3, &[0, 7])]).unwrap();
    let padding_len = write_padding(&mut out[header_len..], 255).unwrap();
    let packet = Packet::parse(&out[..header_len + padding_len]).unwrap();
    assert_eq!(packet.payload(), []);
    assert_eq!(packet.padding_len(), 255);
    assert_eq!(write_padding(&mut out, 0), Err(Error::OutOfRange("padding")));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), id: u8, force: bool) {
        if let (true, Some(first)) = (force, bytes.first_mut()) {
            *first = (*first & 0x3F) | 0x90;
        }
        if let Ok(packet) = Packet::parse(&bytes) {
            prop_assert_eq!(packet.header_len() + packet.payload().len() + packet.padding_len(), bytes.len());
            prop_assert!(packet.csrcs().count() <= 15);
            packet.extensions().for_each(|extension| assert!(extension.value.len() < 256));
            let _ = packet.extension(id);
        }
        if let Ok(mut header) = HeaderMut::parse(&mut bytes) {
            let _ = header.extension_value_mut(id).map(|value| value.fill(1));
            let _ = header.renumber_extension(id, id.wrapping_add(1));
        }
    }

    #[test]
    fn random_extension_blocks_never_panic(one_byte: bool, words in prop::collection::vec(any::<[u8; 4]>(), 0..20)) {
        let mut bytes = vec![0x90, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend(if one_byte { [0xBE, 0xDE] } else { [0x10, 0x0F] });
        bytes.extend(u16::try_from(words.len()).unwrap().to_be_bytes());
        bytes.extend(words.into_iter().flatten());
        let packet = Packet::parse(&bytes).unwrap();
        for extension in packet.extensions() {
            prop_assert!(extension.id != 0);
            prop_assert!(packet.extension(extension.id).is_some());
        }
    }

    #[test]
    fn what_is_written_is_read(
        (padding, marker, payload_type, sequence) in (any::<bool>(), any::<bool>(), 0_u8..128, any::<u16>()),
        (timestamp, ssrc) in (any::<u32>(), any::<u32>()),
        csrcs in prop::collection::vec(any::<u32>(), 0..16),
        extensions in prop::collection::btree_map(1_u8.., prop::collection::vec(any::<u8>(), 0..40), 0..8),
        payload in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let extensions: Vec<(u8, &[u8])> = extensions.iter().map(|(id, value)| (*id, value.as_slice())).collect();
        let fields = HeaderFields { padding, marker, payload_type, sequence, timestamp, ssrc, csrcs: &csrcs };
        let mut out = [0; 1000];
        let mut len = write_header(&mut out, &fields, &extensions).unwrap();
        out[len..len + payload.len()].copy_from_slice(&payload);
        len += payload.len();
        if padding {
            len += write_padding(&mut out[len..], 9).unwrap();
        }
        let packet = Packet::parse(&out[..len]).unwrap();
        let read_csrcs: Vec<u32> = packet.csrcs().collect();
        let read = HeaderFields {
            padding: packet.has_padding(),
            marker: packet.marker(),
            payload_type: packet.payload_type(),
            sequence: packet.sequence(),
            timestamp: packet.timestamp(),
            ssrc: packet.ssrc(),
            csrcs: &read_csrcs,
        };
        prop_assert_eq!(read, fields);
        let read: Vec<(u8, &[u8])> = packet.extensions().map(|extension| (extension.id, extension.value)).collect();
        prop_assert_eq!(read, extensions);
        prop_assert_eq!(packet.payload(), payload);
    }
}
