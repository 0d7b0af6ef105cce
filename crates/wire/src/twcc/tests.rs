#![allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]

use proptest::prelude::*;

use super::*;
use crate::Error;
use crate::cursor::Writer;

fn report(base_sequence: u64, arrivals: &[Arrival]) -> Report<'_> {
    Report {
        sender_ssrc: 1,
        media_ssrc: 2,
        feedback_count: 3,
        base_sequence,
        arrivals,
    }
}

fn write(report: &Report<'_>, room: usize) -> crate::Result<(Written, Vec<u8>)> {
    let mut out = vec![0xEE; room];
    let mut writer = Writer::new(&mut out);
    let written = report.write(&mut writer)?;
    let len = writer.position();
    out.truncate(len);
    Ok((written, out))
}

fn statuses(body: &[u8]) -> Vec<(u16, Option<i16>)> {
    Feedback::parse(body)
        .unwrap()
        .statuses()
        .map(|status| (status.sequence, status.delta))
        .collect()
}

#[test]
fn a_run_as_browsers_send_it_is_read() {
    // One packet, number 153, that came 148 ticks after the reference.
    let body = [
        0xFA, 0x17, 0xFA, 0x17, 0x43, 0x03, 0x2F, 0xA0, 0x00, 0x99, 0x00, 0x01, 0x3D, 0xE8, 0x02, 0x17, 0x20,
        0x01, 0x94, 0x01,
    ];
    let feedback = Feedback::parse(&body).unwrap();
    assert_eq!(
        (feedback.sender_ssrc(), feedback.media_ssrc()),
        (0xFA17_FA17, 0x4303_2FA0)
    );
    assert_eq!(
        (
            feedback.base_sequence(),
            feedback.status_count(),
            feedback.feedback_count()
        ),
        (153, 1, 0x17)
    );
    assert_eq!(feedback.reference_ticks(), 0x003D_E802 * 256);
    assert_eq!(statuses(&body), [(153, Some(148))]);
    assert_eq!(
        feedback.arrivals().collect::<Vec<_>>(),
        [(153, Some(0x003D_E802 * 256 + 148))]
    );
}

#[test]
fn all_chunk_kinds_are_read() {
    let mut body = vec![0; 8];
    body.extend([0xFF, 0xFE, 0, 11, 0xFF, 0xFF, 0xFF, 9]); // base 65534, 11 packets, reference -1
    body.extend([0x00, 0x02]); // run: 2 missing
    body.extend([0b1100_0110, 0b1100_0000]); // two bits: 0 1 2 3?
    // Symbol 3 is reserved.
    assert_eq!(
        Feedback::parse(&body).unwrap_err(),
        Error::Invalid("packet status symbol")
    );
    body.truncate(18);
    body.extend([0b1100_0110, 0b0001_0000]); // two bits: 0 1 2 0 1 0 0
    body.extend([0b1001_0000, 0b0000_0000]); // one bit: 0 1, rest beyond the count
    body.extend([7, 0xFF, 0xF6, 200, 255]);
    assert_eq!(
        statuses(&body),
        [
            (65_534, None),
            (65_535, None),
            (0, None),
            (1, Some(7)),
            (2, Some(-10)),
            (3, None),
            (4, Some(200)),
            (5, None),
            (6, None),
            (7, None),
            (8, Some(255)),
        ]
    );
    let feedback = Feedback::parse(&body).unwrap();
    assert_eq!(feedback.reference_ticks(), -256);
    assert_eq!(
        feedback.arrivals().last(),
        Some((8, Some(-256 + 7 - 10 + 200 + 255)))
    );
    for len in 0..body.len() {
        assert_eq!(Feedback::parse(&body[..len]).unwrap_err(), Error::Truncated);
    }
}

#[test]
fn runs_of_nothing_are_stepped_over() {
    let mut body = vec![0; 10];
    body.extend([0, 1, 0, 0, 0, 0, 0x20, 0x00, 0x20, 0x01, 5]);
    assert_eq!(statuses(&body), [(0, Some(5))]);
}

#[test]
fn a_report_without_loss_takes_one_run() {
    let arrivals: Vec<_> = (100..120)
        .map(|sequence| Arrival {
            sequence,
            ticks: 1024 + 40 * (sequence.cast_signed() - 100),
        })
        .collect();
    let (written, body) = write(&report(100, &arrivals), 200).unwrap();
    assert_eq!(
        written,
        Written {
            arrivals: 20,
            next_base: 120
        }
    );
    assert_eq!(body[8..18], [0, 100, 0, 20, 0, 0, 4, 3, 0x20, 20]);
    assert_eq!(body[18..38], [[0].as_slice(), &[40; 19]].concat());
    assert_eq!(body.len(), 40);
}

#[test]
fn losses_before_the_first_arrival_are_reported() {
    let arrivals = [Arrival {
        sequence: 12,
        ticks: 0,
    }];
    let (_, body) = write(&report(10, &arrivals), 100).unwrap();
    assert_eq!(statuses(&body), [(10, None), (11, None), (12, Some(0))]);
}

#[test]
fn a_pause_too_long_for_the_wire_ends_the_report() {
    let arrivals = [
        Arrival {
            sequence: 1,
            ticks: 5,
        },
        Arrival {
            sequence: 2,
            ticks: 5 + 32_768,
        },
    ];
    let (written, body) = write(&report(1, &arrivals), 100).unwrap();
    assert_eq!(
        written,
        Written {
            arrivals: 1,
            next_base: 2
        }
    );
    assert_eq!(statuses(&body), [(1, Some(5))]);
    let (written, body) = write(&report(2, &arrivals[1..]), 100).unwrap();
    assert_eq!(
        written,
        Written {
            arrivals: 1,
            next_base: 3
        }
    );
    assert_eq!(
        Feedback::parse(&body).unwrap().arrivals().next(),
        Some((2, Some(5 + 32_768)))
    );
}

#[test]
fn a_gap_wider_than_a_report_is_reported_in_parts() {
    let arrivals = [Arrival {
        sequence: 70_000,
        ticks: 5,
    }];
    let (written, _) = write(&report(0, &arrivals), 100).unwrap();
    assert_eq!(
        written,
        Written {
            arrivals: 0,
            next_base: 65_535
        }
    );
    let (written, body) = write(&report(written.next_base, &arrivals), 100).unwrap();
    assert_eq!(
        written,
        Written {
            arrivals: 1,
            next_base: 70_001
        }
    );
    assert_eq!(statuses(&body).last(), Some(&(4464, Some(5))));
}

#[test]
fn reports_that_make_no_sense_are_refused() {
    let arrivals = [
        Arrival {
            sequence: 5,
            ticks: 0,
        },
        Arrival {
            sequence: 5,
            ticks: 1,
        },
    ];
    assert_eq!(
        write(&report(5, &[]), 100).unwrap_err(),
        Error::OutOfRange("arrivals")
    );
    assert_eq!(
        write(&report(5, &arrivals), 100).unwrap_err(),
        Error::OutOfRange("arrivals")
    );
    assert_eq!(
        write(&report(6, &arrivals[..1]), 100).unwrap_err(),
        Error::OutOfRange("arrivals")
    );
    assert_eq!(write(&report(5, &arrivals[..1]), 18).unwrap_err(), Error::NoRoom);
    assert!(write(&report(5, &arrivals[..1]), 20).is_ok());
}

prop_compose! {
    fn history()(
        base in 0_u64..100_000,
        start in -10_000_000_i64..10_000_000,
        steps in prop::collection::vec((prop_oneof![8 => Just(1_u64), 2 => 1_u64..40, 1 => 1_u64..9_000],
            prop_oneof![8 => 0_i64..250, 3 => -300_i64..40_000]), 1..300),
    ) -> (u64, Vec<Arrival>) {
        let (mut sequence, mut ticks) = (base, start);
        let arrivals = steps.into_iter().map(|(ahead, later)| {
            sequence += ahead;
            ticks += later;
            Arrival { sequence, ticks }
        }).collect();
        (base, arrivals)
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..120), small_count: bool) {
        let mut body = body;
        if let (true, Some(high)) = (small_count, body.get_mut(10)) {
            *high = 0;
        }
        if let Ok(feedback) = Feedback::parse(&body) {
            prop_assert_eq!(feedback.statuses().count(), usize::from(feedback.status_count()));
            prop_assert_eq!(feedback.arrivals().count(), usize::from(feedback.status_count()));
        }
    }

    #[test]
    fn every_arrival_reaches_the_sender((base, arrivals) in history(), room in 24_usize..200) {
        let (mut next_base, mut left) = (base, arrivals.as_slice());
        let mut heard = Vec::new();
        while !left.is_empty() {
            let (written, body) = write(&report(next_base, left), room).unwrap();
            prop_assert!(body.len() <= room && body.len() % 4 == 0);
            let feedback = Feedback::parse(&body).unwrap();
            prop_assert_eq!(u64::from(feedback.status_count()), written.next_base - next_base);
            for ((number, arrival), wide) in feedback.arrivals().zip(next_base..) {
                prop_assert_eq!(u64::from(number), wide & 0xFFFF);
                heard.extend(arrival.map(|ticks| Arrival { sequence: wide, ticks }));
            }
            prop_assert!(written.next_base > next_base);
            next_base = written.next_base;
            left = &left[written.arrivals..];
        }
        prop_assert_eq!(heard, arrivals);
    }
}
