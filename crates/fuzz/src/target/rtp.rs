//! RTP packets.

use hubbub_wire::extension::{
    AbsoluteSendTime, AudioLevel, PlayoutDelay, TransportSequence, VideoOrientation, media_id, stream_id,
};
use hubbub_wire::rtp::{Header, HeaderFields, HeaderMut, Packet, is_rtcp, write_header};

use super::{Subject, about, outcome};

/// Plain packets, read, then rewritten in place.
pub(super) struct Packets;

impl Subject for Packets {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let one_byte: &[(u8, &[u8])] = &[
            (1, &[0x85]),
            (3, &[0, 7]),
            (4, b"0"),
            (5, &[1, 2, 3]),
            (10, b"hi"),
        ];
        let two_byte: &[(u8, &[u8])] = &[(20, &[]), (3, &[0, 7, 0x80, 9]), (5, &[0x10, 0x20, 0x30])];
        let csrcs = [7, 8, 9];
        [&[][..], one_byte, two_byte]
            .into_iter()
            .flat_map(|extensions| [(extensions, &[][..]), (extensions, &csrcs[..])])
            .map(|(extensions, csrcs)| {
                let mut packet = vec![0; 128];
                let fields = HeaderFields {
                    padding: !csrcs.is_empty(),
                    payload_type: 111,
                    sequence: 65_535,
                    ssrc: 42,
                    csrcs,
                    ..HeaderFields::default()
                };
                let len = write_header(&mut packet, &fields, extensions).expect("it fits");
                packet.truncate(len);
                packet.extend([1, 2, 3, 4, 0, 0, 0, 4]);
                packet
            })
            .collect()
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let header = match Header::parse(input) {
            Ok(header) => header,
            Err(error) => return outcome((error.to_string(), is_rtcp(input))),
        };
        assert!(header.header_len() <= input.len());
        assert!(header.preamble_len() <= header.header_len());
        let mut values = 0;
        for extension in header.extensions() {
            values += values_read(extension.value);
            assert!(header.extension(extension.id).is_some());
        }
        let packet = Packet::parse(input);
        if let Ok(packet) = &packet {
            let whole = packet.header_len() + packet.payload().len() + packet.padding_len();
            assert_eq!(whole, input.len(), "no byte is lost or counted twice");
        }
        rewrite(input);
        outcome((
            about(header.csrcs().len()),
            header.extension_profile().is_some(),
            about(header.extensions().count()),
            about(values),
            packet
                .map(|packet| about(packet.padding_len()))
                .map_err(|error| error.to_string()),
        ))
    }
}

/// How many readings of an extension's value succeed.
fn values_read(value: &[u8]) -> usize {
    let sequence = TransportSequence::parse(value).is_ok_and(|read| read.request.is_some());
    let readings = [
        AudioLevel::parse(value).is_ok_and(|read| read.voice),
        AbsoluteSendTime::parse(value).is_ok(),
        PlayoutDelay::parse(value).is_ok_and(|read| read.to_bytes().is_ok()),
        VideoOrientation::parse(value)
            .is_ok_and(|read| VideoOrientation::parse(&read.to_bytes()) == Ok(read)),
        stream_id(value).is_ok(),
        media_id(value).is_ok(),
        sequence,
    ];
    readings.into_iter().filter(|read| *read).count()
}

/// Rewriting changes what it names and nothing else.
fn rewrite(input: &[u8]) {
    let mut copy = input.to_vec();
    let mut header = HeaderMut::parse(&mut copy).expect("it was just read");
    header.set_sequence(0xABCD);
    header.set_ssrc(0xDEAD_BEEF);
    header.set_timestamp(0x1234_5678);
    header.set_payload_type(96);
    header.set_marker(true);
    let renumbered = header.renumber_extension(3, 9).unwrap_or(false);
    if let Some(value) = header.extension_value_mut(9) {
        value.fill(0x55);
    }
    let (before, after) = (
        Header::parse(input).expect("it was read before"),
        Header::parse(&copy).expect("rewriting keeps a packet one"),
    );
    assert_eq!(
        (
            after.sequence(),
            after.ssrc(),
            after.timestamp(),
            after.payload_type(),
            after.marker()
        ),
        (0xABCD, 0xDEAD_BEEF, 0x1234_5678, 96, true)
    );
    assert_eq!(before.header_len(), after.header_len());
    assert_eq!(before.extensions().count(), after.extensions().count());
    assert_eq!(input.get(before.header_len()..), copy.get(before.header_len()..));
    if renumbered {
        let value = after.extension(9).expect("it was renumbered");
        assert!(value.iter().all(|byte| *byte == 0x55) || before.extension(9).is_some());
    }
}
