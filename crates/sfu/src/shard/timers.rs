//! Who wants attention when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use super::slab::Key;

/// Deadlines lie this far apart, a part of a second: what many subscribers' pacers hold leaves together, with one
/// wake-up and few calls. Pacing lets out many times as much at once.
const GRID: Duration = Duration::from_millis(1);

/// The next moment of the grid that begins at `epoch`.
pub(super) fn on_grid(epoch: Instant, at: Instant) -> Instant {
    let since = at.saturating_duration_since(epoch);
    let over = since
        .subsec_nanos()
        .checked_rem(GRID.subsec_nanos())
        .map_or(0, u64::from);
    if over == 0 {
        return at;
    }
    let wait = GRID.saturating_sub(Duration::from_nanos(over));
    at.checked_add(wait).unwrap_or(at)
}

/// Whose deadline it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    Peer(Key),
    Room(Key),
}

/// What is known of one owner's deadline.
#[derive(Clone, Copy, Debug)]
struct Alarm {
    owner: Owner,
    /// When it is due.
    due: Option<Instant>,
    /// The moment of its entry in the heap that counts, never later than `due`.
    entered: Option<Instant>,
}

/// Deadlines in a heap.
///
/// A deadline that moves to a later moment, as those of a busy transport do with each packet, is merely written down:
/// its entry in the heap stays and is put right when it comes up. So each change costs little, nobody is ever searched
/// for, and neither is the owner itself looked at, whose memory is cold by then.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Owner)>>,
    peers: Vec<Option<Alarm>>,
    rooms: Vec<Option<Alarm>>,
}

impl Timers {
    /// Wake `owner` at `at` and at no other time; `None` lets it sleep.
    pub(super) fn set(&mut self, owner: Owner, at: Option<Instant>) {
        let (alarms, index) = match owner {
            Owner::Peer(key) => (&mut self.peers, key.index()),
            Owner::Room(key) => (&mut self.rooms, key.index()),
        };
        if alarms.len() <= index {
            alarms.resize(index.saturating_add(1), None);
        }
        let Some(place) = alarms.get_mut(index) else {
            return;
        };
        let alarm = match place {
            Some(alarm) if alarm.owner == owner => alarm,
            _ => place.insert(Alarm {
                owner,
                due: None,
                entered: None,
            }),
        };
        alarm.due = at;
        if let Some(at) = at
            && alarm.entered.is_none_or(|entered| at < entered)
        {
            alarm.entered = Some(at);
            self.heap.push(Reverse((at, owner)));
        }
    }

    /// Who is due now. Its deadline is over: it is to set the next.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Owner> {
        self.tidy();
        let Reverse((at, owner)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop();
        if let Some(alarm) = self.alarm(owner) {
            (alarm.due, alarm.entered) = (None, None);
        }
        Some(owner)
    }

    /// Make what [`Self::next`] tells true: put right the first entries whose deadlines have moved.
    pub(super) fn tidy(&mut self) {
        while let Some(Reverse((at, owner))) = self.heap.peek().copied() {
            let Some(alarm) = self.alarm(owner).filter(|alarm| alarm.entered == Some(at)) else {
                self.heap.pop();
                continue;
            };
            if alarm.due == Some(at) {
                return;
            }
            alarm.entered = alarm.due;
            let due = alarm.due;
            self.heap.pop();
            if let Some(due) = due {
                self.heap.push(Reverse((due, owner)));
            }
        }
    }

    /// The earliest moment of all, or an earlier one that stands in the heap until [`Self::tidy`].
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    fn alarm(&mut self, owner: Owner) -> Option<&mut Alarm> {
        let place = match owner {
            Owner::Peer(key) => self.peers.get_mut(key.index()),
            Owner::Room(key) => self.rooms.get_mut(key.index()),
        };
        place?.as_mut().filter(|alarm| alarm.owner == owner)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::super::slab::Slab;
    use super::*;
    use hubbub_netem::Clock;

    #[test]
    fn a_deadline_that_moves_comes_once_at_its_last_moment() {
        let clock = Clock::new();
        let at = |millis| clock.at(Duration::from_millis(millis));
        let mut slab = Slab::default();
        let (first, second) = (Owner::Peer(slab.insert(())), Owner::Room(slab.insert(())));
        let mut timers = Timers::default();
        timers.set(first, Some(at(10)));
        timers.set(second, Some(at(20)));
        timers.set(first, Some(at(30)));
        timers.tidy();
        assert_eq!(timers.next(), Some(at(20)));
        assert_eq!(timers.pop(at(15)), None);
        assert_eq!(timers.pop(at(40)), Some(second));
        assert_eq!(timers.pop(at(40)), Some(first));
        assert_eq!(timers.pop(at(40)), None);
        timers.set(first, Some(at(60)));
        timers.set(first, Some(at(50)));
        assert_eq!(timers.pop(at(55)), Some(first));
        assert_eq!(timers.pop(at(100)), None, "the later entry is void");
    }

    #[test]
    fn who_sleeps_or_is_gone_does_not_wake() {
        let clock = Clock::new();
        let at = |millis| clock.at(Duration::from_millis(millis));
        let mut slab = Slab::default();
        let gone = slab.insert(());
        let mut timers = Timers::default();
        timers.set(Owner::Peer(gone), Some(at(10)));
        timers.set(Owner::Peer(gone), None);
        timers.tidy();
        assert_eq!(timers.next(), None);
        timers.set(Owner::Peer(gone), Some(at(10)));
        slab.remove(gone);
        let heir = slab.insert(());
        timers.set(Owner::Peer(heir), Some(at(20)));
        assert_eq!(timers.pop(at(30)), Some(Owner::Peer(heir)));
        assert_eq!(timers.pop(at(30)), None);
    }
}
