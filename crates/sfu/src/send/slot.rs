//! Places for tracks, and the rate of what is heard.

use std::time::Instant;

use super::subscription::Subscription;
use crate::cc::Bitrate;

/// A place for a track.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) subscription: Option<Box<Subscription>>,
    /// The SSRC last used here and its next numbers, for numbers must not repeat under one SSRC.
    pub(super) last: Option<(u32, (u64, u64))>,
}

/// Measures the rate of sound.
#[derive(Debug)]
pub(super) struct Meter {
    bytes: f64,
    since: Instant,
    rate: Bitrate,
}

impl Meter {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            bytes: 0.0,
            since: now,
            rate: Bitrate::ZERO,
        }
    }

    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes += f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    pub(super) fn rate(&self) -> Bitrate {
        self.rate
    }

    /// Smooth over about a second.
    pub(super) fn measure(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.since);
        if let Some(rate) = Bitrate::of(self.bytes, elapsed) {
            let weight = elapsed.as_secs_f64().min(1.0);
            self.rate = self.rate.times(1.0 - weight).plus(rate.times(weight));
            (self.bytes, self.since) = (0.0, now);
        }
    }
}

/// The subscription that sends under a media SSRC, with its slot's number.
pub(super) fn find(slots: &mut [Slot], ssrc: u32) -> Option<(u16, &mut Subscription)> {
    let number = number_of(ssrc);
    let slot = slots.get_mut(usize::from(number))?;
    let subscription = slot.subscription.as_deref_mut()?;
    (subscription.ssrcs.media == ssrc).then_some((number, subscription))
}

/// The slot that an SSRC names.
pub(super) fn number_of(ssrc: u32) -> u16 {
    u16::try_from((ssrc & 0xffff) >> 1).unwrap_or(0)
}
