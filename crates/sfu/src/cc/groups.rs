//! Packets that left together, and how their spacing changed on the way.

use std::time::{Duration, Instant};

use super::feedback::RemoteTime;

/// Packets sent within this of a group's first belong to it (gcc-02 section 5.2).
const GROUP_SPAN: Duration = Duration::from_millis(5);
/// Packets that arrive within this of one another were queued behind something other than themselves (section 5.2).
const BURST_GAP_MS: f64 = 5.0;
/// A burst longer than this is a new group all the same, or a slow link would become one endless group.
const BURST_SPAN_MS: f64 = 100.0;
/// Groups sent further apart tell nothing of the queue in between.
const SEND_GAP_MAX: Duration = Duration::from_secs(3);

/// How the spacing of two successive groups changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variation {
    /// Milliseconds between the groups when sent.
    pub send_delta_ms: f64,
    /// Milliseconds between the groups on arrival.
    pub arrival_delta_ms: f64,
    /// When the later group was complete.
    pub arrival: RemoteTime,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: Instant,
    last_sent: Instant,
    first_arrival: RemoteTime,
    last_arrival: RemoteTime,
}

/// Collects packets into groups.
///
/// Source: draft-ietf-rmcat-gcc-02 sections 5.1 and 5.2.
#[derive(Debug, Default)]
pub struct Groups {
    previous: Option<Group>,
    current: Option<Group>,
}

impl Groups {
    /// Add a packet; the variation between the two groups before it, when it opens a new one.
    pub fn add(&mut self, sent: Instant, arrival: RemoteTime) -> Option<Variation> {
        let Some(current) = self.current.as_mut() else {
            self.current = Some(Group::new(sent, arrival));
            return None;
        };
        if sent < current.first_sent {
            return None; // overtaken on the way; its group is already judged
        }
        if current.takes(sent, arrival) {
            current.last_sent = current.last_sent.max(sent);
            current.last_arrival = current.last_arrival.max(arrival);
            return None;
        }
        let complete = *current;
        let variation = self.previous.and_then(|previous| complete.variation(previous));
        self.previous = Some(complete);
        self.current = Some(Group::new(sent, arrival));
        variation
    }
}

impl Group {
    fn new(sent: Instant, arrival: RemoteTime) -> Self {
        Self {
            first_sent: sent,
            last_sent: sent,
            first_arrival: arrival,
            last_arrival: arrival,
        }
    }

    fn takes(&self, sent: Instant, arrival: RemoteTime) -> bool {
        if sent.saturating_duration_since(self.first_sent) <= GROUP_SPAN {
            return true;
        }
        let send_delta_ms = sent.saturating_duration_since(self.last_sent).as_secs_f64() * 1_000.0;
        let arrival_delta_ms = arrival.millis_since(self.last_arrival);
        arrival_delta_ms <= BURST_GAP_MS
            && arrival_delta_ms < send_delta_ms
            && arrival.millis_since(self.first_arrival) < BURST_SPAN_MS
    }

    fn variation(self, previous: Self) -> Option<Variation> {
        let send_delta = self.last_sent.saturating_duration_since(previous.last_sent);
        let arrival_delta_ms = self.last_arrival.millis_since(previous.last_arrival);
        if send_delta > SEND_GAP_MAX || arrival_delta_ms < 0.0 {
            return None;
        }
        Some(Variation {
            send_delta_ms: send_delta.as_secs_f64() * 1_000.0,
            arrival_delta_ms,
            arrival: self.last_arrival,
        })
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    #[test]
    fn spacing_is_measured_between_complete_groups() {
        let clock = Clock::new();
        let mut groups = Groups::default();
        let mut add = |sent_ms, arrival_micros| {
            groups.add(
                clock.at(Duration::from_millis(sent_ms)),
                RemoteTime::from_micros(arrival_micros),
            )
        };
        assert_eq!(add(0, 50_000), None);
        assert_eq!(add(2, 56_000), None); // same group: sent within 5 ms
        assert_eq!(add(20, 72_000), None); // opens the second
        let variation = add(40, 95_000).unwrap(); // opens the third
        assert!((variation.send_delta_ms - 18.0).abs() < 1e-9);
        assert!((variation.arrival_delta_ms - 16.0).abs() < 1e-9);
    }

    #[test]
    fn a_burst_released_by_the_network_is_one_group() {
        let clock = Clock::new();
        let mut groups = Groups::default();
        let mut variations = 0;
        for packet in 0..10u32 {
            let sent = clock.at(Duration::from_millis(u64::from(packet * 10)));
            let arrival = RemoteTime::from_micros(200_000 + i64::from(packet) * 500);
            variations += usize::from(groups.add(sent, arrival).is_some());
        }
        assert_eq!(variations, 0);
    }

    #[test]
    fn a_long_silence_is_no_variation() {
        let clock = Clock::new();
        let mut groups = Groups::default();
        for (sent_s, arrival_s) in [(0, 0), (10, 10), (20, 20)] {
            let sent = clock.at(Duration::from_secs(sent_s));
            assert_eq!(
                groups.add(sent, RemoteTime::from_micros(arrival_s * 1_000_000)),
                None
            );
        }
    }
}
