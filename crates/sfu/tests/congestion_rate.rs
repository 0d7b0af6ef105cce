//! What the congestion controller promises, over simulated paths. Every figure stated here holds for each seed.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod congestion;

use std::time::Duration;

use congestion::{AUDIO_KBPS, Flow, GREEDY, Source, World, back, path, seconds};
use hubbub_netem::{Config, Loss, Reorder};

const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// A run of one greedy flow. Tests print the figures that they judge; see them with `--nocapture`.
fn alone(config: Config, until: f64, seed: u64) -> World {
    let mut world = World::new(config, back(25), &[GREEDY], seed);
    world.run_until(seconds(until));
    world
}

fn goodput(flow: &Flow, from: f64, to: f64) -> f64 {
    flow.goodput_kbps(seconds(from), seconds(to))
}

fn queue_ms(flow: &Flow, from: f64, to: f64, share: f64) -> f64 {
    flow.queue_ms(seconds(from), seconds(to), share)
}

#[test]
fn it_converges_fast_uses_the_path_and_keeps_the_queue_short() {
    for seed in SEEDS {
        let world = alone(path(2_500, 300, 25), 60.0, seed);
        let flow = &world.flows[0];
        let reached = flow.reached(2_000.0, Duration::ZERO).unwrap();
        let utilisation = goodput(flow, 5.0, 60.0) / 2_500.0;
        let (usual, rare) = (queue_ms(flow, 1.0, 60.0, 0.5), queue_ms(flow, 1.0, 60.0, 0.99));
        println!(
            "2.5 Mbit/s, seed {seed}: 80 % after {reached:?}, used {utilisation:.3}, queue p50 {usual:.0} p99 {rare:.0} ms"
        );
        assert!(reached <= seconds(1.0), "{reached:?}");
        assert!(utilisation >= 0.86, "{utilisation}");
        assert!(usual <= 25.0 && rare <= 60.0, "{usual} {rare}");
        assert_eq!(world.forward.statistics().overflowed, 0);
    }
}

#[test]
fn a_fall_of_capacity_is_followed_and_so_is_its_return() {
    for seed in SEEDS {
        let mut world = alone(path(3_000, 300, 25), 20.0, seed);
        world.set_rate(800);
        world.run_until(seconds(50.0));
        world.set_rate(3_000);
        world.run_until(seconds(80.0));
        let flow = &world.flows[0];
        let fell = flow
            .fell(800.0, seconds(20.0))
            .unwrap()
            .saturating_sub(seconds(20.0));
        let queue = queue_ms(flow, 23.5, 50.0, 0.95);
        let low = goodput(flow, 25.0, 50.0) / 800.0;
        let back = flow
            .reached(2_400.0, seconds(50.0))
            .unwrap()
            .saturating_sub(seconds(50.0));
        println!(
            "3 → 0.8 → 3 Mbit/s, seed {seed}: down in {fell:?}, queue p95 from 3.5 s on {queue:.0} ms, used {low:.2}, up in {back:?}"
        );
        assert!(fell <= seconds(1.5), "{fell:?}");
        assert!(queue <= 90.0, "{queue}");
        assert!(low >= 0.85, "{low}");
        assert!(back <= seconds(8.0), "{back:?}");
    }
}

#[test]
fn two_flows_share_a_path() {
    for seed in SEEDS {
        let late = Source {
            starts: seconds(20.0),
            ..GREEDY
        };
        let mut world = World::new(path(4_000, 300, 25), back(25), &[GREEDY, late], seed);
        world.run_until(seconds(140.0));
        let [first, second] = [0, 1].map(|index: usize| goodput(&world.flows[index], 60.0, 140.0));
        let jain = (first + second).powi(2) / (2.0 * (first.powi(2) + second.powi(2)));
        let queue = queue_ms(&world.flows[0], 30.0, 140.0, 0.95);
        println!(
            "two flows, seed {seed}: {first:.0} and {second:.0} kbit/s, fairness {jain:.3}, queue p95 {queue:.0} ms"
        );
        assert!(jain >= 0.9, "{jain}");
        assert!(first + second >= 0.78 * 4_000.0, "{first} {second}");
        assert!(queue <= 130.0, "{queue}");
    }
}

#[test]
fn random_loss_does_not_collapse_the_rate() {
    // Bounds in kbit/s of the mean target after ten seconds on a path of 2.5 Mbit/s. From 20 % on the ceiling of the
    // loss controller counts: 1,000 and 600.
    for (chance, low, high) in [
        (0.02, 1_900.0, 2_600.0),
        (0.05, 1_800.0, 2_600.0),
        (0.1, 1_700.0, 2_600.0),
        (0.2, 850.0, 1_150.0),
        (0.3, 500.0, 700.0),
    ] {
        for seed in SEEDS {
            let loss = Loss::Independent { chance };
            let world = alone(
                Config {
                    loss,
                    ..path(2_500, 300, 25)
                },
                60.0,
                seed,
            );
            let mean = world.flows[0].mean_target_kbps(seconds(10.0), seconds(60.0));
            println!("loss {chance}, seed {seed}: mean target {mean:.0} kbit/s");
            assert!((low..=high).contains(&mean), "loss {chance}, seed {seed}: {mean}");
        }
    }
}

#[test]
fn bursts_of_loss_do_not_collapse_the_rate() {
    for seed in SEEDS {
        // 3.8 % on average in bursts of five.
        let loss = Loss::Burst {
            enter: 0.008,
            leave: 0.2,
            good: 0.0,
            bad: 1.0,
        };
        let world = alone(
            Config {
                loss,
                ..path(2_500, 300, 25)
            },
            60.0,
            seed,
        );
        let mean = world.flows[0].mean_target_kbps(seconds(10.0), seconds(60.0));
        println!("bursts, seed {seed}: mean target {mean:.0} kbit/s");
        assert!(mean >= 1_800.0, "{mean}");
    }
}

#[test]
fn a_path_without_a_queue_is_found_by_its_loss() {
    for seed in SEEDS {
        // 25 ms of buffer, five packets: too little for the delay to show much. (A buffer below the pacer's burst
        // would lose part of every frame at any rate.)
        let world = alone(path(2_000, 25, 25), 60.0, seed);
        let flow = &world.flows[0];
        let used = goodput(flow, 10.0, 60.0) / 2_000.0;
        let counted = world.forward.statistics();
        let lost = f64::from(u32::try_from(counted.overflowed).unwrap())
            / f64::from(u32::try_from(counted.sent).unwrap());
        println!("shallow buffer, seed {seed}: used {used:.2}, lost {lost:.3}");
        assert!(used >= 0.8 && lost <= 0.05, "{used} {lost}");
    }
}

#[test]
fn probes_find_a_fast_path_within_a_second() {
    for kbps in [1_000, 2_500, 5_000, 10_000] {
        for seed in SEEDS {
            let world = alone(path(kbps, 300, 25), 3.0, seed);
            let wanted = 0.9 * f64::from(u32::try_from(kbps).unwrap());
            let reached = world.flows[0].reached(wanted, Duration::ZERO).unwrap();
            println!("{kbps} kbit/s, seed {seed}: 90 % after {reached:?}");
            assert!(reached <= seconds(1.0), "{kbps}: {reached:?}");
        }
    }
}

#[test]
fn a_sender_with_little_to_send_still_learns_what_there_is() {
    for seed in SEEDS {
        // One fixed layer of 400 kbit/s, though 1.5 Mbit/s are wanted.
        let layer = Source {
            video_max_kbps: 400,
            elastic: false,
            starts: Duration::ZERO,
        };
        let mut world = World::new(path(3_000, 300, 25), back(25), &[layer], seed);
        world.flows[0]
            .controller
            .set_wanted(hubbub_sfu::cc::Bitrate::from_kbps(1_500));
        world.run_until(seconds(30.0));
        let now = world.clock.now();
        let estimate = world.flows[0].controller.estimate(now);
        println!("limited, seed {seed}: {:.0} kbit/s", estimate.target.kbps());
        assert!(estimate.limited);
        assert!(estimate.target.kbps() >= 1_400.0, "{estimate:?}");
        // Padding was a small price for it.
        assert!(
            world.flows[0].padding_bytes < 60_000,
            "{}",
            world.flows[0].padding_bytes
        );
    }
}

#[test]
fn audio_never_waits_and_video_hardly() {
    let world = alone(path(1_000, 300, 25), 30.0, 1);
    let flow = &world.flows[0];
    println!("waits: audio {:?}, video {:?}", flow.audio_wait, flow.video_wait);
    assert_eq!(flow.audio_wait, Duration::ZERO);
    assert!(
        flow.video_wait <= Duration::from_millis(50),
        "{:?}",
        flow.video_wait
    );
    assert!(goodput(flow, 1.0, 30.0) > f64::from(AUDIO_KBPS));
}

#[test]
fn jitter_and_reordering_are_not_taken_for_congestion() {
    for seed in SEEDS {
        let shaken = Config {
            jitter: Duration::from_millis(8),
            reorder: Some(Reorder {
                chance: 0.005,
                by: Duration::from_millis(20),
            }),
            ..path(2_500, 300, 25)
        };
        let world = alone(shaken, 60.0, seed);
        let mean = world.flows[0].mean_target_kbps(seconds(10.0), seconds(60.0));
        println!("jitter, seed {seed}: mean target {mean:.0} kbit/s");
        assert!(mean >= 1_500.0, "{mean}");
    }
}

#[test]
fn lost_feedback_does_not_collapse_the_rate() {
    for seed in SEEDS {
        let way_back = Config {
            loss: Loss::Independent { chance: 0.3 },
            ..back(25)
        };
        let mut world = World::new(path(2_500, 300, 25), way_back, &[GREEDY], seed);
        world.run_until(seconds(60.0));
        let mean = world.flows[0].mean_target_kbps(seconds(10.0), seconds(60.0));
        println!("feedback lost, seed {seed}: mean target {mean:.0} kbit/s");
        assert!(mean >= 1_600.0, "{mean}");
    }
}

#[test]
fn silence_is_answered_by_sending_less() {
    let mut world = alone(path(2_500, 300, 25), 10.0, 1);
    let before = world.flows[0].targets_kbps.last().copied().unwrap();
    let dead = Config {
        loss: Loss::Independent { chance: 1.0 },
        ..world.forward.config()
    };
    world.forward.reconfigure(world.clock.now(), dead);
    world.run_until(seconds(16.0));
    let after = world.flows[0].targets_kbps.last().copied().unwrap();
    println!("silence: {before:.0} → {after:.0} kbit/s");
    assert!(after <= 0.4 * before, "{after}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let runs = [0, 1].map(|_| alone(path(2_500, 300, 25), 20.0, 9).flows[0].targets_kbps.clone());
    assert_eq!(runs[0], runs[1]);
}
