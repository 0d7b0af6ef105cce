#![allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]

use proptest::prelude::*;

use super::*;

fn written(fill: impl FnOnce(&mut Writer<'_>) -> Result<()>) -> Vec<u8> {
    let mut out = vec![0xEE; 4096];
    let mut writer = Writer::new(&mut out);
    fill(&mut writer).unwrap();
    let len = writer.position();
    out.truncate(len);
    out
}

fn only(bytes: &[u8]) -> Block<'_> {
    let mut blocks = Compound::new(bytes);
    let block = blocks.next().unwrap().unwrap();
    assert!(blocks.next().is_none());
    block
}

#[test]
fn a_sender_report_is_read_byte_by_byte() {
    let bytes = [
        0x81, 200, 0, 12, 1, 2, 3, 4, // header, sender
        0xE1, 0, 0, 1, 0x80, 0, 0, 2, 0, 0, 0x10, 0, 0, 0, 0, 7, 0, 0, 1, 0, // info
        5, 6, 7, 8, 0x40, 0xFF, 0xFF, 0xFE, 0, 1, 0, 9, 0, 0, 0, 11, 0, 1, 0x80, 0, 0, 2, 0,
        0, // report block
    ];
    let Block::SenderReport(report) = only(&bytes) else {
        panic!("wrong block")
    };
    assert_eq!(report.ssrc(), 0x0102_0304);
    let info = SenderInfo {
        ntp: 0xE100_0001_8000_0002,
        rtp_timestamp: 4096,
        packet_count: 7,
        octet_count: 256,
    };
    assert_eq!(report.info(), info);
    assert_eq!(info.ntp_middle(), 0x0001_8000);
    let block = ReportBlock {
        ssrc: 0x0506_0708,
        fraction_lost: 64,
        cumulative_lost: -2,
        highest_sequence: 0x0001_0009,
        jitter: 11,
        last_sr: 0x0001_8000,
        delay_since_last_sr: 2 << 16,
    };
    assert_eq!(report.reports().collect::<Vec<_>>(), [block]);
    assert_eq!(
        written(|writer| writer.sender_report(0x0102_0304, &info, &[block])),
        bytes
    );
}

#[test]
fn a_bitrate_estimate_as_browsers_send_it_is_read() {
    let bytes = [
        143, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 82, 69, 77, 66, 1, 26, 32, 223, 72, 116, 237, 22,
    ];
    let Block::Remb(remb) = only(&bytes) else {
        panic!("wrong block")
    };
    assert_eq!((remb.sender_ssrc, remb.bitrate_bps), (1, 8_927_168));
    assert_eq!(remb.ssrcs().collect::<Vec<_>>(), [1_215_622_422]);
    assert_eq!(
        written(|writer| writer.remb(1, 8_927_168, &[1_215_622_422])),
        bytes
    );
}

#[test]
fn an_estimate_beyond_64_bits_is_the_largest() {
    let bytes = [
        143, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 82, 69, 77, 66, 0, 0xFF, 0xFF, 0xFF,
    ];
    let Block::Remb(remb) = only(&bytes) else {
        panic!("wrong block")
    };
    assert_eq!(remb.bitrate_bps, u64::MAX);
}

#[test]
fn other_application_feedback_is_unknown() {
    let bytes = [143, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];
    let Block::Unknown(unknown) = only(&bytes) else {
        panic!("wrong block")
    };
    assert_eq!((unknown.kind, unknown.count, unknown.body.len()), (206, 15, 12));
}

#[test]
fn a_nack_names_its_first_packet_and_those_of_its_mask() {
    let bytes = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFE, 0x80, 0x05];
    let Block::Nack(nack) = only(&bytes) else {
        panic!("wrong block")
    };
    assert_eq!((nack.sender_ssrc, nack.media_ssrc), (1, 2));
    assert_eq!(nack.lost().collect::<Vec<_>>(), [65_534, 65_535, 1, 14]);
    assert_eq!(
        written(|writer| writer.nack(1, 2, [65_534, 65_535, 1, 14])),
        bytes
    );
}

#[test]
fn a_compound_keeps_its_order_and_goes_on_behind_broken_blocks() {
    let mut bytes = written(|writer| {
        writer.receiver_report(9, &[ReportBlock::default()])?;
        writer.source_description(&[(9, "somebody"), (10, "x")])?;
        writer.pli(9, 5)?;
        writer.fir(
            9,
            &[FirEntry {
                ssrc: 5,
                sequence: 200,
            }],
        )?;
        writer.bye(&[9, 10], "gone")
    });
    let mut blocks = Compound::new(&bytes).map(Result::unwrap);
    assert!(matches!(blocks.next(), Some(Block::ReceiverReport(report)) if report.reports().count() == 1));
    let Some(Block::SourceDescription(description)) = blocks.next() else {
        panic!("wrong block")
    };
    let names: Vec<_> = description
        .chunks()
        .map(|chunk| (chunk.ssrc, chunk.cname().unwrap()))
        .collect();
    assert_eq!(names, [(9, b"somebody".as_slice()), (10, b"x")]);
    assert!(matches!(
        blocks.next(),
        Some(Block::Pli(Pli {
            sender_ssrc: 9,
            media_ssrc: 5
        }))
    ));
    let Some(Block::Fir(fir)) = blocks.next() else {
        panic!("wrong block")
    };
    assert_eq!(
        fir.entries().collect::<Vec<_>>(),
        [FirEntry {
            ssrc: 5,
            sequence: 200
        }]
    );
    let Some(Block::Bye(bye)) = blocks.next() else {
        panic!("wrong block")
    };
    assert_eq!(bye.ssrcs().collect::<Vec<_>>(), [9, 10]);
    assert_eq!(bye.reason(), Some(b"gone".as_slice()));
    assert!(blocks.next().is_none());
    // Two report blocks are promised, one is there.
    bytes[0] = 0x82;
    let results: Vec<_> = Compound::new(&bytes).map(|block| block.is_ok()).collect();
    assert_eq!(results, [false, true, true, true, true]);
    // Framing that is cut ends the walk.
    let results: Vec<_> = Compound::new(&bytes[..bytes.len() - 1])
        .map(|block| block.is_ok())
        .collect();
    assert_eq!(results, [false, true, true, true, false]);
}

#[test]
fn padding_is_cut_off_the_last_packet() {
    let mut bytes = written(|writer| writer.pli(1, 2));
    bytes.extend([0, 0, 0, 4]);
    (bytes[0], bytes[3]) = (0xA1, 3);
    assert!(matches!(only(&bytes), Block::Pli(_)));
    for wrong in [0, 13] {
        bytes[15] = wrong;
        assert_eq!(Compound::new(&bytes).next().unwrap().unwrap_err(), Error::Padding);
    }
}

#[test]
fn lost_counts_stick_at_the_ends_of_24_bits() {
    for (count, kept) in [(i32::MAX, 0x007F_FFFF), (i32::MIN, -0x0080_0000), (-1, -1)] {
        let block = ReportBlock {
            cumulative_lost: count,
            ..ReportBlock::default()
        };
        let bytes = written(|writer| writer.receiver_report(1, &[block]));
        let Block::ReceiverReport(report) = only(&bytes) else {
            panic!("wrong block")
        };
        assert_eq!(report.reports().next().unwrap().cumulative_lost, kept);
    }
}

#[test]
fn a_packet_that_does_not_fit_leaves_the_compound_as_it_was() {
    let mut out = [0; 40];
    let mut writer = Writer::new(&mut out);
    writer.pli(1, 2).unwrap();
    assert_eq!(
        writer.receiver_report(1, &[ReportBlock::default()]),
        Err(Error::NoRoom)
    );
    assert_eq!(writer.position(), 12);
    writer.bye(&[1], "").unwrap();
    let len = writer.position();
    assert_eq!(Compound::new(&out[..len]).flatten().count(), 2);
}

#[test]
fn lists_that_do_not_fit_their_counts_are_refused() {
    let mut out = [0; 4096];
    let mut writer = Writer::new(&mut out);
    assert_eq!(
        writer.receiver_report(1, &[ReportBlock::default(); 32]),
        Err(Error::OutOfRange("count"))
    );
    assert_eq!(writer.nack(1, 2, []), Err(Error::OutOfRange("NACK list")));
    assert_eq!(writer.fir(1, &[]), Err(Error::OutOfRange("FIR list")));
    assert_eq!(
        writer.source_description(&[(1, &"x".repeat(256))]),
        Err(Error::OutOfRange("CNAME"))
    );
    assert_eq!(writer.position(), 0);
}

#[test]
fn arrival_times_travel_in_a_compound() {
    let arrivals = [twcc::Arrival {
        sequence: 7,
        ticks: 300,
    }];
    let report = twcc::Report {
        sender_ssrc: 1,
        media_ssrc: 2,
        feedback_count: 0,
        base_sequence: 6,
        arrivals: &arrivals,
    };
    let bytes = written(|writer| {
        writer.receiver_report(1, &[])?;
        writer
            .transport_feedback(&report)
            .map(|written| assert_eq!(written.next_base, 8))
    });
    let Some(Ok(Block::TransportFeedback(feedback))) = Compound::new(&bytes).nth(1) else {
        panic!("wrong block")
    };
    assert_eq!(
        feedback.arrivals().collect::<Vec<_>>(),
        [(6, None), (7, Some(300))]
    );
}

/// Look at everything a block has to say.
fn exhaust(block: Block<'_>) {
    match block {
        Block::SenderReport(report) => assert!(report.reports().count() < 32),
        Block::ReceiverReport(report) => assert!(report.reports().count() < 32),
        Block::SourceDescription(names) => {
            names
                .chunks()
                .for_each(|chunk| assert!(chunk.items().all(|(_, text)| text.len() < 256)));
        }
        Block::Bye(bye) => assert!(bye.ssrcs().count() < 32),
        Block::Nack(nack) => assert!(nack.lost().count() >= nack.pairs().len()),
        Block::Fir(fir) => drop(fir.entries().count()),
        Block::Remb(remb) => assert!(remb.ssrcs().count() < 256),
        Block::TransportFeedback(feedback) => drop(feedback.arrivals().count()),
        Block::Pli(_) | Block::Unknown(_) => {}
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        Compound::new(&bytes).flatten().for_each(exhaust);
    }

    #[test]
    fn random_bodies_never_panic(
        packets in prop::collection::vec(
            (0_u8..32, 198_u8..208, any::<bool>(), prop::collection::vec(any::<[u8; 4]>(), 0..20)), 1..5),
    ) {
        let mut bytes = Vec::new();
        for (count, kind, padding, words) in &packets {
            bytes.extend([0x80 | count | if *padding { 0x20 } else { 0 }, *kind, 0, u8::try_from(words.len()).unwrap()]);
            bytes.extend(words.iter().flatten());
        }
        prop_assert_eq!(Compound::new(&bytes).count(), packets.len());
        Compound::new(&bytes).flatten().for_each(exhaust);
    }

    #[test]
    fn written_nacks_name_exactly_what_was_lost(start: u16, steps in prop::collection::vec(1_u16..40, 1..100)) {
        let mut sequence = start;
        let lost: Vec<u16> = steps.iter().map(|step| { sequence = sequence.wrapping_add(*step); sequence }).collect();
        let bytes = written(|writer| writer.nack(1, 2, lost.iter().copied()));
        let Block::Nack(nack) = only(&bytes) else { panic!("wrong block") };
        prop_assert_eq!(nack.lost().collect::<Vec<_>>(), lost);
    }

    #[test]
    fn written_estimates_keep_18_bits(bitrate: u64, shift in 0_u32..64) {
        let bitrate = bitrate >> shift;
        let bytes = written(|writer| writer.remb(1, bitrate, &[]));
        let Block::Remb(remb) = only(&bytes) else { panic!("wrong block") };
        prop_assert!(remb.bitrate_bps <= bitrate);
        prop_assert!(bitrate - remb.bitrate_bps <= bitrate >> 17);
    }

    #[test]
    fn reports_survive_both_ways(
        ssrc: u32, ntp: u64, rtp_timestamp: u32, counts: (u32, u32), lost in -0x0080_0000_i32..0x0080_0000,
        words: [u32; 5], fraction_lost: u8,
    ) {
        let info = SenderInfo { ntp, rtp_timestamp, packet_count: counts.0, octet_count: counts.1 };
        let [source, highest_sequence, jitter, last_sr, delay_since_last_sr] = words;
        let block = ReportBlock {
            ssrc: source, fraction_lost, cumulative_lost: lost, highest_sequence, jitter, last_sr, delay_since_last_sr,
        };
        let bytes = written(|writer| writer.sender_report(ssrc, &info, &[block; 3]));
        let Block::SenderReport(report) = only(&bytes) else { panic!("wrong block") };
        prop_assert_eq!((report.ssrc(), report.info()), (ssrc, info));
        prop_assert_eq!(report.reports().collect::<Vec<_>>(), [block; 3]);
    }

    #[test]
    fn names_survive_both_ways(names in prop::collection::vec((any::<u32>(), "[a-z]{0,40}"), 0..31)) {
        let borrowed: Vec<(u32, &str)> = names.iter().map(|(ssrc, name)| (*ssrc, name.as_str())).collect();
        let bytes = written(|writer| writer.source_description(&borrowed));
        let Block::SourceDescription(description) = only(&bytes) else { panic!("wrong block") };
        let read: Vec<_> = description.chunks().map(|chunk| (chunk.ssrc, chunk.cname().unwrap().to_vec())).collect();
        let expected: Vec<_> = names.into_iter().map(|(ssrc, name)| (ssrc, name.into_bytes())).collect();
        prop_assert_eq!(read, expected);
    }
}
