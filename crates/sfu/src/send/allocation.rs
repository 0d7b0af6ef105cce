//! Which layer of each video track fits the path.

use std::time::Instant;

use super::event::Event;
use super::source::{Source, Sources};
use super::subscriber::Subscriber;
use super::subscription::Subscription;
use crate::cc::{self, Bitrate, TrackId};
use crate::forward::Layer;
use crate::shard::command::Kind;

/// Tracks are paused only when less than this share of their lowest layers fits: a little too much is better than no
/// picture, and what loss says of a path is seldom that exact.
const BEARABLE: f64 = 0.6;

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
        if self.bandwidth.is_strained() && least.times(BEARABLE) > budget {
            for track in &mut tracks {
                track.pausable = true;
            }
        }
        let allocation = self.allocator.allocate(now, budget, &tracks);
        let room = budget.minus(allocation.used) > allocation.used;
        let doubles = room && self.redundancy.doubles() && !self.bandwidth.controller.estimate(now).full;
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
            let paused = choice.layer.is_none();
            if std::mem::replace(&mut subscription.paused, paused) != paused {
                let track = subscription.track;
                self.events.push_back(Event::Paused { track, paused });
            }
        }
        let wanted = allocation.wanted.plus(self.audio.rate());
        self.bandwidth.set_wanted(wanted);
        self.needed = wanted;
        if !self.probed && allocation.wanted > Bitrate::ZERO && self.can_probe() {
            self.probed = true;
            self.bandwidth.controller.start_probing(now);
        }
    }
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
