//! What the allocator promises.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::time::Duration;

use hubbub_netem::{Clock, Random};
use hubbub_sfu::cc::{Allocation, Allocator, AllocatorSettings, Bitrate, Layer, Track, TrackId};
use proptest::prelude::*;

fn kbps(value: u32) -> Bitrate {
    Bitrate::from_kbps(value)
}

/// A track of three simulcast layers at 150, 500 and 1,500 kbit/s.
fn track(id: u64, priority: u8) -> Track {
    layered(id, priority, &[150, 500, 1_500])
}

fn layered(id: u64, priority: u8, rates_kbps: &[u32]) -> Track {
    let layers = rates_kbps
        .iter()
        .zip(0..)
        .map(|(rate, spatial)| Layer {
            spatial,
            temporal: 0,
            rate: kbps(*rate),
        })
        .collect();
    Track {
        id: TrackId(id),
        priority,
        pausable: true,
        layers,
    }
}

/// The spatial layer of each track, or -1 where paused.
fn chosen(allocation: &Allocation) -> Vec<i16> {
    allocation
        .choices
        .iter()
        .map(|choice| choice.layer.map_or(-1, |layer| i16::from(layer.spatial)))
        .collect()
}

struct Bench {
    clock: Clock,
    allocator: Allocator,
}

impl Bench {
    fn new() -> Self {
        Self {
            clock: Clock::new(),
            allocator: Allocator::new(AllocatorSettings::default()),
        }
    }

    /// Allocate, then let a tenth of a second pass.
    fn at(&mut self, budget_kbps: u32, tracks: &[Track]) -> Vec<i16> {
        let allocation = self
            .allocator
            .allocate(self.clock.now(), kbps(budget_kbps), tracks);
        self.clock.advance(Duration::from_millis(100));
        chosen(&allocation)
    }

    fn rest(&mut self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

#[test]
fn everybody_gets_something_before_anybody_gets_more() {
    let tracks = [track(1, 1), track(2, 1), track(3, 1)];
    assert_eq!(Bench::new().at(700, &tracks), [0, 0, 0]);
    assert_eq!(Bench::new().at(900, &tracks), [1, 0, 0]);
    assert_eq!(Bench::new().at(1_700, &tracks), [1, 1, 1]);
    assert_eq!(Bench::new().at(5_000, &tracks), [2, 2, 2]);
}

#[test]
fn the_important_track_goes_up_first_and_is_paused_last() {
    let tracks = [track(1, 1), track(2, 9), track(3, 1)];
    assert_eq!(Bench::new().at(2_000, &tracks), [0, 2, 0]);
    assert_eq!(Bench::new().at(180, &tracks), [-1, 0, -1]);
    assert_eq!(Bench::new().at(100, &tracks), [-1, -1, -1]);
}

#[test]
fn what_may_not_be_paused_is_sent_all_the_same() {
    let mut important = track(1, 1);
    important.pausable = false;
    assert_eq!(Bench::new().at(50, &[important, track(2, 1)]), [0, -1]);
}

#[test]
fn layers_that_are_not_sent_are_passed_over() {
    let tracks = [layered(1, 1, &[150, 0, 1_500]), layered(2, 1, &[0, 0, 0])];
    let mut bench = Bench::new();
    assert_eq!(bench.at(1_000, &tracks), [0, -1]);
    assert_eq!(bench.at(2_000, &tracks), [2, -1]);
}

#[test]
fn used_and_wanted_are_told() {
    let mut allocator = Allocator::new(AllocatorSettings::default());
    let allocation = allocator.allocate(Clock::new().now(), kbps(900), &[track(1, 1), track(2, 1)]);
    assert!((allocation.used.kbps() - 650.0).abs() < 1e-9);
    assert!((allocation.wanted.kbps() - 3_000.0).abs() < 1e-9);
}

#[test]
fn a_trembling_estimate_changes_nothing() {
    for centre in (200..6_000).step_by(50) {
        let mut bench = Bench::new();
        let mut random = Random::new(u64::from(centre));
        let tracks = [track(1, 1), track(2, 1), track(3, 5)];
        let settled = bench.at(centre, &tracks);
        let mut changes = 0;
        let mut before = settled;
        for _ in 0..600 {
            // Two per cent up and down.
            let noise = u32::try_from(random.below(u64::from(centre) / 25)).unwrap();
            let now = bench.at(centre - centre / 50 + noise, &tracks);
            changes += u32::from(now != before);
            before = now;
        }
        // A single step up at the first high value is no trembling.
        assert!(changes <= 1, "{changes} changes around {centre} kbit/s");
    }
}

#[test]
fn a_step_down_is_immediate_and_the_way_back_takes_its_time() {
    let tracks = [track(1, 1)];
    let mut bench = Bench::new();
    assert_eq!(bench.at(2_000, &tracks), [2]);
    assert_eq!(bench.at(700, &tracks), [1]);
    assert_eq!(bench.at(2_000, &tracks), [1]);
    bench.rest(4);
    assert_eq!(bench.at(2_000, &tracks), [2]);
}

#[test]
fn a_track_that_falls_back_again_and_again_waits_longer() {
    let tracks = [track(1, 1)];
    let mut bench = Bench::new();
    let mut rises = 0;
    let mut before = bench.at(700, &tracks);
    // The estimate swings every second for two minutes.
    for second in 0..120 {
        for _ in 0..10 {
            let now = bench.at(if second % 2 == 0 { 2_000 } else { 700 }, &tracks);
            rises += u32::from(now > before);
            before = now;
        }
    }
    assert!(rises <= 8, "{rises}");
}

#[test]
fn equals_do_not_swap_places() {
    let mut bench = Bench::new();
    let both = [track(1, 1), track(2, 1)];
    // The second was alone and large; then the first comes.
    assert_eq!(bench.at(2_200, &both[1..]), [2]);
    for _ in 0..50 {
        let now = bench.at(2_200, &both);
        // Both to the middle, and the rest to the one that had it, though the other comes first.
        assert_eq!(now, [1, 2]);
    }
}

fn tracks() -> impl Strategy<Value = Vec<Track>> {
    let rates = proptest::collection::vec(20u32..1_500, 1..4);
    let one = (0u8..3, any::<bool>(), rates).prop_map(|(priority, pausable, mut rates)| {
        rates.sort_unstable();
        Track {
            pausable,
            ..layered(0, priority, &rates)
        }
    });
    proptest::collection::vec(one, 1..8).prop_map(|mut tracks| {
        for (track, id) in tracks.iter_mut().zip(0..) {
            track.id = TrackId(id);
        }
        tracks
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_budget_is_kept_and_choices_settle(tracks in tracks(), budget in 0u32..6_000) {
        let mut bench = Bench::new();
        for _ in 0..3 {
            bench.at(budget, &tracks);
        }
        bench.rest(60);
        let settled = bench.at(budget, &tracks);
        for _ in 0..5 {
            bench.rest(60);
            prop_assert_eq!(&bench.at(budget, &tracks), &settled);
        }
        let allocation = bench.allocator.allocate(bench.clock.now(), kbps(budget), &tracks);
        let forced: f64 = tracks.iter().filter(|track| !track.pausable).map(|track| track.layers[0].rate.bps()).sum();
        let bound = (f64::from(budget) * 1_000.0).max(forced) * 1.05;
        prop_assert!(allocation.used.bps() <= bound + 1.0, "{:?} of {}", allocation.used, budget);
    }

    #[test]
    fn a_fall_of_the_budget_is_obeyed_at_once(tracks in tracks(), high in 3_000u32..9_000, low in 0u32..3_000) {
        let mut bench = Bench::new();
        bench.at(high, &tracks);
        let allocation = bench.allocator.allocate(bench.clock.now(), kbps(low), &tracks);
        let forced: f64 = tracks.iter().filter(|track| !track.pausable).map(|track| track.layers[0].rate.bps()).sum();
        let bound = (f64::from(low) * 1_000.0).max(forced) * 1.05;
        prop_assert!(allocation.used.bps() <= bound + 1.0);
    }
}
