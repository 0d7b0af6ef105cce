//! Which packets the path loses.

use crate::Random;

/// A model of random loss, apart from what a full queue drops. Probabilities are in `0.0..=1.0`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Loss {
    /// Nothing is lost.
    #[default]
    None,
    /// Every packet is lost independently with the same chance (Bernoulli).
    Independent {
        /// Chance of losing one packet.
        chance: f64,
    },
    /// Two states, each with its own chance of loss, as on radio links: losses come in bursts of
    /// `1 / leave` packets on average, and the share of packets met in the bad state is `enter / (enter + leave)`.
    ///
    /// Source: Gilbert 1960 and Elliott 1963, as in RFC 6534 section 4.
    Burst {
        /// Chance, at each packet, to go from good to bad.
        enter: f64,
        /// Chance, at each packet, to go from bad to good.
        leave: f64,
        /// Chance of loss while good.
        good: f64,
        /// Chance of loss while bad.
        bad: f64,
    },
}

/// The loss model's memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    bad: bool,
}

impl State {
    /// Whether the next packet is lost.
    pub(crate) fn strikes(&mut self, model: Loss, random: &mut Random) -> bool {
        match model {
            Loss::None => false,
            Loss::Independent { chance } => random.chance(chance),
            Loss::Burst {
                enter,
                leave,
                good,
                bad,
            } => {
                let flip = if self.bad { leave } else { enter };
                if random.chance(flip) {
                    self.bad = !self.bad;
                }
                random.chance(if self.bad { bad } else { good })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(model: Loss, packets: usize) -> Vec<bool> {
        let mut random = Random::new(11);
        let mut state = State::default();
        (0..packets).map(|_| state.strikes(model, &mut random)).collect()
    }

    #[test]
    fn bursts_have_the_promised_share_and_length() {
        let lost = outcomes(
            Loss::Burst {
                enter: 0.01,
                leave: 0.25,
                good: 0.0,
                bad: 1.0,
            },
            200_000,
        );
        let total = lost.iter().filter(|lost| **lost).count();
        let bursts = lost.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        // Expected share 0.01 / 0.26 = 3.85 %, expected length 4.
        assert!((7_000..8_400).contains(&total), "{total}");
        let length = f64::from(u32::try_from(total).unwrap()) / f64::from(u32::try_from(bursts).unwrap());
        assert!((3.7..4.3).contains(&length), "{length}");
    }

    #[test]
    fn no_loss_loses_nothing() {
        assert!(!outcomes(Loss::None, 1_000).contains(&true));
    }
}
