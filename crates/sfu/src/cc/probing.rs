//! Clusters of packets sent faster than the estimate, and what they measured.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bitrate::Bitrate;
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

/// Names a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(pub u32);

/// A burst to be sent at `rate`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cluster {
    /// Its name; every packet of it carries the name into [`super::Controller::sent`].
    pub id: ClusterId,
    /// The rate to send at.
    pub rate: Bitrate,
    /// Bytes it needs to be long enough to measure.
    pub bytes_min: u32,
    /// Packets it needs for its spacing to be measurable.
    pub packets_min: u32,
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
/// lesser counts. Constants are those of deployed senders.
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

    /// Take in one result; the rate its cluster has shown so far, once there is enough of it.
    pub fn add(&mut self, result: &PacketResult) -> Option<Bitrate> {
        let id = result.cluster?;
        let (Outcome::Received(at) | Outcome::ReceivedLate(at)) = result.outcome else {
            return None;
        };
        let watch = self.watched.iter_mut().find(|watch| watch.cluster.id == id)?;
        watch.add(result.sent, at, f64::from(result.size));
        watch.rate()
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

    fn rate(&self) -> Option<Bitrate> {
        let packets_needed = f64::from(self.cluster.packets_min) * COMPLETE;
        let bytes_needed = f64::from(self.cluster.bytes_min) * COMPLETE;
        if f64::from(self.arrived) < packets_needed || self.bytes < bytes_needed {
            return None;
        }
        let (first_sent, last_sent) = self.sent?;
        let (first_at, last_at) = self.arrival?;
        let second = Duration::from_secs(1);
        let (sending, receiving) = (
            last_sent.saturating_duration_since(first_sent),
            last_at.since(first_at),
        );
        if sending > second || receiving > second {
            return None;
        }
        // Between first and last there is one packet less: the last sent has not begun, the first received is done.
        let sent = Bitrate::of(self.bytes - self.last_size, sending)?;
        let received = Bitrate::of(self.bytes - self.first_size, receiving)?;
        if received > sent.times(SPEEDUP_MAX) {
            return None;
        }
        if received < sent.times(UNSATURATED) {
            return Some(received.times(UTILISATION));
        }
        Some(received.min(sent))
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    /// Ten packets of 1,000 bytes sent 2 ms apart (4 Mbit/s), arriving `spacing_micros` apart.
    fn measured(spacing_micros: i64) -> Option<Bitrate> {
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
            last = results.add(&PacketResult {
                sent: clock.at(Duration::from_millis(u64::from(packet) * 2)),
                size: 1_000,
                cluster: Some(id),
                outcome: Outcome::Received(at),
            });
        }
        last
    }

    #[test]
    fn a_probe_that_passes_shows_its_own_rate() {
        assert!((measured(2_000).unwrap().kbps() - 4_000.0).abs() < 1.0);
    }

    #[test]
    fn a_probe_that_fills_the_path_shows_a_little_less_than_the_path() {
        assert!((measured(4_000).unwrap().kbps() - 2_000.0 * UTILISATION).abs() < 1.0);
    }

    #[test]
    fn batched_arrival_is_no_measurement() {
        assert_eq!(measured(500), None);
    }
}
