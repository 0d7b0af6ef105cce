//! RTCP.

use hubbub_wire::rtcp::{Block, Compound, FirEntry, ReportBlock, SenderInfo, Writer};
use hubbub_wire::twcc::{Arrival, Feedback, Report};

use super::{Subject, about, outcome};

const ROOM: usize = 65_536;

/// Whole compounds; blocks that can be written are made anew and must read the same.
pub(super) struct Compounds;

fn written(write: impl FnOnce(&mut Writer<'_>) -> hubbub_wire::Result<()>) -> Option<Vec<u8>> {
    let mut bytes = vec![0; ROOM];
    let mut writer = Writer::new(&mut bytes);
    write(&mut writer).ok()?;
    let len = writer.position();
    bytes.truncate(len);
    Some(bytes)
}

fn feedback_seed() -> Vec<u8> {
    let arrivals = [3, 4, 5, 9, 40, 41].map(|sequence: i64| Arrival {
        sequence: sequence.unsigned_abs(),
        ticks: 70_000 + sequence * sequence * 9,
    });
    let report = Report {
        sender_ssrc: 1,
        media_ssrc: 2,
        feedback_count: 3,
        base_sequence: 2,
        arrivals: &arrivals,
    };
    written(|writer| writer.transport_feedback(&report).map(|_| ())).expect("it fits")
}

impl Subject for Compounds {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let blocks = [ReportBlock::default(); 3];
        let info = SenderInfo {
            ntp: 1 << 40,
            ..SenderInfo::default()
        };
        let entry = FirEntry { ssrc: 5, sequence: 6 };
        let packets = [
            written(|writer| writer.sender_report(1, &info, &blocks[..2])),
            written(|writer| writer.receiver_report(1, &blocks)),
            written(|writer| writer.source_description(&[(1, "someone"), (2, "another")])),
            written(|writer| writer.bye(&[1, 2], "leaving")),
            written(|writer| writer.nack(1, 2, [10, 11, 13, 26, 99])),
            written(|writer| writer.pli(1, 2)),
            written(|writer| writer.fir(1, &[entry, entry])),
            written(|writer| writer.remb(1, 2_500_000, &[7, 8])),
            Some(feedback_seed()),
        ];
        let mut seeds: Vec<Vec<u8>> = packets.into_iter().flatten().collect();
        seeds.push(seeds.concat());
        seeds
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let mut seen = Vec::new();
        for block in Compound::new(input) {
            seen.push(match block {
                Ok(block) => kind(&block),
                Err(error) => (99, error.to_string().len()),
            });
        }
        assert!(
            seen.len() <= input.len() / 4 + 1,
            "each packet takes a word at least"
        );
        // Which kinds come together matters less than how much is in the first.
        let kinds = seen
            .iter()
            .fold(0_u32, |kinds, (kind, _)| kinds | 1 << (kind % 32));
        outcome((kinds, seen.first().map(|(kind, len)| (*kind, about(*len)))))
    }
}

/// The block's kind, and how much is in it.
fn kind(block: &Block<'_>) -> (u8, usize) {
    match block {
        Block::SenderReport(report) => {
            let blocks: Vec<_> = report.reports().collect();
            let again = written(|writer| writer.sender_report(report.ssrc(), &report.info(), &blocks));
            read_again(again, |block| {
                matches!(block, Block::SenderReport(read)
                    if read.info() == report.info() && read.reports().eq(report.reports()))
            });
            (1, blocks.len())
        }
        Block::ReceiverReport(report) => {
            let blocks: Vec<_> = report.reports().collect();
            let again = written(|writer| writer.receiver_report(report.ssrc(), &blocks));
            read_again(
                again,
                |block| matches!(block, Block::ReceiverReport(read) if read.reports().eq(report.reports())),
            );
            (2, blocks.len())
        }
        Block::SourceDescription(names) => {
            let chunks = names
                .chunks()
                .map(|chunk| chunk.items().count() + chunk.cname().map_or(0, <[u8]>::len));
            (3, names.chunks().count() + chunks.sum::<usize>())
        }
        Block::Bye(bye) => (4, bye.ssrcs().count() + usize::from(bye.reason().is_some()) * 32),
        Block::Nack(nack) => {
            let lost: Vec<_> = nack.lost().collect();
            assert!(lost.len() <= nack.pairs().len() * 17);
            if !lost.is_empty() {
                let again =
                    written(|writer| writer.nack(nack.sender_ssrc, nack.media_ssrc, lost.iter().copied()));
                read_again(again, |block| {
                    let Block::Nack(read) = block else { return false };
                    let named: Vec<_> = read.lost().collect();
                    lost.iter().all(|sequence| named.contains(sequence))
                });
            }
            (5, usize::try_from(about(lost.len())).unwrap_or_default())
        }
        Block::Pli(_) => (6, 0),
        Block::Fir(fir) => (7, fir.entries().count()),
        Block::Remb(remb) => (8, remb.ssrcs().count()),
        Block::TransportFeedback(feedback) => (9, walk(feedback)),
        Block::Unknown(unknown) => (10, usize::from(unknown.kind)),
        _ => (11, 0),
    }
}

fn read_again(bytes: Option<Vec<u8>>, same: impl Fn(&Block<'_>) -> bool) {
    let bytes = bytes.expect("what was read can be written");
    let mut compound = Compound::new(&bytes);
    let block = compound
        .next()
        .expect("one was written")
        .expect("what was written can be read");
    assert!(same(&block), "{block:?}");
    assert!(compound.next().is_none());
}

/// Walk a feedback, and write it anew as far as its numbers allow.
fn walk(feedback: &Feedback<'_>) -> usize {
    assert_eq!(feedback.statuses().count(), usize::from(feedback.status_count()));
    let arrivals: Vec<_> = (0_u64..)
        .zip(feedback.arrivals())
        .filter_map(|(at, (_, ticks))| {
            Some(Arrival {
                sequence: at + 65_536,
                ticks: ticks?,
            })
        })
        .collect();
    let report = Report {
        sender_ssrc: feedback.sender_ssrc(),
        media_ssrc: feedback.media_ssrc(),
        feedback_count: feedback.feedback_count(),
        base_sequence: 65_536,
        arrivals: &arrivals,
    };
    let mut taken = 0;
    let again = written(|writer| {
        writer
            .transport_feedback(&report)
            .map(|written| taken = written.arrivals)
    });
    if let Some(again) = again {
        read_again(Some(again), |block| {
            let Block::TransportFeedback(read) = block else {
                return false;
            };
            let ticks = read.arrivals().filter_map(|(_, ticks)| ticks).collect::<Vec<_>>();
            // The reference time wraps, so only what lies between arrivals is the same.
            let steps = |ticks: &[i64]| ticks.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
            let wanted: Vec<_> = arrivals.iter().take(taken).map(|arrival| arrival.ticks).collect();
            steps(&ticks) == steps(&wanted)
        });
    }
    usize::try_from(about(arrivals.len())).unwrap_or_default() * 32
        + usize::try_from(about(usize::from(feedback.status_count()))).unwrap_or_default()
}

/// Bodies of feedback, framed so that each reaches its parser.
pub(super) struct Feedbacks;

impl Subject for Feedbacks {
    fn seeds(&self) -> Vec<Vec<u8>> {
        vec![feedback_seed().split_off(4)]
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let words = input.len().div_ceil(4).min(usize::from(u16::MAX));
        let [high, low] = u16::try_from(words).unwrap_or_default().to_be_bytes();
        let mut packet = vec![0x8F, 205, high, low];
        packet.extend(input);
        packet.resize(words * 4 + 4, 0);
        match Compound::new(&packet).next() {
            Some(Ok(Block::TransportFeedback(feedback))) => {
                let large = feedback
                    .statuses()
                    .filter_map(|status| status.delta)
                    .filter(|delta| *delta < 0)
                    .count();
                outcome((walk(&feedback), about(large)))
            }
            Some(Err(error)) => outcome(error.to_string()),
            other => unreachable!("it was framed as feedback: {other:?}"),
        }
    }
}
