//! How soon the highest layer comes, and whether the picture then rests: figures for paths and machines of many kinds.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod downlink;

use std::time::Duration;

use downlink::World;
use hubbub_netem::Config;
use hubbub_sfu::cc::ArrivalsSettings;
use hubbub_sfu::send::Event;
use hubbub_sfu::shard::command::Ssrcs;
use hubbub_sfu::shard::event::Notice;

const SEEDS: [u64; 6] = [1, 2, 3, 4, 5, 6];

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A path, and the machines at its ends.
#[derive(Clone, Copy, Debug)]
struct Case {
    kbps: Option<u64>,
    one_way: Duration,
    receiver_late: Duration,
    sender_late: Duration,
}

fn link(case: Case) -> Config {
    Config {
        rate_bps: case.kbps.map(|kbps| kbps * 1_000),
        // 300 ms of queue.
        queue_bytes_max: usize::try_from(case.kbps.unwrap_or(0) * 300 / 8).unwrap(),
        delay: case.one_way,
        ..Config::default()
    }
}

/// A voice from the beginning; two seconds later a camera in three encodings whose keyframes are large. The receiver
/// reports like a browser: every 100 ms, later when its thread is.
fn call(case: Case, seed: u64) -> (World, Ssrcs) {
    call_with(case, seed, true)
}

/// The same, with a retransmission stream or without.
fn call_with(case: Case, seed: u64, full: bool) -> (World, Ssrcs) {
    let back = Config {
        delay: case.one_way,
        ..Config::default()
    };
    let mut world = World::new(link(case), back, seed);
    world.receiver_late = case.receiver_late;
    world.sender_late = case.sender_late;
    let now = world.clock.now();
    world.peer.arrivals = hubbub_sfu::cc::Arrivals::new(
        now,
        ArrivalsSettings {
            packets: usize::MAX,
            ..ArrivalsSettings::default()
        },
    );
    let voice = world.stage.audio(now);
    world.subscribe(voice, 0, true);
    world.speaking.push(voice);
    world.run(BEFORE);
    let camera = world.stage.video(world.clock.now(), &[150, 500, 1_700]);
    let double = world.stage.doubles.get_mut(&camera).unwrap();
    double.keyframe_size = 8;
    double.measured = Some(vec![Vec::new(); 3]);
    let pictures = world.subscribe(camera, 1, full);
    world.showing.push(camera);
    (world, pictures)
}

const BEFORE: Duration = ms(2_000);

/// When which layer was sent, from the camera's beginning; -1 is none.
fn switches(world: &World) -> Vec<(Duration, i64)> {
    let told = world.events.iter().filter_map(|(at, event)| match event {
        Event::Noticed {
            notice: Notice::LayerSwitched,
            value,
            ..
        } => Some((at.saturating_sub(BEFORE), value.div_euclid(10))),
        _ => None,
    });
    told.collect()
}

/// What was told of the path.
fn events(world: &World) -> Vec<(Duration, Notice)> {
    let told = world.events.iter().filter_map(|(at, event)| match event {
        Event::Noticed {
            notice: notice @ (Notice::Congested | Notice::Recovered),
            ..
        } => Some((*at, *notice)),
        _ => None,
    });
    told.collect()
}

/// When the highest layer came; and what an observer wants to see of a run.
fn start(name: &str, case: Case, seed: u64) -> Duration {
    let (mut world, _) = call(case, seed);
    world.run(ms(10_000));
    let all = switches(&world);
    let first = all.iter().find(|(_, layer)| *layer == 2).map(|(at, _)| *at);
    let first = first.unwrap_or(Duration::MAX);
    println!(
        "{name}, threads late {:?} and {:?}, seed {seed}: highest after {first:?}, estimate {} kbit/s",
        case.receiver_late,
        case.sender_late,
        world.subscriber.estimate() / 1_000,
    );
    assert_eq!(all.last().unwrap().1, 2);
    assert_eq!(events(&world), []);
    first
}

/// How late the threads of receiver and sender are at most, and by when the highest layer is to come there.
const MACHINES: [(u64, u64, u64); 5] = [
    (0, 0, 1_000),
    (10, 2, 1_000),
    (30, 2, 2_000),
    (30, 10, 2_000),
    (50, 20, 7_000),
];

#[test]
fn a_good_path_soon_carries_the_highest_layer() {
    for (name, kbps, one_way, by) in [
        ("5 Mbit/s, 50 ms", Some(5_000), ms(25), 2_000),
        ("loopback", None, Duration::ZERO, 1_000),
    ] {
        for (receiver_late, sender_late, bearable) in MACHINES {
            for seed in SEEDS {
                let case = Case {
                    kbps,
                    one_way,
                    receiver_late: ms(receiver_late),
                    sender_late: ms(sender_late),
                };
                let first = start(name, case, seed);
                // The worst machine is allowed more.
                let by = if receiver_late < 50 {
                    by.min(bearable)
                } else {
                    bearable
                };
                assert!(first <= ms(by), "{case:?}, seed {seed}: {first:?}");
            }
        }
    }
}

/// Run for a minute on a path that narrowed to so much, or was as narrow from the beginning.
fn narrow(kbps: u64, narrowed: bool, late: (u64, u64), seed: u64) {
    let case = Case {
        kbps: Some(if narrowed { 5_000 } else { kbps }),
        one_way: ms(25),
        receiver_late: ms(late.0),
        sender_late: ms(late.1),
    };
    let (mut world, pictures) = call(case, seed);
    if narrowed {
        world.run(ms(6_000));
        let config = link(Case {
            kbps: Some(kbps),
            ..case
        });
        world.forward.reconfigure(world.clock.now(), config);
    }
    let (from, skip) = (world.clock.elapsed(), switches(&world).len());
    world.run(ms(60_000));
    let all = &switches(&world)[skip..];
    let share = world.kbps(pictures.media, from + ms(15_000), from + ms(60_000));
    println!(
        "{} {kbps} kbit/s, threads late {late:?}, seed {seed}: {all:?}, then {share:.0} kbit/s, {} packets dropped",
        if narrowed { "from 5000 to" } else { "always" },
        world.forward.statistics().overflowed,
    );
    let fits = match kbps {
        400 => 150.0,
        800 | 1_500 => 500.0,
        _ => 1_700.0,
    };
    // A busy receiver may be thought congested now and then.
    let (most, least) = if late.0 == 0 { (5, 0.98) } else { (8, 0.9) };
    assert!(
        all.len() <= most,
        "{kbps}, {narrowed}, {late:?}, seed {seed}: {all:?}"
    );
    assert!(
        (fits * least..fits * 1.1).contains(&share),
        "{kbps}, {narrowed}, {late:?}, seed {seed}: {share}"
    );
}

#[test]
fn on_a_narrow_path_the_picture_rests_on_the_layer_that_fits() {
    for narrowed in [false, true] {
        for kbps in [400, 800, 1_500, 3_000] {
            // Nothing is random while no thread is late.
            narrow(kbps, narrowed, (0, 0), 1);
            for seed in SEEDS {
                narrow(kbps, narrowed, (20, 5), seed);
            }
        }
    }
}

#[test]
fn without_a_retransmission_stream_padding_among_the_pictures_measures_the_path() {
    for seed in SEEDS {
        let case = Case {
            kbps: Some(5_000),
            one_way: ms(25),
            receiver_late: ms(10),
            sender_late: ms(2),
        };
        let (mut world, pictures) = call_with(case, seed, false);
        world.run(ms(10_000));
        let first = switches(&world).iter().find(|(_, layer)| *layer == 2).unwrap().0;
        println!("no retransmission stream, seed {seed}: highest after {first:?}");
        assert!(first <= ms(2_000), "{first:?}");
        let mut all: Vec<_> = world.peer.of(pictures.media).collect();
        all.sort_by_key(|one| one.index);
        let mut padding = 0;
        for pair in all.windows(2) {
            assert_eq!(pair[1].index, pair[0].index + 1, "no number is left out");
            if pair[1].payload.is_empty() {
                padding += 1;
                let follows = pair[0].marker || pair[0].payload.is_empty();
                assert!(follows && pair[0].timestamp == pair[1].timestamp, "{pair:?}");
            }
        }
        assert!(padding > 5, "{padding}");
    }
}
