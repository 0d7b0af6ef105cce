//! The send side in one piece.

use std::time::{Duration, Instant};

use hubbub_wire::twcc::Status;

use super::bitrate::Bitrate;
use super::cluster::{Cluster, ClusterId};
use super::delay::Usage;
use super::estimate::{Estimate, Estimator, Settings};
use super::feedback::{History, Label, PacketResult};
use super::prober::Prober;

/// How often probing is reconsidered while feedback is quiet.
const TICK: Duration = Duration::from_millis(100);

/// What the caller is to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// The rate that may be sent has changed: tell pacer and allocator.
    Target(Bitrate),
    /// Send this cluster: hand it to the pacer.
    Probe(Cluster),
}

/// Congestion control for one subscriber's transport. See the module's documentation for the calling contract.
#[derive(Debug)]
pub struct Controller {
    history: History,
    estimator: Estimator,
    prober: Prober,
    announced: Option<Bitrate>,
    unanswered: Option<Instant>,
    ticked: Instant,
}

impl Controller {
    /// A controller for a path about which nothing is known. Its first actions are the target and start-up probes.
    #[must_use]
    pub fn new(now: Instant, settings: Settings) -> Self {
        let mut prober = Prober::new(settings.max);
        prober.start(now, settings.start);
        Self {
            history: History::new(),
            estimator: Estimator::new(settings),
            prober,
            announced: None,
            unanswered: None,
            ticked: now,
        }
    }

    /// A packet of `size` bytes leaves now, as part of `cluster` if the pacer said so; the transport-wide sequence
    /// number to stamp on it. `label` comes back with its outcome.
    pub fn sent(&mut self, now: Instant, size: u32, cluster: Option<ClusterId>, label: Label) -> u16 {
        self.unanswered.get_or_insert(now);
        self.estimator.sent(now, size);
        self.history.sent(now, size, cluster, label)
    }

    /// Take in one transport-wide feedback packet: `Feedback::reference_ticks` and `Feedback::statuses` of it. `each`
    /// is shown every packet whose outcome is now known.
    pub fn report(
        &mut self,
        now: Instant,
        reference_ticks: i64,
        statuses: impl IntoIterator<Item = Status>,
        each: impl FnMut(&PacketResult),
    ) {
        self.unanswered = None;
        let results = self.history.report(reference_ticks, statuses);
        results.iter().for_each(each);
        if let Some(measured) = self.estimator.report(now, &results) {
            self.prober.measured(now, measured);
        }
        self.consider_probing(now);
    }

    /// Tell what all that the subscriber asked for would need (the allocator's `wanted`, audio included).
    pub fn set_wanted(&mut self, wanted: Bitrate) {
        self.prober.set_wanted(wanted);
    }

    /// When the first packet since the last feedback left, if any did.
    #[must_use]
    pub fn unanswered(&self) -> Option<Instant> {
        self.unanswered
    }

    /// What may be sent, if any feedback has ever told; `None` while only the start rate is assumed.
    #[must_use]
    pub fn proven(&self) -> Option<Bitrate> {
        self.estimator.deadline().map(|_| self.estimator.target())
    }

    /// Begin from this rate, if it is more: the path carried it as far as other reports tell.
    pub fn assume(&mut self, now: Instant, rate: Bitrate) {
        self.estimator.assume(now, rate);
    }

    /// There is something to send at last: ask the path what it carries, as at the start.
    pub fn start_probing(&mut self, now: Instant) {
        let target = self.estimator.target();
        self.prober.start(now, target);
    }

    /// What to do next; call until `None` after each report and at the deadline.
    pub fn poll(&mut self, now: Instant) -> Option<Action> {
        if now.saturating_duration_since(self.ticked) >= TICK {
            self.ticked = now;
            self.estimator.poll(now, self.history.flying_bytes());
            self.consider_probing(now);
        }
        let target = self.estimator.target();
        if self.announced != Some(target) {
            self.announced = Some(target);
            return Some(Action::Target(target));
        }
        let cluster = self.prober.poll()?;
        self.estimator.watch(now, cluster);
        Some(Action::Probe(cluster))
    }

    /// When [`Self::poll`] is due next.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.ticked.checked_add(TICK).unwrap_or(self.ticked)
    }

    /// All that is known of the path, for statistics.
    pub fn estimate(&mut self, now: Instant) -> Estimate {
        self.estimator.estimate(now)
    }

    fn consider_probing(&mut self, now: Instant) {
        let estimate = self.estimator.estimate(now);
        let calm = estimate.usage != Usage::Over;
        if self.estimator.take_grown() {
            self.prober.hurry();
        }
        self.prober
            .update(now, estimate.target, calm, estimate.loss_share);
    }
}
