//! A published track: what its publisher sends, kept for all subscribers.

use std::time::{Duration, Instant};

use hubbub_wire::red;
use hubbub_wire::rtp::Packet;

use super::codec::Codec;
use super::content::{ExtensionKind, Keeper};
use super::rates::Rates;
use super::reading::Head;
use super::source::Source;
use super::uplink::Values;
use crate::cc;
use crate::forward::nack::{Arrival, Limits};
use crate::forward::{
    Arrived, Clocks, Demand, ENCODINGS_MAX, Frame, Keyframes, Moment, Ntp, Numbering, Ring, Structure,
    Throttle,
};
use crate::shard::TransportId;
use crate::shard::command::{self, Extension, Kind, Layer, Ssrcs};

/// Packets and bytes kept of one encoding of pictures: 1.5 s at 3 Mbit/s.
const VIDEO_RING: (usize, usize) = (512, 512 * 1024);
/// And of sound: 64 packets of 20 ms are more than any player waits.
const AUDIO_RING: (usize, usize) = (64, 32 * 1024);
/// Fresh packets between two flushes at most; a flush follows each batch of datagrams, which is smaller.
const FRESH_MAX: usize = 2_048;
/// A layer that nobody needs is sent this long still, for to resume it costs a keyframe.
const LINGER: Duration = Duration::from_secs(5);

/// How control publishes a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Its sid.
    pub sid: String,
    /// Who sends it.
    pub transport: TransportId,
    /// Sound or pictures.
    pub kind: Kind,
    /// Its section.
    pub mid: String,
    /// The first is the one that is expected.
    pub codecs: Vec<command::Codec>,
    /// Numbers of the header extensions.
    pub extensions: Vec<Extension>,
    /// Lowest layer first; empty without simulcast by RTP stream id.
    pub rids: Vec<String>,
    /// Lowest layer first; empty when the packets must tell by mid and rid.
    pub sources: Vec<Ssrcs>,
    /// Lowest layer first.
    pub layers: Vec<Layer>,
    /// Whether nothing is to be forwarded.
    pub muted: bool,
}

impl Publication {
    /// How many RTP streams of media it has, 1 to 4.
    #[must_use]
    pub fn encodings(&self) -> usize {
        self.rids.len().max(self.sources.len()).clamp(1, ENCODINGS_MAX)
    }

    fn expected_codec(&self) -> Codec {
        let mut known = self.codecs.iter().filter_map(|codec| Codec::of_name(&codec.name));
        known.next().unwrap_or(match self.kind {
            Kind::Audio => Codec::Opus,
            Kind::Video => Codec::Vp8,
        })
    }

    fn described(&self, codec: Codec) -> Option<&command::Codec> {
        self.codecs
            .iter()
            .find(|described| Codec::of_name(&described.name) == Some(codec))
    }

    /// The codec and role of a payload type.
    fn role(&self, payload_type: u8) -> Option<(Codec, Role)> {
        self.codecs.iter().find_map(|described| {
            let codec = Codec::of_name(&described.name)?;
            let role = if described.payload_type == payload_type {
                Role::Media
            } else if described.rtx_payload_type == Some(payload_type) {
                Role::Repeat
            } else if described.red_payload_type == Some(payload_type) {
                Role::Redundant
            } else {
                return None;
            };
            Some((codec, role))
        })
    }
}

/// What a payload type carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Media,
    /// RFC 4588.
    Repeat,
    /// RFC 2198.
    Redundant,
}

/// What the last seconds were like, over all encodings. Counts begin anew with each sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Packets that the publisher sent, as far as gaps tell; repeats left out.
    pub expected: u64,
    /// Packets that came.
    pub packets: u64,
    /// Bytes that came, headers included.
    pub bytes: u64,
    /// Lost packets that came after all, by retransmission or redundancy.
    pub recovered: u64,
    /// Packets given up.
    pub given_up: u64,
    /// Interarrival jitter.
    pub jitter: Duration,
    /// Retransmissions asked for.
    pub nacks: u32,
    /// Keyframes asked for.
    pub plis: u32,
    /// Times that pictures stood still.
    pub freezes: u32,
    /// How long.
    pub frozen: Duration,
}

/// A published track.
#[derive(Debug)]
pub struct Track {
    publication: Publication,
    codec: Codec,
    structure: Structure,
    sources: [Option<Source>; ENCODINGS_MAX],
    rings: Vec<Ring>,
    clocks: Clocks,
    fresh: Vec<Arrived>,
    replaced: u8,
    rates: Rates,
    pub(super) keyframes: Keyframes,
    demand: Demand,
    told: u8,
    alive: Option<Codec>,
    is_alive: bool,
    keeper: Keeper,
}

impl Track {
    pub(super) fn new(now: Instant, publication: Publication) -> Self {
        let codec = publication.expected_codec();
        let told = layer_mask(&publication);
        Self {
            codec,
            structure: codec.structure(publication.encodings()),
            sources: [const { None }; ENCODINGS_MAX],
            rings: Vec::new(),
            clocks: Clocks::new(clock_rate(&publication, codec)),
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
        u8::try_from(layer_count(&self.publication)).unwrap_or(1)
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
        let all = layer_mask(&self.publication);
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

    /// What was counted since the last call.
    pub fn sample(&mut self) -> Sample {
        let mut sample = Sample::default();
        let mut jitter = 0;
        for source in self.sources.iter_mut().flatten() {
            let (counts, expected, given_up) = source.take();
            if counts.packets > 0 {
                jitter = jitter.max(source.reception.jitter());
            }
            sample.expected = sample.expected.saturating_add(expected);
            sample.packets = sample.packets.saturating_add(counts.packets);
            sample.bytes = sample.bytes.saturating_add(counts.bytes);
            sample.recovered = sample.recovered.saturating_add(counts.recovered);
            sample.given_up = sample.given_up.saturating_add(given_up);
            sample.nacks = sample.nacks.saturating_add(counts.nacks);
            sample.plis = sample.plis.saturating_add(counts.plis);
            // Of several encodings, the one that stood still longest tells most.
            if counts.frozen >= sample.frozen {
                (sample.freezes, sample.frozen) = (counts.freezes, counts.frozen);
            }
        }
        let nanos = jitter.saturating_mul(1_000_000_000);
        let rate = u64::from(self.clocks.rate());
        sample.jitter = Duration::from_nanos(nanos.checked_div(rate).unwrap_or(0));
        sample
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
        let rate = clock_rate(&self.publication, self.codec);
        let limits = limits(self.kind());
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
            Kind::Video => VIDEO_RING,
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

    /// The publisher ended a source.
    pub(super) fn end(&mut self, encoding: u8) {
        if let Some(Some(source)) = self.sources.get_mut(usize::from(encoding)) {
            source.pause();
        }
    }

    /// Take a packet of an encoding's media source.
    pub(super) fn media(&mut self, now: Instant, encoding: u8, packet: &Packet<'_>, values: &Values<'_>) {
        let Some((codec, role)) = self.publication.role(packet.payload_type()) else {
            return;
        };
        if role == Role::Repeat {
            return;
        }
        self.follow_codec(codec);
        let len = packet
            .header_len()
            .saturating_add(packet.payload().len())
            .saturating_add(packet.padding_len());
        let Some(source) = self.source_mut(encoding) else {
            return;
        };
        let numbers = source.arrived(now, packet.sequence(), packet.timestamp(), len);
        if self.is_muted() {
            return;
        }
        if numbers.2 == Arrival::Interrupted && self.kind() == Kind::Video {
            self.keyframes.need(encoding);
        }
        if role == Role::Redundant {
            self.redundant(now, encoding, numbers, packet, values);
        } else {
            self.keep(now, encoding, numbers, packet.marker(), packet.payload(), values);
        }
    }

    /// Take a packet that was repeated on request: `sequence` is its original number.
    pub(super) fn repeated(
        &mut self,
        now: Instant,
        encoding: u8,
        packet: &Packet<'_>,
        (sequence, payload): (u16, &[u8]),
        values: &Values<'_>,
    ) {
        let muted = self.is_muted();
        let Some(source) = self.source_mut(encoding) else {
            return;
        };
        let numbers = source.repeated(now, sequence, packet.timestamp());
        if numbers.2 == Arrival::Recovered && !muted {
            self.keep(now, encoding, numbers, packet.marker(), payload, values);
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

    fn source_mut(&mut self, encoding: u8) -> Option<&mut Source> {
        self.sources.get_mut(usize::from(encoding))?.as_mut()
    }

    /// The publisher may send another of the codecs than the expected.
    fn follow_codec(&mut self, codec: Codec) {
        if self.is_alive && codec == self.codec {
            return;
        }
        let changes = codec != self.codec;
        self.is_alive = true;
        self.alive = Some(codec);
        if changes {
            self.codec = codec;
            self.structure = codec.structure(self.publication.encodings());
            for encoding in (0_u8..).take(self.rings.len()) {
                self.replace(encoding);
            }
        }
    }

    /// Forget what the former source of an encoding sent.
    fn replace(&mut self, encoding: u8) {
        if let Some(ring) = self.rings.get_mut(usize::from(encoding)) {
            ring.clear();
        }
        self.clocks.forget(encoding);
        self.fresh.retain(|arrived| arrived.encoding != encoding);
        self.replaced |= 1_u8.checked_shl(u32::from(encoding)).unwrap_or(0);
    }

    /// Undo redundancy: what is missing first, then the newest frame.
    fn redundant(
        &mut self,
        now: Instant,
        encoding: u8,
        (sequence, timestamp, arrival): (u64, u64, Arrival),
        packet: &Packet<'_>,
        values: &Values<'_>,
    ) {
        if packet.payload().is_empty() {
            self.keep(now, encoding, (sequence, timestamp, arrival), false, &[], values);
            return;
        }
        let Ok(payload) = red::Payload::parse(packet.payload()) else {
            return;
        };
        let count = u64::try_from(payload.redundant().count()).unwrap_or(0);
        for (place, block) in (0_u64..).zip(payload.redundant()) {
            let back = count.saturating_sub(place);
            let (Some(earlier), Some(then)) = (
                sequence.checked_sub(back),
                timestamp.checked_sub(u64::from(block.timestamp_offset)),
            ) else {
                continue;
            };
            if block.data.is_empty() || !self.is_media(block.payload_type) {
                continue;
            }
            let recovered = self
                .source_mut(encoding)
                .map(|source| source.recovered(now, earlier));
            if recovered == Some(Arrival::Recovered) {
                let numbers = (earlier, then, Arrival::Recovered);
                self.keep(now, encoding, numbers, false, block.data, &Values::default());
            }
        }
        let primary = payload.primary();
        if self.is_media(primary.payload_type) {
            let numbers = (sequence, timestamp, arrival);
            self.keep(now, encoding, numbers, packet.marker(), primary.data, values);
        }
    }

    fn is_media(&self, payload_type: u8) -> bool {
        self.publication.role(payload_type) == Some((self.codec, Role::Media))
    }

    /// Keep a packet and count it among the fresh.
    fn keep(
        &mut self,
        now: Instant,
        encoding: u8,
        (sequence, timestamp, arrival): (u64, u64, Arrival),
        marker: bool,
        payload: &[u8],
        values: &Values<'_>,
    ) {
        let Ok(payload_len) = u16::try_from(payload.len()) else {
            return;
        };
        if self.fresh.len() >= FRESH_MAX || (payload.is_empty() && arrival == Arrival::Useless) {
            return;
        }
        let head = Head {
            timestamp,
            marker,
            descriptor: values.descriptor,
        };
        let codec = self.codec;
        let Some(source) = self.source_mut(encoding) else {
            return;
        };
        let frame = if payload.is_empty() {
            Some(Frame::default())
        } else {
            source.reader.read(codec, head, payload)
        };
        let Some(frame) = frame else {
            self.keyframes.need(encoding);
            return;
        };
        let arrived = Arrived {
            encoding,
            sequence,
            timestamp,
            marker,
            payload_len,
            frame,
            at: now,
        };
        if !payload.is_empty() && !self.store(&arrived, payload, values) {
            return;
        }
        self.fresh.push(arrived);
        if payload.is_empty() || codec.is_audio() {
            return;
        }
        self.note_picture(now, &arrived);
    }

    /// Put a packet into its ring. False when it is there already.
    fn store(&mut self, arrived: &Arrived, payload: &[u8], values: &Values<'_>) -> bool {
        self.keeper.begin();
        let kept = [
            (ExtensionKind::AudioLevel, values.level),
            (ExtensionKind::VideoOrientation, values.orientation),
            (ExtensionKind::PlayoutDelay, values.playout_delay),
            (
                ExtensionKind::DependencyDescriptor,
                values.descriptor.filter(|_| self.codec == Codec::Av1),
            ),
        ];
        for (kind, value) in kept {
            if let Some(value) = value {
                self.keeper.extension(kind, value);
            }
        }
        let bytes = self.keeper.finish(payload);
        self.rings
            .get_mut(usize::from(arrived.encoding))
            .is_some_and(|ring| ring.insert(arrived, bytes))
    }

    /// Rates, keyframes and freezes of pictures.
    fn note_picture(&mut self, now: Instant, arrived: &Arrived) {
        let frame = arrived.frame;
        let spatial = match self.structure {
            Structure::Simulcast => arrived.encoding,
            Structure::Scalable => frame.spatial,
        };
        let is_new = self.rates.is_new(spatial);
        let len = usize::from(arrived.payload_len).saturating_add(HEADERS_LEN);
        self.rates.count(now, (spatial, frame.temporal), len);
        if is_new {
            self.measure_now(now);
        }
        if !frame.start || frame.spatial != 0 {
            return;
        }
        if frame.keyframe {
            self.keyframes.came(arrived.encoding);
        }
        if let Some(source) = self.source_mut(arrived.encoding) {
            source.picture(now, arrived.timestamp);
            if frame.keyframe {
                // What came before it is of no more use to a decoder.
                source.gaps.forgive(arrived.sequence);
            }
        }
    }

    fn measure_now(&mut self, now: Instant) {
        let layers = &self.publication.layers;
        let declared = |spatial: u8| layers.get(usize::from(spatial)).map_or(0, |layer| layer.bitrate);
        self.rates.measure(now, self.structure, declared);
    }
}

/// What a usual packet has before its payload when it leaves us: IP, UDP, RTP with extensions, and the SRTP tag.
const HEADERS_LEN: usize = 28 + 12 + 16 + 16;

fn layer_count(publication: &Publication) -> usize {
    publication
        .layers
        .len()
        .max(publication.encodings())
        .clamp(1, ENCODINGS_MAX)
}

fn layer_mask(publication: &Publication) -> u8 {
    let count = u32::try_from(layer_count(publication)).unwrap_or(1);
    1_u8.checked_shl(count).unwrap_or(0).wrapping_sub(1)
}

fn clock_rate(publication: &Publication, codec: Codec) -> u32 {
    let usual = if codec.is_audio() { 48_000 } else { 90_000 };
    publication
        .described(codec)
        .map(|described| described.clock_rate)
        .filter(|rate| *rate > 0)
        .unwrap_or(usual)
}

fn limits(kind: Kind) -> Limits {
    match kind {
        Kind::Video => Limits::default(),
        Kind::Audio => Limits {
            // A player conceals sooner than that.
            age_max: Duration::from_millis(300),
            requests_max: 4,
            missing_max: 32,
            gap_max: 64,
            ..Limits::default()
        },
    }
}
