//! What a subscriber receives is one stream: seeded simulations of publishers, networks and changing targets.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap
)]
#![allow(
    clippy::cast_precision_loss,
    clippy::too_many_lines,
    reason = "a model may be plain where a path may not"
)]

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use hubbub_sfu::forward::forwarder::Settings;
use hubbub_sfu::forward::{
    Answer, Arrived, Clocks, Forwarder, Frame, Layer, Moment, Ntp, Numbering, Picture, Ring, Structure,
    SwitchPoint, Verdict,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const RATE: u32 = 90_000;
const WINDOW: u64 = 512;

/// A small generator (`SplitMix64`), so that a run is its seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

#[derive(Clone, Copy, Debug)]
struct World {
    seed: u64,
    loss: u64,
    jitter_ms: u64,
    duplicates: u64,
    reports: bool,
    structure: Structure,
    pictures: usize,
    /// Percent of pictures at which the target changes.
    changes: u64,
}

impl World {
    fn calm(seed: u64, structure: Structure) -> Self {
        Self {
            seed,
            loss: 0,
            jitter_ms: 0,
            duplicates: 0,
            reports: true,
            structure,
            pictures: 400,
            changes: 8,
        }
    }
}

/// A packet of the model with what the checks must know.
#[derive(Clone, Debug)]
struct Made {
    packet: Arrived,
    /// Milliseconds of capture.
    capture_ms: u64,
    /// Layer frame, counted over the whole model.
    frame: usize,
}

#[derive(Clone, Debug, Default)]
struct FrameFacts {
    refs: Vec<usize>,
    packets: usize,
    spatial: u8,
    temporal: u8,
    picture_start: bool,
}

struct Model {
    made: Vec<Made>,
    frames: Vec<FrameFacts>,
    /// (time of arrival, index into `made`).
    arrivals: Vec<(Instant, usize)>,
    clocks: Clocks,
    start: Instant,
}

#[allow(
    clippy::disallowed_methods,
    reason = "an origin; nothing depends on its value"
)]
fn origin() -> Instant {
    Instant::now()
}

fn at(start: Instant, ms: u64) -> Instant {
    start + Duration::from_millis(ms)
}

/// Publish pictures every 33 ms in three encodings or three spatial layers, temporal pattern 0 2 1 2.
fn publish(world: &World) -> Model {
    let mut dice = Dice(world.seed);
    let start = origin();
    let mut clocks = Clocks::new(RATE);
    let encodings = if world.structure == Structure::Simulcast {
        3
    } else {
        1
    };
    let layers = 4 - encodings;
    let (mut made, mut frames): (Vec<Made>, Vec<FrameFacts>) = (Vec::new(), Vec::new());
    let mut delays = HashMap::new();
    for encoding in 0..encodings {
        let (mut sequence, base) = (1000 + dice.below(1 << 17), (1 << 33) + dice.below(1 << 33));
        delays.insert(encoding, if world.jitter_ms == 0 { 0 } else { dice.below(60) });
        if world.reports {
            let moment = Moment {
                ntp: Ntp(1_000_000 << 32),
                timestamp: base,
                at: start,
            };
            clocks.report(encoding as u8, moment);
        }
        let (mut id, mut tl0) = (dice.below(1 << 15) as u16, dice.below(256) as u8);
        let mut last: HashMap<(u64, u8), usize> = HashMap::new();
        let (mut phase, mut closed) = (0_usize, true);
        for picture in 0..world.pictures as u64 {
            let keyframe = picture == 0 || dice.chance(3);
            phase = if keyframe { 0 } else { (phase + 1) % 4 };
            let temporal = [0_u8, 2, 1, 2][phase];
            // A closed group of four needs no higher layer from before its base picture (VP9's switching up point).
            closed = if phase == 0 { dice.chance(40) } else { closed };
            let scalable = world.structure == Structure::Scalable;
            let sync = temporal > 0 && (phase == 1 || (phase == 2 && closed) || dice.chance(30));
            let switch = match (scalable, temporal) {
                (false, _) if sync => SwitchPoint::Own,
                (true, 0) if closed => SwitchPoint::Above,
                _ => SwitchPoint::None,
            };
            id = (id + 1) & 0x7fff;
            tl0 = tl0.wrapping_add(u8::from(temporal == 0));
            for spatial in 0..layers as u64 {
                let refresh = keyframe || (spatial > 0 && temporal == 0 && dice.chance(15));
                let mut refs = Vec::new();
                if spatial > 0 {
                    refs.extend(last.get(&(spatial - 1, temporal)));
                }
                if !refresh {
                    refs.extend(last.get(&(spatial, 0)));
                    for lower in 1..=temporal {
                        if !sync {
                            refs.extend(last.get(&(spatial, lower)));
                        }
                    }
                }
                if keyframe {
                    last.retain(|key, _| key.0 < spatial);
                }
                last.insert((spatial, temporal), frames.len());
                let count = 1 + dice.below(3) as usize;
                for part in 0..count {
                    let end = part + 1 == count;
                    let frame = Frame {
                        keyframe,
                        start: part == 0,
                        end,
                        refresh,
                        spatial: spatial as u8,
                        temporal,
                        switch,
                        picture: Some(Picture {
                            id,
                            bits: 15,
                            base: Some(tl0),
                            key: Some(0),
                        }),
                    };
                    let packet = Arrived {
                        encoding: encoding as u8,
                        sequence,
                        timestamp: base + picture * 33 * 90,
                        marker: end && spatial + 1 == layers as u64,
                        payload_len: 100,
                        frame,
                        at: start,
                    };
                    sequence += 1;
                    made.push(Made {
                        packet,
                        capture_ms: picture * 33,
                        frame: frames.len(),
                    });
                }
                frames.push(FrameFacts {
                    refs,
                    packets: count,
                    spatial: spatial as u8,
                    temporal,
                    picture_start: spatial == 0,
                });
            }
        }
    }
    let mut arrivals = Vec::new();
    for (index, one) in made.iter().enumerate() {
        let mut ms = one.capture_ms + delays[&i32::from(one.packet.encoding)];
        ms += if world.jitter_ms == 0 {
            0
        } else {
            dice.below(world.jitter_ms)
        };
        if dice.chance(world.loss) {
            if dice.chance(40) {
                continue;
            }
            ms += 100; // asked for and retransmitted
        }
        arrivals.push((at(start, ms), index));
        if dice.chance(world.duplicates) {
            arrivals.push((at(start, ms + dice.below(80)), index));
        }
    }
    arrivals.sort();
    Model {
        made,
        frames,
        arrivals,
        clocks,
        start,
    }
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    index: usize,
    sequence: u64,
    timestamp: u64,
    marker: bool,
    picture: Picture,
    segment: usize,
}

#[derive(Default)]
struct Received {
    sent: Vec<Sent>,
    /// (number, timestamp) of padding sent in place of omitted packets, and of padding sent on request.
    fills: Vec<(u64, u64)>,
    asked_fills: Vec<(u64, u32)>,
    /// Source packets shown to the forwarder up to the end of each segment.
    shown: Vec<HashSet<usize>>,
    resent: u64,
}

fn target(dice: &mut Dice) -> Option<Layer> {
    let layer = Layer {
        spatial: dice.below(3) as u8,
        temporal: dice.below(3) as u8,
    };
    (!dice.chance(10)).then_some(layer)
}

/// Run a subscriber over the model, checking what can be checked at once.
fn subscribe(world: &World, model: &Model) -> Received {
    let mut dice = Dice(world.seed ^ 0xabcd);
    let numbering = if world.structure == Structure::Simulcast {
        Numbering::Close
    } else {
        Numbering::Stay
    };
    let settings = Settings::video(world.structure, numbering);
    let mut forwarder = Forwarder::new(settings, 65_000, 500);
    forwarder.set_target(Some(Layer {
        spatial: 2,
        temporal: 2,
    }));
    let mut rings: Vec<Ring> = (0..3).map(|_| Ring::new(512, 1 << 16)).collect();
    let mut received = Received::default();
    let (mut shown, mut segment) = (HashSet::new(), 0_usize);
    let mut highest: Option<u64> = None;
    let (mut rtx_next, mut copies) = (500_u64, HashMap::<u64, u8>::new());
    let mut by_number: HashMap<u64, (Sent, Instant)> = HashMap::new();
    let mut wanted = Some(Layer {
        spatial: 2,
        temporal: 2,
    });
    let (mut border, mut newest_timestamp) = (0, 0);
    for &(now, index) in &model.arrivals {
        if dice.below(600) < world.changes {
            wanted = target(&mut dice);
            forwarder.set_target(wanted);
            border = newest_timestamp;
        }
        let packet = Arrived {
            at: now,
            ..model.made[index].packet
        };
        rings[usize::from(packet.encoding)].insert(&packet, &index.to_be_bytes());
        let mut queue = vec![(packet, index)];
        let mut next = 0;
        while next < queue.len() {
            let (packet, index) = queue[next];
            next += 1;
            let verdict = forwarder.forward(now, &packet, &model.clocks);
            if matches!(verdict, Verdict::Send(out) if out.joins) {
                (border, newest_timestamp) = (0, 0);
                received.shown.push(std::mem::take(&mut shown));
            }
            if forwarder.selector().source() == Some(packet.encoding) {
                shown.insert(index); // not while paused
                newest_timestamp = packet.timestamp.max(newest_timestamp);
            }
            match verdict {
                Verdict::Drop => {}
                Verdict::Fill { sequence, timestamp } => {
                    assert!(highest.is_some_and(|highest| sequence <= highest + WINDOW));
                    highest = highest.max(Some(sequence));
                    received.fills.push((sequence, timestamp));
                }
                Verdict::Send(out) => {
                    let layer = wanted.expect("sent while paused");
                    let frame = packet.frame;
                    if out.joins {
                        let source = if world.structure == Structure::Simulcast {
                            layer.spatial
                        } else {
                            0
                        };
                        assert_eq!(packet.encoding, source);
                    }
                    // A new target holds from the next picture on.
                    if packet.timestamp > border {
                        assert!(
                            frame.temporal <= layer.temporal,
                            "a temporal layer above the target"
                        );
                        assert!(frame.spatial <= layer.spatial, "a spatial layer above the target");
                    }
                    if out.joins {
                        segment += 1;
                        assert!(
                            packet.frame.keyframe && packet.frame.start,
                            "joined at no keyframe"
                        );
                        assert!(
                            highest.is_none_or(|highest| out.sequence == highest + 1),
                            "gap at a join"
                        );
                    }
                    if out.replay {
                        let ring = &rings[usize::from(packet.encoding)];
                        queue.extend(ring.after(packet.sequence).map(|stored| {
                            (
                                *stored.arrived,
                                usize::from_be_bytes(stored.bytes.try_into().unwrap()),
                            )
                        }));
                    }
                    highest = highest.max(Some(out.sequence));
                    let sent = Sent {
                        index,
                        sequence: out.sequence,
                        timestamp: out.timestamp,
                        marker: out.marker,
                        picture: out.picture.unwrap(),
                        segment,
                    };
                    received.sent.push(sent);
                    by_number.insert(out.sequence, (sent, now));
                }
            }
        }
        let Some(newest) = highest else { continue };
        let lost = newest - dice.below(700).min(newest);
        let answer = forwarder.answer(now, Duration::from_millis(30), (lost & 0xffff) as u16, &rings);
        match answer {
            Answer::Resend(again) => {
                let (sent, first) = by_number[&lost];
                assert_eq!(again.stored.bytes, sent.index.to_be_bytes());
                assert_eq!((again.sequence, again.marker), (lost, sent.marker));
                assert_eq!(again.timestamp, sent.timestamp as u32);
                assert_eq!(again.picture, Some(sent.picture));
                assert_eq!(again.rtx_sequence, rtx_next);
                assert!(now - first <= settings.age_max);
                rtx_next += 1;
                received.resent += 1;
            }
            Answer::Fill { sequence, timestamp } => {
                assert!(
                    sequence == lost && !by_number.contains_key(&lost),
                    "padding over media"
                );
                received.asked_fills.push((sequence, timestamp));
            }
            Answer::Waiting => assert!(!by_number.contains_key(&lost)),
            _ => continue,
        }
        if !matches!(answer, Answer::Waiting) {
            let count = copies.entry(lost).or_default();
            *count += 1;
            assert!(*count <= settings.copies_max);
        }
    }
    received.shown.push(shown);
    received
}

/// Numbers: none twice, in source order, one source at a time, each missing one explained by a missing packet.
fn check_numbers(model: &Model, received: &mut Received) {
    let mut seen = HashSet::new();
    for number in received
        .sent
        .iter()
        .map(|sent| sent.sequence)
        .chain(received.fills.iter().map(|fill| fill.0))
    {
        assert!(seen.insert(number), "{number} was sent twice");
    }
    // Emission order, before sorting: a segment never goes back behind an earlier one.
    let emitted: Vec<usize> = received.sent.iter().map(|sent| sent.segment).collect();
    assert!(emitted.is_sorted());
    received.sent.sort_by_key(|sent| sent.sequence);
    for pair in received.sent.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        assert!(
            a.segment <= b.segment,
            "an old source's packet among the new one's"
        );
        let (from, to) = (&model.made[a.index].packet, &model.made[b.index].packet);
        if a.segment < b.segment {
            continue;
        }
        assert_eq!(from.encoding, to.encoding);
        assert!(from.sequence < to.sequence, "out of source order");
        if a.sequence + 1 == b.sequence {
            // Closing up within a frame would make a receiver take a torn frame for a whole one.
            let torn = |index: usize| {
                [model.made[a.index].frame, model.made[b.index].frame].contains(&model.made[index].frame)
            };
            assert!(!(a.index + 1..b.index).any(torn), "a torn frame without a gap");
        }
        let filled = |number: u64| received.fills.iter().any(|fill| fill.0 == number);
        let missing = (a.sequence + 1..b.sequence)
            .filter(|&number| !filled(number))
            .count();
        let shown = &received.shown[a.segment];
        let unseen = (a.index + 1..b.index)
            .filter(|index| !shown.contains(index))
            .count();
        assert!(
            missing <= unseen,
            "{missing} numbers missing for {unseen} packets"
        );
    }
}

/// Timestamps: in order, one per picture, and true to capture at switches, or else as little ahead of it as order asks.
/// `tolerance_ms` is 0 where sender reports make it exact.
fn check_timestamps(model: &Model, received: &Received, tolerance_ms: u64) {
    let Some(first) = received.sent.first() else {
        return;
    };
    let first_ms = model.made[first.index].capture_ms;
    for pair in received.sent.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        let (from, to) = (&model.made[a.index], &model.made[b.index]);
        let same = a.segment == b.segment && from.packet.timestamp == to.packet.timestamp;
        assert!(a.timestamp <= b.timestamp, "timestamps went back");
        assert_eq!(
            a.timestamp == b.timestamp,
            same,
            "a timestamp is not a picture's own"
        );
        if a.segment < b.segment {
            let ideal = (first.timestamp + to.capture_ms * 90).wrapping_sub(first_ms * 90);
            let before = received
                .fills
                .iter()
                .filter(|fill| fill.0 < b.sequence)
                .map(|fill| fill.1);
            let newest = before.fold(a.timestamp, u64::max);
            let error = b.timestamp.abs_diff(ideal.max(newest + 1));
            assert!(error <= tolerance_ms * 90 + 1, "{error} ticks off at a switch");
        }
    }
}

/// Padding stands between its neighbours in time, too.
fn check_fills(received: &Received) {
    let filled = received
        .fills
        .iter()
        .map(|&(number, timestamp)| (number, timestamp as u32));
    for (number, timestamp) in filled.chain(received.asked_fills.iter().copied()) {
        let next = received.sent.partition_point(|sent| sent.sequence < number);
        let behind = |a: u32, b: u32| b.wrapping_sub(a).cast_signed() >= 0;
        if let Some(before) = next.checked_sub(1) {
            assert!(behind(received.sent[before].timestamp as u32, timestamp));
        }
        if let Some(after) = received.sent.get(next) {
            assert!(behind(timestamp, after.timestamp as u32));
        }
    }
}

/// Picture numbers: equal within a picture, otherwise rising; without loss and reordering by exactly one.
fn check_pictures(model: &Model, received: &Received, exactly: bool) {
    for pair in received.sent.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        let same = a.segment == b.segment && model.made[a.index].frame == model.made[b.index].frame;
        let step = b.picture.id.wrapping_sub(a.picture.id) & 0x7fff;
        assert_eq!(step == 0, same);
        assert!(step < 0x4000);
        let base = b.picture.base.unwrap().wrapping_sub(a.picture.base.unwrap());
        assert!(base < 128);
        if exactly && !same {
            assert_eq!(step, 1);
            let is_base = model.made[b.index].packet.frame.temporal == 0;
            assert_eq!(base, u8::from(is_base));
        }
    }
}

/// Without loss: frames come whole or not at all, with all their references, and end in a marker.
fn check_frames(model: &Model, received: &Received) {
    let mut came: HashMap<usize, usize> = HashMap::new();
    for sent in &received.sent {
        *came.entry(model.made[sent.index].frame).or_default() += 1;
    }
    for (position, sent) in received.sent.iter().enumerate() {
        let made = &model.made[sent.index];
        let facts = &model.frames[made.frame];
        let cut = received.sent[position + 1..]
            .iter()
            .all(|later| later.segment > sent.segment);
        let in_tail = received.sent[position..]
            .iter()
            .take(12)
            .any(|later| later.segment > sent.segment);
        if cut || in_tail || received.sent.len() - position < 12 {
            continue; // a pause may cut a picture
        }
        assert_eq!(came[&made.frame], facts.packets, "a frame in pieces");
        for reference in &facts.refs {
            assert!(
                came.contains_key(reference),
                "frame {facts:?} without its reference"
            );
        }
        let next = &model.made[received.sent[position + 1].index];
        assert_eq!(
            sent.marker,
            next.packet.timestamp != made.packet.timestamp,
            "marker"
        );
    }
    assert!(
        received
            .sent
            .iter()
            .any(|sent| model.frames[model.made[sent.index].frame].picture_start)
    );
}

fn run(world: &World) -> (Model, Received) {
    let model = publish(world);
    assert!(model.arrivals.iter().all(|arrival| arrival.0 >= model.start));
    let mut received = subscribe(world, &model);
    check_numbers(&model, &mut received);
    check_fills(&received);
    (model, received)
}

fn config(seed: u64) -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..Default::default()
    }
}

proptest! {
    #![proptest_config(config(41))]

    #[test]
    fn forward_simulcast_without_loss_is_continuous_and_decodable(seed: u64) {
        let (model, received) = run(&World::calm(seed, Structure::Simulcast));
        for pair in received.sent.windows(2) {
            prop_assert_eq!(pair[0].sequence + 1, pair[1].sequence);
        }
        prop_assert!(received.fills.is_empty());
        check_timestamps(&model, &received, 0);
        check_pictures(&model, &received, true);
        check_frames(&model, &received);
    }

    #[test]
    fn forward_simulcast_is_one_stream_over_a_bad_network(
        seed: u64, loss in 0_u64..30, jitter_ms in 0_u64..70, duplicates in 0_u64..20, reports: bool,
    ) {
        let world = World {
            loss, jitter_ms, duplicates, reports, ..World::calm(seed, Structure::Simulcast)
        };
        let (model, received) = run(&world);
        // By arrival, each switch errs by at most the spread of delays, and errors add up.
        let spread = 60 + jitter_ms + 100;
        let switches = received.shown.len() as u64;
        check_timestamps(&model, &received, if reports { 0 } else { spread * switches });
        check_pictures(&model, &received, false);
    }

    #[test]
    fn forward_scalable_without_loss_is_continuous_and_decodable(seed: u64) {
        let (model, received) = run(&World::calm(seed, Structure::Scalable));
        for pair in received.sent.windows(2) {
            prop_assert_eq!(pair[0].sequence + 1, pair[1].sequence);
        }
        check_timestamps(&model, &received, 0);
        check_frames(&model, &received);
    }

    #[test]
    fn forward_scalable_is_one_stream_over_a_bad_network(
        seed: u64, loss in 0_u64..30, jitter_ms in 0_u64..70, duplicates in 0_u64..20,
    ) {
        let world = World { loss, jitter_ms, duplicates, ..World::calm(seed, Structure::Scalable) };
        let (model, received) = run(&world);
        check_timestamps(&model, &received, 0);
    }
}

/// The simulations would prove little if they did not reach what they are to test.
#[test]
fn forward_simulations_reach_switches_fills_and_resends() {
    let (mut switches, mut fills, mut resent, mut filled) = (0, 0, 0, 0);
    let mut layers = HashSet::new();
    for seed in 0..20 {
        for structure in [Structure::Simulcast, Structure::Scalable] {
            let world = World {
                loss: 10,
                jitter_ms: 50,
                duplicates: 5,
                ..World::calm(seed, structure)
            };
            let (model, received) = run(&world);
            switches += received.shown.len();
            fills += received.fills.len();
            resent += received.resent;
            filled += received.asked_fills.len();
            for sent in &received.sent {
                let made = &model.made[sent.index];
                let facts = &model.frames[made.frame];
                layers.insert((made.packet.encoding, facts.spatial, facts.temporal));
            }
        }
    }
    assert!(switches > 200 && fills > 100 && resent > 1000 && filled > 5);
    assert_eq!(layers.len(), 9 + 9 - 3);
}

/// Encoding, numbers, flags, layers and picture of a packet that no publisher would send.
type Absurd = (u8, u64, u64, u8, (u8, u8), Option<(u16, u8)>);

fn absurd() -> impl Strategy<Value = Absurd> {
    let number = prop_oneof![0_u64..2000, Just(u64::MAX), any::<u64>()];
    let timestamp = prop_oneof![0_u64..90_000, any::<u64>()];
    (
        0_u8..6,
        number,
        timestamp,
        any::<u8>(),
        (any::<u8>(), any::<u8>()),
        any::<Option<(u16, u8)>>(),
    )
}

proptest! {
    #![proptest_config(config(42))]

    #[test]
    fn forward_survives_whatever_a_publisher_sends(
        packets in prop::collection::vec((absurd(), any::<u16>()), 1..400), scalable: bool,
    ) {
        let structure = if scalable { Structure::Scalable } else { Structure::Simulcast };
        let (start, clocks) = (origin(), Clocks::new(RATE));
        let mut forwarder = Forwarder::new(Settings::video(structure, Numbering::Close), 9, 9);
        let rings = [Ring::new(16, 4096)];
        let mut seen = HashSet::new();
        for ((encoding, sequence, timestamp, bits, (spatial, temporal), picture), chance) in packets {
            let flag = |bit: u8| bits >> bit & 1 == 1;
            let frame = Frame {
                keyframe: flag(0),
                start: flag(1),
                end: flag(2),
                refresh: flag(3),
                spatial: if flag(4) { spatial } else { 0 },
                temporal: if flag(5) { temporal } else { 0 },
                switch: if flag(6) { SwitchPoint::Above } else { SwitchPoint::Own },
                picture: picture.map(|(id, bits)| Picture { id, bits, base: Some(bits), key: None }),
            };
            let payload_len = chance % 5;
            let packet = Arrived { encoding, sequence, timestamp, marker: flag(7), payload_len, frame, at: start };
            if chance % 16 == 0 {
                let layer = Layer { spatial: (chance >> 8) as u8 % 5, temporal: temporal % 5 };
                forwarder.set_target((chance % 32 == 0).then_some(layer));
            }
            if chance % 97 == 0 {
                forwarder.replace(encoding);
            }
            let number = match forwarder.forward(start, &packet, &clocks) {
                Verdict::Send(out) => Some(out.sequence),
                Verdict::Fill { sequence, .. } => Some(sequence),
                Verdict::Drop => forwarder.pad(start).map(|pad| pad.0),
            };
            if let Some(number) = number {
                prop_assert!((9..9 + 400 * 513).contains(&number) && seen.insert(number));
            }
            forwarder.answer(start, Duration::ZERO, chance, &rings);
            let _ = (forwarder.selector().needs(), forwarder.selector().awaits_keyframe());
        }
    }
}
