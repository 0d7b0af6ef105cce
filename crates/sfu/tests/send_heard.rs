//! What feedback tells of a listener's sound and pictures, beside what came to them.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod downlink;

use std::time::Duration;

use downlink::World;
use hubbub_netem::{Config, Loss};
use hubbub_sfu::send::Leg;
use hubbub_sfu::shard::command::Kind;

const SPAN: Duration = Duration::from_secs(60);
const ONE_WAY: Duration = Duration::from_millis(20);
/// Players wait about so long beyond the way itself, at least and at most.
const WAITS: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(250));
/// At the ends pieces are on their way.
const EDGES: f64 = 0.002;

/// What was told of sound, and the least and the most that a player had to conceal. `full` with redundancy.
fn concealed(loss: Loss, back: f64, jitter: Duration, full: bool) -> (Leg, f64, f64) {
    let there = Config {
        rate_bps: Some(10_000_000),
        delay: ONE_WAY,
        loss,
        jitter,
        ..Config::default()
    };
    let here = Config {
        delay: ONE_WAY,
        loss: Loss::Independent { chance: back },
        ..Config::default()
    };
    let mut world = World::new(there, here, 11);
    let now = world.clock.now();
    let voice = world.stage.audio(now);
    let sound = world.subscribe(voice, 0, full);
    world.speaking.push(voice);
    world.run(SPAN);
    let spoken = f64::from(world.stage.doubles[&voice].frames);
    let share = |wait| 1.0 - world.peer.heard(sound.media, now, ONE_WAY + wait).len() as f64 / spoken;
    let bounds = (share(WAITS.1), share(WAITS.0));
    let mut told = None;
    world.subscriber.sample(world.clock.now(), |leg| told = Some(leg));
    (told.unwrap(), bounds.0, bounds.1)
}

#[test]
fn concealed_sound_is_told_as_it_was() {
    let chance = |chance| Loss::Independent { chance };
    // A tenth in runs of four.
    let bursts = Loss::Burst {
        enter: 1.0 / 36.0,
        leave: 0.25,
        good: 0.0,
        bad: 1.0,
    };
    let still = Duration::ZERO;
    let uneven = Duration::from_millis(30);
    for (loss, back, jitter, full) in [
        (chance(0.0), 0.0, still, true),
        (chance(0.0), 0.0, uneven, true),
        (chance(0.1), 0.05, still, true),
        (chance(0.2), 0.1, still, true),
        (chance(0.3), 0.15, uneven, true),
        (bursts, 0.1, still, true),
        (chance(0.1), 0.05, still, false),
        (chance(0.2), 0.2, uneven, false),
    ] {
        let (leg, least, most) = concealed(loss, back, jitter, full);
        let told = f64::from(leg.concealed);
        println!(
            "{loss:?}, {back} of feedback, {jitter:?} of jitter, redundancy {full}: told {:.2} %, was {:.2} to {:.2} %",
            told * 100.0,
            least * 100.0,
            most * 100.0
        );
        assert!(
            (least - EDGES..=most + EDGES).contains(&told),
            "{told} is not within {least} and {most}"
        );
        assert_eq!(leg.kind, Kind::Audio);
        assert!(leg.measured);
    }
}

#[test]
fn what_holds_pictures_up_is_told() {
    let path = |delay| Config {
        rate_bps: Some(5_000_000),
        delay,
        ..Config::default()
    };
    let mut world = World::new(path(ONE_WAY), path(ONE_WAY), 7);
    let now = world.clock.now();
    let camera = world.stage.video(now, &[300]);
    world.subscribe(camera, 0, true);
    world.showing.push(camera);
    world.run(Duration::from_secs(10));
    let mut told = Vec::new();
    let mut ask = |world: &mut World| {
        let now = world.clock.now();
        world
            .subscriber
            .sample(now, |leg| told.push((leg.freezes, leg.frozen_ms)));
    };
    ask(&mut world);
    // Nothing comes through for a while, and is asked for again afterwards.
    let shut = Config {
        loss: Loss::Independent { chance: 1.0 },
        ..path(ONE_WAY)
    };
    world.forward.reconfigure(world.clock.now(), shut);
    world.run(Duration::from_millis(600));
    world.forward.reconfigure(world.clock.now(), path(ONE_WAY));
    world.run(Duration::from_secs(10));
    ask(&mut world);
    world.run(Duration::from_secs(5));
    ask(&mut world);
    println!("{told:?}");
    let [(0, 0), (1, frozen), (0, 0)] = told[..] else {
        panic!("{told:?}")
    };
    assert!((400..1_200).contains(&frozen), "{frozen}");
}
