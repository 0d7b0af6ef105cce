//! Measured rates of a track's layers.

use std::time::{Duration, Instant};

use crate::cc::{Bitrate, Layer};
use crate::forward::{ENCODINGS_MAX, Structure};

/// Temporal layers told apart; higher ones count to the last.
const TEMPORAL_MAX: usize = 4;

/// A slot's length, and how many are averaged: three seconds follow a change of content, and a keyframe is not taken for
/// a layer that grew, so that it would no longer fit the path that was to carry it.
const SLOT: Duration = Duration::from_millis(200);
const SLOTS: usize = 15;
/// What did not come in so many slots fell silent.
const SLOTS_SILENT: usize = 5;
/// Within that time what the publisher declared bounds the measured rate, give or take this share: most of what came so
/// far may be a keyframe.
const DECLARED: f64 = 1.25;
/// The first second says less still.
const FIRST: Duration = Duration::from_secs(1);

type Counts = [[u32; TEMPORAL_MAX]; ENCODINGS_MAX];

/// Counts bytes by spatial layer (or encoding) and temporal layer.
#[derive(Clone, Debug)]
pub(super) struct Rates {
    slots: [Counts; SLOTS],
    slot_since: Option<Instant>,
    begun: [Option<Instant>; ENCODINGS_MAX],
    layers: Vec<Layer>,
}

impl Rates {
    pub(super) fn new() -> Self {
        Self {
            slots: [Counts::default(); SLOTS],
            slot_since: None,
            begun: [None; ENCODINGS_MAX],
            layers: Vec::new(),
        }
    }

    /// Count a packet.
    pub(super) fn count(&mut self, now: Instant, (spatial, temporal): (u8, u8), len: usize) {
        self.slot_since.get_or_insert(now);
        if let Some(begun) = self.begun.get_mut(usize::from(spatial)) {
            begun.get_or_insert(now);
        }
        let temporal = usize::from(temporal).min(TEMPORAL_MAX.saturating_sub(1));
        let counts = self.slots.first_mut();
        let row = counts.and_then(|counts| counts.get_mut(usize::from(spatial)));
        if let Some(count) = row.and_then(|row| row.get_mut(temporal)) {
            *count = count.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
        }
    }

    /// Whether a layer was never counted before, or fell silent.
    pub(super) fn is_new(&self, spatial: u8) -> bool {
        self.begun.get(usize::from(spatial)).is_some_and(Option::is_none)
    }

    /// When [`Rates::measure`] is due; `None` while nothing comes.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.slot_since?.checked_add(SLOT)
    }

    /// Measure anew. `declared` is what the publisher says of each layer, in bits per second, or zero; it
    /// bounds the first second's measurement from below and the first three seconds' from above.
    pub(super) fn measure(&mut self, now: Instant, structure: Structure, declared: impl Fn(u8) -> u32) {
        let mut sums = Counts::default();
        for counts in &self.slots {
            for (sum, count) in sums.as_flattened_mut().iter_mut().zip(counts.as_flattened()) {
                *sum = sum.saturating_add(*count);
            }
        }
        self.layers.clear();
        let mut below = [0_u64; TEMPORAL_MAX];
        for ((spatial, row), begun) in (0_u8..).zip(&sums).zip(&mut self.begun) {
            let place = usize::from(spatial);
            let newest = self.slots.iter().take(SLOTS_SILENT);
            let silent = newest
                .filter_map(|counts| counts.get(place))
                .all(|row| row.iter().all(|count| *count == 0));
            if silent {
                *begun = None;
                continue;
            }
            let age = begun.map_or(Duration::ZERO, |begun| now.saturating_duration_since(begun));
            let whole = SLOT.saturating_mul(u32::try_from(SLOTS).unwrap_or(1));
            let told = Bitrate::from_bps(f64::from(declared(spatial)));
            let floor = if age < FIRST { told } else { Bitrate::ZERO };
            let bound = if age < whole && told > Bitrate::ZERO {
                told.times(DECLARED)
            } else {
                Bitrate::from_bps(f64::MAX)
            };
            // The newest slot is not full yet.
            let partly = self
                .slot_since
                .map_or(SLOT, |since| now.saturating_duration_since(since));
            let span = whole.saturating_sub(SLOT).saturating_add(partly);
            let span = age.clamp(SLOT, span.max(SLOT));
            let mut bytes = 0_u64;
            for ((temporal, count), below) in (0_u8..).zip(row).zip(&mut below) {
                bytes = bytes.saturating_add(u64::from(*count));
                let total = match structure {
                    Structure::Simulcast => bytes,
                    Structure::Scalable => {
                        *below = below.saturating_add(bytes);
                        *below
                    }
                };
                if *count == 0 {
                    continue;
                }
                #[allow(clippy::cast_precision_loss, reason = "a rate is an estimate")]
                let rate = Bitrate::of(total as f64, span).unwrap_or_default();
                self.layers.push(Layer {
                    spatial,
                    temporal,
                    rate: rate.min(bound).max(floor),
                });
            }
        }
        self.turn(now);
    }

    /// The layers that come, lowest first.
    pub(super) fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Begin a new slot when one is full.
    fn turn(&mut self, now: Instant) {
        let full = self
            .slot_since
            .is_some_and(|since| now.saturating_duration_since(since) >= SLOT);
        if full {
            self.slots.rotate_right(1);
            if let Some(first) = self.slots.first_mut() {
                *first = Counts::default();
            }
            self.slot_since = if self.layers.is_empty() { None } else { Some(now) };
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;

    #[test]
    fn layers_are_measured_and_fall_silent() {
        let start = hubbub_netem::Clock::new().now();
        let mut rates = Rates::new();
        let mut now = start;
        // 1,000 bytes each 10 ms are 800 kbit/s, half of them in the upper temporal layer.
        for step in 0..200_u32 {
            now = start + Duration::from_millis(10) * step;
            rates.count(now, (1, u8::from(step % 2 == 1)), 1_000);
            if rates.deadline().is_some_and(|at| at <= now) {
                rates.measure(now, Structure::Simulcast, |_| 0);
            }
        }
        let [low, high] = rates.layers() else {
            panic!("two layers")
        };
        assert_eq!((low.spatial, low.temporal, high.temporal), (1, 0, 1));
        assert!((high.rate.kbps() - 800.0).abs() < 80.0, "{:?}", high.rate);
        assert!((low.rate.kbps() - 400.0).abs() < 60.0, "{:?}", low.rate);
        for _ in 0..=SLOTS_SILENT {
            now += SLOT;
            rates.measure(now, Structure::Simulcast, |_| 0);
        }
        assert!(rates.layers().is_empty());
        assert!(rates.is_new(1));
        assert_eq!(rates.deadline(), None);
    }

    #[test]
    fn a_first_keyframe_is_not_taken_for_the_rate() {
        let start = hubbub_netem::Clock::new().now();
        let mut rates = Rates::new();
        let mut highest = 0.0_f64;
        // 800 kbit/s after a keyframe of 50 kB.
        for step in 0..500_u32 {
            let now = start + Duration::from_millis(10) * step;
            rates.count(now, (0, 0), if step == 0 { 50_000 } else { 1_000 });
            if rates.deadline().is_some_and(|at| at <= now) {
                rates.measure(now, Structure::Simulcast, |_| 800_000);
                highest = highest.max(rates.layers().first().map_or(0.0, |layer| layer.rate.kbps()));
            }
        }
        assert!(highest <= 1_000.0, "{highest}");
    }
}
