//! How one subscription did, for quality samples.

use std::time::{Duration, Instant};

use hubbub_wire::rtcp::ReportBlock;

use super::heard::{Heard, marks, micros_of};
use super::seen::{Seen, is_freeze};
use crate::cc::{Outcome, PacketResult};
use crate::forward::Layer;
use crate::quality::burst_ratio;
use crate::receive::TrackKey;
use crate::shard::command::Kind;

/// Intervals longer than this are a pause, not a frame rate.
const INTERVAL_MAX: Duration = Duration::from_secs(10);

/// What happened on one leg since it was last asked about. Fields as in [`crate::shard::event::Leg`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leg {
    /// The track.
    pub track: TrackKey,
    /// Sound or pictures.
    pub kind: Kind,
    /// Whether feedback on each packet tells what follows; else it is what the receiver reports.
    pub measured: bool,
    /// Media packets that left, retransmissions left out.
    pub packets: u64,
    /// Bits per second of media, headers included.
    pub bits_per_second: u64,
    /// Share lost on the way, 0 to 1.
    pub loss: f32,
    /// Share neither received nor mended, as far as we can know, 0 to 1.
    pub residual_loss: f32,
    /// Share of the sound that was not there when it was to be played, 0 to 1; -1 for pictures.
    pub concealed: f32,
    /// How much longer that lasted than if each piece were by chance; 1 is by chance.
    pub burst_ratio: f32,
    /// Interarrival jitter, milliseconds.
    pub jitter_ms: f32,
    /// Retransmissions asked for.
    pub nacks: u32,
    /// Keyframes asked for.
    pub plis: u32,
    /// Freezes, as feedback tells; where there is none, as we saw the pictures pass.
    pub freezes: u32,
    /// How long pictures stood still, milliseconds.
    pub frozen_ms: u32,
    /// Spatial layer or encoding that is sent; 255 is none.
    pub spatial: u8,
    /// Temporal layer that is sent; 255 is none.
    pub temporal: u8,
}

/// Running counts of one subscription.
#[derive(Debug)]
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
    /// Packets that feedback spoke of since the last sample, and those of them that did not come at first.
    told: u32,
    missed: u32,
    paused_at: Option<Instant>,
    heard: Option<Heard>,
    seen: Option<Seen>,
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
            told: 0,
            missed: 0,
            paused_at: None,
            heard: None,
            seen: None,
        }
    }

    /// Feedback told what became of a packet. `epoch` is where our time begins.
    pub(super) fn became(&mut self, epoch: Instant, kind: Kind, clock_rate: u32, result: &PacketResult) {
        let fresh = result.label.marks & marks::AGAIN == 0;
        match result.outcome {
            Outcome::Received(_) if fresh => self.told = self.told.saturating_add(1),
            Outcome::Lost if fresh => {
                self.told = self.told.saturating_add(1);
                self.missed = self.missed.saturating_add(1);
            }
            // Without a retransmission stream it may be a copy; if none was asked for it was only overtaken.
            Outcome::ReceivedLate(_) if self.mended == 0 => self.missed = self.missed.saturating_sub(1),
            _ => {}
        }
        match kind {
            Kind::Audio => {
                let heard = self.heard.get_or_insert_with(|| Heard::new(clock_rate));
                heard.take(&result.label, result.outcome);
            }
            Kind::Video => {
                let ours = |at: Instant| micros_of(at.saturating_duration_since(epoch));
                let seen = self.seen.get_or_insert_with(Seen::new);
                if let Some(at) = self.paused_at.take() {
                    seen.paused(ours(at));
                }
                seen.take(ours(result.sent), &result.label, result.outcome);
            }
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
            if is_freeze(micros_of(interval), micros_of(usual)) {
                self.freezes = self.freezes.saturating_add(1);
                self.frozen = self.frozen.saturating_add(interval.saturating_sub(usual));
                return;
            }
            let smooth = usual.saturating_mul(15).saturating_add(interval).checked_div(16);
            self.usual = smooth;
        }
    }

    /// Pictures are not expected for a while.
    pub(super) fn paused(&mut self, now: Instant) {
        self.picture = None;
        self.paused_at = Some(now);
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
        let measured = self.told > 0;
        let lost = self.lost_since();
        let residual = self.residual();
        let (concealed, burst_ratio) = self.concealed(kind, residual);
        let (freezes, frozen_ms) = self.freezes();
        let leg = Leg {
            track,
            kind,
            measured,
            packets: self.packets,
            bits_per_second: self.octets.saturating_mul(8_000).checked_div(millis).unwrap_or(0),
            loss: lost,
            residual_loss: residual,
            concealed,
            burst_ratio,
            jitter_ms: self.jitter_ms(clock_rate),
            nacks: self.nacks,
            plis: self.plis,
            freezes,
            frozen_ms,
            spatial: layer.map_or(u8::MAX, |layer| layer.spatial),
            temporal: layer.map_or(u8::MAX, |layer| layer.temporal),
        };
        (self.since, self.packets, self.octets) = (now, 0, 0);
        (self.nacks, self.plis, self.mended) = (0, 0, 0);
        (self.told, self.missed) = (0, 0);
        (self.freezes, self.frozen) = (0, Duration::ZERO);
        leg
    }

    /// Loss since the last sample: what feedback says, or else the difference of the newest report to the one at the
    /// last sample; the last known loss when none came meanwhile. Reports count copies as if nothing had been lost.
    fn lost_since(&mut self) -> f32 {
        let Some(block) = self.newest else {
            self.loss = self.missed_since().unwrap_or(0.0);
            return self.loss;
        };
        let (lost, highest) = self.sampled.unwrap_or((0, block.highest_sequence));
        let expected = block.highest_sequence.wrapping_sub(highest);
        let lost = block.cumulative_lost.saturating_sub(lost).max(0).unsigned_abs();
        self.sampled = Some((block.cumulative_lost, block.highest_sequence));
        // A receiver that began to count anew reports nonsense once.
        if expected > 0 && expected < 1 << 20 {
            self.loss = ratio(lost.min(expected), expected);
        }
        self.loss = self.missed_since().unwrap_or(self.loss);
        self.loss
    }

    fn missed_since(&self) -> Option<f32> {
        (self.told > 0).then(|| ratio(self.missed, self.told))
    }

    /// Copies are lost like everything else.
    fn residual(&self) -> f32 {
        let sent = u32::try_from(self.packets).unwrap_or(u32::MAX).max(1);
        let mended = ratio(self.mended.min(sent), sent) * (1.0 - self.loss);
        (self.loss - mended).max(0.0)
    }

    /// Share of the sound that was concealed and how it clustered; what reports say where no feedback tells.
    #[allow(clippy::cast_precision_loss, reason = "a share needs no more digits")]
    fn concealed(&mut self, kind: Kind, residual: f32) -> (f32, f32) {
        if kind == Kind::Video {
            return (-1.0, 1.0);
        }
        let count = self.heard.as_mut().map(Heard::count).unwrap_or_default();
        if count.sound <= 0 {
            return (residual, 1.0);
        }
        let share = count.missing as f32 / count.sound as f32;
        (share, burst_ratio(count.concealed, count.runs, count.pieces))
    }

    /// How often pictures stood still, and milliseconds of it.
    fn freezes(&mut self) -> (u32, u32) {
        let passed = u32::try_from(self.frozen.as_millis()).unwrap_or(u32::MAX);
        let seen = self.seen.as_mut().map(Seen::count).unwrap_or_default();
        if seen.pictures == 0 {
            return (self.freezes, passed);
        }
        let frozen = seen.frozen.checked_div(1_000).unwrap_or(0);
        (seen.freezes, u32::try_from(frozen).unwrap_or(u32::MAX))
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
