//! How long packets were on their way, and how fast they came in the meantime.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bitrate::Bitrate;
use super::feedback::RemoteTime;

/// The shortest transit of the last one to two of these is the path without queue. Clocks drift apart by a millisecond
/// in that time at most, and routes change.
const MEMORY: Duration = Duration::from_secs(10);
/// A queue stands when no packet escaped it for so long: several times what the threads of a busy receiver are late,
/// and longer than most keyframes take to pass.
const STANDING: Duration = Duration::from_millis(250);
/// Less than this much of it says little of a rate.
const SPAN_MIN: Duration = Duration::from_millis(125);
/// What is recent: several wake-ups of a busy receiver, but little beside a queue's life.
const RECENT: Duration = Duration::from_millis(80);
/// Arrivals remembered at most: 30 Mbit/s of large packets.
const ARRIVALS_MAX: usize = 1_024;
/// And a queue shorter than this, in time, is none.
const QUEUE: Duration = Duration::from_millis(15);
#[derive(Clone, Copy, Debug)]
struct Arrival {
    at: RemoteTime,
    bytes: f64,
    queued: Duration,
}

impl Arrival {
    fn met_queue(&self) -> bool {
        self.queued >= QUEUE
    }
}

/// What transit times say beyond their trend: whether a queue stands or only passes, and what a full path carried.
///
/// The detector of overuse sees each keyframe on a narrow path, and each late thread of a receiver, as a growing queue.
/// Only if the least delay of a while is high does the queue stay. Then the path was never empty, and what arrived is
/// what it carries; at other times it is merely what was sent.
#[derive(Debug, Default)]
pub(crate) struct Transit {
    origin: Option<(Instant, RemoteTime)>,
    window: Option<RemoteTime>,
    /// Least transit in this window and the one before, in microseconds more than the first packet's.
    least: Option<i64>,
    least_before: Option<i64>,
    arrivals: VecDeque<Arrival>,
    /// Their bytes, and how many of them met no queue.
    bytes: f64,
    unqueued: usize,
}

impl Transit {
    /// A packet of `bytes` that left at `sent` arrived.
    pub(crate) fn add(&mut self, sent: Instant, at: RemoteTime, bytes: f64) {
        let (first_sent, first_at) = *self.origin.get_or_insert((sent, at));
        let micros = at
            .micros_since(first_at)
            .saturating_sub(between(first_sent, sent));
        if self.window.is_none_or(|since| at.since(since) >= MEMORY) {
            self.window = Some(at);
            self.least_before = self.least.take();
        }
        self.least = Some(self.least.map_or(micros, |least| least.min(micros)));
        let queued = micros.saturating_sub(self.base());
        let arrival = Arrival {
            at,
            bytes,
            queued: Duration::from_micros(u64::try_from(queued).unwrap_or(0)),
        };
        self.arrivals.push_back(arrival);
        self.bytes += bytes;
        self.unqueued = self.unqueued.saturating_add(usize::from(!arrival.met_queue()));
        while let Some(oldest) = self.arrivals.front().copied()
            && (at.since(oldest.at) > STANDING || self.arrivals.len() > ARRIVALS_MAX)
        {
            self.arrivals.pop_front();
            self.bytes -= oldest.bytes;
            self.unqueued = self.unqueued.saturating_sub(usize::from(!oldest.met_queue()));
        }
    }

    /// When a packet sent then arrives at the earliest, the queue of just now included; `None` before the first arrival.
    pub(crate) fn soonest(&self, sent: Instant) -> Option<RemoteTime> {
        let (first_sent, first_at) = self.origin?;
        let queued = i64::try_from(self.queued().as_micros()).unwrap_or(0);
        let transit = self.base().saturating_add(queued);
        Some(first_at.later(between(first_sent, sent).saturating_add(transit)))
    }

    /// The least time that a packet of just now spent in queues.
    pub(crate) fn queued(&self) -> Duration {
        let Some(newest) = self.arrivals.back() else {
            return Duration::ZERO;
        };
        let recent = self.arrivals.iter().rev();
        let recent = recent.take_while(|one| newest.at.since(one.at) <= RECENT);
        recent.map(|one| one.queued).min().unwrap_or_default()
    }

    /// What arrived in the last quarter of a second, if none of it escaped the queue: what the path carries.
    pub(crate) fn carried(&self) -> Option<Bitrate> {
        let (first, last) = (self.arrivals.front()?, self.arrivals.back()?);
        let span = last.at.since(first.at);
        if span < SPAN_MIN || self.unqueued > 0 {
            return None;
        }
        // Sizes are whole numbers, so that sums of them do not drift.
        Bitrate::of(self.bytes - first.bytes, span)
    }

    fn base(&self) -> i64 {
        let least = self.least.unwrap_or(0);
        self.least_before.map_or(least, |before| before.min(least))
    }
}

/// Microseconds from `from` to `to`, negative if it was earlier.
fn between(from: Instant, to: Instant) -> i64 {
    let ahead = i64::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(i64::MAX);
    let behind = i64::try_from(from.saturating_duration_since(to).as_micros()).unwrap_or(i64::MAX);
    ahead.saturating_sub(behind)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    /// Packets of 1,000 bytes every 10 ms (800 kbit/s), each as many milliseconds late as told.
    fn after(late_ms: impl Fn(u32) -> i64) -> (Clock, Transit) {
        let clock = Clock::new();
        let mut transit = Transit::default();
        for packet in 0..100_u32 {
            let at = i64::from(packet) * 10 + 50 + late_ms(packet);
            transit.add(
                clock.at(Duration::from_millis(10) * packet),
                RemoteTime::from_micros(at * 1_000),
                1_000.0,
            );
        }
        (clock, transit)
    }

    #[test]
    fn a_path_carries_what_arrives_only_while_a_queue_stands() {
        assert_eq!(after(|_| 0).1.carried(), None);
        // Late threads and single bursts let some packets through in time.
        assert_eq!(after(|packet| i64::from(packet % 4) * 10).1.carried(), None);
        let stands = after(|packet| if packet < 50 { 0 } else { 40 }).1;
        assert!((stands.carried().unwrap().kbps() - 800.0).abs() < 1.0);
        // A queue that grows by 10 ms with each packet: half of what is sent arrives.
        let grows = after(|packet| i64::from(packet.saturating_sub(50)) * 10).1;
        assert!((grows.carried().unwrap().kbps() - 400.0).abs() < 1.0);
    }

    #[test]
    fn the_soonest_arrival_allows_for_a_queue_but_not_for_a_late_thread() {
        let due = |(clock, transit): &(Clock, Transit)| transit.soonest(clock.at(Duration::from_secs(1)));
        let empty = RemoteTime::from_micros(1_050_000);
        assert_eq!(due(&after(|_| 0)), Some(empty));
        assert_eq!(due(&after(|packet| i64::from(packet % 4) * 10)), Some(empty));
        let queued = after(|packet| if packet < 50 { 0 } else { 40 });
        assert_eq!(due(&queued), Some(empty.later(40_000)));
        assert_eq!(Transit::default().soonest(queued.0.now()), None);
    }
}
