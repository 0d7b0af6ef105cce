//! What the path to a subscriber carries: transport-wide feedback, or the fallback, under a limit set by hand.

use std::time::{Duration, Instant};

use super::fallback::Fallback;
use crate::cc::{Action, Bitrate, Controller, EstimatorSettings, Pacer};
use crate::shard::event::Notice;

/// A fall below this share of the highest estimate since the last fall counts.
const FALL: f64 = 0.8;
/// It is told when it lasted this long, for a queue that is emptied is no event.
const LASTS: Duration = Duration::from_secs(1);
/// In the first moments with pictures the path is being found out; what it turns out to carry is no event either.
const SETTLES: Duration = Duration::from_secs(3);

/// A peer that reports in the usual way so long after a packet with a transport-wide number left, and has still said
/// nothing of that number, will not: browsers do so every 50 to 250 ms.
const PATIENCE: Duration = Duration::from_secs(2);

/// The path should carry this many times what all tracks take: the allocator adds a layer only with a margin to spare,
/// the prober is content a little below its goal, and measured rates tremble.
const SPARE: f64 = 1.2;

/// Whether a subscriber reports on every packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feedback {
    /// It did not negotiate to.
    Absent,
    /// It does, or may yet.
    Present,
    /// It was to, and does not.
    Missing,
}

/// The estimate in force.
#[derive(Debug)]
pub(super) struct Bandwidth {
    pub(super) controller: Controller,
    pub(super) fallback: Fallback,
    feedback: Feedback,
    limit: Option<Bitrate>,
    target: Bitrate,
    peak: Bitrate,
    strained: bool,
    /// When something was first to be sent that needs an estimate.
    began: Option<Instant>,
    /// The highest useful rate since the last fall that was told, and since when there is less.
    known: Bitrate,
    low: Option<Instant>,
    told: bool,
}

impl Bandwidth {
    pub(super) fn new(now: Instant, settings: EstimatorSettings) -> Self {
        Self {
            controller: Controller::new(now, settings),
            fallback: Fallback::new(),
            feedback: Feedback::Absent,
            limit: None,
            target: Bitrate::ZERO,
            peak: Bitrate::ZERO,
            strained: false,
            began: None,
            known: Bitrate::ZERO,
            low: None,
            told: false,
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
        self.listen(now);
        let mut estimate = self.fallback.rate(now);
        while let Some(action) = self.controller.poll(now) {
            if let Action::Probe(cluster) = action
                && can_probe
                && self.has_feedback()
            {
                pacer.probe(cluster);
            }
        }
        if self.has_feedback() {
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

    /// Whether the subscriber is to report on every packet; the other estimate than before counts from now on.
    pub(super) fn set_feedback(&mut self, negotiated: bool) {
        let before = self.feedback;
        self.feedback = match before {
            _ if !negotiated => Feedback::Absent,
            Feedback::Absent => Feedback::Present,
            known => known,
        };
        if self.feedback != before {
            (self.peak, self.known) = (Bitrate::ZERO, Bitrate::ZERO);
        }
    }

    /// Whether the subscriber's reports on every packet may be counted on.
    pub(super) fn has_feedback(&self) -> bool {
        self.feedback == Feedback::Present
    }

    /// Notice that a peer sends no feedback, though it reports otherwise, and that it does again. Without any report the
    /// path is in trouble, and the estimate by feedback falls by itself.
    fn listen(&mut self, now: Instant) {
        let missing = self.controller.unanswered().is_some_and(|since| {
            let reported = self.fallback.reported().is_some_and(|at| at > since);
            reported && now.saturating_duration_since(since) >= PATIENCE
        });
        match self.feedback {
            Feedback::Present if missing => {
                self.feedback = Feedback::Missing;
                self.fallback.restart(self.controller.proven());
            }
            Feedback::Missing if !missing => {
                self.feedback = Feedback::Present;
                self.controller.assume(now, self.fallback.rate(now));
                self.controller.start_probing(now);
            }
            _ => return,
        }
        (self.peak, self.known) = (Bitrate::ZERO, Bitrate::ZERO);
    }

    /// Tell when the path narrowed below what is needed, and when it carries all of that again.
    pub(super) fn poll_notice(&mut self, now: Instant, needed: Bitrate) -> Option<(Notice, i64)> {
        self.strain(needed);
        if needed <= Bitrate::ZERO {
            return None;
        }
        // More than is needed is not missed.
        let useful = self.target.min(needed);
        self.known = self.known.min(needed);
        let began = *self.began.get_or_insert(now);
        let settling = now.saturating_duration_since(began) < SETTLES && self.limit.is_none();
        if settling || useful >= self.known.times(FALL) {
            self.low = None;
            self.known = if settling { useful } else { self.known.max(useful) };
            if self.told && self.target >= needed {
                self.told = false;
                return Some((Notice::Recovered, whole(self.target)));
            }
            return None;
        }
        let since = *self.low.get_or_insert(now);
        if now.saturating_duration_since(since) < LASTS {
            return None;
        }
        self.low = None;
        self.known = useful;
        self.told = true;
        Some((Notice::Congested, whole(self.target)))
    }

    /// See [`Self::is_strained`]; at once, other than notices.
    fn strain(&mut self, needed: Bitrate) {
        if self.target < self.peak.times(FALL) {
            self.peak = self.target;
            self.strained = true;
            return;
        }
        self.peak = self.peak.max(self.target);
        self.strained &= self.target < needed;
    }
}

/// Whole bits per second.
#[allow(clippy::cast_possible_truncation, reason = "floats saturate")]
pub(super) fn whole(rate: Bitrate) -> i64 {
    rate.bps() as i64
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    /// What is told over seconds of target and need, in kbit/s, polled each tenth.
    fn told(seconds: &[(u32, u32)]) -> Vec<(u64, Notice)> {
        let mut clock = Clock::new();
        let mut bandwidth = Bandwidth::new(clock.now(), EstimatorSettings::default());
        let mut told = Vec::new();
        for (target, needed) in seconds {
            bandwidth.target = Bitrate::from_kbps(*target);
            for _ in 0..10 {
                if let Some((notice, _)) = bandwidth.poll_notice(clock.now(), Bitrate::from_kbps(*needed)) {
                    told.push((clock.elapsed().as_secs(), notice));
                }
                clock.advance(Duration::from_millis(100));
            }
        }
        told
    }

    #[test]
    fn finding_out_what_a_path_carries_is_no_event() {
        let start = [
            (1_000, 0),
            (300, 0),
            (300, 2_000),
            (1_800, 2_000),
            (600, 2_000),
            (650, 2_000),
        ];
        assert_eq!(told(&start), []);
        let wide = [
            (300, 0),
            (300, 2_000),
            (2_500, 2_000),
            (3_000, 2_000),
            (2_500, 2_000),
            (2_100, 2_000),
        ];
        assert_eq!(told(&wide), []);
    }

    #[test]
    fn a_fall_that_lasts_and_its_end_are_told_once() {
        let mut course = vec![(3_000, 2_000); 5];
        course.extend([(800, 2_000); 4]);
        course.extend([(1_900, 2_000), (2_100, 2_000), (3_000, 2_000)]);
        assert_eq!(told(&course), [(6, Notice::Congested), (10, Notice::Recovered)]);
    }

    #[test]
    fn what_nobody_misses_is_not_told() {
        let mut course = vec![(5_000, 2_000); 5];
        course.extend([(2_100, 2_000); 3]);
        // A track less is needed, then it comes again.
        course.extend([(2_100, 500), (2_100, 500), (2_100, 2_000), (2_100, 2_000)]);
        assert_eq!(told(&course), []);
    }
}
