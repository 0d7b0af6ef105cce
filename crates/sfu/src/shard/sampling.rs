//! How transports did.

use std::time::{Duration, Instant};

use super::command::Kind;
use super::event::{Direction, Event, Leg};
use super::slab::Key;
use super::state::Shard;
use crate::quality::{self, Sound, Video, mos_of, r_of, video_score};
use crate::receive::{self, Track};
use crate::send;

/// No layer.
const NONE: u8 = 255;
/// What a player and a recorder add to the delay at least: a frame of 20 ms each, and what the codec looks ahead.
const DEVICES_MS: f32 = 46.5;

impl Shard {
    /// Tell how a transport did since the last time.
    pub(super) fn sample(&mut self, now: Instant, key: Key) {
        let interval = self.settings.sample_interval;
        let round_trip = self.round_trip(key);
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        if let Some(round_trip) = round_trip {
            peer.uplink.set_round_trip(round_trip);
        }
        peer.next_sample(now, interval);
        let mut legs = Vec::new();
        for track in peer.uplink.tracks() {
            if let Some(track) = self.tracks.get_mut(*track) {
                let sample = track.sample();
                legs.push(rated(up(track, &sample, interval), 1.0, round_trip, interval));
            }
        }
        let tracks = &self.tracks;
        peer.downlink.sample(now, |leg| {
            if let Some(track) = tracks.get(leg.track) {
                legs.push(rated(down(track, &leg), leg.burst_ratio, round_trip, interval));
            }
        });
        let event = Event::QualitySample {
            transport_id: peer.id,
            rtt_ms: round_trip.map_or(-1.0, millis),
            estimate: peer.downlink.estimate(),
            refused: std::mem::take(&mut peer.refused),
            legs,
        };
        if peer.transport.is_connected() {
            self.tell(event);
        }
    }

    /// The round trip of a transport, or of another of the same participant: who only publishes reports nothing that
    /// would tell, and the way is the same.
    fn round_trip(&self, key: Key) -> Option<Duration> {
        let peer = self.peers.get(key)?;
        let siblings = self.participants.get(&peer.participant)?.iter();
        let all = std::iter::once(&key).chain(siblings);
        let mut known = all.filter_map(|key| self.peers.get(*key)?.downlink.round_trip());
        known.next()
    }
}

fn up(track: &Track, sample: &receive::Sample, interval: Duration) -> Leg {
    let lost = sample.expected.saturating_sub(sample.packets);
    let mended = sample.recovered.min(lost);
    let bits = sample.bytes.saturating_mul(8_000);
    let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(1);
    let newest = track.layers().last();
    let residual_loss = share(lost.saturating_sub(mended), sample.expected);
    Leg {
        track: track.sid().to_owned(),
        direction: Direction::Up,
        kind: track.kind(),
        measured: true,
        packets: sample.expected,
        loss: share(lost, sample.expected),
        residual_loss,
        concealed: if track.kind() == Kind::Audio {
            residual_loss
        } else {
            -1.0
        },
        jitter_ms: millis(sample.jitter),
        bits_per_second: bits.checked_div(interval_ms).unwrap_or(0),
        nacks: sample.nacks,
        plis: sample.plis,
        freezes: sample.freezes,
        frozen_ms: u32::try_from(sample.frozen.as_millis()).unwrap_or(u32::MAX),
        spatial: newest.map_or(NONE, |layer| layer.spatial),
        temporal: newest.map_or(NONE, |layer| layer.temporal),
        r: -1.0,
        mos: 0.0,
    }
}

fn down(track: &Track, leg: &send::Leg) -> Leg {
    Leg {
        track: track.sid().to_owned(),
        direction: Direction::Down,
        kind: leg.kind,
        measured: leg.measured,
        packets: leg.packets,
        loss: leg.loss,
        residual_loss: leg.residual_loss,
        concealed: leg.concealed,
        jitter_ms: leg.jitter_ms,
        bits_per_second: leg.bits_per_second,
        nacks: leg.nacks,
        plis: leg.plis,
        freezes: leg.freezes,
        frozen_ms: leg.frozen_ms,
        spatial: leg.spatial,
        temporal: leg.temporal,
        r: -1.0,
        mos: 0.0,
    }
}

/// The leg with what people would say of it.
fn rated(mut leg: Leg, burst_ratio: f32, round_trip: Option<Duration>, interval: Duration) -> Leg {
    match leg.kind {
        Kind::Audio => {
            // A player holds back some twice the jitter, so that few packets are late.
            let held_ms = 2.0 * leg.jitter_ms;
            let one_way_ms = round_trip.map_or(0.0, |round_trip| millis(round_trip) / 2.0);
            let sound = Sound {
                delay_ms: one_way_ms + held_ms + DEVICES_MS,
                loss: leg.concealed,
                burst_ratio,
            };
            leg.r = r_of(sound, quality::Codec::OPUS);
            leg.mos = mos_of(leg.r);
        }
        Kind::Video => {
            let frozen = Duration::from_millis(u64::from(leg.frozen_ms));
            leg.mos = video_score(Video {
                residual_loss: leg.residual_loss,
                frozen: (frozen.as_secs_f32() / interval.as_secs_f32()).min(1.0),
                bitrate_share: 1.0,
            });
        }
    }
    leg
}

fn share(part: u64, whole: u64) -> f32 {
    #[allow(
        clippy::cast_precision_loss,
        reason = "a share needs no more than three digits"
    )]
    let (part, whole) = (part as f32, whole as f32);
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn millis(duration: Duration) -> f32 {
    duration.as_secs_f32() * 1_000.0
}
