//! What came from a publisher, told to it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hubbub_wire::twcc::{Arrival, Report};

/// Microseconds in one tick of a receive delta (draft-holmer section 3.1.5).
const TICK_MICROS: u128 = 250;
/// Arrivals remembered at most; a flood beyond it loses the oldest.
const RECORDS_MAX: usize = 4_096;
/// Reported arrivals stay this long, so that a late packet can be reported among its neighbours.
const REPORTED_KEPT_TICKS: i64 = 2_000;
/// Statuses in one feedback packet at most: with two bytes for each it stays well within a datagram.
const STATUSES_MAX: u64 = 400;
/// A longer gap at the front is a restarted sender rather than loss. It is what one chunk can tell (section 3.1.3).
const GAP_MAX: u64 = 8_191;
/// A number further than this behind the newest is from another age (a restarted sender), not late.
const LATE_MAX: u64 = 1_000;

/// How often feedback goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// With this many new arrivals feedback goes out after [`Self::interval_min`]. Default 20.
    pub packets: usize,
    /// Default 50 ms.
    pub interval_min: Duration,
    /// With fewer, after this. Default 100 ms.
    pub interval_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            packets: 20,
            interval_min: Duration::from_millis(50),
            interval_max: Duration::from_millis(100),
        }
    }
}

/// The content of one transport-wide feedback packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Running number of this feedback packet.
    pub count: u8,
    /// The first number reported on; it may itself be missing.
    pub base: u64,
    /// What arrived, in rising order of sequence number; never empty. What is missing among them is reported lost.
    pub arrivals: Vec<Arrival>,
}

impl Feedback {
    /// What hubbub-wire writes. A buffer of 1,200 bytes takes it whole.
    #[must_use]
    pub fn report(&self, sender_ssrc: u32, media_ssrc: u32) -> Report<'_> {
        Report {
            sender_ssrc,
            media_ssrc,
            feedback_count: self.count,
            base_sequence: self.base,
            arrivals: &self.arrivals,
        }
    }
}

/// Records arrivals by transport-wide sequence number and turns them into feedback.
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.
#[derive(Debug)]
pub struct Arrivals {
    settings: Settings,
    origin: Instant,
    /// Arrival in ticks since the origin, by extended sequence number; reported ones below `base` are kept a while.
    records: BTreeMap<u64, i64>,
    newest: Option<u64>,
    base: u64,
    fresh: usize,
    reported: Option<Instant>,
    count: u8,
}

impl Arrivals {
    /// An empty recorder. `now` becomes the origin of the reference time.
    #[must_use]
    pub fn new(now: Instant, settings: Settings) -> Self {
        Self {
            settings,
            origin: now,
            records: BTreeMap::new(),
            newest: None,
            base: 0,
            fresh: 0,
            reported: None,
            count: 0,
        }
    }

    /// A packet with this transport-wide sequence number arrived now. Duplicates keep their first arrival.
    pub fn record(&mut self, now: Instant, sequence: u16) {
        let extended = self.extend(sequence);
        let ticks = now.saturating_duration_since(self.origin).as_micros() / TICK_MICROS;
        let ticks = i64::try_from(ticks).unwrap_or(i64::MAX);
        if self.newest.is_none() {
            self.base = extended;
            self.reported = Some(now);
        } else if extended < self.base {
            // Late: report again from here, so that the sender learns that it was not lost.
            self.base = extended;
        }
        if let std::collections::btree_map::Entry::Vacant(vacant) = self.records.entry(extended) {
            vacant.insert(ticks);
            self.fresh = self.fresh.saturating_add(1);
        }
        self.newest = Some(self.newest.map_or(extended, |newest| newest.max(extended)));
        while self.records.len() > RECORDS_MAX {
            self.records.pop_first();
        }
    }

    /// The feedback due now, if any; call until `None`.
    pub fn poll(&mut self, now: Instant) -> Option<Feedback> {
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return None;
        }
        let feedback = self.build();
        self.forget_old();
        if self.records.range(self.base..).next().is_none() {
            self.fresh = 0;
            self.reported = Some(now);
        }
        feedback
    }

    /// When feedback is due; `None` while there is nothing new.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if self.fresh == 0 {
            return None;
        }
        let enough = self.fresh >= self.settings.packets;
        let wait = if enough {
            self.settings.interval_min
        } else {
            self.settings.interval_max
        };
        self.reported?.checked_add(wait)
    }

    fn extend(&self, sequence: u16) -> u64 {
        let Some(newest) = self.newest else {
            // One lap ahead, so that what came before the first packet still has a number.
            return 0x1_0000_u64.saturating_add(u64::from(sequence));
        };
        let low = u16::try_from(newest & 0xffff).unwrap_or(0);
        let behind = u64::from(low.wrapping_sub(sequence));
        if behind <= LATE_MAX {
            newest.saturating_sub(behind)
        } else {
            newest.saturating_add(u64::from(sequence.wrapping_sub(low)))
        }
    }

    /// One packet's worth of arrivals from the base on.
    fn build(&mut self) -> Option<Feedback> {
        let (first, first_ticks) = self
            .records
            .range(self.base..)
            .next()
            .map(|(key, ticks)| (*key, *ticks))?;
        // A gap at the front belongs to the report, or loss at the end of the last one would never be told.
        let base = if first.saturating_sub(self.base) < GAP_MAX {
            self.base
        } else {
            first
        };
        let mut before = first_ticks;
        let mut arrivals = Vec::new();
        for (sequence, ticks) in self.records.range(first..) {
            let far = ticks
                .checked_sub(before)
                .and_then(|delta| i16::try_from(delta).ok())
                .is_none();
            if far || sequence.saturating_sub(first) >= STATUSES_MAX {
                break;
            }
            arrivals.push(Arrival {
                sequence: *sequence,
                ticks: *ticks,
            });
            before = *ticks;
            self.base = sequence.saturating_add(1);
        }
        let count = self.count;
        self.count = self.count.wrapping_add(1);
        Some(Feedback {
            count,
            base,
            arrivals,
        })
    }

    fn forget_old(&mut self) {
        let Some(newest) = self.records.values().next_back().copied() else {
            return;
        };
        let keep = newest.saturating_sub(REPORTED_KEPT_TICKS);
        while let Some(entry) = self.records.first_entry() {
            if *entry.key() >= self.base || *entry.get() >= keep {
                break;
            }
            entry.remove();
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    fn arrivals(clock: &Clock) -> Arrivals {
        Arrivals::new(clock.now(), Settings::default())
    }

    /// Sequence numbers, as they were before widening, with ticks.
    fn content(feedback: &Feedback) -> Vec<(u64, i64)> {
        feedback
            .arrivals
            .iter()
            .map(|arrival| (arrival.sequence & 0xffff, arrival.ticks))
            .collect()
    }

    #[test]
    fn feedback_tells_what_came_and_what_is_missing() {
        let mut clock = Clock::new();
        let mut arrivals = arrivals(&clock);
        clock.advance(Duration::from_millis(70));
        arrivals.record(clock.now(), 65_535);
        clock.advance(Duration::from_millis(2));
        arrivals.record(clock.now(), 1);
        assert_eq!(arrivals.poll(clock.now()), None);
        clock.advance(Duration::from_millis(98));
        let report = arrivals.poll(clock.now()).unwrap();
        assert_eq!(report.count, 0);
        assert_eq!(content(&report), [(65_535, 280), (1, 288)]);
        assert_eq!(report.report(1, 2).base_sequence, 0x1_ffff);
        assert_eq!(arrivals.poll(clock.now()), None);
        assert_eq!(arrivals.deadline(), None);
    }

    #[test]
    fn many_packets_make_feedback_sooner() {
        let mut clock = Clock::new();
        let mut arrivals = arrivals(&clock);
        let start = clock.now();
        for sequence in 0..30 {
            arrivals.record(clock.now(), sequence);
            clock.advance(Duration::from_millis(1));
        }
        assert_eq!(
            arrivals.deadline(),
            Some(start.checked_add(Duration::from_millis(50)).unwrap())
        );
    }

    #[test]
    fn a_late_packet_is_reported_after_all() {
        let mut clock = Clock::new();
        let mut arrivals = arrivals(&clock);
        for sequence in [0, 1, 3] {
            arrivals.record(clock.now(), sequence);
        }
        clock.advance(Duration::from_millis(100));
        arrivals.poll(clock.now()).unwrap();
        arrivals.record(clock.now(), 2);
        clock.advance(Duration::from_millis(100));
        let report = arrivals.poll(clock.now()).unwrap();
        assert_eq!(content(&report), [(2, 400), (3, 0)]);
    }

    #[test]
    fn what_one_packet_cannot_hold_goes_into_the_next() {
        let mut clock = Clock::new();
        let mut arrivals = arrivals(&clock);
        for sequence in 0..900 {
            arrivals.record(clock.now(), sequence);
        }
        clock.advance(Duration::from_secs(1));
        let sizes: Vec<usize> = std::iter::from_fn(|| arrivals.poll(clock.now()))
            .map(|report| report.arrivals.len())
            .collect();
        assert_eq!(sizes, [400, 400, 100]);
    }

    proptest::proptest! {
        #[test]
        fn any_arrivals_give_well_formed_feedback(
            steps in proptest::collection::vec((proptest::num::u16::ANY, 0u64..20_000), 1..300),
        ) {
            let mut clock = Clock::new();
            let mut arrivals = arrivals(&clock);
            for (sequence, wait_ms) in steps {
                arrivals.record(clock.now(), sequence);
                clock.advance(Duration::from_millis(wait_ms));
                for _ in 0..1_000 {
                    let Some(report) = arrivals.poll(clock.now()) else { break };
                    proptest::prop_assert!(report.arrivals.len() <= 400);
                    proptest::prop_assert!(!report.arrivals.is_empty());
                    let rising = report.arrivals.is_sorted_by(|one, next| one.sequence < next.sequence);
                    proptest::prop_assert!(rising);
                }
                proptest::prop_assert_eq!(arrivals.poll(clock.now()), None);
            }
        }
    }
}
