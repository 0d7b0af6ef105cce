//! What the emulator promises.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::time::Duration;

use hubbub_netem::{Clock, Config, Link, Loss, Reorder};
use proptest::prelude::*;

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Everything that arrives by `until`, as (milliseconds since the origin, item).
fn drain(link: &mut Link<u32>, clock: &mut Clock, until: Duration) -> Vec<(u64, u32)> {
    let origin = clock.at(Duration::ZERO);
    let mut arrived = Vec::new();
    while let Some(deadline) = link.deadline().filter(|deadline| *deadline <= origin + until) {
        clock.advance_to(deadline);
        while let Some(delivery) = link.poll(clock.now()) {
            assert!(delivery.at <= clock.now());
            let millis = u64::try_from((delivery.at - origin).as_millis()).unwrap();
            arrived.push((millis, delivery.item));
        }
    }
    arrived
}

#[test]
fn a_bottleneck_spaces_packets_by_their_transmission_time() {
    // 1,250 bytes at 1 Mbit/s take 10 ms each.
    let mut clock = Clock::new();
    let config = Config {
        rate_bps: Some(1_000_000),
        delay: milliseconds(20),
        ..Config::default()
    };
    let mut link = Link::new(config, 1);
    for item in 0..3 {
        link.send(clock.now(), 1_250, item);
    }
    assert_eq!(link.queue_delay(), milliseconds(30));
    assert_eq!(
        drain(&mut link, &mut clock, milliseconds(100)),
        [(30, 0), (40, 1), (50, 2)]
    );
}

#[test]
fn a_change_of_rate_reaches_packets_already_waiting() {
    let mut clock = Clock::new();
    let config = Config {
        rate_bps: Some(1_000_000),
        ..Config::default()
    };
    let mut link = Link::new(config, 1);
    link.send(clock.now(), 1_250, 0);
    link.send(clock.now(), 1_250, 1);
    clock.advance(milliseconds(5));
    link.reconfigure(
        clock.now(),
        Config {
            rate_bps: Some(500_000),
            ..config
        },
    );
    // Half of the first is left: 10 ms at half the rate; the second takes 20 ms.
    assert_eq!(
        drain(&mut link, &mut clock, milliseconds(100)),
        [(15, 0), (35, 1)]
    );
}

#[test]
fn a_full_queue_drops_what_comes_last() {
    let mut clock = Clock::new();
    let config = Config {
        rate_bps: Some(1_000_000),
        queue_bytes_max: 2_500,
        ..Config::default()
    };
    let mut link = Link::new(config, 1);
    for item in 0..5 {
        link.send(clock.now(), 1_250, item);
    }
    let items: Vec<u32> = drain(&mut link, &mut clock, milliseconds(100))
        .iter()
        .map(|pair| pair.1)
        .collect();
    assert_eq!(items, [0, 1]);
    assert_eq!(link.statistics().overflowed, 3);
}

#[test]
fn jitter_alone_keeps_the_order_and_its_bound() {
    let mut clock = Clock::new();
    let config = Config {
        delay: milliseconds(50),
        jitter: milliseconds(30),
        ..Config::default()
    };
    let mut link = Link::new(config, 5);
    for item in 0..500 {
        link.send(clock.now(), 100, item);
    }
    let arrived = drain(&mut link, &mut clock, milliseconds(200));
    assert!(arrived.windows(2).all(|pair| pair[0].1 < pair[1].1));
    assert!(arrived.iter().all(|(at, _)| (50..=80).contains(at)));
}

#[test]
fn held_back_packets_are_overtaken() {
    let mut clock = Clock::new();
    let reorder = Some(Reorder {
        chance: 0.1,
        by: milliseconds(15),
    });
    let mut link = Link::new(
        Config {
            delay: milliseconds(10),
            reorder,
            ..Config::default()
        },
        5,
    );
    for item in 0..1_000 {
        link.send(clock.now(), 100, item);
        clock.advance(milliseconds(1));
    }
    let mut arrived = Vec::new();
    while let Some(delivery) = link.poll(clock.now() + milliseconds(50)) {
        arrived.push(delivery.item);
    }
    assert_eq!(arrived.len(), 1_000);
    let late = arrived.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!((60..140).contains(&late), "{late}");
}

#[test]
fn duplicates_are_counted() {
    let clock = Clock::new();
    let mut link = Link::new(
        Config {
            duplicate: 1.0,
            ..Config::default()
        },
        5,
    );
    link.send(clock.now(), 100, 7);
    assert_eq!(link.poll(clock.now()).map(|delivery| delivery.item), Some(7));
    assert_eq!(link.poll(clock.now()).map(|delivery| delivery.item), Some(7));
    assert_eq!(link.poll(clock.now()), None);
    assert_eq!(link.statistics().duplicated, 1);
}

/// What arrives and how long after the first sending, polling at deadlines (`step` zero) or every `step`.
fn arrivals(config: Config, seed: u64, sizes: &[usize], step: Duration) -> Vec<(Duration, usize)> {
    let mut clock = Clock::new();
    let origin = clock.now();
    let mut link = Link::new(config, seed);
    for (item, size) in sizes.iter().enumerate() {
        link.send(clock.now(), *size, item);
        clock.advance(milliseconds(1));
    }
    let mut arrived = Vec::new();
    while let Some(deadline) = link.deadline() {
        if step > Duration::ZERO {
            clock.advance(step);
        } else {
            clock.advance_to(deadline);
        }
        while let Some(delivery) = link.poll(clock.now()) {
            arrived.push((delivery.at - origin, delivery.item));
        }
    }
    arrived
}

proptest! {
    #[test]
    fn packets_are_conserved(
        sizes in proptest::collection::vec(40usize..1_500, 1..200),
        rate in 50_000u64..5_000_000,
        chance in 0.0f64..0.5,
        seed: u64,
    ) {
        let mut clock = Clock::new();
        let config = Config {
            rate_bps: Some(rate),
            queue_bytes_max: 20_000,
            jitter: milliseconds(5),
            loss: Loss::Independent { chance },
            duplicate: 0.05,
            ..Config::default()
        };
        let mut link = Link::new(config, seed);
        for (size, item) in sizes.iter().zip(0u32..) {
            link.send(clock.now(), *size, item);
            clock.advance(milliseconds(2));
        }
        drain(&mut link, &mut clock, Duration::from_secs(3_600));
        let counted = link.statistics();
        prop_assert_eq!(link.deadline(), None);
        prop_assert_eq!(counted.sent + counted.duplicated, counted.delivered + counted.lost + counted.overflowed);
    }

    #[test]
    fn polling_more_often_changes_nothing(
        sizes in proptest::collection::vec(40usize..1_500, 1..60),
        seed: u64,
    ) {
        let config = Config {
            rate_bps: Some(777_777),
            delay: milliseconds(13),
            jitter: milliseconds(4),
            loss: Loss::Burst { enter: 0.05, leave: 0.3, good: 0.0, bad: 0.8 },
            ..Config::default()
        };
        let lazily = arrivals(config, seed, &sizes, Duration::ZERO);
        let eagerly = arrivals(config, seed, &sizes, Duration::from_micros(137));
        prop_assert_eq!(lazily, eagerly);
    }
}
