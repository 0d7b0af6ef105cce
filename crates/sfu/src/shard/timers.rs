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

/// Deadlines in a heap.
///
/// An owner remembers the earliest moment it was entered for and is entered again only for an earlier one; when it
/// turns up too early it is entered anew. So each change costs little, and nobody is ever searched for.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Owner)>>,
}

impl Timers {
    /// Wake `owner` at `at`. `entered` is what it was entered for last.
    pub(super) fn enter(&mut self, owner: Owner, at: Option<Instant>, entered: &mut Option<Instant>) {
        let Some(at) = at else { return };
        if entered.is_none_or(|entered| at < entered) {
            *entered = Some(at);
            self.heap.push(Reverse((at, owner)));
        }
    }

    /// Who is due now, and the moment it was entered for. An owner that has been entered for an earlier one since
    /// turns up once more: it compares the moment with what it remembers.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(Instant, Owner)> {
        let Reverse((at, _)) = self.heap.peek()?;
        if *at > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// The earliest moment of all.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}
