//! When to ask the path for more than it has shown.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bitrate::Bitrate;
use super::cluster::{Cluster, ClusterId};
use super::probing::{Evidence, Measured};

/// At the start nothing is known, so two sizes at once (the factors of deployed senders).
const START_SCALES: [f64; 2] = [3.0, 6.0];
/// Later steps double.
const STEP: f64 = 2.0;
/// Less where the path was seen to be full: the burst itself makes a queue there.
const STEP_FULL: f64 = 1.75;
const STEP_FULL_AGAIN: f64 = 1.5;
/// Go on when at least this share of what was probed was found.
const FURTHER: f64 = 0.7;
/// Results are waited for this long.
const PATIENCE: Duration = Duration::from_millis(750);
/// And after a mere bound, which proves little in any case, what is left of them for so long.
const PATIENCE_BOUND: Duration = Duration::from_millis(300);
/// A cluster is long enough to measure after this time and this many packets; where the last one came in batches, twice
/// the time.
const LENGTH: Duration = Duration::from_millis(20);
const LENGTH_DOUBTFUL: Duration = Duration::from_millis(40);
const PACKETS_MIN: u32 = 5;
/// Time between probings while more is wanted. Each vain one doubles it up to a maximum, which is lower where packets
/// came in batches, as that proves little; after one that gained it is short, for there may be more, unless the path
/// was seen to be full twice. After a large drop it is short, since drops are often brief.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(10);
const PAUSE_BOUND_MAX: Duration = Duration::from_secs(2);
const PAUSE_FULL: Duration = Duration::from_secs(5);
const PAUSE_AFTER_DROP: Duration = Duration::from_secs(2);
/// Wanting this many times what was wanted is a reason to ask at once.
const MORE: f64 = 1.3;
/// A fall below this share of the estimate is a large drop.
const DROP: f64 = 0.66;
/// An estimate this share of what is wanted is enough.
const ENOUGH: f64 = 0.95;
/// Never probe above this share of what is wanted: more could not be used.
const USEFUL: f64 = 1.3;
/// A probing that found less than this times the estimate was in vain.
const GAIN_MIN: f64 = 1.1;
/// Above this share of loss the path has nothing to give, and the burst would add to its trouble.
const LOSS_MAX: f64 = 0.1;

#[derive(Clone, Copy, Debug)]
struct Waiting {
    since: Instant,
    further_above: Bitrate,
    estimate: Bitrate,
    gained: bool,
    /// What was found last.
    evidence: Option<Evidence>,
}

/// Decides on probe clusters.
///
/// Differs from deployed browsers in that wanting more than the estimate is itself a reason to probe, whether or not
/// the sender fills the estimate: what a forwarder sends comes in layers, and the next layer may need twice the rate.
#[derive(Debug)]
pub struct Prober {
    max: Bitrate,
    wanted: Bitrate,
    /// What was wanted when that last changed much.
    asked_for: Bitrate,
    estimate: Bitrate,
    pending: VecDeque<Cluster>,
    waiting: Option<Waiting>,
    ended: Option<Instant>,
    pause: Duration,
    length: Duration,
    /// How often in a row the path was seen to be full.
    full: u8,
    next_id: u32,
}

impl Prober {
    /// A prober that never asks for more than `max`.
    #[must_use]
    pub fn new(max: Bitrate) -> Self {
        Self {
            max,
            wanted: max,
            asked_for: Bitrate::ZERO,
            estimate: Bitrate::ZERO,
            pending: VecDeque::new(),
            waiting: None,
            ended: None,
            pause: PAUSE,
            length: LENGTH,
            full: 0,
            next_id: 0,
        }
    }

    /// Begin with clusters at three and six times the starting rate.
    pub fn start(&mut self, now: Instant, rate: Bitrate) {
        self.estimate = rate;
        self.pause = PAUSE;
        self.full = 0;
        self.pending.clear();
        self.initiate(now, START_SCALES.map(|scale| rate.times(scale)));
    }

    /// The rate at which all that the subscriber asked for could be sent. Wanting more than the estimate makes
    /// probing worthwhile.
    pub fn set_wanted(&mut self, wanted: Bitrate) {
        self.wanted = wanted;
        if wanted > self.asked_for.times(MORE) {
            self.asked_for = wanted;
            self.pause = PAUSE;
            self.ended = None;
        } else if wanted.times(MORE) < self.asked_for {
            self.asked_for = wanted;
        }
    }

    /// There is reason to think that the path has grown: forget that probing was vain, and probe soon.
    pub fn hurry(&mut self) {
        self.pause = PAUSE_AFTER_DROP;
    }

    /// A cluster showed something; what was learned decides whether to go on.
    pub fn measured(&mut self, now: Instant, measured: Measured) {
        let Some(waiting) = self.waiting.as_mut() else {
            return;
        };
        let rate = measured.rate;
        let gained = rate > waiting.estimate.times(GAIN_MIN);
        waiting.gained |= gained;
        let bound = measured.evidence == Evidence::Bound;
        if measured.evidence == Evidence::Passed {
            self.full = 0;
        }
        waiting.evidence = Some(measured.evidence);
        if bound {
            waiting.since = now;
        }
        self.length = if bound { LENGTH_DOUBTFUL } else { LENGTH };
        // A mere bound that is higher than the estimate says that there is more.
        let more = rate > waiting.further_above || (gained && bound);
        if more && self.pending.is_empty() {
            let gained = waiting.gained;
            let estimate = waiting.estimate.max(rate);
            self.initiate(now, [rate.times(STEP)]);
            if let Some(waiting) = self.waiting.as_mut() {
                (waiting.gained, waiting.estimate) = (gained, estimate);
            }
        }
    }

    /// Look at the state of things: `calm` while queues are not growing, `loss_share` in `0.0..=1.0`.
    pub fn update(&mut self, now: Instant, estimate: Bitrate, calm: bool, loss_share: f64) {
        if estimate < self.estimate.times(DROP) {
            self.pause = PAUSE_AFTER_DROP;
            self.ended = Some(now);
            self.waiting = None;
            self.pending.clear();
        }
        self.estimate = estimate;
        self.give_up_waiting(now);
        let rested = self
            .ended
            .is_none_or(|ended| now.saturating_duration_since(ended) >= self.pause);
        let wants_more = estimate < self.wanted.min(self.max).times(ENOUGH);
        if self.waiting.is_none() && rested && calm && wants_more && loss_share < LOSS_MAX {
            let step = match self.full {
                0 => STEP,
                1 => STEP_FULL,
                _ => STEP_FULL_AGAIN,
            };
            self.initiate(now, [estimate.times(step)]);
        }
    }

    /// The next cluster to send, if one is due.
    pub fn poll(&mut self) -> Option<Cluster> {
        self.pending.pop_front()
    }

    fn give_up_waiting(&mut self, now: Instant) {
        let Some(waiting) = self.waiting else { return };
        let patience = if waiting.evidence == Some(Evidence::Bound) {
            PATIENCE_BOUND
        } else {
            PATIENCE
        };
        if now.saturating_duration_since(waiting.since) < patience {
            return;
        }
        self.waiting = None;
        self.ended = Some(now);
        let doubled = self.pause.saturating_mul(2);
        if waiting.evidence == Some(Evidence::Full) {
            self.full = self.full.saturating_add(1);
        }
        self.pause = match (waiting.gained, waiting.evidence) {
            (true, Some(Evidence::Full)) if self.full > 1 => PAUSE_FULL,
            (true, _) => PAUSE,
            (false, Some(Evidence::Bound)) => doubled.min(PAUSE_BOUND_MAX),
            (false, _) => doubled.min(PAUSE_MAX),
        };
    }

    fn initiate<const N: usize>(&mut self, now: Instant, rates: [Bitrate; N]) {
        let bound = self.max.min(self.wanted.times(USEFUL));
        let mut highest = Bitrate::ZERO;
        for rate in rates {
            let rate = rate.min(bound);
            if rate <= highest || rate <= self.estimate {
                continue;
            }
            highest = rate;
            self.pending.push_back(self.cluster(rate));
            self.next_id = self.next_id.wrapping_add(1);
        }
        if highest > Bitrate::ZERO {
            // At the bound there is nothing further to ask for.
            let further = if highest < bound {
                highest.times(FURTHER)
            } else {
                Bitrate::from_bps(f64::MAX)
            };
            self.waiting = Some(Waiting {
                since: now,
                further_above: further,
                estimate: self.estimate,
                gained: false,
                evidence: None,
            });
        } else {
            self.ended = Some(now);
        }
    }

    fn cluster(&self, rate: Bitrate) -> Cluster {
        let bytes = rate.bytes_in(self.length).min(f64::from(u32::MAX));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // just bounded, and never negative
        let bytes_min = bytes as u32;
        Cluster {
            id: ClusterId(self.next_id),
            rate,
            bytes_min,
            packets_min: PACKETS_MIN,
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    fn kbps(value: u32) -> Bitrate {
        Bitrate::from_kbps(value)
    }

    fn shown(value: u32, evidence: Evidence) -> Measured {
        Measured {
            rate: kbps(value),
            evidence,
        }
    }

    fn rates(prober: &mut Prober) -> Vec<f64> {
        std::iter::from_fn(|| prober.poll())
            .map(|cluster| cluster.rate.kbps())
            .collect()
    }

    #[test]
    fn the_start_asks_for_three_and_six_times_and_goes_on_while_it_pays() {
        let clock = Clock::new();
        let mut prober = Prober::new(kbps(20_000));
        prober.start(clock.now(), kbps(300));
        assert_eq!(rates(&mut prober), [900.0, 1_800.0]);
        prober.measured(clock.now(), shown(900, Evidence::Passed));
        assert_eq!(rates(&mut prober), []);
        prober.measured(clock.now(), shown(1_800, Evidence::Passed));
        assert_eq!(rates(&mut prober), [3_600.0]);
        prober.measured(clock.now(), shown(2_000, Evidence::Passed));
        assert_eq!(rates(&mut prober), []);
    }

    #[test]
    fn a_mere_bound_that_gains_is_gone_on_from() {
        let mut clock = Clock::new();
        let mut prober = Prober::new(kbps(20_000));
        prober.set_wanted(kbps(3_000));
        prober.start(clock.now(), kbps(300));
        assert_eq!(rates(&mut prober), [900.0, 1_800.0]);
        prober.measured(clock.now(), shown(600, Evidence::Bound));
        assert_eq!(rates(&mut prober), [1_200.0]);
        prober.measured(clock.now(), shown(1_000, Evidence::Bound));
        assert_eq!(rates(&mut prober), [2_000.0]);
        prober.measured(clock.now(), shown(1_050, Evidence::Bound));
        assert_eq!(rates(&mut prober), []);
        // Nor is the pause after it long, in vain or not.
        clock.advance(Duration::from_secs(1));
        prober.update(clock.now(), kbps(1_050), true, 0.0);
        clock.advance(PAUSE);
        prober.update(clock.now(), kbps(1_050), true, 0.0);
        assert_eq!(rates(&mut prober), [2_100.0]);
    }

    #[test]
    fn wanting_much_more_is_a_reason_to_ask_at_once() {
        let mut clock = Clock::new();
        let mut prober = Prober::new(kbps(20_000));
        prober.set_wanted(kbps(400));
        prober.start(clock.now(), kbps(300));
        assert_eq!(rates(&mut prober), [520.0]);
        prober.measured(clock.now(), shown(520, Evidence::Passed));
        clock.advance(Duration::from_secs(1));
        prober.update(clock.now(), kbps(520), true, 0.0);
        prober.set_wanted(kbps(2_000));
        prober.update(clock.now(), kbps(520), true, 0.0);
        assert_eq!(rates(&mut prober), [1_040.0]);
    }

    #[test]
    fn nothing_is_asked_beyond_what_is_wanted() {
        let mut clock = Clock::new();
        let mut prober = Prober::new(kbps(20_000));
        prober.set_wanted(kbps(1_000));
        prober.start(clock.now(), kbps(300));
        assert_eq!(rates(&mut prober), [900.0, 1_300.0]);
        clock.advance(Duration::from_secs(60));
        prober.update(clock.now(), kbps(960), true, 0.0);
        assert_eq!(rates(&mut prober), []);
    }

    #[test]
    fn vain_probing_becomes_rarer_and_a_drop_makes_it_prompt() {
        let mut clock = Clock::new();
        let mut prober = Prober::new(kbps(20_000));
        let mut times = Vec::new();
        for _ in 0..600 {
            prober.update(clock.now(), kbps(1_000), true, 0.0);
            if prober.poll().is_some() {
                times.push(clock.elapsed().as_secs());
            }
            clock.advance(Duration::from_millis(100));
        }
        assert_eq!(times, [0, 1, 4, 9, 18, 29, 39, 50]);
        prober.update(clock.now(), kbps(400), false, 0.0);
        clock.advance(Duration::from_secs(2));
        prober.update(clock.now(), kbps(400), true, 0.0);
        assert_eq!(rates(&mut prober), [800.0]);
    }

    #[test]
    fn trouble_is_not_added_to() {
        let clock = Clock::new();
        let mut prober = Prober::new(kbps(20_000));
        prober.update(clock.now(), kbps(1_000), false, 0.0);
        prober.update(clock.now(), kbps(1_000), true, 0.2);
        assert_eq!(rates(&mut prober), []);
    }
}
