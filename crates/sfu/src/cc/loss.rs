//! What packet loss says about the path.
//!
//! The draft's rule (gcc-02 section 6: below 2 % grow, above 10 % shrink by half the loss, between them hold) cannot
//! tell a queue that overflows from a radio link that loses whatever the rate; on the latter it sinks to the minimum.
//! So, as deployed senders have come to do, loss is explained by a model with two unknowns and the better explanation
//! is chosen:
//!
//! ```text
//! loss(r) = 1 − (1 − p) · min(1, C / r)      p: loss of the path itself, C: capacity, r: sending rate
//! ```
//!
//! While the rate is steady both explain the same loss, so unexplained loss starts a trial: less is sent for a second.
//! If loss falls with it, the capacity was the cause and becomes the limit; if not, the loss belongs to the path and
//! the rate returns. Independently, heavy loss has a ceiling that falls with it, since every repaired packet costs
//! another one and since others may share the cause.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bitrate::Bitrate;
use super::feedback::{Outcome, PacketResult};

/// One observation spans at least this and this many packets: fewer say nothing of a share.
const OBSERVATION: Duration = Duration::from_millis(250);
const PACKETS_MIN: u32 = 20;
/// Observations kept, and what each is worth beside the next newer one. Together about two and a half seconds count.
const OBSERVATIONS_MAX: usize = 20;
const AGING: f64 = 0.9;
/// Below this share the path counts as clean (gcc-02 section 6).
const CLEAN: f64 = 0.02;
/// Growth of a limit per clean observation: 8 % a second.
const RELEASE: f64 = 1.02;
/// A limit this far above the delay-based rate has no more meaning.
const RELEASED: f64 = 1.3;
/// How much better, in natural logarithms of likelihood, a lack of capacity must explain loss. Five leaves one wrong
/// verdict in some six hundred observations of plain random loss.
const EVIDENCE: f64 = 5.0;
/// Share of the capacity found to use.
const UTILISATION: f64 = 0.95;
/// A trial: what is sent, for how many observations, and how far loss must exceed the known loss to start one.
const TRIAL: f64 = 0.8;
const TRIAL_OBSERVATIONS: u32 = 4;
const TRIAL_EXCESS: f64 = 0.03;
/// Pause after a trial that found nothing; doubled each time up to the maximum.
const TRIAL_PAUSE: Duration = Duration::from_secs(5);
const TRIAL_PAUSE_MAX: Duration = Duration::from_secs(40);
/// The ceiling: 150 kbit/s over the share of loss beyond 5 %: 3 Mbit/s at 10 %, 1 Mbit/s at 20 %, 600 kbit/s at 30 %.
/// Enough for one good layer with its repairs at 20 %, for a small one at 30 %.
const CEILING_KBPS: u32 = 150;
const CEILING_FROM: f64 = 0.05;
/// Candidate capacities tried, and the lowest as a share of the lowest rate observed.
const CANDIDATES: u32 = 10;
const CANDIDATE_MIN: f64 = 0.6;

#[derive(Clone, Copy, Debug, Default)]
struct Observation {
    packets: u32,
    lost: u32,
    bytes: f64,
    sent: Option<(Instant, Instant)>,
    rate_bps: f64,
}

#[derive(Clone, Copy, Debug)]
struct Trial {
    observations_left: u32,
}

/// The loss-based limit.
#[derive(Debug)]
pub struct Loss {
    observations: VecDeque<Observation>,
    open: Observation,
    limit: Option<Bitrate>,
    ceiling: Option<Bitrate>,
    share: f64,
    /// Loss that trials have shown to be the path's own.
    inherent: f64,
    trial: Option<Trial>,
    trial_after: Option<Instant>,
    trial_pause: Duration,
}

impl Default for Loss {
    fn default() -> Self {
        Self {
            observations: VecDeque::with_capacity(OBSERVATIONS_MAX),
            open: Observation::default(),
            limit: None,
            ceiling: None,
            share: 0.0,
            inherent: 0.0,
            trial: None,
            trial_after: None,
            trial_pause: TRIAL_PAUSE,
        }
    }
}

impl Loss {
    /// Count one packet.
    pub fn add(&mut self, result: &PacketResult) {
        let lost = match result.outcome {
            Outcome::Received(_) => false,
            Outcome::Lost => true,
            Outcome::ReceivedLate(_) => {
                // Reordering, not loss: take it back where it was probably counted.
                self.open.lost = self.open.lost.saturating_sub(1);
                return;
            }
            Outcome::Unknown => return,
        };
        let open = &mut self.open;
        open.packets = open.packets.saturating_add(1);
        open.lost = open.lost.saturating_add(u32::from(lost));
        open.bytes += f64::from(result.size);
        let (begin, end) = open.sent.unwrap_or((result.sent, result.sent));
        open.sent = Some((begin.min(result.sent), end.max(result.sent)));
    }

    /// Draw conclusions; `rate` is the rate now in force. Call after each feedback.
    pub fn update(&mut self, now: Instant, rate: Bitrate) {
        if !self.close_observation() {
            return;
        }
        self.share = self.weighted_share();
        self.ceiling = (self.share > CEILING_FROM)
            .then(|| Bitrate::from_kbps(CEILING_KBPS).times(1.0 / (self.share - CEILING_FROM)));
        if self.share < CLEAN {
            self.release(rate);
        } else if let Some(capacity) = self.capacity() {
            let found = capacity.times(UTILISATION);
            self.limit = Some(self.limit.unwrap_or(rate).min(rate).min(found));
            self.trial = None;
        } else {
            self.try_less(now, rate);
        }
    }

    /// The rate that loss allows; `None` while loss says nothing against more.
    #[must_use]
    pub fn limit(&self) -> Option<Bitrate> {
        match (self.limit, self.ceiling) {
            (Some(limit), Some(ceiling)) => Some(limit.min(ceiling)),
            (one, other) => one.or(other),
        }
    }

    /// Share of packets lost lately, `0.0..=1.0`, newer ones counting more.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.share
    }

    /// A probe got through at `rate`: a lower limit was wrong or is out of date.
    pub fn disprove(&mut self, rate: Bitrate) {
        if self.limit.is_some_and(|limit| limit < rate) {
            self.limit = Some(rate);
        }
    }

    fn close_observation(&mut self) -> bool {
        let Some((first, last)) = self.open.sent else {
            return false;
        };
        let span = last.saturating_duration_since(first);
        if span < OBSERVATION || self.open.packets < PACKETS_MIN {
            return false;
        }
        let mut closed = std::mem::take(&mut self.open);
        closed.rate_bps = Bitrate::of(closed.bytes, span).unwrap_or_default().bps();
        if self.observations.len() >= OBSERVATIONS_MAX {
            self.observations.pop_front();
        }
        self.observations.push_back(closed);
        true
    }

    fn weighted(&self) -> impl Iterator<Item = (f64, &Observation)> + Clone {
        let weights = std::iter::successors(Some(1.0), |weight| Some(weight * AGING));
        weights.zip(self.observations.iter().rev())
    }

    fn weighted_share(&self) -> f64 {
        let (lost, packets) = self
            .weighted()
            .fold((0.0, 0.0), |(lost, packets), (weight, one)| {
                (
                    lost + weight * f64::from(one.lost),
                    packets + weight * f64::from(one.packets),
                )
            });
        if packets > 0.0 { lost / packets } else { 0.0 }
    }

    fn release(&mut self, rate: Bitrate) {
        self.trial = None;
        self.inherent = self.inherent.min(self.share);
        self.limit = self
            .limit
            .map(|limit| limit.times(RELEASE))
            .filter(|limit| *limit < rate.times(RELEASED));
        if self.limit.is_none() {
            self.trial_pause = TRIAL_PAUSE;
        }
    }

    fn try_less(&mut self, now: Instant, rate: Bitrate) {
        if let Some(trial) = self.trial.as_mut() {
            trial.observations_left = trial.observations_left.saturating_sub(1);
            if trial.observations_left == 0 {
                // Less was sent and as much was lost: the path's own loss.
                self.trial = None;
                self.limit = None;
                self.inherent = self.share;
                self.trial_after = now.checked_add(self.trial_pause);
                self.trial_pause = self.trial_pause.saturating_mul(2).min(TRIAL_PAUSE_MAX);
            }
            return;
        }
        let due = self.trial_after.is_none_or(|after| now >= after);
        if due && self.share > self.inherent + TRIAL_EXCESS {
            self.limit = Some(self.limit.unwrap_or(rate).min(rate).times(TRIAL));
            self.trial = Some(Trial {
                observations_left: TRIAL_OBSERVATIONS,
            });
        } else if self.trial_after.is_some() {
            // The loss is known not to come from the rate, so it is no reason to stay below.
            self.limit = self
                .limit
                .map(|limit| limit.times(RELEASE))
                .filter(|limit| *limit < rate.times(RELEASED));
        }
    }

    /// The capacity, if lack of it explains the loss clearly better than loss of the path itself does.
    fn capacity(&self) -> Option<Bitrate> {
        let rates = self
            .observations
            .iter()
            .map(|one| one.rate_bps)
            .filter(|rate| *rate > 0.0);
        let (lowest, highest) = rates.fold((f64::MAX, 0.0f64), |(low, high), rate| {
            (low.min(rate), high.max(rate))
        });
        if highest <= 0.0 {
            return None;
        }
        let plain = self.likelihood(f64::MAX);
        let from = lowest * CANDIDATE_MIN;
        let step = (highest / from).powf(1.0 / f64::from(CANDIDATES));
        let candidates = std::iter::successors(Some(from), |candidate| Some(candidate * step));
        let best = candidates
            .take_while(|candidate| *candidate < highest)
            .map(|candidate| (self.likelihood(candidate), candidate))
            .max_by(|one, other| one.0.total_cmp(&other.0))?;
        (best.0 > plain + EVIDENCE).then(|| Bitrate::from_bps(best.1))
    }

    /// Logarithm of the likelihood of the observations for this capacity and the loss of the path that suits it best.
    /// It is concave in that loss, so halving by thirds finds the top.
    fn likelihood(&self, capacity_bps: f64) -> f64 {
        let at = |path_loss: f64| -> f64 {
            self.weighted()
                .map(|(weight, one)| {
                    let passed = (1.0 - path_loss) * (capacity_bps / one.rate_bps.max(1.0)).min(1.0);
                    let passed = passed.clamp(1e-6, 1.0 - 1e-6);
                    let arrived = f64::from(one.packets.saturating_sub(one.lost));
                    weight * (f64::from(one.lost) * (1.0 - passed).ln() + arrived * passed.ln())
                })
                .sum()
        };
        let (mut low, mut high) = (0.0, 0.6);
        for _ in 0..12 {
            let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if at(left) < at(right) {
                low = left;
            } else {
                high = right;
            }
        }
        at(f64::midpoint(low, high))
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use crate::cc::{Label, RemoteTime};
    use hubbub_netem::{Clock, Random};

    /// Send at what the limit allows of `wish_kbps` over a path that loses `path_loss` and carries `capacity_kbps`;
    /// the rate at the end of each second.
    fn run(seconds: u32, wish_kbps: u32, path_loss: f64, capacity_kbps: u32) -> Vec<f64> {
        let mut clock = Clock::new();
        let mut random = Random::new(3);
        let mut loss = Loss::default();
        let wish = Bitrate::from_kbps(wish_kbps);
        let mut rates = Vec::new();
        for tick in 1..=seconds * 10 {
            let rate = loss.limit().map_or(wish, |limit| limit.min(wish));
            let passed = (f64::from(capacity_kbps) / rate.kbps()).min(1.0) * (1.0 - path_loss);
            let end = clock.at(Duration::from_millis(u64::from(tick) * 100));
            while clock.now() < end {
                let arrived = random.chance(passed);
                let outcome = if arrived {
                    Outcome::Received(RemoteTime::from_micros(0))
                } else {
                    Outcome::Lost
                };
                loss.add(&PacketResult {
                    sent: clock.now(),
                    size: 1_000,
                    cluster: None,
                    outcome,
                    label: Label::default(),
                });
                clock.advance(rate.time_for(1_000.0));
            }
            loss.update(clock.now(), rate);
            if tick % 10 == 0 {
                rates.push(rate.kbps());
            }
        }
        rates
    }

    #[test]
    fn a_clean_path_has_no_limit() {
        assert!(run(30, 2_000, 0.01, 10_000).iter().all(|rate| *rate >= 2_000.0));
    }

    #[test]
    fn loss_of_the_path_itself_does_not_hold_the_rate_down() {
        let rates = run(60, 2_000, 0.08, 10_000);
        let full = rates.iter().filter(|rate| **rate > 1_900.0).count();
        assert!(full > 48, "{rates:?}");
    }

    #[test]
    fn loss_for_lack_of_capacity_finds_the_capacity() {
        let rates = run(30, 2_000, 0.0, 1_500);
        assert!(
            rates[4..].iter().all(|rate| (1_150.0..1_750.0).contains(rate)),
            "{rates:?}"
        );
    }

    #[test]
    fn heavy_loss_has_a_ceiling() {
        let at = |path_loss| run(20, 3_000, path_loss, 10_000).last().copied().unwrap();
        assert!((750.0..1_350.0).contains(&at(0.2)));
        assert!((450.0..800.0).contains(&at(0.3)));
    }
}
