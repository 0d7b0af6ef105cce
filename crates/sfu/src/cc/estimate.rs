//! The bandwidth estimate: the least of what delay and loss allow.

use std::time::{Duration, Instant};

use super::aimd::Aimd;
use super::alr::Limited;
use super::bitrate::Bitrate;
use super::cluster::{Cluster, ClusterId};
use super::delay::{Trend, Usage};
use super::feedback::{Outcome, PacketResult};
use super::groups::Groups;
use super::loss::Loss;
use super::probing::{Measured, ProbeResults};
use super::standing::Standing;
use super::throughput::Throughput;
use super::transit::Transit;

/// Weight of a new round-trip sample (RFC 6298 section 2: 1/8).
const ROUND_TRIP_GAIN: f64 = 0.125;
/// Without feedback for this long while packets fly, the path is in trouble that no report tells of.
const SILENCE: Duration = Duration::from_secs(1);
/// Each further such time cuts the rate to this share.
const SILENCE_CUT: f64 = 0.7;

/// After a probe has left, its own queue looks like overuse for about this long, feedback included.
const PROBE_SHADOW: Duration = Duration::from_millis(400);
/// Overuse in that shadow is believed all the same when less than this share of what arrived before arrives now.
const SHADOW_SHARE: f64 = 0.8;

/// A trend without so much of a queue is noise, such as the gaps that random loss leaves.
const QUEUE_MIN: Duration = Duration::from_millis(3);

/// Bounds and start of the estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Rate assumed before anything is known. Default 300 kbit/s.
    pub start: Bitrate,
    /// The estimate never falls below this; it should carry the subscriber's audio. Default 50 kbit/s.
    pub min: Bitrate,
    /// Nor rises above this. Default 20 Mbit/s.
    pub max: Bitrate,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            start: Bitrate::from_kbps(300),
            min: Bitrate::from_kbps(50),
            max: Bitrate::from_kbps(20_000),
        }
    }
}

/// What is known of the path now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// What may be sent.
    pub target: Bitrate,
    /// What the delay allows.
    pub delay_based: Bitrate,
    /// What loss allows; `None` while it sets no limit.
    pub loss_based: Option<Bitrate>,
    /// What arrives; `None` before half a second of arrivals.
    pub throughput: Option<Bitrate>,
    /// Share of packets lost, `0.0..=1.0`.
    pub loss_share: f64,
    /// Smoothed round-trip time, the receiver's reporting interval included; `None` before the first feedback.
    pub round_trip: Option<Duration>,
    /// The detector's verdict.
    pub usage: Usage,
    /// True while a queue stands on the path, so that whatever is sent beyond what it carries makes it longer.
    pub full: bool,
    /// True while less is sent than allowed, so that the estimate is not tested.
    pub limited: bool,
}

/// Turns packet results into an [`Estimate`].
///
/// Source: draft-ietf-rmcat-gcc-02 section 4 (both controllers run, the lesser rate counts). It differs in that a
/// long standing queue is emptied, and that what a probe does to the delay is not taken for overuse, nor what a
/// keyframe does while little is sent.
#[derive(Debug)]
pub struct Estimator {
    settings: Settings,
    groups: Groups,
    trend: Trend,
    aimd: Aimd,
    loss: Loss,
    throughput: Throughput,
    probes: ProbeResults,
    limited: Limited,
    standing: Standing,
    transit: Transit,
    /// When a probe was last begun, and what arrived then.
    probed: Option<(Instant, Option<Bitrate>)>,
    unknown_bytes: f64,
    round_trip: Option<Duration>,
    reported: Option<Instant>,
    usage: Usage,
}

impl Estimator {
    /// An estimator that knows nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            groups: Groups::default(),
            trend: Trend::default(),
            aimd: Aimd::new(settings.start, settings.min, settings.max),
            loss: Loss::default(),
            throughput: Throughput::default(),
            probes: ProbeResults::default(),
            limited: Limited::default(),
            standing: Standing::default(),
            transit: Transit::default(),
            probed: None,
            unknown_bytes: 0.0,
            round_trip: None,
            reported: None,
            usage: Usage::Normal,
        }
    }

    /// Account a packet of `size` bytes leaving now.
    pub fn sent(&mut self, now: Instant, size: u32) {
        let target = self.target();
        self.limited.sent(now, size, target);
    }

    /// Expect the packets of `cluster`.
    pub fn watch(&mut self, now: Instant, cluster: Cluster) {
        self.probes.watch(now, cluster);
        self.probed = Some((now, self.throughput.rate()));
    }

    /// Take in the results of one feedback packet; what a probe cluster showed, if one is complete.
    pub fn report(&mut self, now: Instant, results: &[PacketResult]) -> Option<Measured> {
        if results.is_empty() {
            return None;
        }
        self.reported = Some(now);
        self.measure_round_trip(now, results);
        let mut usage = None;
        let mut probed = Best::default();
        for result in results {
            self.loss.add(result);
            let verdict = self.arrive(result);
            let transit = &self.transit;
            if let Some(measured) = self.probes.add(result, |sent| transit.soonest(sent)) {
                probed.add(result.cluster, measured);
            }
            // One overuse within the feedback counts, even if it passed before its end.
            usage = if usage == Some(Usage::Over) {
                usage
            } else {
                verdict.or(usage)
            };
        }
        self.usage = usage.unwrap_or_else(|| self.trend.usage());
        let target = self.target();
        let limited = self.limited.since(now, target).is_some();
        let spares = self.limited.spares(now, target);
        let full = self.transit.carried();
        let passes = if spares {
            full.is_none()
        } else {
            self.transit.queued() < QUEUE_MIN
        };
        let verdict = if self.usage == Usage::Over && (passes || self.in_probe_shadow(now)) {
            Usage::Under
        } else {
            self.usage
        };
        let arrives = full.or(self.throughput.rate());
        self.aimd.update(now, verdict, arrives, limited);
        let probed = probed.measured();
        if let Some(measured) = probed.filter(|_| verdict != Usage::Over) {
            self.raise(now, measured.rate);
        }
        self.loss.update(now, self.target());
        probed
    }

    /// Notice silence: call at [`Self::deadline`] or at any time. Before the first feedback ever nothing is cut: the
    /// receiver may not support it, and then the start rate stands.
    pub fn poll(&mut self, now: Instant, flying_bytes: u64) {
        let Some(reported) = self.reported else { return };
        if now.saturating_duration_since(reported) < SILENCE {
            return;
        }
        self.reported = Some(now);
        if flying_bytes > 0 {
            self.aimd.cut(now, self.target().times(SILENCE_CUT));
        }
    }

    /// When silence would be noticed; `None` before the first feedback.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.reported.and_then(|reported| reported.checked_add(SILENCE))
    }

    /// All that is known now.
    pub fn estimate(&mut self, now: Instant) -> Estimate {
        let target = self.target();
        Estimate {
            target,
            delay_based: self.aimd.rate(),
            loss_based: self.loss.limit(),
            throughput: self.throughput.rate(),
            loss_share: self.loss.share(),
            round_trip: self.round_trip,
            usage: self.usage,
            full: self.transit.carried().is_some(),
            limited: self.limited.since(now, target).is_some(),
        }
    }

    /// What may be sent.
    #[must_use]
    pub fn target(&self) -> Bitrate {
        let delay_based = self.aimd.rate();
        let limits = [self.loss.limit(), self.standing.limit()];
        limits
            .into_iter()
            .flatten()
            .fold(delay_based, Bitrate::min)
            .max(self.settings.min)
    }

    /// Begin from this rate, if it is more than the present one.
    pub fn assume(&mut self, now: Instant, rate: Bitrate) {
        self.aimd.raise(now, rate);
    }

    /// Whether the path turned out to carry more than it seemed to, since this was last asked.
    pub fn take_grown(&mut self) -> bool {
        self.aimd.take_grown()
    }

    /// Whether overuse is rather the queue that a probe has just made. The rate then rests, as for an emptying queue.
    fn in_probe_shadow(&self, now: Instant) -> bool {
        let Some((probed, before)) = self.probed else {
            return false;
        };
        let arriving = match (before, self.throughput.rate()) {
            (Some(before), Some(rate)) => rate >= before.times(SHADOW_SHARE),
            _ => true,
        };
        self.usage == Usage::Over && now.saturating_duration_since(probed) < PROBE_SHADOW && arriving
    }

    fn raise(&mut self, now: Instant, rate: Bitrate) {
        if rate > self.aimd.rate() {
            self.throughput.expect_change();
        }
        self.aimd.raise(now, rate);
        self.loss.disprove(rate);
    }

    fn arrive(&mut self, result: &PacketResult) -> Option<Usage> {
        let size = f64::from(result.size);
        match result.outcome {
            Outcome::Received(at) | Outcome::ReceivedLate(at) => {
                let unknown = std::mem::take(&mut self.unknown_bytes);
                self.throughput.add(at, size + unknown);
                self.transit.add(result.sent, at, size);
                self.groups
                    .add(result.sent, at)
                    .map(|variation| self.trend.update(variation))
            }
            Outcome::Unknown => {
                // Most of it arrived; as much is missing as of what is known.
                self.unknown_bytes += size * (1.0 - self.loss.share());
                None
            }
            Outcome::Lost => None,
        }
    }

    /// The youngest packet reported waited least for the report.
    fn measure_round_trip(&mut self, now: Instant, results: &[PacketResult]) {
        let received = results
            .iter()
            .filter(|result| matches!(result.outcome, Outcome::Received(_)));
        let Some(youngest) = received.map(|result| result.sent).max() else {
            return;
        };
        let sample = now.saturating_duration_since(youngest);
        let smoothed = self.round_trip.map_or(sample, |smoothed| {
            smoothed
                .mul_f64(1.0 - ROUND_TRIP_GAIN)
                .saturating_add(sample.mul_f64(ROUND_TRIP_GAIN))
        });
        self.round_trip = Some(smoothed);
        self.aimd.set_round_trip(smoothed);
        let carried = self.transit.carried().or(self.throughput.rate());
        self.standing.update(now, sample, carried);
    }
}

/// The best of what clusters showed within one feedback packet: of each its last word.
#[derive(Debug, Default)]
struct Best {
    settled: Option<Measured>,
    open: Option<(ClusterId, Measured)>,
}

impl Best {
    fn add(&mut self, cluster: Option<ClusterId>, measured: Measured) {
        let Some(id) = cluster else { return };
        if self.open.is_some_and(|(open, _)| open != id) {
            self.settled = self.measured();
        }
        self.open = Some((id, measured));
    }

    fn measured(&self) -> Option<Measured> {
        let open = self.open.map(|(_, measured)| measured);
        match (self.settled, open) {
            (Some(one), Some(other)) if one.rate > other.rate => Some(one),
            (one, other) => other.or(one),
        }
    }
}
