//! Promises of the parts of forwarding: requests, reports, voices, redundancy, rings.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing
)]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hubbub_sfu::forward::munger::Munger;
use hubbub_sfu::forward::nack::{Arrival, Generator, Limits, pairs};
use hubbub_sfu::forward::report::{Reception, Sending};
use hubbub_sfu::forward::{
    Arrived, Clocks, Demand, Forwarder, Frame, Keyframes, Layer, Loudest, Moment, Ntp, Ring, Throttle,
    Verdict, forwarder::Settings, loudest, red,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

#[allow(
    clippy::disallowed_methods,
    reason = "an origin; nothing depends on its value"
)]
fn origin() -> Instant {
    Instant::now()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn audio(sequence: u64, at: Instant) -> Arrived {
    let timestamp = sequence * 960;
    Arrived {
        encoding: 0,
        sequence,
        timestamp,
        marker: false,
        payload_len: 80,
        frame: Frame::ALONE,
        at,
    }
}

fn config(seed: u64) -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..Default::default()
    }
}

// ---- requests for lost packets ----

#[test]
fn forward_nack_asks_after_patience_then_each_round_trip_then_gives_up() {
    let (start, rtt) = (origin(), ms(50));
    let mut generator = Generator::new(Limits {
        requests_max: 3,
        ..Limits::default()
    });
    let mut due = [0; 8];
    assert_eq!(generator.arrived(start, 10), Arrival::InOrder);
    assert_eq!(generator.arrived(start, 13), Arrival::Gap(2));
    assert_eq!(generator.deadline(), Some(start + ms(5)));
    assert_eq!(generator.poll(start, rtt, &mut due), 0);
    assert_eq!(generator.arrived(start + ms(2), 11), Arrival::Recovered);
    assert_eq!(generator.arrived(start + ms(2), 11), Arrival::Useless);
    let mut asked = Vec::new();
    while let Some(deadline) = generator.deadline() {
        let count = generator.poll(deadline, rtt, &mut due);
        asked.extend(
            due[..count]
                .iter()
                .map(|&number| ((deadline - start).as_millis(), number)),
        );
    }
    assert_eq!(asked, [(5, 12), (55, 12), (105, 12)]);
    assert!(generator.take_wants_keyframe() && !generator.take_wants_keyframe());
    assert_eq!((generator.given_up(), generator.missing()), (1, 0));
}

#[test]
fn forward_nack_does_not_ask_for_an_interruption() {
    let start = origin();
    let mut generator = Generator::new(Limits::default());
    generator.arrived(start, 1);
    generator.arrived(start, 3);
    assert_eq!(generator.arrived(start, 5000), Arrival::Interrupted);
    assert!(generator.take_wants_keyframe());
    assert_eq!((generator.missing(), generator.deadline()), (0, None));
}

proptest! {
    #![proptest_config(config(43))]

    #[test]
    fn forward_nack_asks_exactly_for_what_is_missing(
        steps in prop::collection::vec((0_u64..60, 0_u8..100), 1..600), missing_max in 1_usize..300,
    ) {
        let (start, mut due) = (origin(), [0; 16]);
        let limits = Limits { missing_max, ..Limits::default() };
        let mut generator = Generator::new(limits);
        let (mut sent, mut lost) = (100_u64, Vec::<u64>::new());
        let mut asked: HashMap<u64, (u8, Instant)> = HashMap::new();
        let mut came = std::collections::HashSet::new();
        let mut now = start;
        for (wait, luck) in steps {
            now += ms(wait);
            match luck {
                0..15 => { lost.push(sent); sent += 1; }
                15..25 if !lost.is_empty() => {
                    let late = lost.swap_remove(usize::from(luck) % lost.len());
                    came.insert(late);
                    generator.arrived(now, late);
                }
                _ => { came.insert(sent); generator.arrived(now, sent); sent += 1; }
            }
            prop_assert!(generator.missing() <= missing_max);
            let count = generator.poll(now, ms(40), &mut due);
            prop_assert!(due[..count].is_sorted());
            for &number in &due[..count] {
                prop_assert!(!came.contains(&number), "asked for {number}, which came");
                let (count, last) = asked.entry(number).or_insert((0, now));
                *count += 1;
                prop_assert!(*count == 1 || now - *last >= ms(40));
                prop_assert!(*count <= limits.requests_max);
                *last = now;
            }
        }
    }

    #[test]
    fn forward_nack_pairs_say_the_same_numbers(numbers in prop::collection::btree_set(0_u64..5000, 0..80)) {
        let numbers: Vec<u64> = numbers.into_iter().collect();
        let mut unpacked = Vec::new();
        for (pid, mask) in pairs(&numbers) {
            unpacked.push(u64::from(pid));
            unpacked.extend((0..16).filter(|bit| mask >> bit & 1 == 1).map(|bit| u64::from(pid) + bit + 1));
        }
        prop_assert_eq!(unpacked, numbers);
    }

    #[test]
    fn forward_munger_gives_each_number_once_whatever_comes(
        calls in prop::collection::vec((0_u8..20, 0_u64..3000), 1..2000),
    ) {
        let mut munger = Munger::new(7, 64);
        let mut seen = std::collections::HashSet::new();
        for (action, input) in calls {
            let number = match action {
                0 => { munger.begin(input); None }
                1 => munger.insert(),
                2..8 => munger.omit(input),
                _ => munger.forward(input),
            };
            if let Some(number) = number {
                prop_assert!(number >= 7 && seen.insert(number));
                prop_assert!(number <= munger.sent());
            }
        }
    }

    #[test]
    fn forward_ring_returns_the_bytes_that_went_in_or_nothing(
        packets in prop::collection::vec((0_u64..400, 0_usize..300), 1..800),
    ) {
        let start = origin();
        let mut ring = Ring::new(64, 4096);
        let mut model: HashMap<u64, Vec<u8>> = HashMap::new();
        let bytes = |sequence: u64, len: usize| vec![(sequence % 251) as u8; len];
        for (sequence, len) in packets {
            let content = bytes(sequence, len);
            if ring.insert(&audio(sequence, start), &content) {
                model.insert(sequence, content);
                prop_assert_eq!(ring.get(sequence).unwrap().bytes.len(), len);
            }
            for number in 0..400 {
                if let Some(stored) = ring.get(number) {
                    prop_assert_eq!(stored.bytes, &model[&number][..]);
                    prop_assert_eq!(stored.arrived.sequence, number);
                }
            }
        }
        let newest = ring.after(0).map(|stored| stored.arrived.sequence).collect::<Vec<_>>();
        prop_assert!(newest.is_sorted() && newest.len() <= 64);
    }
}

// ---- keyframes and demand ----

#[test]
fn forward_keyframe_requests_are_throttled_per_encoding_and_repeated_until_one_comes() {
    let start = origin();
    let mut keyframes = Keyframes::new(Throttle {
        interval: ms(500),
        requests_max: 3,
    });
    keyframes.need(0);
    assert_eq!(keyframes.poll(start), 0b001);
    for step in 1..50 {
        keyframes.need(0);
        assert_eq!(keyframes.poll(start + ms(step * 10)), 0);
    }
    keyframes.need(2);
    assert_eq!(keyframes.poll(start + ms(499)), 0b100);
    assert_eq!(keyframes.deadline(start), Some(start + ms(500)));
    assert_eq!(keyframes.poll(start + ms(500)), 0b001);
    keyframes.came(0);
    keyframes.came(2);
    assert_eq!(keyframes.poll(start + ms(5000)), 0);
    keyframes.need(1);
    let sent = (0..100)
        .filter(|step| keyframes.poll(start + ms(5000 + step * 100)) != 0)
        .count();
    assert_eq!(sent, 3);
    assert_eq!(keyframes.deadline(start), None);
}

#[test]
fn forward_layers_that_nobody_wants_are_paused_after_a_while_and_resumed_at_once() {
    let start = origin();
    let mut demand = Demand::new(start, ms(1000), 0b111);
    assert_eq!(demand.poll(start), None);
    demand.change(start, 0, 0b100);
    demand.change(start, 0, 0b101);
    assert_eq!(demand.poll(start + ms(1000)), Some(0b101));
    demand.change(start + ms(2000), 0b101, 0b100);
    assert_eq!(demand.poll(start + ms(2999)), None);
    assert_eq!(demand.deadline(), Some(start + ms(3000)));
    assert_eq!(demand.poll(start + ms(3000)), Some(0b100));
    demand.change(start + ms(3001), 0, 0b010);
    assert_eq!(demand.poll(start + ms(3001)), Some(0b110));
    demand.change(start + ms(3001), 0b010, 0);
    demand.change(start + ms(3001), 0b100, 0);
    demand.change(start + ms(3001), 0b100, 0);
    assert_eq!(demand.poll(start + ms(9000)), Some(0));
}

// ---- reports ----

/// RFC 3550 appendix A.8's arithmetic, done plainly, over arrivals of alternating delay.
#[test]
fn forward_jitter_follows_the_rfc() {
    let start = origin();
    let mut reception = Reception::new(8000);
    let (mut plain, mut last) = (0_i64, None);
    for packet in 0..200_u64 {
        let arrival = packet * 20 + [0, 7, 3, 12][packet as usize % 4];
        reception.arrived(start + ms(arrival), 1 + packet, packet * 160);
        let transit = i64::try_from(arrival * 8).unwrap() - i64::try_from(packet * 160).unwrap();
        if let Some(last) = last {
            let difference = i64::abs(transit - last);
            plain += difference - ((plain + 8) >> 4);
        }
        last = Some(transit);
        assert_eq!(i64::try_from(reception.jitter()).unwrap(), plain >> 4);
    }
    assert!(reception.jitter() > 30);
}

#[test]
fn forward_reports_count_loss_since_the_last_and_since_the_beginning() {
    let start = origin();
    let mut reception = Reception::new(48_000);
    assert_eq!(reception.block(start), None);
    let base = 65_530_u64;
    for packet in (0..100).filter(|packet| packet % 4 != 1) {
        reception.arrived(start + ms(packet * 20), base + packet, packet * 960);
    }
    reception.sender_report(start, Ntp(0x0001_0002_0003_0004));
    let block = reception.block(start + ms(500)).unwrap();
    assert_eq!((block.fraction_lost, block.cumulative_lost), (64, 25));
    assert_eq!(block.highest_sequence, 65_530 + 99);
    assert_eq!(
        (block.last_report, block.delay_since_last_report),
        (0x0002_0003, 32_768)
    );
    for packet in 100..200 {
        reception.arrived(start + ms(packet * 20), base + packet, packet * 960);
    }
    let block = reception.block(start + ms(4000)).unwrap();
    assert_eq!((block.fraction_lost, block.cumulative_lost), (0, 25));
}

#[test]
fn forward_round_trips_are_measured_from_echoed_reports() {
    let start = origin();
    let mut sending = Sending::new();
    sending.sent(100);
    sending.sent(50);
    let report = sending.block(start, (Ntp(99 << 32), 1 << 33 | 5));
    assert_eq!((report.packets, report.octets, report.timestamp), (2, 150, 5));
    let mut reception = Reception::new(48_000);
    reception.arrived(start, 1, 1);
    reception.sender_report(start + ms(30), report.ntp);
    let block = reception.block(start + ms(280)).unwrap();
    let round_trip = sending.receiver_report(start + ms(310), &block).unwrap();
    assert!(round_trip.abs_diff(ms(60)) < ms(1));
    let stranger = hubbub_sfu::forward::report::ReceptionBlock {
        last_report: 12,
        ..block
    };
    assert_eq!(sending.receiver_report(start + ms(310), &stranger), None);
}

#[test]
fn forward_reports_to_subscribers_keep_the_publishers_clock() {
    let start = origin();
    let mut clocks = Clocks::new(48_000);
    clocks.report(
        0,
        Moment {
            ntp: Ntp(77 << 32),
            timestamp: 9600,
            at: start,
        },
    );
    let mut forwarder = Forwarder::new(Settings::audio(), 1, 1);
    forwarder.set_target(Some(Layer {
        spatial: 0,
        temporal: 0,
    }));
    assert_eq!(forwarder.moment(start, &clocks), None);
    forwarder.forward(start, &audio(10, start), &clocks);
    assert_eq!(
        forwarder.moment(start + ms(500), &clocks),
        Some((Ntp((77 << 32) + (1 << 31)), 9600 + 24_000))
    );
}

// ---- audio ----

#[test]
fn forward_audio_runs_on_over_pauses_with_true_timestamps() {
    let (start, clocks) = (origin(), Clocks::new(48_000));
    let mut forwarder = Forwarder::new(Settings::audio(), 500, 1);
    forwarder.set_target(Some(Layer {
        spatial: 0,
        temporal: 0,
    }));
    let mut sent = Vec::new();
    for sequence in 100..400 {
        let paused = (200..350).contains(&sequence);
        forwarder.set_target((!paused).then_some(Layer {
            spatial: 0,
            temporal: 0,
        }));
        let now = start + ms((sequence - 100) * 20);
        if let Verdict::Send(out) = forwarder.forward(now, &audio(sequence, now), &clocks) {
            sent.push((out.sequence, out.timestamp, sequence));
        }
    }
    assert_eq!(sent.len(), 150);
    for (index, &(number, timestamp, source)) in sent.iter().enumerate() {
        assert_eq!((number, timestamp), (500 + index as u64, source * 960));
    }
}

#[test]
fn forward_the_loudest_are_heard_and_stay_while_they_speak() {
    let start = origin();
    let settings = loudest::Settings {
        audible_max: 2,
        voices_max: 5,
        ..loudest::Settings::default()
    };
    let mut room = Loudest::new(settings);
    let voices: Vec<_> = (0..5).map(|_| room.join().unwrap()).collect();
    assert_eq!(room.join(), None);
    let mut changes = 0;
    let mut speak = |room: &mut Loudest, from: u64, to: u64, levels: [u8; 5]| {
        let mut heard = [0; 5];
        for step in from / 20..to / 20 {
            let now = start + ms(step * 20);
            for (index, &level) in levels.iter().enumerate() {
                let answer = room.observe(now, voices[index], level);
                heard[index] += usize::from(answer.forward);
                changes += usize::from(answer.replaced.is_some());
            }
            assert!(room.audible().count() <= 2);
            room.speaker(now);
        }
        (heard, room.speaker(start + ms(to)))
    };
    // Silence is not forwarded; the first to speak is heard from the first packet on.
    let (heard, speaker) = speak(&mut room, 0, 1000, [127, 127, 127, 30, 127]);
    assert_eq!((heard, speaker), ([0, 0, 0, 50, 0], Some(voices[3])));
    // Slightly louder voices do not push out those who have a place.
    let (heard, _) = speak(&mut room, 1000, 3000, [31, 29, 28, 30, 127]);
    assert_eq!(heard, [100, 0, 0, 100, 0]);
    // Much louder ones do, but a place is held for a while.
    let (heard, speaker) = speak(&mut room, 3000, 6000, [60, 10, 60, 60, 127]);
    assert!(heard[1] > 130 && heard[0] + heard[3] < 170);
    assert_eq!(speaker, Some(voices[1]));
    // Of equal voices, places do not change hands all the time.
    let (_, speaker) = speak(&mut room, 6000, 12_000, [30, 30, 30, 30, 30]);
    assert!(speaker.is_some());
    room.leave(voices[1]);
    assert_ne!(room.speaker(start + ms(12_000)), Some(voices[1]));
    assert!(room.join().is_some());
    assert!(changes <= 3, "{changes} changes");
}

#[test]
fn forward_redundancy_has_the_layout_of_the_rfc() {
    let mut recent = red::Recent::new();
    recent.push(7, 960, b"aaa");
    recent.push(8, 1920, b"bb");
    let mut out = [0; 64];
    let len = recent.build((9, 2880), 111, 2, b"cccc", &mut out).unwrap();
    let expected = [
        &(0x8000_0000_u32 | 111 << 24 | 1920 << 10 | 3).to_be_bytes()[..],
        &(0x8000_0000_u32 | 111 << 24 | 960 << 10 | 2).to_be_bytes()[..],
        &[111][..],
        b"aaabbcccc",
    ]
    .concat();
    assert_eq!(&out[..len], &expected);
    // Redundancy ends at a gap, at the depth, at an offset too wide, and where room ends.
    recent.push(10, 3840, b"d");
    assert_eq!(
        recent.build((11, 4800), 111, 3, b"e", &mut out),
        Ok(4 + 1 + 1 + 1)
    );
    assert_eq!(recent.build((9, 2880), 111, 0, b"c", &mut out), Ok(2));
    assert_eq!(recent.build((9, 2880 + 20_000), 111, 3, b"c", &mut out), Ok(2));
    assert_eq!(
        recent.build((9, 2880), 111, 2, b"cccc", &mut out[..12]),
        Ok(4 + 2 + 1 + 4)
    );
    assert_eq!(
        recent.build((9, 2880), 111, 2, b"cccc", &mut out[..4]),
        Err(red::Error::TooSmall)
    );
}
