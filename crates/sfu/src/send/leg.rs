//! How one subscription did, for quality samples.

use std::time::{Duration, Instant};

use hubbub_wire::rtcp::ReportBlock;

use crate::forward::Layer;
use crate::receive::TrackKey;
use crate::shard::command::Kind;

/// A picture that comes this much later than three usual intervals counts as a freeze.
const FREEZE: Duration = Duration::from_millis(150);
/// Intervals longer than this are a pause, not a frame rate.
const INTERVAL_MAX: Duration = Duration::from_secs(10);

/// What happened on one leg since it was last asked about. Fields as in [`crate::shard::event::Leg`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leg {
    /// The track.
    pub track: TrackKey,
    /// Sound or pictures.
    pub kind: Kind,
    /// Media packets that left, retransmissions left out.
    pub packets: u64,
    /// Bits per second of media, headers included.
    pub bits_per_second: u64,
    /// Share lost on the way, 0 to 1.
    pub loss: f32,
    /// Share neither received nor mended, as far as we can know, 0 to 1.
    pub residual_loss: f32,
    /// Interarrival jitter, milliseconds.
    pub jitter_ms: f32,
    /// Retransmissions asked for.
    pub nacks: u32,
    /// Keyframes asked for.
    pub plis: u32,
    /// Freezes, as we saw the pictures pass.
    pub freezes: u32,
    /// How long pictures stood still, milliseconds.
    pub frozen_ms: u32,
    /// Spatial layer or encoding that is sent; 255 is none.
    pub spatial: u8,
    /// Temporal layer that is sent; 255 is none.
    pub temporal: u8,
}

/// Running counts of one subscription.
#[derive(Clone, Debug)]
pub(super) struct Counters {
    since: Instant,
    packets: u64,
    octets: u64,
    pub(super) nacks: u32,
    pub(super) plis: u32,
    /// Packets sent again on request.
    pub(super) mended: u32,
    freezes: u32,
    frozen: Duration,
    picture: Option<Instant>,
    usual: Option<Duration>,
    newest: Option<ReportBlock>,
    /// Cumulative loss and highest number at the last sample.
    sampled: Option<(i32, u32)>,
    loss: f32,
}

impl Counters {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            packets: 0,
            octets: 0,
            nacks: 0,
            plis: 0,
            mended: 0,
            freezes: 0,
            frozen: Duration::ZERO,
            picture: None,
            usual: None,
            newest: None,
            sampled: None,
            loss: 0.0,
        }
    }

    /// A media packet of `len` bytes left.
    pub(super) fn sent(&mut self, len: usize) {
        self.packets = self.packets.saturating_add(1);
        self.octets = self.octets.saturating_add(u64::try_from(len).unwrap_or(0));
    }

    /// The last packet of a picture passed.
    pub(super) fn picture(&mut self, now: Instant) {
        if let Some(last) = self.picture.replace(now) {
            let interval = now.saturating_duration_since(last);
            if interval > INTERVAL_MAX {
                return;
            }
            let usual = self.usual.unwrap_or(interval);
            if interval > FREEZE.saturating_add(usual.saturating_mul(3)) {
                self.freezes = self.freezes.saturating_add(1);
                self.frozen = self.frozen.saturating_add(interval.saturating_sub(usual));
                return;
            }
            let smooth = usual.saturating_mul(15).saturating_add(interval).checked_div(16);
            self.usual = smooth;
        }
    }

    /// Pictures are not expected for a while.
    pub(super) fn paused(&mut self) {
        self.picture = None;
    }

    /// The receiver reported.
    pub(super) fn reported(&mut self, block: &ReportBlock) {
        let first = self.newest.is_none();
        self.newest = Some(*block);
        if first && self.sampled.is_none() {
            let expected = u32::try_from(self.packets).unwrap_or(u32::MAX);
            self.sampled = Some((0, block.highest_sequence.wrapping_sub(expected)));
        }
    }

    /// Share lost by the newest report, `0.0..=1.0`.
    pub(super) fn fraction_lost(&self) -> f64 {
        self.newest
            .map_or(0.0, |block| f64::from(block.fraction_lost) / 256.0)
    }

    /// The counts since the last call, with what is sent now.
    pub(super) fn take(
        &mut self,
        now: Instant,
        (track, kind): (TrackKey, Kind),
        clock_rate: u32,
        layer: Option<Layer>,
    ) -> Leg {
        let elapsed = now.saturating_duration_since(self.since);
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let lost = self.lost_since();
        let residual = self.residual();
        let leg = Leg {
            track,
            kind,
            packets: self.packets,
            bits_per_second: self.octets.saturating_mul(8_000).checked_div(millis).unwrap_or(0),
            loss: lost,
            residual_loss: residual,
            jitter_ms: self.jitter_ms(clock_rate),
            nacks: self.nacks,
            plis: self.plis,
            freezes: self.freezes,
            frozen_ms: u32::try_from(self.frozen.as_millis()).unwrap_or(u32::MAX),
            spatial: layer.map_or(u8::MAX, |layer| layer.spatial),
            temporal: layer.map_or(u8::MAX, |layer| layer.temporal),
        };
        (self.since, self.packets, self.octets) = (now, 0, 0);
        (self.nacks, self.plis, self.mended) = (0, 0, 0);
        (self.freezes, self.frozen) = (0, Duration::ZERO);
        leg
    }

    /// Loss between the newest report and the one at the last sample; the last known loss when none came meanwhile.
    fn lost_since(&mut self) -> f32 {
        let Some(block) = self.newest else { return 0.0 };
        let (lost, highest) = self.sampled.unwrap_or((0, block.highest_sequence));
        let expected = block.highest_sequence.wrapping_sub(highest);
        let lost = block.cumulative_lost.saturating_sub(lost).max(0).unsigned_abs();
        self.sampled = Some((block.cumulative_lost, block.highest_sequence));
        // A receiver that began to count anew reports nonsense once.
        if expected > 0 && expected < 1 << 20 {
            self.loss = ratio(lost.min(expected), expected);
        }
        self.loss
    }

    /// Copies are lost like everything else.
    fn residual(&self) -> f32 {
        let sent = u32::try_from(self.packets).unwrap_or(u32::MAX).max(1);
        let mended = ratio(self.mended.min(sent), sent) * (1.0 - self.loss);
        (self.loss - mended).max(0.0)
    }

    fn jitter_ms(&self, clock_rate: u32) -> f32 {
        let jitter = self.newest.map_or(0, |block| block.jitter);
        ratio(jitter, clock_rate.max(1)) * 1_000.0
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a share needs no more digits")]
fn ratio(part: u32, whole: u32) -> f32 {
    (f64::from(part) / f64::from(whole.max(1))) as f32
}
