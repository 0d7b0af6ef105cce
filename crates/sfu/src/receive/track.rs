//! A published track: what its publisher sends, kept for all subscribers.

mod sample;

use std::time::{Duration, Instant};

pub use self::sample::Sample;
use super::codec::Codec;
use super::content::Keeper;
use super::publication::{Publication, Role};
use super::rates::Rates;
use super::source::Source;
use crate::cc;
use crate::forward::{
    Arrived, Clocks, Demand, ENCODINGS_MAX, Keyframes, Moment, Ntp, Numbering, Ring, Structure, Throttle,
};
use crate::shard::command::Kind;

/// Packets and bytes kept of the highest encoding of pictures: 1.5 s at 3 Mbit/s. Each lower one gets half the bytes,
/// where its rate is usually a quarter.
const VIDEO_RING: (usize, usize) = (512, 512 * 1024);
/// And of sound: 64 packets of 20 ms are more than any player waits.
const AUDIO_RING: (usize, usize) = (64, 32 * 1024);
/// A layer that nobody needs is sent this long still, for to resume it costs a keyframe.
const LINGER: Duration = Duration::from_secs(5);

/// A published track.
#[derive(Debug)]
pub struct Track {
    pub(super) publication: Publication,
    pub(super) codec: Codec,
    pub(super) structure: Structure,
    pub(super) sources: [Option<Source>; ENCODINGS_MAX],
    pub(super) rings: Vec<Ring>,
    pub(super) clocks: Clocks,
    pub(super) fresh: Vec<Arrived>,
    pub(super) replaced: u8,
    pub(super) rates: Rates,
    pub(super) keyframes: Keyframes,
    pub(super) demand: Demand,
    pub(super) told: u8,
    pub(super) alive: Option<Codec>,
    pub(super) is_alive: bool,
    pub(super) keeper: Keeper,
}

impl Track {
    pub(super) fn new(now: Instant, publication: Publication) -> Self {
        let codec = publication.expected_codec();
        let told = publication.layer_mask();
        Self {
            codec,
            structure: codec.structure(publication.encodings()),
            sources: [const { None }; ENCODINGS_MAX],
            rings: Vec::new(),
            clocks: Clocks::new(publication.clock_rate(codec)),
            fresh: Vec::new(),
            replaced: 0,
            rates: Rates::new(),
            keyframes: Keyframes::new(Throttle::default()),
            demand: Demand::new(now, LINGER, told),
            told,
            alive: None,
            is_alive: false,
            keeper: Keeper::new(),
            publication,
        }
    }

    /// Its sid.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.publication.sid
    }

    /// How control published it.
    #[must_use]
    pub fn publication(&self) -> &Publication {
        &self.publication
    }

    /// Sound or pictures.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.publication.kind
    }

    /// What its packets are coded with; the expected codec before the first.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// How it offers its qualities. It may change with the codec, see [`Track::replaced`].
    #[must_use]
    pub fn structure(&self) -> Structure {
        self.structure
    }

    /// What omitted frames do to its picture numbers.
    #[must_use]
    pub fn numbering(&self) -> Numbering {
        self.codec.numbering()
    }

    /// The packets kept, by encoding; fewer than the track has encodings while the higher ones have not come.
    #[must_use]
    pub fn rings(&self) -> &[Ring] {
        &self.rings
    }

    /// Its clocks.
    #[must_use]
    pub fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// What came since the last flush, all encodings, in order of arrival. Those with a payload are in the rings,
    /// unless many more came since.
    #[must_use]
    pub fn fresh(&self) -> &[Arrived] {
        &self.fresh
    }

    /// Bit mask of the encodings whose source began anew since the last flush, before any of the fresh packets. Tell
    /// each forwarder, and make it anew when [`Track::codec`] or [`Track::structure`] changed.
    #[must_use]
    pub fn replaced(&self) -> u8 {
        self.replaced
    }

    /// The layers that come, lowest first, with measured rates: by encoding, or by spatial layer with those below
    /// included; temporal layers include those below.
    #[must_use]
    pub fn layers(&self) -> &[cc::Layer] {
        self.rates.layers()
    }

    /// Whether nothing is to be forwarded.
    #[must_use]
    pub fn is_muted(&self) -> bool {
        self.publication.muted
    }

    /// How many layers control knows of: encodings or spatial layers, 1 to 4.
    #[must_use]
    pub fn layer_count(&self) -> u8 {
        self.publication.layer_count()
    }

    /// The highest encoding or spatial layer for a quality by `LiveKit`'s names, 0 to 2.
    #[must_use]
    pub fn spatial_of(&self, quality: u8) -> u8 {
        let count = self.layer_count();
        let layers = (0_u8..count).zip(&self.publication.layers);
        let fitting = layers.filter(|(_, layer)| layer.quality <= quality);
        match fitting.map(|(spatial, _)| spatial).max() {
            Some(spatial) => spatial,
            None if self.publication.layers.is_empty() => quality.min(count.saturating_sub(1)),
            None => 0,
        }
    }

    /// A subscriber needs a keyframe of this encoding.
    pub fn need_keyframe(&mut self, encoding: u8) {
        self.keyframes.need(encoding);
    }

    /// A subscriber's need changed between two bit masks, see [`Demand::change`].
    pub fn change_demand(&mut self, now: Instant, was: u8, is: u8) {
        self.demand.change(now, was, is);
    }

    /// Which layers anybody needs, lowest first, when that is news for the publisher.
    pub fn poll_wanted(&mut self, now: Instant) -> Option<Vec<bool>> {
        if self.kind() == Kind::Audio {
            return None;
        }
        let all = self.publication.layer_mask();
        let told = self.demand.poll(now)? & all;
        if told == std::mem::replace(&mut self.told, told) {
            return None;
        }
        for (encoding, source) in self.sources.iter_mut().enumerate() {
            if told >> (encoding & 7) & 1 == 0
                && let Some(source) = source
            {
                source.pause();
            }
        }
        let count = u32::from(self.layer_count());
        Some((0..count).map(|layer| told >> (layer & 7) & 1 != 0).collect())
    }

    /// The codec of the first packets, once, and again when it changes.
    pub fn take_alive(&mut self) -> Option<Codec> {
        self.alive.take()
    }

    /// The packets have been shown to all subscribers.
    pub fn flushed(&mut self) {
        self.fresh.clear();
        self.replaced = 0;
    }

    /// Forward nothing, or again.
    pub fn mute(&mut self, muted: bool) {
        self.publication.muted = muted;
        if muted {
            self.fresh.clear();
            self.sources.iter_mut().flatten().for_each(Source::pause);
        }
    }

    /// Take how control publishes it now. What its sources sent stays, as far as they stay.
    pub fn republish(&mut self, publication: Publication) {
        let muted = publication.muted;
        let was_muted = std::mem::replace(&mut self.publication, publication).muted;
        self.structure = self.codec.structure(self.publication.encodings());
        if muted != was_muted {
            self.mute(muted);
        }
    }

    pub(super) fn role(&self, payload_type: u8) -> Option<Role> {
        self.publication.role(payload_type).map(|(_, role)| role)
    }

    /// Begin the source of an encoding; a former one is replaced.
    pub(super) fn begin(&mut self, encoding: u8, ssrc: u32) {
        let rate = self.publication.clock_rate(self.codec);
        let limits = self.publication.limits();
        let Some(place) = self.sources.get_mut(usize::from(encoding)) else {
            return;
        };
        if place.as_ref().is_some_and(|source| source.ssrc == ssrc) {
            return;
        }
        let replaces = place.replace(Source::new(ssrc, rate, limits)).is_some();
        if replaces {
            self.replace(encoding);
        }
        let (packets, bytes) = match self.kind() {
            Kind::Audio => AUDIO_RING,
            Kind::Video => {
                let above = self.publication.encodings().saturating_sub(usize::from(encoding));
                let (packets, bytes) = VIDEO_RING;
                (packets, bytes >> above.saturating_sub(1).min(2))
            }
        };
        while self.rings.len() < usize::from(encoding) {
            // Lower encodings that have not come need a place, not room.
            self.rings.push(Ring::new(1, 1));
        }
        match self.rings.get_mut(usize::from(encoding)) {
            None => self.rings.push(Ring::new(packets, bytes)),
            Some(ring) if !replaces => *ring = Ring::new(packets, bytes),
            Some(_) => {}
        }
    }

    /// The publisher ended or paused a source.
    pub(super) fn end(&mut self, encoding: u8) {
        if let Some(Some(source)) = self.sources.get_mut(usize::from(encoding)) {
            source.pause();
        }
    }

    /// Take in a sender report.
    pub(super) fn sender_report(&mut self, now: Instant, encoding: u8, ntp: Ntp, timestamp: u32) {
        let Some(source) = self.source_mut(encoding) else {
            return;
        };
        source.reception.sender_report(now, ntp);
        if let Some(timestamp) = source.moment(timestamp) {
            let moment = Moment {
                ntp,
                timestamp,
                at: now,
            };
            self.clocks.report(encoding, moment);
        }
    }

    /// Whether the publisher repeats packets on request.
    pub(super) fn answers_nack(&self) -> bool {
        self.has_feedback("nack")
    }

    /// Whether it takes a PLI; else a FIR.
    pub(super) fn answers_pli(&self) -> bool {
        self.has_feedback("nack pli")
    }

    /// The sources that have begun, with their encodings.
    pub(super) fn sources_mut(&mut self) -> impl Iterator<Item = (u8, &mut Source)> {
        (0_u8..)
            .zip(&mut self.sources)
            .filter_map(|(encoding, source)| Some((encoding, source.as_mut()?)))
    }

    /// Measure the layers if it is time.
    pub(super) fn measure(&mut self, now: Instant) {
        if self.rates.deadline().is_some_and(|deadline| deadline <= now) {
            self.measure_now(now);
        }
    }

    /// Gaps given up that only a keyframe mends.
    pub(super) fn mend(&mut self) {
        let told = self.told;
        let mut wanted = 0_u8;
        for (encoding, source) in self.sources_mut() {
            let bit = 1_u8.checked_shl(u32::from(encoding)).unwrap_or(0);
            if source.gaps.take_wants_keyframe() && told & bit != 0 {
                wanted |= bit;
            }
        }
        if self.kind() == Kind::Video && !self.is_muted() {
            for encoding in (0_u8..).take(ENCODINGS_MAX) {
                if wanted >> encoding & 1 != 0 {
                    self.keyframes.need(encoding);
                }
            }
        }
    }

    /// When gaps, keyframes, wanted layers or rates want attention.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let gaps = self
            .sources
            .iter()
            .flatten()
            .filter_map(|source| source.gaps.deadline());
        let wanted = match self.kind() {
            Kind::Audio => None,
            Kind::Video => self.demand.deadline(),
        };
        gaps.chain(wanted)
            .chain(self.keyframes.deadline(now))
            .chain(self.rates.deadline())
            .min()
    }

    fn has_feedback(&self, wanted: &str) -> bool {
        self.publication
            .described(self.codec)
            .is_some_and(|codec| codec.feedback.iter().any(|feedback| feedback == wanted))
    }

    pub(super) fn source_mut(&mut self, encoding: u8) -> Option<&mut Source> {
        self.sources.get_mut(usize::from(encoding))?.as_mut()
    }

    /// Forget what the former source of an encoding sent.
    pub(super) fn replace(&mut self, encoding: u8) {
        if let Some(ring) = self.rings.get_mut(usize::from(encoding)) {
            ring.clear();
        }
        self.clocks.forget(encoding);
        self.fresh.retain(|arrived| arrived.encoding != encoding);
        self.replaced |= 1_u8.checked_shl(u32::from(encoding)).unwrap_or(0);
    }

    pub(super) fn measure_now(&mut self, now: Instant) {
        let layers = &self.publication.layers;
        let declared = |spatial: u8| layers.get(usize::from(spatial)).map_or(0, |layer| layer.bitrate);
        self.rates.measure(now, self.structure, declared);
    }
}
