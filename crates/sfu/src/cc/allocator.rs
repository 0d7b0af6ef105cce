//! Which layers fit the estimate.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::bitrate::Bitrate;

/// Share of the budget that must stay free for a layer to be added, and by which the budget may be exceeded before
/// one is dropped: estimate and layer rates both tremble by a few per cent. It is a share of the whole budget, since
/// the trembling is, however small the step in question.
const MARGIN: f64 = 0.05;

/// Names a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u64);

/// One step of quality: a spatial and temporal layer with the rate that everything up to it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    /// Spatial layer or simulcast encoding, zero the smallest.
    pub spatial: u8,
    /// Temporal layer, zero the slowest.
    pub temporal: u8,
    /// Measured rate of this choice, lower layers that it needs included; zero while the publisher does not send it.
    pub rate: Bitrate,
}

/// A track somebody wants to see.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Its name.
    pub id: TrackId,
    /// Larger is more important: before less important tracks get more than their lowest layer, this one gets all it
    /// asks for.
    pub priority: u8,
    /// False: the lowest layer is sent even if it does not fit (a presentation's thumbnail, say).
    pub pausable: bool,
    /// What may be chosen, best last; what the subscriber did not ask for is left out by the caller.
    pub layers: Vec<Layer>,
}

/// What a track gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The track.
    pub track: TrackId,
    /// The layer; `None` means paused.
    pub layer: Option<Layer>,
}

/// The outcome for all tracks.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// One for each track, in the order given.
    pub choices: Vec<Choice>,
    /// What the choices take together.
    pub used: Bitrate,
    /// What everything asked for would take: pass it, with audio added, to [`super::Controller::set_wanted`].
    pub wanted: Bitrate,
}

/// How calm choices are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A track that went down stays there at least this long. Default 2 s.
    pub hold: Duration,
    /// A step up that had to be taken back within this time counts as failed and doubles the hold. Default 10 s.
    pub relapse: Duration,
    /// The longest hold. Default 30 s.
    pub hold_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(2),
            relapse: Duration::from_secs(10),
            hold_max: Duration::from_secs(30),
        }
    }
}

/// A choice by (spatial, temporal), as layers may come and go between calls.
type Step = (u8, u8);

#[derive(Clone, Copy, Debug)]
struct Memory {
    current: Option<Step>,
    raised: Option<Instant>,
    lowered: Option<Instant>,
    hold: Duration,
}

/// Divides the estimate among tracks.
///
/// First every track gets its lowest layer, the important ones first. Then tracks are raised a step at a time, within
/// a priority all to the same step before any goes further. What is being sent may exceed the budget a little and what
/// is not must fit with a little to spare, so choices do not flap when the estimate trembles; a track that fell back
/// soon after a rise waits longer each time before it may rise again.
#[derive(Debug)]
pub struct Allocator {
    settings: Settings,
    memory: BTreeMap<TrackId, Memory>,
}

/// What is left of the budget, in bits per second; negative once the margin is drawn on.
struct Room {
    left: f64,
    margin: f64,
}

struct Candidate<'a> {
    index: usize,
    track: &'a Track,
    /// Layers that the publisher sends.
    layers: Vec<Layer>,
    /// How many of them are chosen.
    chosen: usize,
    /// How many of them were chosen before.
    current: usize,
    /// How many may be chosen now.
    allowed: usize,
    stuck: bool,
}

impl Allocator {
    /// An allocator that has chosen nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            memory: BTreeMap::new(),
        }
    }

    /// Choose layers for `tracks` within `budget` (the estimate less audio). Tracks not given are forgotten.
    pub fn allocate(&mut self, now: Instant, budget: Bitrate, tracks: &[Track]) -> Allocation {
        self.memory
            .retain(|id, _| tracks.iter().any(|track| track.id == *id));
        let mut candidates: Vec<Candidate> = tracks
            .iter()
            .enumerate()
            .map(|(index, track)| self.candidate(now, index, track))
            .collect();
        // Within a priority, what already has more goes first, so that equals do not swap places.
        candidates.sort_by_key(|one| {
            (
                std::cmp::Reverse(one.track.priority),
                std::cmp::Reverse(one.current),
                one.index,
            )
        });
        let mut room = Room {
            left: budget.bps(),
            margin: budget.bps() * MARGIN,
        };
        // What is sent in any case is set aside before the rest is given out.
        for forced in [true, false] {
            for candidate in candidates.iter_mut().filter(|one| one.track.pausable != forced) {
                candidate.raise(&mut room, forced);
            }
        }
        raise_by_priority(&mut candidates, &mut room);
        candidates.sort_by_key(|candidate| candidate.index);
        let choices = candidates
            .iter()
            .map(|candidate| self.settle(now, candidate))
            .collect();
        let total = |rates: &mut dyn Iterator<Item = Bitrate>| rates.fold(Bitrate::ZERO, Bitrate::plus);
        Allocation {
            choices,
            used: total(
                &mut candidates
                    .iter()
                    .filter_map(Candidate::choice)
                    .map(|layer| layer.rate),
            ),
            wanted: total(
                &mut candidates
                    .iter()
                    .filter_map(|one| one.layers.last())
                    .map(|layer| layer.rate),
            ),
        }
    }

    fn candidate<'a>(&self, now: Instant, index: usize, track: &'a Track) -> Candidate<'a> {
        let layers: Vec<Layer> = track
            .layers
            .iter()
            .filter(|layer| layer.rate > Bitrate::ZERO)
            .copied()
            .collect();
        let memory = self.memory.get(&track.id);
        let current = memory.and_then(|memory| memory.current).map_or(0, |step| {
            // A layer that vanished counts as the best one below it.
            layers
                .iter()
                .filter(|layer| (layer.spatial, layer.temporal) <= step)
                .count()
        });
        let held = memory.is_some_and(|memory| {
            memory
                .lowered
                .is_some_and(|lowered| now.saturating_duration_since(lowered) < memory.hold)
        });
        let allowed = if held { current } else { layers.len() };
        Candidate {
            index,
            track,
            layers,
            chosen: 0,
            current,
            allowed,
            stuck: false,
        }
    }

    /// Remember the choice and when it went which way.
    fn settle(&mut self, now: Instant, candidate: &Candidate) -> Choice {
        let layer = candidate.choice();
        let step = layer.map(|layer| (layer.spatial, layer.temporal));
        let Settings {
            hold,
            relapse,
            hold_max,
        } = self.settings;
        let memory = self.memory.entry(candidate.track.id).or_insert(Memory {
            current: step,
            raised: None,
            lowered: None,
            hold,
        });
        if step > memory.current {
            memory.raised = Some(now);
        } else if step < memory.current {
            // Falling by several steps in a row is one relapse.
            if let Some(raised) = memory.raised.take() {
                let soon = now.saturating_duration_since(raised) < relapse;
                memory.hold = if soon {
                    memory.hold.saturating_mul(2).min(hold_max)
                } else {
                    hold
                };
            }
            memory.lowered = Some(now);
        }
        memory.current = step;
        Choice {
            track: candidate.track.id,
            layer,
        }
    }
}

impl Candidate<'_> {
    fn choice(&self) -> Option<Layer> {
        self.chosen
            .checked_sub(1)
            .and_then(|index| self.layers.get(index))
            .copied()
    }

    /// Take the next step if it fits, or in any case when `forced`; false when it cannot.
    fn raise(&mut self, room: &mut Room, forced: bool) -> bool {
        let Some(next) = self.layers.get(self.chosen) else {
            return false;
        };
        if self.chosen >= self.allowed && !forced {
            return false;
        }
        let more = next
            .rate
            .minus(self.choice().map_or(Bitrate::ZERO, |layer| layer.rate));
        let margin = if self.chosen < self.current {
            -room.margin
        } else {
            room.margin
        };
        if more.bps() + margin > room.left && !forced {
            return false;
        }
        room.left -= more.bps();
        self.chosen = self.chosen.saturating_add(1);
        true
    }
}

/// Raise tracks beyond their lowest layer: the most important ones as far as they go, equals in turns.
fn raise_by_priority(candidates: &mut [Candidate], room: &mut Room) {
    for group in candidates.chunk_by_mut(|one, other| one.track.priority == other.track.priority) {
        let mut level = 1;
        loop {
            let mut any = false;
            for candidate in group.iter_mut().filter(|candidate| !candidate.stuck) {
                if candidate.chosen == level && !candidate.raise(room, false) {
                    candidate.stuck = true;
                }
                any |= candidate.chosen > level;
            }
            if !any {
                break;
            }
            level = level.saturating_add(1);
        }
    }
}
