//! Sound and repairs are not late behind pictures when a path narrows.
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
use hubbub_sfu::shard::command::Ssrcs;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A path of so many kilobits a second with room for 2 seconds of them.
fn link(kbps: u64) -> Config {
    Config {
        rate_bps: Some(kbps * 1_000),
        queue_bytes_max: usize::try_from(kbps * 2_000 / 8).unwrap(),
        delay: ms(25),
        ..Config::default()
    }
}

/// Delays of sound, in order of speaking.
fn delays(world: &World, ssrc: u32, from: Duration) -> Vec<Duration> {
    let start = world.clock.at(Duration::ZERO);
    let mut all: Vec<_> = world
        .peer
        .of(ssrc)
        .filter(|one| one.payload.len() == 80)
        .map(|one| {
            let number = u32::from_be_bytes(*one.payload.first_chunk().unwrap());
            let spoken = ms(20) * number;
            (spoken, (one.at - start).saturating_sub(spoken))
        })
        .filter(|(spoken, _)| *spoken >= from)
        .collect();
    all.sort_unstable();
    all.into_iter().map(|(_, delay)| delay).collect()
}

/// For how long sound was later than that.
fn late(delays: &[Duration], than: Duration) -> Duration {
    let count = delays.iter().filter(|delay| **delay > than).count();
    ms(20) * u32::try_from(count).unwrap()
}

/// Two cameras and a voice on a path of 5 Mbit/s that narrows to so much; keyframes come from far away.
fn narrowed(kbps: u64, seed: u64) -> (World, Ssrcs, [Ssrcs; 2]) {
    let back = Config {
        delay: ms(25),
        ..Config::default()
    };
    let mut world = World::new(link(5_000), back, seed);
    world.receiver_late = ms(10);
    world.publisher_away = ms(150);
    let now = world.clock.now();
    let voice = world.stage.audio(now);
    let cameras = [150, 150].map(|least| world.stage.video(now, &[least, 500, 1_700]));
    let sound = world.subscribe(voice, 0, true);
    let pictures = [1, 2].map(|slot| world.subscribe(cameras[slot as usize - 1], slot, true));
    world.speaking.push(voice);
    world.showing.extend(cameras);
    world.run(BEFORE);
    world.forward.reconfigure(world.clock.now(), link(kbps));
    world.run(ms(12_000));
    (world, sound, pictures)
}

const BEFORE: Duration = ms(6_000);

#[test]
fn sound_is_late_for_no_longer_than_it_takes_to_learn_and_to_empty_the_path() {
    // Until the first late packets were reported the path fills, a third of a second long; then it is emptied at half
    // of what it carries. Larger pictures that came until the smaller ones began took two more seconds.
    for (kbps, most) in [(1_500, 900), (800, 3_000), (400, 2_700)] {
        for seed in 1..=4 {
            let (world, sound, pictures) = narrowed(kbps, seed);
            let all = delays(&world, sound.media, BEFORE);
            let (end, over) = (ms(4_000), late(&all, ms(400)));
            println!(
                "to {kbps}, seed {seed}: sound at most {:?} late, over 400 ms for {over:?}, {:.0} kbit/s of pictures",
                all.iter().max().unwrap(),
                world.kbps(pictures[0].media, BEFORE + end, BEFORE + end * 3),
            );
            assert!(over <= ms(most), "{over:?}");
            let after = delays(&world, sound.media, BEFORE + end);
            assert!(late(&after, ms(400)) <= ms(200), "{:?}", after.iter().max());
        }
    }
}

#[test]
fn pictures_let_go_leave_no_gap_to_ask_for() {
    for seed in 1..=4 {
        let (world, _, pictures) = narrowed(800, seed);
        assert_eq!(world.forward.statistics().overflowed, 0);
        for stream in pictures {
            let mut all: Vec<u64> = world.peer.of(stream.media).map(|one| one.index).collect();
            all.sort_unstable();
            assert!(all.windows(2).all(|pair| pair[1] == pair[0] + 1));
        }
        assert_eq!(world.peer.asked, 0);
    }
}
