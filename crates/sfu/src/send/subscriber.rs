//! One transport's downlink: subscriptions in slots, one path.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::allowance::{Allowance, Burst};
use super::bandwidth::{Bandwidth, whole};
use super::event::Event;
use super::leg::Leg;
use super::redundancy::Redundancy;
use super::request::{Error, Preference, Request, Settings};
use super::slot::{Meter, Slot, number_of};
use super::source::{Source, Sources};
use super::subscription::{Item, Subscription};
use super::terms::Terms;
use crate::cc::{Allocator, Bitrate, Pacer};
use crate::random::RandomSource;
use crate::receive::TrackKey;
use crate::shard::command::Kind;

/// Between two looks at the path and the layers. Sound alone needs fewer.
const TICK_VIDEO: Duration = Duration::from_millis(125);
const TICK_AUDIO: Duration = Duration::from_millis(525);
/// So much earlier it is taken along when packets leave anyway: a visit of its own would find all memory cold. With
/// 30 pictures a second that is every third.
const TICK_EARLY: Duration = Duration::from_millis(35);
/// What may leave at once, as time at the pace, while the path carries all that was asked for: a frame of 30 a second
/// leaves as it came, in one run of segments, and only keyframes are spread.
const BURST_ROOMY: Duration = Duration::from_millis(20);
/// What is sent in excess of what is wanted may wait for so long at the pace: a picture or two.
const BACKLOG: Duration = Duration::from_millis(60);
/// And what is left of a paused track for so long: it may just end.
const BACKLOG_PAUSED: Duration = Duration::from_millis(250);
/// Layers are chosen anew at least this often while there is video, for measured rates change.
const ALLOCATION: Duration = Duration::from_millis(250);
/// And when the target moved by this share.
const MOVED: f64 = 0.03;

/// The downlink of one transport. See the module's documentation for the calling contract.
#[derive(Debug)]
pub struct Subscriber {
    pub(super) settings: Settings,
    pub(super) slots: Vec<Slot>,
    /// Slots by track, in the order of keys.
    index: Vec<(TrackKey, u16)>,
    pub(super) pacer: Pacer<Item>,
    pub(super) bandwidth: Bandwidth,
    pub(super) allocator: Allocator,
    pub(super) redundancy: Redundancy,
    pub(super) allowance: Allowance,
    pub(super) burst: Burst,
    pub(super) audio: Meter,
    pub(super) events: VecDeque<Event>,
    pub(super) reported_round_trip: Option<Duration>,
    /// What all tracks asked for take.
    pub(super) needed: Bitrate,
    /// Since when not even the lowest layers fit.
    pub(super) short_since: Option<Instant>,
    /// The path was asked what it carries.
    pub(super) probed: bool,
    /// Where to look for old packets to probe with.
    pub(super) pad_back: u64,
    pub(super) now: Instant,
    tick_at: Instant,
    allocated: (Instant, Bitrate),
    stale: bool,
}

impl Subscriber {
    /// A downlink that sends nothing yet.
    #[must_use]
    pub fn new(now: Instant, settings: Settings) -> Self {
        Self {
            settings,
            slots: Vec::new(),
            index: Vec::new(),
            pacer: Pacer::new(settings.pacer),
            bandwidth: Bandwidth::new(now, settings.estimator),
            allocator: Allocator::new(settings.allocator),
            redundancy: Redundancy::new(),
            allowance: Allowance::new(now),
            burst: Burst::default(),
            audio: Meter::new(now),
            events: VecDeque::new(),
            reported_round_trip: None,
            needed: Bitrate::ZERO,
            short_since: None,
            probed: false,
            pad_back: 0,
            now,
            tick_at: now,
            allocated: (now, Bitrate::ZERO),
            stale: true,
        }
    }

    /// Send a track. Said again for the same track and SSRCs it changes the terms, and numbers run on; another track
    /// in the slot replaces the former. First numbers are drawn from `random` (RFC 3550 section 5.1).
    pub fn subscribe(
        &mut self,
        now: Instant,
        request: &Request<'_>,
        random: &mut dyn RandomSource,
    ) -> Result<(), Error> {
        let (media, rtx) = (request.ssrcs.media, request.ssrcs.rtx);
        if media & 1 != 0 {
            return Err(Error::Ssrc(media));
        }
        let terms = Terms::new(request.mid, request.codecs, request.extensions, rtx == media | 1);
        let number = number_of(media);
        let place = usize::from(number);
        if self.slots.len() <= place {
            self.slots.resize_with(place.saturating_add(1), Slot::default);
        }
        self.stale = true;
        let slot = self.slots.get_mut(place).ok_or(Error::Ssrc(media))?;
        if let Some(subscription) = slot.subscription.as_deref_mut()
            && subscription.track == request.track
            && subscription.ssrcs == request.ssrcs
        {
            subscription.renew(request, terms);
        } else {
            self.vacate(place);
            self.unsubscribe(request.track);
            let slot = self.slots.get_mut(place).ok_or(Error::Ssrc(media))?;
            let numbers = match slot.last {
                Some((last, numbers)) if last == media => numbers,
                _ => (draw(random), draw(random)),
            };
            slot.subscription = Some(Box::new(Subscription::new(now, request, numbers, terms)));
            if let Err(at) = self.index.binary_search_by_key(&request.track, |entry| entry.0) {
                self.index.insert(at, (request.track, number));
            }
        }
        self.settle();
        Ok(())
    }

    /// Send a track no longer.
    pub fn unsubscribe(&mut self, track: TrackKey) {
        if let Some(number) = self.slot_of(track) {
            self.vacate(usize::from(number));
            self.settle();
        }
    }

    /// Take what the subscriber wants of a track at most.
    pub fn prefer(&mut self, track: TrackKey, preference: Preference) {
        let now = self.now;
        if let Some(subscription) = self.subscription(track) {
            subscription.preference = preference;
            subscription.retarget(now);
            self.stale = true;
        }
    }

    /// Whether a track of sound is among the loudest; numbers run on over a pause.
    pub fn set_audible(&mut self, track: TrackKey, audible: bool) {
        let now = self.now;
        if let Some(subscription) = self.subscription(track) {
            subscription.audible = audible;
            subscription.retarget(now);
        }
    }

    /// Pretend that the path carries no more than this, bits per second; zero lifts it.
    pub fn limit(&mut self, bits_per_second: u64) {
        self.bandwidth.set_limit(bits_per_second);
        self.stale = true;
    }

    /// Show a subscribed track's fresh packets.
    pub fn forward(&mut self, now: Instant, track: TrackKey, source: &Source<'_>) {
        self.now = now;
        let Some(number) = self.slot_of(track) else { return };
        let slot = self.slots.get_mut(usize::from(number));
        let Some(subscription) = slot.and_then(|slot| slot.subscription.as_deref_mut()) else {
            return;
        };
        let was_known = subscription.payload.is_some();
        subscription.adopt(now, source);
        if subscription.payload.is_none() {
            let fresh = u64::try_from(source.fresh.len()).unwrap_or(0);
            subscription.unsendable = subscription.unsendable.saturating_add(fresh);
            return;
        }
        subscription.forward(now, number, source, &mut self.pacer);
        relieve(now, subscription, &mut self.pacer);
        self.events.extend(subscription.poll_switch());
        if !was_known {
            self.stale = true;
        }
    }

    /// Whether [`Self::poll_event`] has something.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.events.is_empty()
    }

    /// Something to do or tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Self::poll_transmit`] is due; `None` while nothing is subscribed to.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if self.index.is_empty() {
            return None;
        }
        if self.stale {
            return Some(self.now);
        }
        let pacer = self.pacer.deadline(self.now);
        Some(pacer.map_or(self.tick_at, |at| at.min(self.tick_at)))
    }

    /// How each subscription did since the last call.
    pub fn sample(&mut self, now: Instant, mut each: impl FnMut(Leg)) {
        let slots = self.slots.iter_mut();
        for subscription in slots.filter_map(|slot| slot.subscription.as_deref_mut()) {
            each(subscription.sample(now));
        }
    }

    /// The round trip to the subscriber, by its reports; `None` until known.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.reported_round_trip
    }

    /// What the path is thought to carry, bits per second; 0 while unknown.
    #[must_use]
    pub fn estimate(&self) -> u64 {
        u64::try_from(whole(self.bandwidth.target())).unwrap_or(0)
    }

    /// Packets that came in a codec that the subscriber lacks.
    #[must_use]
    pub fn unsendable(&self, track: TrackKey) -> u64 {
        let slot = self
            .slot_of(track)
            .and_then(|number| self.slots.get(usize::from(number)));
        slot.and_then(|slot| slot.subscription.as_deref())
            .map_or(0, |subscription| subscription.unsendable)
    }

    /// Look at the path, the layers and the wishes, when it is time.
    pub(super) fn tick(&mut self, now: Instant, sources: &impl Sources) {
        let due = self.is_due(now);
        if !due && !self.stale {
            return;
        }
        let has_video = self.learn(now, sources);
        if due {
            let pause = if has_video { TICK_VIDEO } else { TICK_AUDIO };
            self.tick_at = now.checked_add(pause).unwrap_or(now);
            self.audio.measure(now);
            self.update_redundancy(now);
        }
        if !has_video {
            // The next picture finds the path as unknown as the first did.
            (self.needed, self.probed) = (Bitrate::ZERO, false);
        }
        self.poll_bandwidth(now);
        let rested = now.saturating_duration_since(self.allocated.0) >= ALLOCATION;
        if has_video && (self.stale || rested) {
            self.allocated = (now, self.bandwidth.target());
            self.allocate(now, sources);
            self.poll_bandwidth(now);
        }
        self.stale = false;
        let roomy = self.needed > Bitrate::ZERO && self.bandwidth.target() >= self.needed;
        let burst = self.settings.pacer.burst;
        self.pacer
            .set_burst(if roomy { burst.max(BURST_ROOMY) } else { burst });
        if let Some((notice, value)) = self.bandwidth.poll_notice(now, self.needed) {
            self.events.push_back(Event::Noticed {
                track: None,
                notice,
                value,
            });
        }
        let slots = self.slots.iter_mut();
        for subscription in slots.filter_map(|slot| slot.subscription.as_deref_mut()) {
            let source = sources.source(subscription.track);
            self.events.extend(subscription.poll_needs(source.as_ref()));
            self.events.extend(subscription.poll_wish(now));
            self.events.extend(subscription.poll_switch());
        }
    }

    /// Whether the next tick is due, by time or because there is an occasion.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        if self.pacer.is_empty() {
            return now >= self.tick_at;
        }
        now.checked_add(TICK_EARLY)
            .is_some_and(|soon| soon >= self.tick_at)
    }

    /// Let the estimate work, and choose layers anew when it moved.
    pub(super) fn poll_bandwidth(&mut self, now: Instant) {
        let can_probe = self.probed && self.can_probe();
        if self.bandwidth.poll(now, can_probe, &mut self.pacer) {
            let (target, then) = (self.bandwidth.target(), self.allocated.1);
            let apart = target.minus(then).max(then.minus(target));
            self.stale |= apart > then.times(MOVED);
        }
    }

    /// Whether there are pictures to probe with: padding goes in their retransmission stream or among them.
    pub(super) fn can_probe(&self) -> bool {
        let mut slots = self.slots.iter().filter_map(|slot| slot.subscription.as_deref());
        slots.any(|subscription| subscription.kind == Kind::Video && subscription.payload.is_some())
    }

    fn learn(&mut self, now: Instant, sources: &impl Sources) -> bool {
        let mut has_video = false;
        let slots = self.slots.iter_mut();
        for subscription in slots.filter_map(|slot| slot.subscription.as_deref_mut()) {
            has_video |= subscription.kind == Kind::Video;
            if let Some(source) = sources.source(subscription.track) {
                subscription.learn(now, &source);
            }
        }
        has_video
    }

    fn update_redundancy(&mut self, now: Instant) {
        let legs = self.slots.iter().filter_map(|slot| slot.subscription.as_deref());
        let sound = legs.filter(|subscription| subscription.kind == Kind::Audio);
        let reported = sound
            .map(|subscription| subscription.counters.fraction_lost())
            .fold(0.0, f64::max);
        let loss = if self.bandwidth.has_feedback() {
            self.bandwidth.controller.estimate(now).loss_share
        } else {
            reported
        };
        self.redundancy.update(now, loss.max(reported));
    }

    fn vacate(&mut self, place: usize) {
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        let Some(mut subscription) = slot.subscription.take() else {
            return;
        };
        slot.last = Some((subscription.ssrcs.media, subscription.forwarder.next_numbers()));
        let track = subscription.track;
        self.events.extend(subscription.need(0));
        self.index.retain(|entry| entry.0 != track);
        self.stale = true;
    }

    /// Whether transport-wide feedback may be counted on.
    fn settle(&mut self) {
        let mut slots = self.slots.iter().filter_map(|slot| slot.subscription.as_deref());
        let feedback = slots.any(|subscription| subscription.terms.ids.transport_sequence != 0);
        self.bandwidth.set_feedback(feedback);
    }

    fn slot_of(&self, track: TrackKey) -> Option<u16> {
        let at = self.index.binary_search_by_key(&track, |entry| entry.0).ok()?;
        self.index.get(at).map(|entry| entry.1)
    }

    fn subscription(&mut self, track: TrackKey) -> Option<&mut Subscription> {
        let number = self.slot_of(track)?;
        let slot = self.slots.get_mut(usize::from(number))?;
        slot.subscription.as_deref_mut()
    }
}

/// Let go of queued pictures once the path narrowed: while a keyframe of a smaller encoding is waited for, the larger
/// one would come faster than the path takes it, and sound be late behind it.
pub(super) fn relieve(now: Instant, subscription: &mut Subscription, pacer: &mut Pacer<Item>) {
    let bound = match subscription.forwarder.selector().target() {
        None => BACKLOG_PAUSED,
        Some(_) if subscription.exceeds() => BACKLOG,
        Some(_) => return,
    };
    if subscription.kind == Kind::Audio || pacer.backlog() <= bound {
        return;
    }
    let (ssrc, left) = (subscription.ssrcs.media, subscription.left);
    subscription.forwarder.take_back(left);
    pacer.retain(now, |item| item.ssrc != ssrc || item.what.is_late(left));
}

/// A first sequence number: 1 to 2^15 - 1, for a receiver that misses the first packets must not see a wrap.
fn draw(random: &mut dyn RandomSource) -> u64 {
    let mut bytes = [0; 2];
    random.fill(&mut bytes);
    u64::from(u16::from_be_bytes(bytes) & 0x7fff).max(1)
}
