//! Which layer of each video track fits the path.

use std::time::{Duration, Instant};

use super::event::Event;
use super::source::{Source, Sources};
use super::subscriber::{Subscriber, relieve};
use super::subscription::Subscription;
use crate::cc::{self, Bitrate, TrackId};
use crate::forward::Layer;
use crate::shard::command::Kind;

/// Tracks are paused only when less than this share of their lowest layers fits: a little too much is better than no
/// picture, and what loss says of a path is seldom that exact.
const BEARABLE: f64 = 0.6;
/// And only when that lasts: a queue that is being emptied, or the keyframe of a track that just went on, is no lack.
const SHORT: Duration = Duration::from_secs(1);

/// Sizes that a track has at most.
const SPATIAL_MAX: usize = 8;

/// Priority of a track for which none was set.
const PRIORITY: u8 = 128;

impl Subscriber {
    /// Choose layers anew, and tell what changed by it.
    pub(super) fn allocate(&mut self, now: Instant, sources: &impl Sources) {
        let mut tracks: Vec<cc::Track> = self
            .slots
            .iter()
            .zip(0_u64..)
            .filter_map(|(slot, number)| {
                let subscription = slot.subscription.as_deref()?;
                let source = sources.source(subscription.track)?;
                candidate(TrackId(number), subscription, &source)
            })
            .collect();
        let budget = self.bandwidth.target().minus(self.audio.rate());
        let lowest = tracks.iter().filter_map(|track| track.layers.first());
        let least = lowest.fold(Bitrate::ZERO, |sum, layer| sum.plus(layer.rate));
        let short = self.bandwidth.is_strained() && least.times(BEARABLE) > budget;
        let since = short.then(|| self.short_since.unwrap_or(now));
        self.short_since = since;
        if since.is_some_and(|since| now.saturating_duration_since(since) >= SHORT) {
            for track in &mut tracks {
                track.pausable = true;
            }
        }
        let doubles = self.redundancy.doubles() && !self.bandwidth.controller.estimate(now).full;
        let wanted = tracks.iter().map(most).fold(Bitrate::ZERO, Bitrate::plus);
        if doubles {
            tracks.iter_mut().for_each(ask_for_room);
        }
        let allocation = self.allocator.allocate(now, budget, &tracks);
        let sums = tracks.iter().zip(&allocation.choices).map(twice);
        let doubles = doubles && sums.fold(Bitrate::ZERO, Bitrate::plus) <= budget;
        for choice in &allocation.choices {
            let slot = usize::try_from(choice.track.0).unwrap_or(usize::MAX);
            let slot = self.slots.get_mut(slot);
            let Some(subscription) = slot.and_then(|slot| slot.subscription.as_deref_mut()) else {
                continue;
            };
            subscription.choice = choice.layer.map(|layer| Layer {
                spatial: layer.spatial,
                temporal: layer.temporal,
            });
            subscription.retarget(now);
            subscription.doubled = doubles;
            relieve(now, subscription, &mut self.pacer);
            let paused = choice.layer.is_none();
            if std::mem::replace(&mut subscription.paused, paused) != paused {
                let track = subscription.track;
                self.events.push_back(Event::Paused { track, paused });
            }
        }
        self.needed = wanted.plus(self.audio.rate());
        self.bandwidth.set_wanted(self.needed);
        if !self.probed && wanted > Bitrate::ZERO && self.can_probe() {
            self.probed = true;
            self.bandwidth.controller.start_probing(now);
        }
    }
}

/// What all that is wanted of a track takes.
fn most(track: &cc::Track) -> Bitrate {
    let sent = track.layers.iter().rev().find(|layer| layer.rate > Bitrate::ZERO);
    sent.map_or(Bitrate::ZERO, |layer| layer.rate)
}

/// Let larger pictures than the smallest be chosen only if there is room for them twice: mending each loss on request
/// leaves a picture every few that comes a tenth of a second late, and smaller but even is better than that.
fn ask_for_room(track: &mut cc::Track) {
    let smallest = track.layers.first().map(|layer| layer.spatial);
    for layer in track
        .layers
        .iter_mut()
        .filter(|layer| Some(layer.spatial) > smallest)
    {
        layer.rate = layer.rate.times(2.0);
    }
}

/// What a choice takes twice, after [`ask_for_room`].
fn twice((track, choice): (&cc::Track, &cc::Choice)) -> Bitrate {
    let smallest = track.layers.first().map(|layer| layer.spatial);
    choice.layer.map_or(Bitrate::ZERO, |layer| {
        layer
            .rate
            .times(if Some(layer.spatial) > smallest { 1.0 } else { 2.0 })
    })
}

/// What may be chosen of a track; `None` while there is nothing to choose.
fn candidate(id: TrackId, subscription: &Subscription, source: &Source<'_>) -> Option<cc::Track> {
    let barred = subscription.preference.paused || source.muted || subscription.payload.is_none();
    if subscription.kind == Kind::Audio || barred {
        return None;
    }
    let ceiling = subscription.ceiling(source);
    let mut layers: Vec<cc::Layer> = source
        .layers
        .iter()
        .filter(|layer| layer.spatial <= ceiling.spatial && layer.temporal <= ceiling.temporal)
        .copied()
        .collect();
    if layers.is_empty() {
        // The publisher sends nothing so small.
        layers.extend(source.layers.first().copied());
    }
    leave_smooth(&mut layers);
    let priority = match subscription.preference.priority {
        0 => PRIORITY,
        priority => u8::MAX.saturating_sub(priority),
    };
    (!layers.is_empty()).then_some(cc::Track {
        id,
        priority,
        pausable: false,
        layers,
    })
}

/// Leave out what is larger but slow: above the smallest size only the full rate is worth having, for people sooner
/// miss movement than lines.
fn leave_smooth(layers: &mut Vec<cc::Layer>) {
    let Some(smallest) = layers.first().map(|layer| layer.spatial) else {
        return;
    };
    let mut fastest = [0_u8; SPATIAL_MAX];
    for layer in layers.iter() {
        if let Some(fastest) = fastest.get_mut(usize::from(layer.spatial)) {
            *fastest = layer.temporal.max(*fastest);
        }
    }
    layers.retain(|layer| {
        let fastest = fastest.get(usize::from(layer.spatial)).copied().unwrap_or(0);
        layer.spatial == smallest || layer.temporal >= fastest
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_pictures_must_fit_twice() {
        let layer = |spatial, kbps| cc::Layer {
            spatial,
            temporal: 0,
            rate: Bitrate::from_kbps(kbps),
        };
        let mut track = cc::Track {
            id: TrackId(1),
            priority: PRIORITY,
            pausable: false,
            layers: vec![layer(0, 150), layer(1, 500), layer(2, 0)],
        };
        assert_eq!(most(&track), Bitrate::from_kbps(500));
        ask_for_room(&mut track);
        let chosen = |index: usize| cc::Choice {
            track: track.id,
            layer: track.layers.get(index).copied(),
        };
        assert_eq!(twice((&track, &chosen(0))), Bitrate::from_kbps(300));
        assert_eq!(twice((&track, &chosen(1))), Bitrate::from_kbps(1_000));
    }

    #[test]
    fn only_the_smallest_size_is_sent_at_less_than_its_full_rate() {
        let layer = |(spatial, temporal)| cc::Layer {
            spatial,
            temporal,
            rate: Bitrate::from_kbps(100),
        };
        let all = [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)];
        let mut layers: Vec<cc::Layer> = all.into_iter().map(layer).collect();
        leave_smooth(&mut layers);
        let left: Vec<(u8, u8)> = layers.iter().map(|one| (one.spatial, one.temporal)).collect();
        assert_eq!(left, [(1, 0), (1, 1), (1, 2), (2, 1)]);
    }
}
