//! What left, and what became of it.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use hubbub_wire::twcc::Status;

use super::cluster::ClusterId;

/// Packets remembered at most. Below half the 16-bit space, so that a reported number is never ambiguous; at 10 Mbit/s
/// it is far more than the ten seconds kept.
const RECORDS_MAX: usize = 16_384;
/// How long an unreported packet is remembered. Feedback later than this says nothing about the present path.
const AGE_MAX: Duration = Duration::from_secs(10);
/// And one that was reported missing, which may have been overtaken.
const MISSING_AGE_MAX: Duration = Duration::from_secs(1);
/// Ages are looked at once in so many packets.
const LOOK_EACH: usize = 64;
/// Microseconds in one tick of the receiver's clock (draft-holmer section 3.1.5).
const TICK_MICROS: i64 = 250;
/// The reference time wraps after this many ticks: 24 bits of 64 ms.
const REFERENCE_PERIOD: i64 = 1 << 32;

/// A moment on the receiver's clock, in microseconds from an origin only it knows. Differences alone mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemoteTime(i64);

impl RemoteTime {
    /// A moment `micros` microseconds after the receiver's origin.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Milliseconds from `earlier` to this moment; negative if it was later.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> f64 {
        let micros = self.0.saturating_sub(earlier.0);
        // Differences past 35 minutes saturate: nothing here compares moments so far apart.
        f64::from(i32::try_from(micros).unwrap_or(if micros < 0 { i32::MIN } else { i32::MAX })) / 1_000.0
    }

    /// Microseconds from `earlier` to this moment; negative if it was later.
    #[must_use]
    pub fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `micros` microseconds later.
    #[must_use]
    pub fn later(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Time from `earlier` to this moment, zero if it was later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived then.
    Received(RemoteTime),
    /// It had been reported missing and arrived after all.
    ReceivedLate(RemoteTime),
    /// The receiver reports it missing.
    Lost,
    /// The feedback that should have told was itself lost; only the packet's bytes are of use.
    Unknown,
}

/// What the sender wants to be told again with a packet's outcome; nothing reads it here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The low half of its timestamp.
    pub timestamp: u32,
    /// Which stream it belongs to.
    pub stream: u16,
    /// The low quarter of its number there.
    pub number: u16,
    /// Bits of the sender's own.
    pub marks: u8,
}

/// A sent packet with its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketResult {
    /// When it left.
    pub sent: Instant,
    /// Bytes on the wire as the sender counts them.
    pub size: u32,
    /// The probe cluster it belonged to.
    pub cluster: Option<ClusterId>,
    /// What became of it.
    pub outcome: Outcome,
    /// What the sender said of it.
    pub label: Label,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Flying,
    Missing,
    Settled,
}

/// 32 bytes, for there are thousands.
#[derive(Clone, Copy, Debug)]
struct Record {
    sent: Instant,
    size: u16,
    /// One more than the cluster's name.
    cluster: Option<NonZeroU32>,
    fate: Fate,
    label: Label,
}

impl Record {
    fn result(&self, outcome: Outcome) -> PacketResult {
        PacketResult {
            sent: self.sent,
            size: u32::from(self.size),
            cluster: self
                .cluster
                .map(|cluster| ClusterId(cluster.get().wrapping_sub(1))),
            outcome,
            label: self.label,
        }
    }
}

/// The memory of sent packets, matched against transport-wide feedback.
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 sections 2 and 3. It differs in one point: packets that
/// a lost feedback packet would have covered come out as [`Outcome::Unknown`] instead of vanishing, or throughput
/// would be underestimated whenever the way back loses packets.
#[derive(Debug, Default)]
pub struct History {
    records: VecDeque<Record>,
    /// Sequence number of the first record.
    first: u64,
    /// All below this have been reported or skipped.
    reported: u64,
    flying_bytes: u64,
    reference: Option<i64>,
}

impl History {
    /// An empty memory; the first packet gets sequence number zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Remember a packet of `size` bytes leaving now; its transport-wide sequence number to stamp.
    pub fn sent(&mut self, now: Instant, size: u32, cluster: Option<ClusterId>, label: Label) -> u16 {
        if self.records.len() % LOOK_EACH == LOOK_EACH.saturating_sub(1) {
            self.forget_old(now);
        }
        let sequence = self.next();
        let size = u16::try_from(size).unwrap_or(u16::MAX);
        self.records.push_back(Record {
            sent: now,
            size,
            cluster: cluster.and_then(|cluster| NonZeroU32::new(cluster.0.wrapping_add(1))),
            fate: Fate::Flying,
            label,
        });
        self.flying_bytes = self.flying_bytes.saturating_add(u64::from(size));
        low_bits(sequence)
    }

    /// Bytes sent and not yet reported on.
    #[must_use]
    pub fn flying_bytes(&self) -> u64 {
        self.flying_bytes
    }

    /// Match one feedback packet, given its reference time in ticks of 250 µs and its statuses in order. Results come in order of sending within the feedback, each outcome at most once per packet; numbers
    /// never sent or long forgotten are skipped.
    pub fn report(
        &mut self,
        reference_ticks: i64,
        statuses: impl IntoIterator<Item = Status>,
    ) -> Vec<PacketResult> {
        let mut ticks = self.unwrap_reference(reference_ticks);
        let mut results = Vec::new();
        for status in statuses {
            let time = status.delta.map(|delta| {
                ticks = ticks.saturating_add(i64::from(delta));
                RemoteTime(ticks.saturating_mul(TICK_MICROS))
            });
            let Some(sequence) = self.extend(status.sequence) else {
                continue;
            };
            self.skip_until(sequence, &mut results);
            results.extend(self.settle(sequence, time));
        }
        // So that what is remembered is what flies, which stays in few lines of the cache.
        while self
            .records
            .front()
            .is_some_and(|oldest| oldest.fate == Fate::Settled)
        {
            self.forget_oldest();
        }
        results
    }

    fn next(&self) -> u64 {
        self.first
            .saturating_add(u64::try_from(self.records.len()).unwrap_or(u64::MAX))
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some(oldest) = self.records.front() {
            let age = now.saturating_duration_since(oldest.sent);
            let over = match oldest.fate {
                Fate::Settled => true,
                Fate::Missing => age > MISSING_AGE_MAX,
                Fate::Flying => age > AGE_MAX,
            };
            if !over && self.records.len() < RECORDS_MAX.saturating_sub(LOOK_EACH) {
                return;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(record) = self.records.pop_front() {
            self.first = self.first.saturating_add(1);
            self.reported = self.reported.max(self.first);
            if record.fate == Fate::Flying {
                self.flying_bytes = self.flying_bytes.saturating_sub(u64::from(record.size));
            }
        }
    }

    /// The remembered packet that `sequence` stands for.
    fn extend(&self, sequence: u16) -> Option<u64> {
        let behind = low_bits(self.next().wrapping_sub(1)).wrapping_sub(sequence);
        let extended = self.next().checked_sub(1)?.checked_sub(u64::from(behind))?;
        (extended >= self.first).then_some(extended)
    }

    fn record(&mut self, sequence: u64) -> Option<&mut Record> {
        let index = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        self.records.get_mut(index)
    }

    /// Packets before `sequence` that no feedback spoke of will not be spoken of any more.
    fn skip_until(&mut self, sequence: u64, results: &mut Vec<PacketResult>) {
        while self.reported < sequence {
            let skipped = self.reported;
            self.reported = self.reported.saturating_add(1);
            let Some(record) = self.record(skipped).filter(|record| record.fate == Fate::Flying) else {
                continue;
            };
            record.fate = Fate::Settled;
            let result = record.result(Outcome::Unknown);
            self.flying_bytes = self.flying_bytes.saturating_sub(u64::from(result.size));
            results.push(result);
        }
        self.reported = self.reported.max(sequence.saturating_add(1));
    }

    fn settle(&mut self, sequence: u64, arrival: Option<RemoteTime>) -> Option<PacketResult> {
        let record = self.record(sequence)?;
        let before = record.fate;
        let outcome = match (before, arrival) {
            (Fate::Flying, Some(at)) => Outcome::Received(at),
            (Fate::Missing, Some(at)) => Outcome::ReceivedLate(at),
            (Fate::Flying, None) => Outcome::Lost,
            (Fate::Missing, None) | (Fate::Settled, _) => return None,
        };
        record.fate = if outcome == Outcome::Lost {
            Fate::Missing
        } else {
            Fate::Settled
        };
        let result = record.result(outcome);
        if before == Fate::Flying {
            self.flying_bytes = self.flying_bytes.saturating_sub(u64::from(result.size));
        }
        Some(result)
    }

    /// Undo the wrapping of the reference time: the value nearest to the last one.
    fn unwrap_reference(&mut self, ticks: i64) -> i64 {
        let low = ticks.rem_euclid(REFERENCE_PERIOD);
        let unwrapped = match self.reference {
            None => low,
            Some(last) => {
                let ahead = low.saturating_sub(last).rem_euclid(REFERENCE_PERIOD);
                let backwards = ahead >= REFERENCE_PERIOD / 2;
                last.saturating_add(if backwards {
                    ahead.saturating_sub(REFERENCE_PERIOD)
                } else {
                    ahead
                })
            }
        };
        self.reference = Some(unwrapped);
        unwrapped
    }
}

fn low_bits(sequence: u64) -> u16 {
    u16::try_from(sequence & 0xffff).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    fn received(sequence: u16, delta: i16) -> Status {
        Status {
            sequence,
            delta: Some(delta),
        }
    }

    fn missing(sequence: u16) -> Status {
        Status {
            sequence,
            delta: None,
        }
    }

    #[test]
    fn deltas_add_up_from_the_reference() {
        let clock = Clock::new();
        let mut history = History::new();
        for _ in 0..3 {
            history.sent(clock.now(), 100, None, Label::default());
        }
        let results = history.report(512, [received(0, 4), missing(1), received(2, 8)]);
        let outcomes: Vec<Outcome> = results.iter().map(|result| result.outcome).collect();
        let at = |micros| Outcome::Received(RemoteTime::from_micros(micros));
        assert_eq!(outcomes, [at(129_000), Outcome::Lost, at(131_000)]);
        assert_eq!(history.flying_bytes(), 0);
    }

    #[test]
    fn a_packet_counts_once_and_may_come_late() {
        let clock = Clock::new();
        let mut history = History::new();
        history.sent(clock.now(), 100, None, Label::default());
        history.sent(clock.now(), 100, None, Label::default());
        assert_eq!(history.report(0, [missing(0), received(1, 0)]).len(), 2);
        assert_eq!(history.report(0, [missing(0), received(1, 0)]).len(), 0);
        let late = history.report(0, [received(0, 9)]);
        assert!(matches!(
            late[..],
            [PacketResult {
                outcome: Outcome::ReceivedLate(_),
                ..
            }]
        ));
        assert_eq!(history.report(0, [received(0, 9)]).len(), 0);
    }

    #[test]
    fn what_lost_feedback_covered_is_unknown() {
        let clock = Clock::new();
        let mut history = History::new();
        for _ in 0..4 {
            history.sent(clock.now(), 100, None, Label::default());
        }
        let results = history.report(0, [received(2, 0)]);
        let outcomes: Vec<Outcome> = results.iter().map(|result| result.outcome).collect();
        assert_eq!(outcomes[..2], [Outcome::Unknown, Outcome::Unknown]);
        assert_eq!(results.len(), 3);
        assert_eq!(history.flying_bytes(), 100);
    }

    #[test]
    fn numbers_wrap_and_unsent_ones_are_ignored() {
        let mut clock = Clock::new();
        let mut history = History::new();
        assert!(history.report(0, [received(7, 0)]).is_empty());
        for _ in 0..70_000u32 {
            history.sent(clock.now(), 10, None, Label::default());
            clock.advance(Duration::from_micros(10));
        }
        let newest = low_bits(69_999);
        let results = history.report(0, [received(newest.wrapping_add(1), 0), received(newest, 0)]);
        assert!(matches!(
            results.last(),
            Some(PacketResult {
                outcome: Outcome::Received(_),
                ..
            })
        ));
        assert_eq!(history.flying_bytes(), 0);
        assert!(history.records.len() <= RECORDS_MAX);
    }

    #[test]
    fn the_reference_time_wraps() {
        let mut history = History::new();
        // The wire's reference time is signed: after its largest value comes its smallest.
        let end = 1_i64 << 31;
        assert_eq!(history.unwrap_reference(end - 256), end - 256);
        assert_eq!(history.unwrap_reference(-end + 256), end + 256);
        assert_eq!(history.unwrap_reference(end - 512), end - 512);
    }

    proptest::proptest! {
        #[test]
        fn no_feedback_breaks_the_memory(
            sent in 0u16..500,
            reference: i64,
            packets in proptest::collection::vec((proptest::num::u16::ANY, proptest::option::of(proptest::num::i16::ANY)), 0..300),
        ) {
            let clock = Clock::new();
            let mut history = History::new();
            for _ in 0..sent {
                history.sent(clock.now(), 100, None, Label::default());
            }
            let reported = packets.into_iter().map(|(sequence, delta)| Status { sequence, delta });
            let results = history.report(reference, reported);
            proptest::prop_assert!(results.len() <= 2 * usize::from(sent));
        }
    }
}
