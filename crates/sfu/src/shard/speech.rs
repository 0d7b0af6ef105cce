//! Whether a voice speaks, as its packets tell their level (RFC 6464).

use std::time::{Duration, Instant};

/// Loudness, in dB above digital silence, from which a voice speaks, and above which it goes on.
const SPEAKS_DB: u8 = 77;
const SILENT_DB: u8 = 71;
/// Silence this long ends speech; pauses between words are shorter.
const HOLD: Duration = Duration::from_millis(500);
/// Share of a rise and of a fall taken per packet: two packets of speech are enough, and one click is not.
const ATTACK: i32 = 2;
const RELEASE: i32 = 16;
/// Loudness is in 1/256 dB.
const DECIBEL: i32 = 256;
/// Levels that clients are told: 0 at this loudness, 1 at that, in eighths, so that not every breath is news.
const LEVEL_DB: (i32, i32) = (67, 117);
const LEVEL_STEPS: i32 = 8;

/// One voice's loudness, quick to rise and slow to fall.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Speech {
    loudness: i32,
    loud_at: Option<Instant>,
    active: bool,
    step: u8,
}

impl Speech {
    /// Take in a packet's level, in dB below overload. Returns whether it begins to speak.
    pub(super) fn hear(&mut self, now: Instant, level_dbov: u8) -> bool {
        let loudness = 127_u8.saturating_sub(level_dbov);
        let heard = i32::from(loudness).saturating_mul(DECIBEL);
        let apart = heard.saturating_sub(self.loudness);
        let share = if apart > 0 { ATTACK } else { RELEASE };
        self.loudness = self
            .loudness
            .saturating_add(apart.checked_div(share).unwrap_or(0));
        let speaks = self.loudness >= i32::from(SPEAKS_DB).saturating_mul(DECIBEL);
        if speaks || (self.active && loudness > SILENT_DB) {
            self.loud_at = Some(now);
        }
        speaks && !self.active
    }

    /// Level and whether it speaks, when either is news.
    pub(super) fn poll(&mut self, now: Instant) -> Option<(f32, bool)> {
        let active = self
            .loud_at
            .is_some_and(|at| now.saturating_duration_since(at) < HOLD);
        let step = if active { step_of(self.loudness) } else { 0 };
        if active == self.active && step == self.step {
            return None;
        }
        (self.active, self.step) = (active, step);
        let steps = u8::try_from(LEVEL_STEPS).unwrap_or(1);
        Some((f32::from(step) / f32::from(steps), active))
    }

    /// Whether clients believe that it speaks.
    pub(super) fn is_active(&self) -> bool {
        self.active
    }
}

/// A loudness in steps from 1 up.
fn step_of(loudness: i32) -> u8 {
    let (low, high) = LEVEL_DB;
    let (low, high) = (low.saturating_mul(DECIBEL), high.saturating_mul(DECIBEL));
    let above = loudness.clamp(low, high).saturating_sub(low);
    let span = high.saturating_sub(low).max(1);
    let step = above.saturating_mul(LEVEL_STEPS).checked_div(span).unwrap_or(0);
    u8::try_from(step.saturating_add(1).min(LEVEL_STEPS)).unwrap_or(1)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    const FRAME: Duration = Duration::from_millis(20);

    #[test]
    fn speech_is_told_soon_and_outlasts_pauses_and_a_click_is_none() {
        let mut clock = Clock::new();
        let mut speech = Speech::default();
        assert!(!speech.hear(clock.now(), 20), "it may be a click");
        assert_eq!(speech.poll(clock.now()), None);
        for _ in 0..3 {
            clock.advance(FRAME);
            speech.hear(clock.now(), 20);
        }
        let (level, active) = speech.poll(clock.now()).unwrap();
        assert!(active && level > 0.5, "{level}");
        for _ in 0..20 {
            clock.advance(FRAME);
            speech.hear(clock.now(), 127);
            assert!(speech.poll(clock.now()).is_none_or(|(_, active)| active));
        }
        clock.advance(HOLD);
        assert_eq!(speech.poll(clock.now()), Some((0.0, false)));
        assert_eq!(speech.poll(clock.now()), None);
    }

    #[test]
    fn noise_in_the_background_is_no_speech() {
        let mut clock = Clock::new();
        let mut speech = Speech::default();
        for _ in 0..500 {
            clock.advance(FRAME);
            assert!(!speech.hear(clock.now(), 55));
        }
        assert_eq!(speech.poll(clock.now()), None);
    }
}
