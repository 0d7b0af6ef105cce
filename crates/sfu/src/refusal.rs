//! Why packets of media and their reports were not taken.

use crate::srtp;

/// Why one was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its tag is not its sender's: it was forged or damaged, or sealed with other keys.
    Unauthentic,
    /// It came before, or is older than can be told.
    Replayed,
    /// It belongs to no stream that was agreed on.
    Unknown,
    /// It cannot be read.
    Malformed,
}

impl From<srtp::Error> for Refusal {
    fn from(error: srtp::Error) -> Self {
        match error {
            srtp::Error::Unauthentic | srtp::Error::KeyExhausted | srtp::Error::KeyingMaterial => {
                Self::Unauthentic
            }
            srtp::Error::Replayed | srtp::Error::Stale => Self::Replayed,
            srtp::Error::TooManyStreams => Self::Unknown,
            srtp::Error::Malformed | srtp::Error::NoRoom { .. } | srtp::Error::IndexMismatch => {
                Self::Malformed
            }
        }
    }
}

/// How many were not, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Refusals {
    /// See [`Refusal::Unauthentic`].
    pub unauthentic: u64,
    /// See [`Refusal::Replayed`].
    pub replayed: u64,
    /// See [`Refusal::Unknown`].
    pub unknown: u64,
    /// See [`Refusal::Malformed`].
    pub malformed: u64,
}

impl Refusals {
    /// Count one.
    pub fn count(&mut self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::Unauthentic => &mut self.unauthentic,
            Refusal::Replayed => &mut self.replayed,
            Refusal::Unknown => &mut self.unknown,
            Refusal::Malformed => &mut self.malformed,
        };
        *counter = counter.saturating_add(1);
    }

    /// These and `others`.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self {
            unauthentic: self.unauthentic.saturating_add(others.unauthentic),
            replayed: self.replayed.saturating_add(others.replayed),
            unknown: self.unknown.saturating_add(others.unknown),
            malformed: self.malformed.saturating_add(others.malformed),
        }
    }
}
