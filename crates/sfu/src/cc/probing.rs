//! Clusters of packets sent faster than the estimate, and what they measured.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bitrate::Bitrate;
use super::cluster::Cluster;
use super::feedback::{Outcome, PacketResult, RemoteTime};

/// Clusters watched at once.
const CLUSTERS_MAX: usize = 8;
/// A cluster without result after this long has failed.
const LIFETIME: Duration = Duration::from_secs(2);
/// Share of a cluster's packets and bytes that must have arrived before it says anything.
const COMPLETE: f64 = 0.8;
/// Arriving this much faster than sent is an artefact of the network (batching), not capacity.
const SPEEDUP_MAX: f64 = 2.0;
/// Arriving at less than this share of the sent rate means that the path was full.
const UNSATURATED: f64 = 0.9;
/// Share of a full path's measured rate to use, so that the queue made by the probe can drain.
const UTILISATION: f64 = 0.95;

/// A first packet later than this was held up by a receiver's late thread, which takes a whole batch at one moment: the
/// spacing after it says little, unless it was late by less than a sixth of all that took.
const PUNCTUAL: Duration = Duration::from_millis(5);
const LATE_SHARE: u32 = 6;

/// What a cluster has shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The path carries this much.
    pub rate: Bitrate,
    /// And perhaps more.
    pub evidence: Evidence,
}

/// How far a measurement is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The cluster passed: the path may carry more than it asked for.
    Passed,
    /// The cluster filled the path, so the rate is all there is.
    Full,
    /// The packets came in batches: a lower bound is all that could be told.
    Bound,
}

#[derive(Debug)]
struct Watch {
    cluster: Cluster,
    created: Instant,
    arrived: u32,
    bytes: f64,
    sent: Option<(Instant, Instant)>,
    arrival: Option<(RemoteTime, RemoteTime)>,
    first_size: f64,
    last_size: f64,
}

/// Works out the rate that each cluster met.
///
/// The method is the packet train's: bytes over the time between first and last, when sent and when received; the
/// lesser counts. Constants are those of deployed senders. It differs in that packets which a busy receiver took in
/// batches, as happens to most of them on a loaded machine, still say something: all of them came within the time from
/// when the first could have arrived to when the last did.
#[derive(Debug, Default)]
pub struct ProbeResults {
    watched: VecDeque<Watch>,
}

impl ProbeResults {
    /// Watch for the packets of `cluster`. The oldest watch is given up when there are too many.
    pub fn watch(&mut self, now: Instant, cluster: Cluster) {
        self.watched
            .retain(|watch| now.saturating_duration_since(watch.created) < LIFETIME);
        if self.watched.len() >= CLUSTERS_MAX {
            self.watched.pop_front();
        }
        self.watched.push_back(Watch {
            cluster,
            created: now,
            arrived: 0,
            bytes: 0.0,
            sent: None,
            arrival: None,
            first_size: 0.0,
            last_size: 0.0,
        });
    }

    /// Take in one result; what its cluster has shown so far, once there is enough of it. `soonest` is when a packet
    /// sent at a moment would have arrived, were it not for late threads.
    pub fn add(
        &mut self,
        result: &PacketResult,
        soonest: impl Fn(Instant) -> Option<RemoteTime>,
    ) -> Option<Measured> {
        let id = result.cluster?;
        let (Outcome::Received(at) | Outcome::ReceivedLate(at)) = result.outcome else {
            return None;
        };
        let watch = self.watched.iter_mut().find(|watch| watch.cluster.id == id)?;
        watch.add(result.sent, at, f64::from(result.size));
        watch.rate(soonest)
    }
}

impl Watch {
    fn add(&mut self, sent: Instant, at: RemoteTime, size: f64) {
        self.arrived = self.arrived.saturating_add(1);
        self.bytes += size;
        let (first_sent, last_sent) = self.sent.unwrap_or((sent, sent));
        if sent >= last_sent {
            self.last_size = size;
        }
        let (first_at, last_at) = self.arrival.unwrap_or((at, at));
        if at <= first_at {
            self.first_size = size;
        }
        self.sent = Some((first_sent.min(sent), last_sent.max(sent)));
        self.arrival = Some((first_at.min(at), last_at.max(at)));
    }

    fn rate(&self, soonest: impl Fn(Instant) -> Option<RemoteTime>) -> Option<Measured> {
        let packets_needed = f64::from(self.cluster.packets_min) * COMPLETE;
        let bytes_needed = f64::from(self.cluster.bytes_min) * COMPLETE;
        if f64::from(self.arrived) < packets_needed || self.bytes < bytes_needed {
            return None;
        }
        let (first_sent, last_sent) = self.sent?;
        let (first_at, last_at) = self.arrival?;
        let due = soonest(first_sent)?.min(first_at);
        let second = Duration::from_secs(1);
        let (sending, receiving, since_due) = (
            last_sent.saturating_duration_since(first_sent),
            last_at.since(first_at),
            last_at.since(due),
        );
        if sending > second || since_due > second {
            return None;
        }
        // Between first and last there is one packet less: the last sent has not begun, the first received is done.
        let sent = Bitrate::of(self.bytes - self.last_size, sending)?;
        let late = first_at.since(due);
        let batched = late > PUNCTUAL && late.saturating_mul(LATE_SHARE) > receiving;
        let received = Bitrate::of(self.bytes - self.first_size, receiving)
            .filter(|received| *received <= sent.times(SPEEDUP_MAX) && !batched);
        let Some(received) = received else {
            let bound = Bitrate::of(self.bytes - self.first_size, since_due)?;
            return Some(Measured {
                rate: bound.min(sent),
                evidence: Evidence::Bound,
            });
        };
        Some(if received < sent.times(UNSATURATED) {
            Measured {
                rate: received.times(UTILISATION),
                evidence: Evidence::Full,
            }
        } else {
            Measured {
                rate: received.min(sent),
                evidence: Evidence::Passed,
            }
        })
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::super::cluster::ClusterId;
    use super::*;
    use crate::cc::Label;
    use hubbub_netem::Clock;

    /// Ten packets of 1,000 bytes sent 2 ms apart (4 Mbit/s), arriving `spacing_micros` apart, the first of them
    /// `late_micros` later than on an empty path.
    fn measured(spacing_micros: i64, late_micros: i64) -> Measured {
        let clock = Clock::new();
        let mut results = ProbeResults::default();
        let id = ClusterId(1);
        let cluster = Cluster {
            id,
            rate: Bitrate::from_kbps(4_000),
            bytes_min: 7_500,
            packets_min: 5,
        };
        results.watch(clock.now(), cluster);
        let mut last = None;
        for packet in 0..10u32 {
            let at = RemoteTime::from_micros(50_000 + i64::from(packet) * spacing_micros);
            let result = PacketResult {
                sent: clock.at(Duration::from_millis(u64::from(packet) * 2)),
                size: 1_000,
                cluster: Some(id),
                outcome: Outcome::Received(at),
                label: Label::default(),
            };
            last = results.add(&result, |_| Some(RemoteTime::from_micros(50_000 - late_micros)));
        }
        last.unwrap()
    }

    #[test]
    fn a_probe_that_passes_shows_its_own_rate() {
        let shown = measured(2_000, 0);
        assert_eq!(shown.evidence, Evidence::Passed);
        assert!((shown.rate.kbps() - 4_000.0).abs() < 1.0);
    }

    #[test]
    fn a_probe_that_fills_the_path_shows_a_little_less_than_the_path() {
        let shown = measured(4_000, 0);
        assert_eq!(shown.evidence, Evidence::Full);
        assert!((shown.rate.kbps() - 2_000.0 * UTILISATION).abs() < 1.0);
    }

    #[test]
    fn arrival_in_batches_shows_a_bound() {
        // All came in 4.5 ms, up to 24.5 ms after the first could have come.
        let shown = measured(500, 20_000);
        assert_eq!(shown.evidence, Evidence::Bound);
        assert!((shown.rate.kbps() - 72_000.0 / 24.5).abs() < 1.0);
        // Never more than was sent.
        assert!((measured(500, 0).rate.kbps() - 4_000.0).abs() < 1.0);
    }
}
