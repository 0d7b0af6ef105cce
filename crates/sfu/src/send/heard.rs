//! What a listener heard of one track of sound, by their feedback: which pieces came in time to be played.
//!
//! A piece of sound may come in its own packet, in copies that later packets carry along (RFC 2198), or again on
//! request. It is played if the first of them came while the player still waited. How long players wait is not told;
//! they follow what they see, as browsers do: late enough for nineteen of twenty pieces of the last seconds. What no
//! feedback speaks of for its own loss is left out, rather than guessed.

use std::time::Duration;

use crate::cc::{Label, Outcome, RemoteTime};

/// Pieces that are waited for, over a second: nothing that comes later is played. A power of two.
const KEPT: u64 = 64;
/// A player waits this long beyond what it expects at least: a piece each to decode and to play, and what is left of
/// the one before.
const SLACK: i64 = 60_000;
/// What players learn from one late piece, microseconds, and the share of pieces that they wait for.
const STEP: f32 = 20_000.0;
const WAITED_FOR: f32 = 0.95;
/// Players wait no longer than this, microseconds.
const WAIT_MAX: f32 = 500_000.0;
/// The shortest transit of the last one to two of these is the way without queues, microseconds.
const MEMORY: i64 = 2_000_000;
/// After silence of this length a player begins anew, microseconds.
const SILENCE: i64 = 1_000_000;
/// A piece lasts this long until it is known better, microseconds.
const PIECE: i64 = 20_000;

/// Marks of a packet's label.
pub(super) mod marks {
    /// How many earlier pieces it carries along.
    pub(in crate::send) const DEPTH: u8 = 3;
    /// It ends a picture.
    pub(in crate::send) const ENDS: u8 = 4;
    /// It was sent before.
    pub(in crate::send) const AGAIN: u8 = 8;
    /// It belongs to a keyframe.
    pub(in crate::send) const KEY: u8 = 16;
    /// No picture of a lower temporal layer needs it.
    pub(in crate::send) const DROPPABLE: u8 = 32;
}

#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    /// When the first of its packets came, on the receiver's clock in microseconds.
    came: Option<i64>,
    timestamp: u32,
    /// Whether it left us at all.
    left: bool,
    /// Whether feedback was lost that would have told of it.
    unsure: bool,
}

/// The shortest transit of late.
#[derive(Clone, Copy, Debug, Default)]
struct Base {
    since: Option<i64>,
    now: Option<i64>,
    before: Option<i64>,
}

impl Base {
    /// How much longer than the shortest `transit` took.
    fn beyond(&mut self, at: i64, transit: i64) -> i64 {
        if self.since.is_none_or(|since| at.saturating_sub(since) > MEMORY) {
            self.before = self.now.take();
            self.since = Some(at);
        }
        let now = self.now.map_or(transit, |now| now.min(transit));
        self.now = Some(now);
        transit.saturating_sub(self.before.map_or(now, |before| before.min(now)))
    }
}

/// What was heard within an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Pieces whose fate is known.
    pub(super) pieces: u32,
    /// Those of them that were not there when they were to be played.
    pub(super) concealed: u32,
    /// Runs of them.
    pub(super) runs: u32,
    /// How long the sound was, silence left out, and how much of it was concealed; microseconds.
    pub(super) sound: i64,
    pub(super) missing: i64,
}

/// Follows one track of sound. 2 kB, taken with the first feedback.
#[derive(Debug)]
pub(super) struct Heard {
    pieces: Box<[Piece]>,
    /// The highest number seen, counted on past 16 bits.
    newest: Option<u64>,
    /// Ticks of the clock in a second.
    clock_rate: i64,
    /// Timestamp of the piece judged last, and its place in time, microseconds.
    judged: Option<(u32, i64)>,
    piece: i64,
    base: Base,
    /// How much longer than the shortest transit players wait for, microseconds.
    wait: f32,
    running: bool,
    count: Count,
}

impl Heard {
    pub(super) fn new(clock_rate: u32) -> Self {
        let kept = usize::try_from(KEPT).unwrap_or(0);
        Self {
            pieces: vec![Piece::default(); kept].into(),
            newest: None,
            clock_rate: i64::from(clock_rate.max(1)),
            judged: None,
            piece: PIECE,
            base: Base::default(),
            wait: 0.0,
            running: false,
            count: Count::default(),
        }
    }

    /// Take in what became of a packet.
    pub(super) fn take(&mut self, label: &Label, outcome: Outcome) {
        let Some(number) = self.reach(label) else { return };
        if let Some(piece) = self.kept(number) {
            (piece.left, piece.timestamp) = (true, label.timestamp);
        }
        for back in 0..=u64::from(label.marks & marks::DEPTH) {
            let Some(piece) = number.checked_sub(back).and_then(|number| self.kept(number)) else {
                continue;
            };
            match outcome {
                Outcome::Received(at) | Outcome::ReceivedLate(at) => {
                    let at = micros(at);
                    piece.came = Some(piece.came.map_or(at, |came| came.min(at)));
                }
                Outcome::Lost => {}
                Outcome::Unknown => piece.unsure = true,
            }
        }
    }

    /// What was heard since the last call.
    pub(super) fn count(&mut self) -> Count {
        std::mem::take(&mut self.count)
    }

    /// The whole number of a packet, with room for it; `None` when it is too old to matter.
    fn reach(&mut self, label: &Label) -> Option<u64> {
        let fresh = label.marks & marks::AGAIN == 0;
        let Some(newest) = self.newest else {
            // Numbers begin far enough from zero to look back.
            let first = u64::from(label.number).saturating_add(1 << 16);
            self.newest = fresh.then_some(first);
            return self.newest;
        };
        let low = u16::try_from(newest & 0xffff).unwrap_or(0);
        let ahead = i64::from(label.number.wrapping_sub(low).cast_signed());
        if ahead <= 0 {
            return newest.checked_sub(ahead.unsigned_abs());
        }
        if !fresh {
            return None;
        }
        if ahead.unsigned_abs() > KEPT {
            // Another stream in its place.
            self.pieces.fill(Piece::default());
            (self.newest, self.judged, self.base) = (None, None, Base::default());
            return self.reach(label);
        }
        let number = newest.saturating_add(ahead.unsigned_abs());
        for next in newest.saturating_add(1)..=number {
            self.judge(next.saturating_sub(KEPT));
            if let Some(piece) = self.pieces.get_mut(place(next)) {
                *piece = Piece::default();
            }
        }
        self.newest = Some(number);
        Some(number)
    }

    fn kept(&mut self, number: u64) -> Option<&mut Piece> {
        let age = self.newest?.checked_sub(number)?;
        self.pieces.get_mut(place(number)).filter(|_| age < KEPT)
    }

    /// Decide on the piece that leaves.
    fn judge(&mut self, number: u64) {
        let Some(piece) = self.pieces.get(place(number)).copied() else {
            return;
        };
        // Before the first piece there is none; between two that left, it was lost on its way to us.
        let Some((before, then)) = self.judged else {
            if piece.left {
                self.judged = Some((piece.timestamp, 0));
            }
            return;
        };
        let mut spoken = then;
        if piece.left {
            let ticks = i64::from(piece.timestamp.wrapping_sub(before).cast_signed());
            let apart = ticks
                .saturating_mul(1_000_000)
                .checked_div(self.clock_rate)
                .unwrap_or(0);
            spoken = then.saturating_add(apart);
            self.judged = Some((piece.timestamp, spoken));
            if !(0..SILENCE).contains(&apart) {
                self.base = Base::default();
            } else if apart >= 2_500 {
                // The shortest step of late is a piece; longer ones are silence or gaps.
                self.piece = apart.min(self.piece.saturating_add(1_000)).min(120_000);
            }
        }
        let patience = self.patience();
        let in_time = piece.came.filter(|_| piece.left).is_some_and(|came| {
            let beyond = self.base.beyond(came, came.saturating_sub(spoken));
            self.learn(beyond);
            beyond <= patience
        });
        if piece.unsure {
            return;
        }
        self.count.pieces = self.count.pieces.saturating_add(1);
        self.count.sound = self.count.sound.saturating_add(self.piece);
        if !in_time {
            self.count.concealed = self.count.concealed.saturating_add(1);
            self.count.missing = self.count.missing.saturating_add(self.piece);
            self.count.runs = self.count.runs.saturating_add(u32::from(!self.running));
        }
        self.running = !in_time;
    }

    /// Follow the delay that [`WAITED_FOR`] of the pieces stay within.
    #[allow(clippy::cast_precision_loss, reason = "an estimate in microseconds")]
    fn learn(&mut self, beyond: i64) {
        let step = if beyond as f32 > self.wait {
            WAITED_FOR * STEP
        } else {
            (WAITED_FOR - 1.0) * STEP
        };
        self.wait = (self.wait + step).clamp(0.0, WAIT_MAX);
    }

    #[allow(clippy::cast_possible_truncation, reason = "bounded")]
    fn patience(&self) -> i64 {
        (self.wait as i64).saturating_add(SLACK)
    }
}

/// Where a number's piece lies.
fn place(number: u64) -> usize {
    usize::try_from(number % KEPT).unwrap_or(0)
}

/// Microseconds from the receiver's origin.
pub(super) fn micros(at: RemoteTime) -> i64 {
    at.micros_since(RemoteTime::from_micros(0))
}

/// Microseconds of our own time.
pub(super) fn micros_of(at: Duration) -> i64 {
    i64::try_from(at.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;

    /// Pieces of 20 ms whose fates are given, from number 65,500 on, then enough to have them judged.
    fn count(fates: &[(u8, Outcome)]) -> Count {
        let mut heard = Heard::new(48_000);
        let clean = |at| (0, came(at));
        let before = (0..40).map(clean);
        let after = (0..80).map(|at| clean(40 + u32::try_from(fates.len()).unwrap_or(0) + at));
        let all = before.chain(fates.iter().copied()).chain(after);
        for (step, (marks, outcome)) in (0_u16..).zip(all) {
            heard.take(&label(step, marks), outcome);
            if step == 39 {
                heard.count = Count::default();
            }
        }
        heard.count()
    }

    fn label(step: u16, marks: u8) -> Label {
        Label {
            timestamp: (u32::MAX - 9_600).wrapping_add(u32::from(step) * 960),
            stream: 3,
            number: 65_500_u16.wrapping_add(step),
            marks,
        }
    }

    fn came(step: u32) -> Outcome {
        late(step, 0)
    }

    fn late(step: u32, by: i64) -> Outcome {
        Outcome::Received(RemoteTime::from_micros(i64::from(step) * 20_000 + 30_000 + by))
    }

    #[test]
    fn what_neither_came_nor_was_carried_along_is_concealed() {
        let plain = count(&[
            (0, Outcome::Lost),
            (0, came(41)),
            (0, Outcome::Lost),
            (0, Outcome::Lost),
        ]);
        assert_eq!((plain.concealed, plain.runs), (3, 2));
        assert_eq!(plain.missing, 60_000);
        let carried = count(&[
            (2, Outcome::Lost),
            (2, came(41)),
            (2, Outcome::Lost),
            (2, came(43)),
        ]);
        assert_eq!(carried.concealed, 0);
        // The copy of the first comes three pieces later.
        let run = count(&[
            (2, Outcome::Lost),
            (2, Outcome::Lost),
            (2, Outcome::Lost),
            (2, came(43)),
        ]);
        assert_eq!((run.concealed, run.runs), (1, 1));
    }

    #[test]
    fn what_comes_too_late_is_concealed_and_what_is_not_known_left_out() {
        let late = count(&[(0, late(40, 30_000)), (0, late(41, 300_000))]);
        assert_eq!(late.concealed, 1);
        let clean = count(&[(0, came(40)); 1]);
        let unknown = count(&[(0, Outcome::Unknown); 1]);
        assert_eq!(unknown.concealed, 0);
        assert_eq!(unknown.pieces + 1, clean.pieces);
    }

    #[test]
    fn what_never_came_to_us_is_concealed() {
        let mut heard = Heard::new(48_000);
        for step in (0_u16..200).filter(|step| *step != 100) {
            heard.take(&label(step, 0), came(u32::from(step)));
        }
        assert_eq!(heard.count().concealed, 1);
    }

    #[test]
    fn silence_and_another_stream_begin_anew() {
        let mut heard = Heard::new(48_000);
        for step in 0_u16..100 {
            heard.take(&label(step, 0), came(u32::from(step)));
        }
        for step in 100_u16..200 {
            let mut label = label(step, 0);
            label.timestamp = label.timestamp.wrapping_add(48_000 * 5);
            heard.take(&label, late(u32::from(step), 6_000_000));
        }
        for step in 0_u16..200 {
            let mut label = label(step, 0);
            label.number = label.number.wrapping_add(20_000);
            heard.take(&label, came(1_000 + u32::from(step)));
        }
        let count = heard.count();
        assert_eq!(count.concealed, 0);
        assert!(count.pieces > 200, "{count:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_feedback_breaks_it(
            packets in proptest::collection::vec(
                (proptest::num::u16::ANY, proptest::num::u32::ANY, proptest::num::u8::ANY, 0_u8..4, proptest::num::i64::ANY),
                0..300,
            ),
        ) {
            let mut heard = Heard::new(48_000);
            for (number, timestamp, marks, kind, at) in packets {
                let at = RemoteTime::from_micros(at);
                let outcome = match kind {
                    0 => Outcome::Received(at),
                    1 => Outcome::ReceivedLate(at),
                    2 => Outcome::Lost,
                    _ => Outcome::Unknown,
                };
                heard.take(&Label { timestamp, stream: 0, number, marks }, outcome);
            }
            let count = heard.count();
            proptest::prop_assert!(count.concealed <= count.pieces && count.missing <= count.sound);
        }
    }
}
