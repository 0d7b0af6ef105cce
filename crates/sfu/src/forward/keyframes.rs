//! Keyframe requests to a publisher, and which of its layers anybody wants.

use std::time::{Duration, Instant};

use super::packet::ENCODINGS_MAX;

/// How often to ask for a keyframe.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    /// Shortest time between two requests for one encoding. A keyframe costs several times a usual picture, so one
    /// subscriber with heavy loss must not make the publisher send nothing else.
    pub interval: Duration,
    /// Requests without a keyframe in between, at most; then the need is forgotten until asked again.
    pub requests_max: u8,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(500),
            requests_max: 10,
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Need {
    sent: Option<Instant>,
    wanted: bool,
    requests: u8,
}

/// Gathers needs for keyframes of one track and throttles the requests, per encoding.
///
/// A need that falls in the interval is kept and asked for at its end, unless a keyframe came. What was asked for is
/// asked again each interval until a keyframe comes.
#[derive(Clone, Debug)]
pub struct Keyframes {
    throttle: Throttle,
    needs: [Need; ENCODINGS_MAX],
}

impl Keyframes {
    /// No needs yet.
    #[must_use]
    pub fn new(throttle: Throttle) -> Self {
        Self {
            throttle,
            needs: [Need::default(); ENCODINGS_MAX],
        }
    }

    /// A keyframe of `encoding` is needed; call [`Keyframes::poll`] next.
    pub fn need(&mut self, encoding: u8) {
        if let Some(need) = self.needs.get_mut(usize::from(encoding)) {
            if !need.wanted {
                need.requests = 0;
            }
            need.wanted = true;
        }
    }

    /// A keyframe of `encoding` began to arrive.
    pub fn came(&mut self, encoding: u8) {
        if let Some(need) = self.needs.get_mut(usize::from(encoding)) {
            need.wanted = false;
        }
    }

    /// Bit mask of the encodings for which a PLI or FIR is to be sent now.
    ///
    /// Source: RFC 4585 section 6.3.1, RFC 5104 section 4.3.1.
    pub fn poll(&mut self, now: Instant) -> u8 {
        let mut mask = 0_u8;
        for (need, bit) in self.needs.iter_mut().zip(bits()) {
            let is_due = need.wanted && self.throttle.due(need).is_none_or(|due| due <= now);
            if !is_due {
                continue;
            }
            if need.requests >= self.throttle.requests_max {
                need.wanted = false;
                continue;
            }
            need.requests = need.requests.saturating_add(1);
            need.sent = Some(now);
            mask |= bit;
        }
        mask
    }

    /// When to call [`Keyframes::poll`]; `None` when nothing is needed.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        let wanted = self.needs.iter().filter(|need| need.wanted);
        wanted.map(|need| self.throttle.due(need).unwrap_or(now)).min()
    }
}

impl Throttle {
    fn due(&self, need: &Need) -> Option<Instant> {
        need.sent
            .map(|sent| sent.checked_add(self.interval).unwrap_or(sent))
    }
}

/// Counts subscribers per encoding or spatial layer, to tell the publisher which to send (dynacast).
///
/// A layer is asked for at once when the first subscriber needs it, and paused only when none has for a while, for
/// resuming costs a keyframe.
#[derive(Clone, Debug)]
pub struct Demand {
    linger: Duration,
    subscribers: [u32; ENCODINGS_MAX],
    idle_since: [Option<Instant>; ENCODINGS_MAX],
    told: u8,
}

impl Demand {
    /// Nobody needs anything; the publisher has not been told yet and sends the layers in `told`.
    #[must_use]
    pub fn new(now: Instant, linger: Duration, told: u8) -> Self {
        Self {
            linger,
            subscribers: [0; ENCODINGS_MAX],
            idle_since: [Some(now); ENCODINGS_MAX],
            told,
        }
    }

    /// A subscriber's need changed between two bit masks ([`super::Selector::needs`]); 0 before it joins and after
    /// it leaves. Every mask given as `is` must once be given as `was`.
    pub fn change(&mut self, now: Instant, was: u8, is: u8) {
        for ((count, idle), bit) in self.subscribers.iter_mut().zip(&mut self.idle_since).zip(bits()) {
            match (was & bit != 0, is & bit != 0) {
                (false, true) => *count = count.saturating_add(1),
                (true, false) => *count = count.saturating_sub(1),
                _ => continue,
            }
            *idle = if *count == 0 { Some(now) } else { None };
        }
    }

    /// The bit mask of layers to send, when it differs from what the publisher was last told.
    pub fn poll(&mut self, now: Instant) -> Option<u8> {
        let mut mask = 0_u8;
        for (idle, bit) in self.idle_since.iter().zip(bits()) {
            let lingers = idle.is_some_and(|since| {
                self.told & bit != 0 && now.saturating_duration_since(since) < self.linger
            });
            if idle.is_none() || lingers {
                mask |= bit;
            }
        }
        if mask == self.told {
            return None;
        }
        self.told = mask;
        Some(mask)
    }

    /// When a layer falls due to be paused.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let told = self
            .idle_since
            .iter()
            .zip(bits())
            .filter(|(_, bit)| self.told & bit != 0);
        told.filter_map(|(idle, _)| idle.and_then(|since| since.checked_add(self.linger)))
            .min()
    }
}

fn bits() -> impl Iterator<Item = u8> {
    (0..u8::BITS).map(|shift| 1_u8.checked_shl(shift).unwrap_or(0))
}
