//! Emptying a queue that has been built.

use std::time::{Duration, Instant};

use super::bitrate::Bitrate;

/// The shortest round trip of the last one to two of these is the path without queue. A route may change, so old
/// minima are forgotten.
const MEMORY: Duration = Duration::from_secs(15);
/// Queueing delay at which draining begins and ends.
const BEGIN: Duration = Duration::from_millis(150);
const END: Duration = Duration::from_millis(60);
/// Share of what arrives that is sent while draining: the other half empties the queue.
const SHARE: f64 = 0.5;
/// Draining lasts no longer, and then rests: a queue that does not shrink is filled by others, and yielding to them
/// for ever would starve this flow.
const LASTS: Duration = Duration::from_secs(3);
const RESTS: Duration = Duration::from_secs(10);

/// A limit while a long queue stands.
///
/// After a sharp fall of capacity the draft's backoff to 85 % of what arrives stops the queue from growing, but would
/// take seconds to empty it, and every packet is late meanwhile. So for a moment half of what arrives is sent. While
/// the queue is not empty, what arrives is the capacity and does not shrink with what is sent.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    window: Option<Instant>,
    shortest: Option<Duration>,
    shortest_before: Option<Duration>,
    draining: Option<Instant>,
    rests_until: Option<Instant>,
    limit: Option<Bitrate>,
}

impl Standing {
    /// Take in a round-trip sample and the rate that arrives.
    pub(crate) fn update(&mut self, now: Instant, sample: Duration, throughput: Option<Bitrate>) {
        if self
            .window
            .is_none_or(|since| now.saturating_duration_since(since) >= MEMORY)
        {
            self.window = Some(now);
            self.shortest_before = self.shortest.take();
        }
        let shortest = self.shortest.map_or(sample, |shortest| shortest.min(sample));
        self.shortest = Some(shortest);
        let base = self
            .shortest_before
            .map_or(shortest, |before| before.min(shortest));
        let queued = sample.saturating_sub(base);
        match self.draining {
            Some(since) => {
                let over = now.saturating_duration_since(since) >= LASTS;
                if queued < END || over {
                    self.draining = None;
                    self.rests_until = now.checked_add(RESTS).filter(|_| over);
                }
            }
            None if queued > BEGIN && self.rests_until.is_none_or(|until| now >= until) => {
                self.draining = Some(now);
            }
            None => {}
        }
        self.limit = throughput
            .filter(|_| self.draining.is_some())
            .map(|rate| rate.times(SHARE));
    }

    /// What may be sent while draining.
    pub(crate) fn limit(&self) -> Option<Bitrate> {
        self.limit
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    #[test]
    fn draining_ends_with_the_queue_or_gives_up() {
        let mut clock = Clock::new();
        let mut standing = Standing::default();
        let rate = Some(Bitrate::from_kbps(800));
        let ms = Duration::from_millis;
        standing.update(clock.now(), ms(50), rate);
        assert_eq!(standing.limit(), None);
        standing.update(clock.now(), ms(300), rate);
        assert_eq!(standing.limit(), Some(Bitrate::from_kbps(400)));
        standing.update(clock.now(), ms(90), rate);
        assert_eq!(standing.limit(), None);
        // Somebody else keeps the queue full.
        let mut drained = 0;
        for _ in 0..130 {
            standing.update(clock.now(), ms(300), rate);
            drained += u32::from(standing.limit().is_some());
            clock.advance(ms(100));
        }
        assert_eq!(drained, 30);
    }
}
