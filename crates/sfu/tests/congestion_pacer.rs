//! What the pacer promises.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::time::{Duration, Instant};

use hubbub_netem::Clock;
use hubbub_sfu::cc::{Bitrate, Class, Cluster, ClusterId, Pacer, PacerSettings, Rejected, Released};
use proptest::prelude::*;

const UNHURRIED: PacerSettings = PacerSettings {
    factor: 1.0,
    burst: Duration::from_millis(10),
    burst_bytes_min: 3_000,
    queue_delay_max: Duration::from_secs(3_600),
    queue_bytes_max: 1 << 20,
};

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn pacer(clock: &Clock, settings: PacerSettings, kbps: u32) -> Pacer<u32> {
    let mut pacer = Pacer::new(settings);
    pacer.set_target(clock.now(), Bitrate::from_kbps(kbps));
    pacer
}

/// All that leaves at this moment, as (class, item, size).
fn release(pacer: &mut Pacer<u32>, now: Instant) -> Vec<(Class, u32, u32)> {
    std::iter::from_fn(|| pacer.poll(now))
        .map(|released| match released {
            Released::Packet {
                item, class, size, ..
            } => (class, item, size),
            Released::Padding { .. } => panic!("no probe was asked for"),
        })
        .collect()
}

#[test]
fn audio_leaves_at_once_even_behind_a_full_queue_of_video() {
    let mut clock = Clock::new();
    let mut pacer = pacer(&clock, UNHURRIED, 500);
    for item in 0..100 {
        pacer.push(clock.now(), Class::Video, 1_200, item).unwrap();
    }
    let first = release(&mut pacer, clock.now());
    assert_eq!(first.len(), 2); // the burst of 3,000 bytes
    for item in 1_000..1_010 {
        pacer.push(clock.now(), Class::Audio, 120, item).unwrap();
        assert_eq!(pacer.deadline(clock.now()), Some(clock.now()));
        let leaving = release(&mut pacer, clock.now());
        assert_eq!(leaving[0], (Class::Audio, item, 120));
        clock.advance(milliseconds(20));
    }
}

#[test]
fn repairs_overtake_video_and_each_class_keeps_its_order() {
    let mut clock = Clock::new();
    let mut pacer = pacer(&clock, UNHURRIED, 1_000);
    for item in 0..6 {
        pacer.push(clock.now(), Class::Video, 1_000, item).unwrap();
        pacer
            .push(clock.now(), Class::Retransmission, 1_000, 100 + item)
            .unwrap();
    }
    let mut order = Vec::new();
    while let Some(deadline) = pacer.deadline(clock.now()) {
        clock.advance_to(deadline);
        order.extend(release(&mut pacer, clock.now()).into_iter().map(|one| one.1));
    }
    assert_eq!(order, [100, 101, 102, 103, 104, 105, 0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_queue_that_would_take_too_long_is_hurried() {
    let mut clock = Clock::new();
    let settings = PacerSettings {
        queue_delay_max: milliseconds(250),
        ..UNHURRIED
    };
    let mut pacer = pacer(&clock, settings, 100);
    for item in 0..100 {
        pacer.push(clock.now(), Class::Video, 1_200, item).unwrap(); // 9.6 s at the pace
    }
    assert_eq!(pacer.queue_delay(), milliseconds(250));
    let mut left = 100;
    while clock.elapsed() < milliseconds(1_000) {
        left -= release(&mut pacer, clock.now()).len();
        clock.advance(milliseconds(1));
    }
    // The pace follows the queue as it shrinks: after 250 ms a share of 1/e is left, after a second 1/e⁴.
    assert!(left <= 4, "{left}");
}

#[test]
fn a_full_queue_gives_the_packet_back() {
    let clock = Clock::new();
    let settings = PacerSettings {
        queue_bytes_max: 2_000,
        ..UNHURRIED
    };
    let mut pacer = pacer(&clock, settings, 100);
    pacer.push(clock.now(), Class::Video, 1_200, 1).unwrap();
    assert_eq!(pacer.push(clock.now(), Class::Video, 1_200, 2), Err(Rejected(2)));
    pacer.push(clock.now(), Class::Audio, 1_200, 3).unwrap();
}

#[test]
fn nothing_but_audio_leaves_without_a_target() {
    let clock = Clock::new();
    let mut pacer = Pacer::new(UNHURRIED);
    pacer.push(clock.now(), Class::Video, 1_200, 1).unwrap();
    pacer.push(clock.now(), Class::Audio, 120, 2).unwrap();
    assert_eq!(release(&mut pacer, clock.now()), [(Class::Audio, 2, 120)]);
    assert_eq!(pacer.deadline(clock.now()), None);
}

/// Bytes, packets and duration of a probe at `kbps`, while `video` packets wait.
fn probe(kbps: u32, video: u32) -> (u32, u32, Duration, u32) {
    let mut clock = Clock::new();
    let mut pacer = pacer(&clock, UNHURRIED, 300);
    for item in 0..video {
        pacer.push(clock.now(), Class::Video, 1_000, item).unwrap();
    }
    while pacer.poll(clock.now()).is_some() {}
    let rate = Bitrate::from_kbps(kbps);
    let id = ClusterId(4);
    pacer.probe(Cluster {
        id,
        rate,
        bytes_min: kbps / 8 * 20,
        packets_min: 5,
    });
    let (mut bytes, mut packets, mut last_size, mut media) = (0, 0, 0, 0);
    let start = clock.now();
    let mut last = start;
    while let Some(deadline) = pacer.deadline(clock.now()) {
        clock.advance_to(deadline);
        let Some(released) = pacer.poll(clock.now()) else {
            continue;
        };
        let size = match released {
            Released::Packet { size, cluster, .. } if cluster == Some(id) => {
                media += 1;
                size
            }
            Released::Padding { bytes, cluster } => {
                assert_eq!(cluster, id);
                bytes
            }
            Released::Packet { .. } => break,
        };
        (bytes, packets, last_size, last) = (bytes + size, packets + 1, size, clock.now());
    }
    (bytes - last_size, packets, last - start, media)
}

#[test]
fn a_probe_leaves_at_its_rate_with_what_there_is() {
    for kbps in [900, 1_800, 5_000] {
        for video in [0, 3, 50] {
            let (bytes, packets, took, media) = probe(kbps, video);
            let rate = Bitrate::of(f64::from(bytes), took).unwrap().kbps();
            assert!(packets >= 5, "{packets}");
            assert!(
                (0.97..1.03).contains(&(rate / f64::from(kbps))),
                "{rate} for {kbps}"
            );
            assert!(took <= milliseconds(60), "{took:?}");
            assert_eq!(
                media,
                video.saturating_sub(3).min(packets),
                "media before padding"
            );
        }
    }
}

#[test]
fn an_abandoned_probe_leaves_the_rest_as_it_was() {
    let clock = Clock::new();
    let mut pacer = pacer(&clock, UNHURRIED, 300);
    let rate = Bitrate::from_kbps(900);
    pacer.probe(Cluster {
        id: ClusterId(1),
        rate,
        bytes_min: 2_000,
        packets_min: 5,
    });
    assert!(matches!(pacer.poll(clock.now()), Some(Released::Padding { .. })));
    pacer.abandon_probe();
    pacer.push(clock.now(), Class::Video, 1_000, 7).unwrap();
    assert_eq!(release(&mut pacer, clock.now()), [(Class::Video, 7, 1_000)]);
}

#[test]
fn a_probe_that_finds_nothing_to_pad_with_is_tried_again_for_a_moment() {
    let mut clock = Clock::new();
    let mut pacer = pacer(&clock, UNHURRIED, 300);
    let id = ClusterId(1);
    pacer.probe(Cluster {
        id,
        rate: Bitrate::from_kbps(900),
        bytes_min: 2_000,
        packets_min: 5,
    });
    let mut tried = 0;
    while let Some(deadline) = pacer.deadline(clock.now()) {
        clock.advance_to(deadline);
        if let Some(Released::Padding { bytes, cluster }) = pacer.poll(clock.now()) {
            tried += 1;
            pacer.postpone_probe(clock.now(), cluster, bytes);
        }
    }
    assert_eq!(tried, 26);
    assert_eq!(clock.elapsed(), milliseconds(50));
    pacer.push(clock.now(), Class::Video, 1_000, 7).unwrap();
    assert_eq!(release(&mut pacer, clock.now()), [(Class::Video, 7, 1_000)]);
}

#[derive(Clone, Debug)]
struct Step {
    wait_micros: u64,
    class: Class,
    size: u32,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let class =
        prop_oneof![1 => Just(Class::Audio), 1 => Just(Class::Retransmission), 4 => Just(Class::Video)];
    let step = (0u64..8_000, class, 40u32..1_300).prop_map(|(wait_micros, class, size)| Step {
        wait_micros,
        class,
        size,
    });
    proptest::collection::vec(step, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever is pushed and whenever it is polled, no stretch of time holds more than burst + pace · time.
    #[test]
    fn no_burst_exceeds_its_bound_and_everything_leaves(steps in steps(), kbps in 200u32..5_000, polls in 1u64..4_000) {
        let mut clock = Clock::new();
        let mut pacer = pacer(&clock, UNHURRIED, kbps);
        let pace = Bitrate::from_kbps(kbps);
        let burst = pace.bytes_in(UNHURRIED.burst).max(3_000.0);
        let mut sent: Vec<(Instant, f64)> = Vec::new();
        let mut left = 0;
        let mut keep = |pacer: &mut Pacer<u32>, now| {
            let leaving = release(pacer, now);
            for (class, _, size) in &leaving {
                if *class != Class::Audio {
                    sent.push((now, f64::from(*size)));
                }
            }
            leaving.len()
        };
        for (step, item) in steps.iter().zip(0..) {
            let until = clock.now() + Duration::from_micros(step.wait_micros);
            while clock.now() < until {
                clock.advance_to(until.min(clock.now() + Duration::from_micros(polls)));
                left += keep(&mut pacer, clock.now());
            }
            pacer.push(clock.now(), step.class, step.size, item).unwrap();
        }
        for _ in 0..10_000 {
            let Some(deadline) = pacer.deadline(clock.now()) else { break };
            clock.advance_to(deadline);
            left += keep(&mut pacer, clock.now());
        }
        prop_assert_eq!(left, steps.len());
        for (index, (from, _)) in sent.iter().enumerate() {
            let mut bytes = 0.0;
            for (at, size) in &sent[index..] {
                bytes += size;
                prop_assert!(bytes <= burst + pace.bytes_in(*at - *from) + 1e-3);
            }
        }
    }
}
