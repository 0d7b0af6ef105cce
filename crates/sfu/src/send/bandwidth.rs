//! What the path to a subscriber carries: transport-wide feedback, or the fallback, under a limit set by hand.

use std::time::Instant;

use super::fallback::Fallback;
use crate::cc::{Action, Bitrate, Controller, EstimatorSettings, Pacer};
use crate::shard::event::Notice;

/// A fall below this share of the highest estimate since the last fall is told.
const FALL: f64 = 0.8;

/// The path should carry this many times what all tracks take: the allocator adds a layer only with a margin to spare,
/// the prober is content a little below its goal, and measured rates tremble.
const SPARE: f64 = 1.2;

/// The estimate in force.
#[derive(Debug)]
pub(super) struct Bandwidth {
    pub(super) controller: Controller,
    pub(super) fallback: Fallback,
    /// Whether the subscriber negotiated transport-wide feedback.
    pub(super) feedback: bool,
    limit: Option<Bitrate>,
    target: Bitrate,
    peak: Bitrate,
    strained: bool,
}

impl Bandwidth {
    pub(super) fn new(now: Instant, settings: EstimatorSettings) -> Self {
        Self {
            controller: Controller::new(now, settings),
            fallback: Fallback::new(),
            feedback: false,
            limit: None,
            target: Bitrate::ZERO,
            peak: Bitrate::ZERO,
            strained: false,
        }
    }

    /// Never send more than this; zero lifts it.
    #[allow(clippy::cast_precision_loss, reason = "a rate is an estimate")]
    pub(super) fn set_limit(&mut self, bits_per_second: u64) {
        self.limit = (bits_per_second > 0).then(|| Bitrate::from_bps(bits_per_second as f64));
    }

    /// What may be sent.
    pub(super) fn target(&self) -> Bitrate {
        self.target
    }

    /// Whether what did not fit showed, so that a track may be paused. A path that nothing is known of is tried first.
    pub(super) fn is_strained(&self) -> bool {
        self.strained || self.limit.is_some()
    }

    /// All that was asked for takes so much.
    pub(super) fn set_wanted(&mut self, wanted: Bitrate) {
        let wanted = wanted.times(SPARE);
        let bound = self.limit.map_or(wanted, |limit| wanted.min(limit));
        self.controller.set_wanted(bound);
    }

    /// Let the controller work; whether the target changed. Probes go to the pacer while there is something to probe
    /// with.
    pub(super) fn poll<T>(&mut self, now: Instant, can_probe: bool, pacer: &mut Pacer<T>) -> bool {
        let mut estimate = self.fallback.rate(now);
        while let Some(action) = self.controller.poll(now) {
            if let Action::Probe(cluster) = action
                && can_probe
                && self.feedback
            {
                pacer.probe(cluster);
            }
        }
        if self.feedback {
            estimate = self.controller.estimate(now).target;
        }
        let target = self.limit.map_or(estimate, |limit| estimate.min(limit));
        let changed = target != self.target;
        if changed {
            self.target = target;
            pacer.set_target(now, target);
        }
        changed
    }

    /// Tell when the path narrowed, and when it carries again what all tracks need.
    pub(super) fn poll_notice(&mut self, needed: Bitrate) -> Option<(Notice, i64)> {
        if self.target < self.peak.times(FALL) {
            self.peak = self.target;
            self.strained = true;
            return Some((Notice::Congested, whole(self.target)));
        }
        self.peak = self.peak.max(self.target);
        if self.strained && self.target >= needed {
            self.strained = false;
            return Some((Notice::Recovered, whole(self.target)));
        }
        None
    }
}

/// Whole bits per second.
#[allow(clippy::cast_possible_truncation, reason = "floats saturate")]
pub(super) fn whole(rate: Bitrate) -> i64 {
    rate.bps() as i64
}
