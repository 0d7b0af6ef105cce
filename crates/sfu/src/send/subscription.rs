//! One subscription: a track in a slot, with its numbers, terms and counts.

use std::time::{Duration, Instant};

use super::copies::Copies;
use super::event::Event;
use super::leg::{Counters, Leg};
use super::request::{Preference, Request};
use super::source::Source;
use super::terms::{Payload, Terms};
use crate::cc::{Class, Pacer, PacketResult};
use crate::forward::report::Sending;
use crate::forward::{Arrived, Forwarder, Layer, Numbering, Outgoing, Picture, Settings, Structure, Verdict};
use crate::receive::{Codec, TrackKey};
use crate::shard::command::{Kind, Ssrcs};
use crate::shard::event::Notice;

/// A keyframe that is still waited for is asked for again this often; the track throttles.
const WISH_AGAIN: Duration = Duration::from_secs(1);
/// Higher than any temporal layer.
const TEMPORAL_MAX: u8 = 7;
/// Frames per second that a track with all its temporal layers is thought to have; each layer less halves them.
const FULL_FPS: u32 = 30;
/// Bytes that a header with its extensions and the seal add, about; the pacer needs no more exactness.
const AROUND: usize = 72;

/// What a subscription wants sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) slot: u16,
    /// The media SSRC: what was queued for another generation of the slot is void.
    pub(super) ssrc: u32,
    pub(super) what: What,
}

/// The packet itself: a handle into the track's rings.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Media(Media),
    /// A retransmission, and its number in the retransmission stream.
    Again(Media, u64),
    /// Padding alone under this number and timestamp.
    Fill(u64, u32),
    /// A sealed datagram once more.
    Copy(u64),
}

impl What {
    /// Whether it has a number among those that left, so that it cannot be taken back: up to `left`.
    pub(super) fn is_late(&self, left: u64) -> bool {
        match self {
            Self::Media(media) => media.sequence <= left,
            Self::Fill(sequence, _) => *sequence <= left,
            // It was sent before; who waits for a keyframe needs no more of what came before that.
            Self::Again(..) | Self::Copy(_) => false,
        }
    }
}

/// A packet of media as this subscriber gets it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Media {
    pub(super) encoding: u8,
    pub(super) source: u64,
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) picture: Option<Picture>,
}

/// A track in a slot.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each stops or tells something of its own"
)]
pub(super) struct Subscription {
    pub(super) track: TrackKey,
    pub(super) kind: Kind,
    pub(super) ssrcs: Ssrcs,
    pub(super) cname: Box<str>,
    pub(super) terms: Terms,
    /// The track's codec as the subscriber numbered it; `None` before it is known, or when the subscriber lacks it.
    pub(super) payload: Option<Payload>,
    codec: Option<Codec>,
    pub(super) forwarder: Forwarder,
    pub(super) sending: Sending,
    pub(super) counters: Counters,
    /// Pictures leave twice: as they are, and in the retransmission stream.
    pub(super) doubled: bool,
    /// Sealed datagrams, once the subscriber asked again without a retransmission stream.
    pub(super) copies: Option<Copies>,
    pub(super) preference: Preference,
    pub(super) muted: bool,
    pub(super) audible: bool,
    /// The layer that fits the path.
    pub(super) choice: Option<Layer>,
    /// Whether [`Event::Paused`] was told last.
    pub(super) paused: bool,
    /// The receiver knows by the SSRC alone whose packets these are.
    pub(super) known: bool,
    /// Padding under a number must be the same bits each time, so its payload type never changes.
    pub(super) fill_type: Option<u8>,
    /// Sound before this number of the publisher's is not repeated: other numbers stand before it here.
    pub(super) joined_at: u64,
    /// Highest number under which something left; those above may be given out again.
    pub(super) left: u64,
    /// When the next sender report is due.
    pub(super) report_at: Instant,
    /// Packets of a codec that the subscriber lacks.
    pub(super) unsendable: u64,
    needs: u8,
    told: i64,
    wished: Option<(u8, Instant)>,
}

impl Subscription {
    pub(super) fn new(now: Instant, request: &Request<'_>, numbers: (u64, u64), terms: Terms) -> Self {
        let settings = match request.kind {
            Kind::Audio => Settings::audio(),
            // What the track is will show; until then nothing is forwarded.
            Kind::Video => Settings::video(Structure::Simulcast, Numbering::Stay),
        };
        Self {
            track: request.track,
            kind: request.kind,
            ssrcs: request.ssrcs,
            cname: request.cname.into(),
            terms,
            payload: None,
            codec: None,
            forwarder: Forwarder::new(settings, numbers.0, numbers.1),
            sending: Sending::new(),
            counters: Counters::new(now),
            doubled: false,
            copies: None,
            preference: Preference::default(),
            muted: false,
            audible: true,
            choice: Some(Layer {
                spatial: 0,
                temporal: TEMPORAL_MAX,
            }),
            paused: false,
            known: false,
            fill_type: None,
            joined_at: 0,
            left: numbers.0.wrapping_sub(1),
            report_at: now,
            unsendable: 0,
            needs: 0,
            told: -1,
            wished: None,
        }
    }

    /// Take over what control says of the section now; numbers run on.
    pub(super) fn renew(&mut self, request: &Request<'_>, terms: Terms) {
        self.terms = terms;
        self.cname = request.cname.into();
        self.payload = self.codec.and_then(|codec| self.terms.payload(codec));
    }

    /// Whether packets can be sent again in a stream of their own.
    pub(super) fn rtx(&self) -> Option<u8> {
        self.payload.and_then(|payload| payload.rtx)
    }

    /// Learn what the track is now. What began anew is told once, with its packets.
    pub(super) fn adopt(&mut self, now: Instant, source: &Source<'_>) {
        self.learn(now, source);
        let replaced = (0_u8..8).filter(|encoding| source.replaced >> encoding & 1 != 0);
        for encoding in replaced {
            self.forwarder.replace(encoding);
        }
    }

    /// Learn the track's codec and whether it is muted.
    pub(super) fn learn(&mut self, now: Instant, source: &Source<'_>) {
        if self.codec != Some(source.codec) {
            self.codec = Some(source.codec);
            self.payload = self.terms.payload(source.codec);
            if self.kind == Kind::Video {
                self.forwarder.restructure(source.structure, source.numbering);
            }
        }
        self.muted = source.muted;
        self.retarget(now);
    }

    /// Want what preference, path and room allow.
    pub(super) fn retarget(&mut self, now: Instant) {
        let barred = self.muted || !self.audible || self.preference.paused || self.payload.is_none();
        let wanted = match self.kind {
            _ if barred => None,
            Kind::Audio => Some(Layer {
                spatial: 0,
                temporal: 0,
            }),
            Kind::Video => self.choice,
        };
        if self.forwarder.selector().target() != wanted {
            self.forwarder.set_target(wanted);
            if wanted.is_none() {
                self.counters.paused(now);
            }
        }
    }

    /// Whether more is being sent than is wanted, until a keyframe of a smaller encoding comes.
    pub(super) fn exceeds(&self) -> bool {
        let selector = self.forwarder.selector();
        let wanted = selector.awaits_keyframe();
        wanted.is_some_and(|wanted| selector.source().is_some_and(|source| wanted < source))
    }

    /// The highest layer that the subscriber cares for.
    pub(super) fn ceiling(&self, source: &Source<'_>) -> Layer {
        let quality = usize::from(self.preference.quality.min(2));
        let spatial = source.spatial_of.get(quality).copied().unwrap_or(0);
        let slowest = source
            .layers
            .iter()
            .map(|layer| layer.temporal)
            .max()
            .unwrap_or(0);
        let fps = self.preference.fps;
        let mut temporal = TEMPORAL_MAX;
        if fps > 0 && fps < FULL_FPS {
            let halvings = FULL_FPS.checked_div(fps).map_or(0, u32::ilog2);
            temporal = slowest.saturating_sub(u8::try_from(halvings).unwrap_or(u8::MAX));
        }
        Layer { spatial, temporal }
    }

    /// Show it a track's packets.
    pub(super) fn forward(&mut self, now: Instant, slot: u16, source: &Source<'_>, pacer: &mut Pacer<Item>) {
        for arrived in source.fresh {
            if self.offer(now, slot, source, arrived, pacer) {
                let Some(ring) = source.rings.get(usize::from(arrived.encoding)) else {
                    continue;
                };
                for stored in ring.after(arrived.sequence) {
                    self.offer(now, slot, source, stored.arrived, pacer);
                }
            }
        }
    }

    /// Decide on one packet; whether those after it are to be shown again.
    fn offer(
        &mut self,
        now: Instant,
        slot: u16,
        source: &Source<'_>,
        arrived: &Arrived,
        pacer: &mut Pacer<Item>,
    ) -> bool {
        let (what, size, replay) = match self.forwarder.forward(now, arrived, source.clocks) {
            Verdict::Drop => return false,
            Verdict::Fill { sequence, timestamp } => {
                (What::Fill(sequence, low_half(timestamp)), AROUND, false)
            }
            Verdict::Send(outgoing) => {
                if outgoing.joins {
                    self.joined_at = arrived.sequence;
                }
                if outgoing.marker {
                    self.counters.picture(now);
                }
                let size = usize::from(arrived.payload_len).saturating_add(AROUND);
                (What::Media(media(arrived, &outgoing)), size, outgoing.replay)
            }
        };
        let class = match self.kind {
            Kind::Audio => Class::Audio,
            Kind::Video => Class::Video,
        };
        let item = Item {
            slot,
            ssrc: self.ssrcs.media,
            what,
        };
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        // What does not fit the queue is lost as on a full path, and may be asked for again.
        let _full = pacer.push(now, class, size, item);
        if self.doubled && self.rtx().is_some() && matches!(what, What::Media(_)) {
            let _full = pacer.push(now, class, size, self.again(item));
        }
        replay
    }

    /// The same packet, once more in the retransmission stream.
    pub(super) fn again(&mut self, item: Item) -> Item {
        let what = match item.what {
            What::Media(media) | What::Again(media, _) => What::Again(media, self.forwarder.number_rtx()),
            other => other,
        };
        Item { what, ..item }
    }

    /// What is needed of the publisher, when that changed: all layers up to the highest that may be chosen, since a
    /// lower one must be at hand when the path narrows.
    pub(super) fn poll_needs(&mut self, source: Option<&Source<'_>>) -> Option<Event> {
        let is = match source {
            Some(source) if self.kind == Kind::Video && self.payload.is_some() => {
                let spatial = u32::from(self.ceiling(source).spatial);
                if self.preference.paused {
                    0
                } else {
                    u8::MAX
                        .checked_shr(7_u32.saturating_sub(spatial))
                        .unwrap_or(u8::MAX)
                }
            }
            Some(_) => 0,
            None => return None,
        };
        self.need(is)
    }

    /// Change what is needed.
    pub(super) fn need(&mut self, is: u8) -> Option<Event> {
        let was = std::mem::replace(&mut self.needs, is);
        let track = self.track;
        (was != is).then_some(Event::NeedsChanged { track, was, is })
    }

    /// The keyframe waited for, once and again while it does not come.
    pub(super) fn poll_wish(&mut self, now: Instant) -> Option<Event> {
        if self.kind == Kind::Audio {
            return None;
        }
        let Some(encoding) = self.forwarder.selector().awaits_keyframe() else {
            self.wished = None;
            return None;
        };
        let fresh = self
            .wished
            .is_some_and(|(wished, at)| wished == encoding && now.saturating_duration_since(at) < WISH_AGAIN);
        if fresh {
            return None;
        }
        self.wished = Some((encoding, now));
        let track = self.track;
        Some(Event::KeyframeWanted { track, encoding })
    }

    /// The layer sent now, when it changed.
    pub(super) fn poll_switch(&mut self) -> Option<Event> {
        if self.kind == Kind::Audio {
            return None;
        }
        let selector = self.forwarder.selector();
        let value = match selector.current() {
            Some(layer) => {
                let temporal = i64::from(layer.temporal.min(TEMPORAL_MAX));
                i64::from(layer.spatial.min(9))
                    .saturating_mul(10)
                    .saturating_add(temporal)
            }
            // While a keyframe is waited for the layer is about to change, which is told then.
            None if selector.target().is_some() => return None,
            None => -1,
        };
        if std::mem::replace(&mut self.told, value) == value {
            return None;
        }
        Some(Event::Noticed {
            track: Some(self.track),
            notice: Notice::LayerSwitched,
            value,
        })
    }

    /// Feedback told what became of a packet. `epoch` is where our time begins.
    pub(super) fn became(&mut self, epoch: Instant, result: &PacketResult) {
        let clock_rate = self.clock_rate();
        self.counters.became(epoch, self.kind, clock_rate, result);
    }

    fn clock_rate(&self) -> u32 {
        self.payload.map_or(90_000, |payload| payload.clock_rate)
    }

    /// The counts since the last call.
    pub(super) fn sample(&mut self, now: Instant) -> Leg {
        let layer = self.forwarder.selector().current();
        let clock_rate = self.clock_rate();
        self.counters
            .take(now, (self.track, self.kind), clock_rate, layer)
    }
}

fn media(arrived: &Arrived, outgoing: &Outgoing) -> Media {
    Media {
        encoding: arrived.encoding,
        source: arrived.sequence,
        sequence: outgoing.sequence,
        timestamp: low_half(outgoing.timestamp),
        marker: outgoing.marker,
        picture: outgoing.picture,
    }
}

/// The low 32 bits.
fn low_half(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}
