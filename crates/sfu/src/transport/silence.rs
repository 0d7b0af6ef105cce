//! How long ago the peer was heard.

use std::time::{Duration, Instant};

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Silent(Duration),
    Heard,
}

/// Watches for silence, once there was something to be heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silence {
    after: Duration,
    heard_at: Option<Instant>,
    told: bool,
}

impl Silence {
    pub fn new(after: Duration) -> Self {
        Self {
            after,
            heard_at: None,
            told: false,
        }
    }

    pub fn heard_at(&self) -> Option<Instant> {
        self.heard_at
    }

    pub fn hear(&mut self, now: Instant) -> Option<Turn> {
        self.heard_at = Some(now);
        std::mem::take(&mut self.told).then_some(Turn::Heard)
    }

    pub fn deadline(&self) -> Option<Instant> {
        let heard_at = self.heard_at.filter(|_| !self.told)?;
        heard_at.checked_add(self.after)
    }

    pub fn handle_timeout(&mut self, now: Instant) -> Option<Turn> {
        self.deadline().filter(|at| *at <= now)?;
        self.told = true;
        let since = self.heard_at.map(|at| now.saturating_duration_since(at));
        since.map(Turn::Silent)
    }
}
