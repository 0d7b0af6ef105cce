//! What is left of loss after retransmission and redundancy.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::panic,
    reason = "a test may panic"
)]

mod downlink;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use downlink::World;
use hubbub_netem::{Config, Loss};
use hubbub_wire::rtx;

const SPAN: Duration = Duration::from_secs(30);
/// A player's buffer under such loss: sound later than this after it was spoken is concealed.
const PATIENCE: Duration = Duration::from_millis(200);

fn lossy(share: f64) -> World {
    let config = |loss| Config {
        rate_bps: Some(10_000_000),
        delay: Duration::from_millis(20),
        loss,
        ..Config::default()
    };
    World::new(
        config(Loss::Independent { chance: share }),
        config(Loss::Independent { chance: share / 2.0 }),
        11,
    )
}

/// Shares of packets of sound and of pictures that never came in time; `full` with a retransmission stream.
fn residual(share: f64, full: bool) -> (f64, f64) {
    let mut world = lossy(share);
    let now = world.clock.now();
    let (voice, camera) = (world.stage.audio(now), world.stage.video(now, &[300]));
    let sound = world.subscribe(voice, 0, true);
    let pictures = world.subscribe(camera, 1, full);
    world.speaking.push(voice);
    world.showing.push(camera);
    world.run(SPAN);
    let heard = world.peer.heard(sound.media, now, PATIENCE).len();
    let spoken = world.stage.doubles[&voice].frames as usize;
    let came: BTreeSet<u16> = world.peer.of(pictures.media).map(|one| one.sequence).collect();
    let mended: BTreeSet<u16> = world
        .peer
        .of(pictures.rtx)
        .filter_map(|one| rtx::split(&one.payload).ok())
        .map(|(number, _)| number)
        .collect();
    let stream = &world.peer.streams[&pictures.media];
    let sent = stream.highest.unwrap() - stream.first + 1;
    let whole = came.union(&mended).count();
    (
        1.0 - heard as f64 / spoken as f64,
        1.0 - whole as f64 / sent as f64,
    )
}

#[test]
fn little_loss_is_left_at_10_20_and_30_per_cent() {
    for (share, sound_max, pictures_max) in [(0.1, 0.01, 0.005), (0.2, 0.025, 0.01), (0.3, 0.07, 0.02)] {
        let (sound, pictures) = residual(share, true);
        println!(
            "{:.0} % lost: {:.2} % of sound, {:.2} % of pictures remain",
            share * 100.0,
            sound * 100.0,
            pictures * 100.0
        );
        assert!(sound <= sound_max, "{sound}");
        assert!(pictures <= pictures_max, "{pictures}");
    }
}

#[test]
fn pictures_without_a_retransmission_stream_are_mended_too() {
    for (share, pictures_max) in [(0.1, 0.005), (0.2, 0.01), (0.3, 0.02)] {
        let (_, pictures) = residual(share, false);
        println!(
            "{:.0} % lost, no retransmission stream: {:.2} % of pictures remain",
            share * 100.0,
            pictures * 100.0
        );
        assert!(pictures <= pictures_max, "{pictures}");
    }
}

/// A picture counts if all of it came this soon after it was taken: what players' buffers grow to under such loss.
const SHOWN_BY: Duration = Duration::from_millis(400);

/// Share of the pictures of a minute that could be shown, and kilobits a second of media, for a camera in three
/// encodings at random loss both ways.
fn shown(kbps: u64, one_way: Duration, share: f64, seed: u64) -> (f64, f64) {
    let config = |rate_bps, loss| Config {
        rate_bps,
        queue_bytes_max: usize::try_from(kbps * 300 / 8).unwrap(),
        delay: one_way,
        loss: Loss::Independent { chance: loss },
        ..Config::default()
    };
    let there = config(Some(kbps * 1_000), share);
    let mut world = World::new(there, config(None, share / 2.0), seed);
    let now = world.clock.now();
    let (voice, camera) = (world.stage.audio(now), world.stage.video(now, &[150, 500, 1_700]));
    world.subscribe(voice, 0, true);
    let pictures = world.subscribe(camera, 1, true);
    world.speaking.push(voice);
    world.showing.push(camera);
    let (from, to) = (Duration::from_secs(5), Duration::from_secs(65));
    world.run(to + SHOWN_BY);
    // By picture and encoding: which packets came in time, and how many there are.
    let mut came: BTreeMap<(u32, u8), (BTreeSet<u8>, Option<u8>)> = BTreeMap::new();
    for packet in &world.peer.received {
        let payload = match packet.ssrc {
            ssrc if ssrc == pictures.media => packet.payload.as_slice(),
            ssrc if ssrc == pictures.rtx => match rtx::split(&packet.payload) {
                Ok((_, payload)) => payload,
                Err(_) => continue,
            },
            _ => continue,
        };
        if payload.len() < 12 {
            continue;
        }
        let number = u32::from_be_bytes(*payload[6..].first_chunk().unwrap());
        if packet.at > now + downlink::FRAME * number + SHOWN_BY {
            continue;
        }
        let entry = came.entry((number, payload[10])).or_default();
        entry.0.insert(payload[11]);
        if packet.marker {
            entry.1 = Some(payload[11]);
        }
    }
    let whole: BTreeSet<u32> = came
        .iter()
        .filter(|(_, (packets, last))| last.is_some_and(|last| packets.len() == usize::from(last) + 1))
        .map(|((number, _), _)| *number)
        .collect();
    let frames = |at: Duration| (at.as_secs_f64() / downlink::FRAME.as_secs_f64()) as u32;
    let (first, last) = (frames(from), frames(to));
    let counted = whole.range(first..last).count();
    (
        counted as f64 / f64::from(last - first),
        world.kbps(pictures.media, from, to),
    )
}

#[test]
fn pictures_keep_coming_at_10_20_and_30_per_cent() {
    for (kbps, one_way) in [(10_000, 20), (2_500, 40), (1_000, 20)] {
        for (share, least) in [(0.1, 0.98), (0.2, 0.95), (0.3, 0.9)] {
            for seed in [1, 2, 3] {
                let (kept, media) = shown(kbps, Duration::from_millis(one_way), share, seed);
                println!(
                    "{kbps} kbit/s, {one_way} ms, {:.0} % lost, seed {seed}: {:.1} % of pictures shown, {media:.0} kbit/s of media",
                    share * 100.0,
                    kept * 100.0
                );
                assert!(kept >= least, "{kept}");
            }
        }
    }
}

/// Pictures build on one another, so one that lacks a packet holds up all after it. Share of the pictures of a minute
/// that could be decoded within [`SHOWN_BY`], and how long the longest was held up, when a receiver that never sent
/// anything, and so knows no round trip, asks for each packet ten times at most.
fn decoded(share: f64, seed: u64) -> (f64, Duration) {
    let config = |rate_bps| Config {
        rate_bps,
        delay: Duration::from_millis(10),
        loss: Loss::Independent { chance: share },
        ..Config::default()
    };
    let mut world = World::new(config(Some(10_000_000)), config(None), seed);
    world.rtt = Duration::from_millis(80);
    let now = world.clock.now();
    let (voice, camera) = (world.stage.audio(now), world.stage.video(now, &[450]));
    world.subscribe(voice, 0, true);
    let pictures = world.subscribe(camera, 1, true);
    world.speaking.push(voice);
    world.showing.push(camera);
    world.run(Duration::from_secs(65));
    let mut came: BTreeMap<u32, (BTreeMap<u8, Instant>, Option<u8>)> = BTreeMap::new();
    for packet in &world.peer.received {
        let payload = match packet.ssrc {
            ssrc if ssrc == pictures.media => packet.payload.as_slice(),
            ssrc if ssrc == pictures.rtx => match rtx::split(&packet.payload) {
                Ok((_, payload)) => payload,
                Err(_) => continue,
            },
            _ => continue,
        };
        if payload.len() < 12 {
            continue;
        }
        let number = u32::from_be_bytes(*payload[6..].first_chunk().unwrap());
        let entry = came.entry(number).or_default();
        entry.0.entry(payload[11]).or_insert(packet.at);
        if packet.marker {
            entry.1 = Some(payload[11]);
        }
    }
    let (mut free, mut in_time, mut longest) = (now, 0, Duration::ZERO);
    let counted = 150..1_800;
    for number in counted.clone() {
        let whole = came.get(&number).and_then(|(packets, last)| {
            let whole = packets.len() == usize::from((*last)?) + 1;
            packets.values().max().copied().filter(|_| whole)
        });
        let taken = now + downlink::FRAME * number;
        // Who waits for three seconds asks for a keyframe instead.
        free = free.max(whole.unwrap_or(taken + Duration::from_secs(3)));
        in_time += u32::from(free <= taken + SHOWN_BY);
        longest = longest.max(free - taken);
    }
    (
        f64::from(in_time) / f64::from(counted.end - counted.start),
        longest,
    )
}

#[test]
fn no_picture_holds_up_those_after_it_for_long() {
    for (share, least) in [(0.1, 0.99), (0.2, 0.85), (0.3, 0.65)] {
        for seed in [1, 2, 3, 4] {
            let (kept, longest) = decoded(share, seed);
            println!(
                "{:.0} % lost, seed {seed}: {:.1} % of pictures decoded in time, the latest {longest:?} late",
                share * 100.0,
                kept * 100.0
            );
            assert!(kept >= least, "{kept}");
            assert!(longest < Duration::from_secs(2), "{longest:?}");
        }
    }
}

#[test]
fn legs_tell_loss_and_what_was_mended() {
    let mut world = lossy(0.1);
    let camera = world.stage.video(world.clock.now(), &[300]);
    world.subscribe(camera, 1, true);
    world.showing.push(camera);
    world.run(Duration::from_secs(10));
    let mut legs = Vec::new();
    world.subscriber.sample(world.clock.now(), |leg| legs.push(leg));
    let [leg] = legs[..] else { panic!("one leg") };
    assert!((0.06..0.14).contains(&leg.loss), "{leg:?}");
    assert!(leg.residual_loss < 0.04, "{leg:?}");
    assert!((250_000..400_000).contains(&leg.bits_per_second), "{leg:?}");
    assert!(leg.nacks > 10 && leg.packets > 300, "{leg:?}");
    assert_eq!((leg.spatial, leg.jitter_ms), (0, 1.0));
}
