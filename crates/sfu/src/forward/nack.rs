//! Asking a publisher for packets that were lost.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::window::low_quarter;

/// When to ask and when to stop.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wait before the first request, for packets that are only out of order.
    pub patience: Duration,
    /// Shortest time between requests for one packet; a round trip if that is longer.
    pub spacing_min: Duration,
    /// Requests for one packet, at most.
    pub requests_max: u8,
    /// A packet missing longer than this is given up.
    pub age_max: Duration,
    /// Packets missing at once, at most; the oldest are given up for newer.
    pub missing_max: usize,
    /// A greater gap than this is an interruption; nothing of it is asked for.
    pub gap_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            patience: Duration::from_millis(5),
            spacing_min: Duration::from_millis(20),
            requests_max: 10,
            age_max: Duration::from_secs(1),
            missing_max: 256,
            gap_max: 512,
        }
    }
}

/// What a packet's number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Next in order.
    InOrder,
    /// Ahead: this many before it are missing.
    Gap(u64),
    /// It was missing and came, by itself or on request.
    Recovered,
    /// A repeat, or one that was given up or came before the first.
    Useless,
    /// Far ahead: the source was interrupted and all that was missing is given up.
    Interrupted,
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    sequence: u64,
    since: Instant,
    due: Instant,
    requests: u8,
    /// Came, or was given up; removed when it reaches the front.
    done: bool,
}

/// Finds gaps in one stream from a publisher and says what to ask for and when.
///
/// Work per packet is constant in order, a binary search over `missing_max` otherwise. Memory is taken at the start.
/// Sans-IO: call [`Generator::poll`] at or after [`Generator::deadline`].
#[derive(Clone, Debug)]
pub struct Generator {
    limits: Limits,
    highest: Option<u64>,
    missing: VecDeque<Missing>,
    deadline: Option<Instant>,
    given_up: u64,
    wants_keyframe: bool,
}

impl Generator {
    /// A generator that has seen nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let missing = VecDeque::with_capacity(limits.missing_max);
        Self {
            limits,
            highest: None,
            missing,
            deadline: None,
            given_up: 0,
            wants_keyframe: false,
        }
    }

    /// Take in a packet's extended number.
    pub fn arrived(&mut self, now: Instant, sequence: u64) -> Arrival {
        let Some(highest) = self.highest else {
            self.highest = Some(sequence);
            return Arrival::InOrder;
        };
        let Some(ahead) = sequence.checked_sub(highest) else {
            return self.recover(sequence);
        };
        if ahead == 0 {
            return Arrival::Useless;
        }
        self.highest = Some(sequence);
        let gap = ahead.saturating_sub(1);
        if gap == 0 {
            return Arrival::InOrder;
        }
        if gap > self.limits.gap_max {
            self.give_up_all();
            return Arrival::Interrupted;
        }
        for lost in highest.saturating_add(1)..sequence {
            self.miss(now, lost);
        }
        Arrival::Gap(gap)
    }

    /// Write the numbers to ask for now into `due` and return how many. What does not fit stays due.
    pub fn poll(&mut self, now: Instant, rtt: Duration, due: &mut [u64]) -> usize {
        let spacing = rtt.max(self.limits.spacing_min);
        let mut places = due.iter_mut();
        let mut written = 0_usize;
        self.deadline = None;
        for missing in &mut self.missing {
            if missing.done {
                continue;
            }
            let is_old = now.saturating_duration_since(missing.since) > self.limits.age_max;
            if missing.due <= now && (is_old || missing.requests >= self.limits.requests_max) {
                missing.done = true;
                self.given_up = self.given_up.saturating_add(1);
                self.wants_keyframe = true;
                continue;
            }
            if missing.due <= now
                && let Some(place) = places.next()
            {
                *place = missing.sequence;
                written = written.saturating_add(1);
                missing.requests = missing.requests.saturating_add(1);
                missing.due = now.checked_add(spacing).unwrap_or(now);
            }
            self.deadline = Some(
                self.deadline
                    .map_or(missing.due, |deadline| deadline.min(missing.due)),
            );
        }
        self.trim();
        written
    }

    /// When to call [`Generator::poll`]; `None` when nothing is missing.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Stop asking for what came before `sequence`, because a keyframe there makes it useless.
    pub fn forgive(&mut self, sequence: u64) {
        while self
            .missing
            .front()
            .is_some_and(|missing| missing.sequence < sequence)
        {
            self.missing.pop_front();
        }
    }

    /// Whether a gap was given up since the last call, so that only a keyframe repairs the picture.
    pub fn take_wants_keyframe(&mut self) -> bool {
        std::mem::take(&mut self.wants_keyframe)
    }

    /// Packets given up so far.
    #[must_use]
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Packets missing now, with those that came but still wait for older ones; at most `missing_max`.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.missing.len()
    }

    fn miss(&mut self, now: Instant, sequence: u64) {
        if self.limits.missing_max == 0 {
            return;
        }
        if self.missing.len() >= self.limits.missing_max
            && self.missing.pop_front().is_some_and(|oldest| !oldest.done)
        {
            self.given_up = self.given_up.saturating_add(1);
            self.wants_keyframe = true;
        }
        let due = now.checked_add(self.limits.patience).unwrap_or(now);
        self.missing.push_back(Missing {
            sequence,
            since: now,
            due,
            requests: 0,
            done: false,
        });
        self.deadline = Some(self.deadline.map_or(due, |deadline| deadline.min(due)));
    }

    fn recover(&mut self, sequence: u64) -> Arrival {
        let Ok(index) = self
            .missing
            .binary_search_by_key(&sequence, |missing| missing.sequence)
        else {
            return Arrival::Useless;
        };
        let was_missing = self
            .missing
            .get_mut(index)
            .is_some_and(|missing| !std::mem::replace(&mut missing.done, true));
        self.trim();
        if was_missing {
            Arrival::Recovered
        } else {
            Arrival::Useless
        }
    }

    fn give_up_all(&mut self) {
        let lost = self.missing.iter().filter(|missing| !missing.done).count();
        self.given_up = self
            .given_up
            .saturating_add(u64::try_from(lost).unwrap_or(u64::MAX));
        self.missing.clear();
        self.deadline = None;
        self.wants_keyframe = true;
    }

    fn trim(&mut self) {
        while self.missing.front().is_some_and(|missing| missing.done) {
            self.missing.pop_front();
        }
    }
}

/// Packs ascending numbers into the pairs of a generic NACK: a packet id and a mask of the 16 after it.
///
/// Source: RFC 4585 section 6.2.1.
pub fn pairs(sequences: &[u64]) -> impl Iterator<Item = (u16, u16)> {
    let mut rest = sequences;
    std::iter::from_fn(move || {
        let (&first, mut others) = rest.split_first()?;
        let mut mask = 0_u16;
        while let Some((&next, after)) = others.split_first() {
            let Some(bit) = next.checked_sub(first).and_then(|ahead| ahead.checked_sub(1)) else {
                break;
            };
            if bit >= 16 {
                break;
            }
            mask |= 1_u16.checked_shl(u32::try_from(bit).unwrap_or(0)).unwrap_or(0);
            others = after;
        }
        rest = others;
        Some((low_quarter(first), mask))
    })
}
