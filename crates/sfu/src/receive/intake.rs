//! Packets taken: numbers widened, redundancy undone, frames read, bytes kept.

use std::time::Instant;

use hubbub_wire::red;
use hubbub_wire::rtp::Packet;

use super::codec::Codec;
use super::content::ExtensionKind;
use super::naming::Values;
use super::publication::Role;
use super::reading::Head;
use super::track::Track;
use crate::forward::nack::Arrival;
use crate::forward::{Arrived, Frame, Structure};
use crate::shard::command::Kind;

/// Fresh packets between two flushes at most; a flush follows each batch of datagrams, which is smaller.
const FRESH_MAX: usize = 2_048;
/// What a usual packet has before its payload when it leaves us: IP, UDP, RTP with extensions, and the SRTP tag.
const HEADERS_LEN: usize = 28 + 12 + 16 + 16;

impl Track {
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
}
