//! What a viewer saw of one track of pictures, by their feedback: when each picture was whole, and how long none was.
//!
//! A picture is whole when the last of its packets came, sent again or not. It is shown then, but never before the one
//! before it. What never became whole is left out if nothing needs it; if others need it, nothing is shown until the
//! next keyframe. Where feedback is lost packets are taken to have come: receivers ask again for those that did not.

use std::collections::VecDeque;

use super::heard::{marks, micros};
use crate::cc::{Label, Outcome};

/// Pictures that are waited for at most, over a second.
const PICTURES_MAX: usize = 96;
/// A picture that is not whole when one leaves so much later never will be in time, microseconds.
const GIVEN_UP: i64 = 1_200_000;
/// Packets told apart. A power of two.
const PACKETS: usize = 2_048;
/// When no keyframe came within this, the viewer could do without: what was missing was of no use to others.
const HEALS: i64 = 4_000_000;
/// A longer time between two pictures that left is a pause of the publisher's.
const PAUSE: i64 = 10_000_000;
/// What pictures are later than usual when they stand still, microseconds.
const FREEZE: i64 = 150_000;

/// Whether pictures that follow one another after `interval` stood still meanwhile, where they usually do after
/// `usual`; microseconds. As in `freezeCount` of W3C's WebRTC statistics.
pub(super) fn is_freeze(interval: i64, usual: i64) -> bool {
    interval >= usual.saturating_mul(3).max(usual.saturating_add(FREEZE))
}

#[derive(Clone, Copy, Debug)]
struct Picture {
    timestamp: u32,
    /// Packets that left, and those of them that came.
    left: u16,
    came: u16,
    /// First and last number of those that left.
    first: u16,
    last: u16,
    marks: u8,
    /// When the first packet left, microseconds of our time.
    left_at: i64,
    /// When the newest of its packets came, microseconds of the receiver's.
    whole_at: i64,
}

impl Picture {
    fn new(label: &Label, left_at: i64) -> Self {
        Self {
            timestamp: label.timestamp,
            left: 0,
            came: 0,
            first: label.number,
            last: label.number,
            marks: label.marks,
            left_at,
            whole_at: i64::MIN,
        }
    }

    fn is_whole(&self) -> bool {
        let span = self.last.wrapping_sub(self.first).wrapping_add(1);
        self.came == self.left && self.left == span
    }
}

/// Standing pictures within an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Pictures whose fate is known.
    pub(super) pictures: u32,
    pub(super) freezes: u32,
    /// Microseconds.
    pub(super) frozen: i64,
}

/// The picture shown last.
#[derive(Clone, Copy, Debug)]
struct Shown {
    at: i64,
    left_at: i64,
    /// What of the stand since then was counted, microseconds; `None` before it is a freeze.
    stood: Option<i64>,
}

/// Follows one track of pictures. 5 kB, taken with the first feedback.
#[derive(Debug)]
pub(super) struct Seen {
    pictures: VecDeque<Picture>,
    /// A bit for each of the last numbers: whether it came.
    came: Box<[bool]>,
    newest: Option<u16>,
    /// From leaving to arrival, by the newest packet that came; clocks differ.
    transit: i64,
    shown: Option<Shown>,
    /// The usual interval between pictures, microseconds.
    usual: Option<i64>,
    /// Since when pictures lack one that they need, microseconds of our time.
    broken: Option<i64>,
    /// When pictures were last stopped on purpose, microseconds of our time.
    paused_at: Option<i64>,
    count: Count,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            pictures: VecDeque::with_capacity(PICTURES_MAX),
            came: vec![false; PACKETS].into(),
            newest: None,
            transit: 0,
            shown: None,
            usual: None,
            broken: None,
            paused_at: None,
            count: Count::default(),
        }
    }

    /// Take in what became of a packet that left at `left_at`, microseconds of our time.
    pub(super) fn take(&mut self, left_at: i64, label: &Label, outcome: Outcome) {
        let at = match outcome {
            Outcome::Received(at) | Outcome::ReceivedLate(at) => {
                let at = micros(at);
                self.transit = at.saturating_sub(left_at);
                Some(at)
            }
            Outcome::Lost => None,
            // It is asked for again if it did not come, and what is said of that counts.
            Outcome::Unknown => Some(left_at.saturating_add(self.transit)),
        };
        let known = label.marks & marks::AGAIN != 0 || matches!(outcome, Outcome::ReceivedLate(_));
        if !known && !self.leaves(left_at, label) {
            return;
        }
        let Some(at) = at else { return };
        let Some(came) = self.came.get_mut(place(label.number)) else {
            return;
        };
        if std::mem::replace(came, true) {
            return;
        }
        let mut newest_first = self.pictures.iter_mut().rev();
        if let Some(picture) = newest_first.find(|picture| picture.timestamp == label.timestamp) {
            picture.came = picture.came.saturating_add(1);
            picture.whole_at = picture.whole_at.max(at);
        }
    }

    /// Pictures are not expected for a while, from `now` on, microseconds of our time.
    pub(super) fn paused(&mut self, now: i64) {
        self.paused_at = Some(now);
    }

    /// What was seen since the last call.
    pub(super) fn count(&mut self) -> Count {
        std::mem::take(&mut self.count)
    }

    /// Note a packet that feedback speaks of for the first time; whether its picture is still waited for.
    fn leaves(&mut self, left_at: i64, label: &Label) -> bool {
        let newest = *self.newest.get_or_insert(label.number.wrapping_sub(1));
        let ahead = label.number.wrapping_sub(newest).cast_signed();
        if usize::from(ahead.unsigned_abs()) >= PACKETS {
            // Another stream in its place.
            self.came.fill(false);
            self.pictures.clear();
            (self.shown, self.broken, self.newest) = (None, None, Some(label.number));
        } else if ahead > 0 {
            for step in 1..=ahead.unsigned_abs() {
                if let Some(came) = self.came.get_mut(place(newest.wrapping_add(step))) {
                    *came = false;
                }
            }
            self.newest = Some(label.number);
        }
        let mut newest_first = self.pictures.iter_mut().rev();
        let found = newest_first.find(|picture| picture.timestamp == label.timestamp);
        let picture = match found {
            Some(picture) => picture,
            None if ahead <= 0 => return false,
            None => {
                self.settle(left_at);
                self.pictures.push_back(Picture::new(label, left_at));
                let Some(picture) = self.pictures.back_mut() else {
                    return false;
                };
                picture
            }
        };
        picture.left = picture.left.saturating_add(1);
        picture.marks |= label.marks & (marks::KEY | marks::ENDS);
        if label.number.wrapping_sub(picture.first).cast_signed() < 0 {
            picture.first = label.number;
        }
        if label.number.wrapping_sub(picture.last).cast_signed() > 0 {
            picture.last = label.number;
        }
        true
    }

    /// Decide on pictures that are no longer waited for.
    fn settle(&mut self, now: i64) {
        while let Some(oldest) = self.pictures.front().copied() {
            let waits = now.saturating_sub(oldest.left_at) < GIVEN_UP;
            if waits && self.pictures.len() < PICTURES_MAX {
                return;
            }
            self.pictures.pop_front();
            self.judge(&oldest);
        }
    }

    fn judge(&mut self, picture: &Picture) {
        self.count.pictures = self.count.pictures.saturating_add(1);
        let stopped = self.shown.is_some_and(|shown| {
            let since = shown.left_at..=picture.left_at;
            let long = picture.left_at.saturating_sub(shown.left_at) > PAUSE && self.broken.is_none();
            long || self.paused_at.is_some_and(|at| since.contains(&at))
        });
        if stopped {
            self.shown = None;
        }
        if picture.is_whole() {
            let heals = self
                .broken
                .is_some_and(|since| picture.left_at.saturating_sub(since) > HEALS);
            if heals || picture.marks & marks::KEY != 0 {
                self.broken = None;
            }
        } else if picture.marks & marks::DROPPABLE == 0 {
            self.broken.get_or_insert(picture.left_at);
        }
        if picture.is_whole() && self.broken.is_none() {
            self.show(picture);
        } else if let Some(shown) = self.shown {
            self.stand(picture.left_at.saturating_sub(shown.left_at));
        }
    }

    fn show(&mut self, picture: &Picture) {
        let mut at = picture.whole_at;
        if let Some(shown) = self.shown {
            at = at.max(shown.at);
            let interval = at.saturating_sub(shown.at);
            let usual = self.usual.unwrap_or(interval);
            self.stand(interval);
            if !is_freeze(interval, usual) {
                self.usual = usual.saturating_mul(15).saturating_add(interval).checked_div(16);
            }
        }
        self.shown = Some(Shown {
            at,
            left_at: picture.left_at,
            stood: None,
        });
    }

    /// The same picture was shown for so long.
    fn stand(&mut self, interval: i64) {
        let (Some(shown), Some(usual)) = (&mut self.shown, self.usual) else {
            return;
        };
        if !is_freeze(interval, usual) {
            return;
        }
        let beyond = interval.saturating_sub(usual);
        let counted = shown.stood.unwrap_or_else(|| {
            self.count.freezes = self.count.freezes.saturating_add(1);
            0
        });
        self.count.frozen = self
            .count
            .frozen
            .saturating_add(beyond.saturating_sub(counted).max(0));
        shown.stood = Some(counted.max(beyond));
    }
}

fn place(number: u16) -> usize {
    usize::from(number) % PACKETS
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use crate::cc::RemoteTime;

    const STEP: i64 = 33_333;

    /// Two packets for each picture; `fate` gives the outcome of packet `half` of picture `step`.
    fn watch(
        seen: &mut Seen,
        steps: std::ops::Range<u16>,
        marks: impl Fn(u16) -> u8,
        fate: impl Fn(u16, u16) -> Outcome,
    ) {
        for step in steps {
            for half in 0..2_u16 {
                let label = label(step, half, marks(step));
                seen.take(i64::from(step) * STEP, &label, fate(step, half));
            }
        }
    }

    fn label(step: u16, half: u16, marks: u8) -> Label {
        Label {
            timestamp: u32::from(step) * 3_000,
            stream: 1,
            number: 65_000_u16.wrapping_add(step * 2 + half),
            marks,
        }
    }

    fn at(step: u16, by: i64) -> Outcome {
        Outcome::Received(RemoteTime::from_micros(i64::from(step) * STEP + 50_000 + by))
    }

    #[test]
    fn whole_pictures_in_time_are_no_freeze() {
        let mut seen = Seen::new();
        watch(
            &mut seen,
            0..300,
            |_| 0,
            |step, half| at(step, i64::from(half) * 40_000),
        );
        let count = seen.count();
        assert_eq!((count.freezes, count.frozen), (0, 0));
        assert!(count.pictures > 250);
    }

    #[test]
    fn what_comes_again_late_is_a_freeze_as_long_as_it_took() {
        let mut seen = Seen::new();
        let lost = |step, _| if step == 100 { Outcome::Lost } else { at(step, 0) };
        watch(&mut seen, 0..110, |_| 0, lost);
        for half in 0..2 {
            seen.take(110 * STEP, &label(100, half, marks::AGAIN), at(100, 320_000));
        }
        watch(&mut seen, 110..300, |_| 0, |step, _| at(step, 0));
        let count = seen.count();
        assert_eq!((count.freezes, count.frozen / 1_000), (1, 320));
    }

    #[test]
    fn what_never_comes_stands_until_a_keyframe_unless_nothing_needs_it() {
        let lost = |step, half| {
            if (step, half) == (100, 1) {
                Outcome::Lost
            } else {
                at(step, 0)
            }
        };
        let key = |step| if step == 130 { marks::KEY } else { 0 };
        let mut seen = Seen::new();
        watch(&mut seen, 0..300, key, lost);
        let count = seen.count();
        assert_eq!((count.freezes, count.frozen / 1_000), (1, 30 * STEP / 1_000));
        let mut seen = Seen::new();
        watch(
            &mut seen,
            0..300,
            |step| if step % 2 == 0 { marks::DROPPABLE } else { 0 },
            lost,
        );
        assert_eq!(seen.count().freezes, 0);
    }

    #[test]
    fn a_pause_on_purpose_is_no_freeze() {
        let mut seen = Seen::new();
        watch(&mut seen, 0..100, |_| 0, |step, _| at(step, 0));
        seen.paused(100 * STEP);
        watch(&mut seen, 190..300, |_| 0, |step, _| at(step, 0));
        assert_eq!(seen.count().freezes, 0);
        watch(&mut seen, 390..500, |_| 0, |step, _| at(step, 0));
        assert_eq!(seen.count().freezes, 1);
    }

    proptest::proptest! {
        #[test]
        fn no_feedback_breaks_it(
            packets in proptest::collection::vec(
                (proptest::num::u16::ANY, 0_u32..9, proptest::num::u8::ANY, 0_u8..4, proptest::num::i64::ANY, proptest::num::i64::ANY),
                0..300,
            ),
        ) {
            let mut seen = Seen::new();
            for (number, timestamp, marks, kind, at, left_at) in packets {
                let at = RemoteTime::from_micros(at);
                let outcome = match kind {
                    0 => Outcome::Received(at),
                    1 => Outcome::ReceivedLate(at),
                    2 => Outcome::Lost,
                    _ => Outcome::Unknown,
                };
                seen.take(left_at, &Label { timestamp, stream: 0, number, marks }, outcome);
            }
            let count = seen.count();
            proptest::prop_assert!(count.frozen >= 0 && seen.pictures.len() <= PICTURES_MAX);
        }
    }
}
