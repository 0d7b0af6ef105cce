//! The E-model.
//!
//! Source: ITU-T G.107 (06/2015): equation 7-1 with the defaults of table 3 for all that a network does not change,
//! 7-27 and 7-28 (delay), 7-29 (loss), annex B (MOS). ITU-T G.113 appendix I (equipment figures).

/// R of a connection with the default values and nothing lost or late. G.107 section 7.7.
pub const R_MAX: f32 = 93.2;

/// Delay under which nobody notices, milliseconds (mT of G.107 table 3).
const UNNOTICED_MS: f32 = 100.0;

/// Impairment by a codec that shreds everything it is given (the 95 of equation 7-29).
const IMPAIRMENT_MAX: f32 = 95.0;

/// How a codec sounds and how it bears loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Codec {
    /// Ie: impairment without loss, 0 to 95.
    pub impairment: f32,
    /// Bpl: the loss, in percent, that costs half of what is left.
    pub robustness: f32,
}

impl Codec {
    /// Opus at the rates that browsers use for speech.
    ///
    /// No Recommendation gives figures for it on this scale. On a scale that ends with flawless telephony it has no
    /// impairment of its own; its concealment is taken to do what G.711's of appendix I does, whose Bpl is 25.1 in
    /// table I.3 of G.113. Redundancy is not counted here: give what is lost after it has mended what it could.
    pub const OPUS: Self = Self {
        impairment: 0.0,
        robustness: 25.1,
    };
}

/// What a leg did to its sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sound {
    /// From mouth to ear as far as known, buffers included, milliseconds.
    pub delay_ms: f32,
    /// Share of packets that could not be played, 0 to 1.
    pub loss: f32,
    /// How much longer losses last than if each were by chance; 1 is by chance. See [`burst_ratio`].
    pub burst_ratio: f32,
}

/// The transmission rating R of `sound`, 0 to [`R_MAX`].
#[must_use]
pub fn r_of(sound: Sound, codec: Codec) -> f32 {
    let r = R_MAX - delay_impairment(sound.delay_ms) - equipment_impairment(sound, codec);
    r.clamp(0.0, R_MAX)
}

/// The mean opinion that goes with `r`, 1 to 4.5. G.107 annex B.
///
/// The cubic dips under 1 where R is under 6.5; nobody's opinion does.
#[must_use]
pub fn mos_of(r: f32) -> f32 {
    if r >= 100.0 {
        return 4.5;
    }
    let r = r.max(0.0);
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0)
}

/// How much longer losses last than by chance, at least 1: the mean length of `bursts` runs of lost packets over the
/// length 1/(1 − loss) that chance would give. G.107 section 7.5.
#[must_use]
#[allow(
    clippy::cast_precision_loss,
    reason = "counts of packets within an interval are small"
)]
pub fn burst_ratio(lost: u32, bursts: u32, expected: u32) -> f32 {
    if lost == 0 || bursts == 0 || lost >= expected {
        return 1.0;
    }
    let mean = lost as f32 / bursts as f32;
    let chance = 1.0 - lost as f32 / expected as f32;
    (mean * chance).max(1.0)
}

/// Idd, with the default sensitivity of 1.
fn delay_impairment(delay_ms: f32) -> f32 {
    if delay_ms <= UNNOTICED_MS || delay_ms.is_nan() {
        return 0.0;
    }
    let x = (delay_ms / UNNOTICED_MS).log2();
    let bend = |x: f32| (1.0 + x.powi(6)).powf(1.0 / 6.0);
    25.0 * (bend(x) - 3.0 * bend(x / 3.0) + 2.0)
}

/// Ie,eff.
fn equipment_impairment(sound: Sound, codec: Codec) -> f32 {
    let percent = sound.loss.clamp(0.0, 1.0) * 100.0;
    let burst_ratio = sound.burst_ratio.max(1.0);
    let left = IMPAIRMENT_MAX - codec.impairment;
    codec.impairment + left * percent / (percent / burst_ratio + codec.robustness)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(delay_ms: f32, loss: f32, burst_ratio: f32) -> f32 {
        let sound = Sound {
            delay_ms,
            loss,
            burst_ratio,
        };
        r_of(sound, Codec::OPUS)
    }

    fn near(a: f32, b: f32, by: f32) -> bool {
        (a - b).abs() <= by
    }

    #[test]
    fn opinions_are_those_of_the_recommendation() {
        // Annex B, table B.1, gives the first five.
        for (r, mos) in [
            (90.0, 4.34),
            (80.0, 4.03),
            (70.0, 3.60),
            (60.0, 3.10),
            (50.0, 2.58),
            (93.2, 4.41),
            (100.0, 4.5),
            (0.0, 1.0),
            (-5.0, 1.0),
            (120.0, 4.5),
        ] {
            assert!(near(mos_of(r), mos, 0.01), "{r}: {}", mos_of(r));
        }
    }

    #[test]
    fn delay_counts_from_a_tenth_of_a_second() {
        assert!(near(at(0.0, 0.0, 1.0), R_MAX, 1e-4));
        assert!(near(at(100.0, 0.0, 1.0), R_MAX, 1e-4));
        // X = 1 and X = 2 in equation 7-27.
        let by_hand = [(200.0, 3.044), (400.0, 24.070)];
        for (delay, impairment) in by_hand {
            let r = at(delay, 0.0, 1.0);
            assert!(near(r, R_MAX - impairment, 0.005), "{delay}: {}", R_MAX - r);
        }
    }

    #[test]
    fn loss_costs_half_at_the_robustness() {
        let r = at(0.0, 0.251, 1.0);
        assert!(near(r, R_MAX - IMPAIRMENT_MAX / 2.0, 0.01), "{r}");
        assert!(at(0.0, 0.1, 2.0) < at(0.0, 0.1, 1.0), "bursts cost more");
        assert!(at(0.0, 1.0, 1.0) < 20.0);
    }

    #[test]
    fn more_loss_or_delay_never_sounds_better() {
        let mut steps = (0..=100_u16).map(|step| f32::from(step) / 100.0);
        let mut last = [f32::MAX; 3];
        assert!(steps.all(|step| {
            let now = [
                mos_of(at(0.0, step, 1.0)),
                mos_of(at(step * 2_000.0, 0.0, 1.0)),
                mos_of(at(step * 500.0, step / 2.0, 1.5)),
            ];
            let falls = now.iter().zip(last).all(|(now, last)| *now <= last + 1e-5);
            last = now;
            falls && now.iter().all(|mos| (1.0..=4.5).contains(mos))
        }));
    }

    #[test]
    fn bursts_are_measured_against_chance() {
        assert!(near(burst_ratio(0, 0, 100), 1.0, 0.0));
        assert!(near(burst_ratio(10, 9, 100), 1.0, 0.001));
        assert!(near(burst_ratio(20, 4, 100), 4.0, 0.001));
        assert!(near(burst_ratio(100, 1, 100), 1.0, 0.0));
    }
}
