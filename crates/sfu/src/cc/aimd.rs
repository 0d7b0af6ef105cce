//! The delay-based rate: up while queues are steady, down when they grow.

use std::time::{Duration, Instant};

use super::bitrate::Bitrate;
use super::delay::Usage;

/// What remains of the measured throughput after overuse (gcc-02 section 5.5: beta).
const BACKOFF: f64 = 0.85;
/// Growth per second while the capacity is unknown (gcc-02 section 5.5: eta).
const GROWTH: f64 = 1.08;
/// The estimate may exceed what arrives by this factor and this much: beyond, nothing tests it (gcc-02 section 5.5).
const HEADROOM: f64 = 1.5;
const HEADROOM_KBPS: u32 = 10;
/// Slowest additive growth in bits per second, per second.
const ADDITIVE_MIN_BPS: f64 = 4_000.0;
/// Delay of the over-use detector itself, added to the round trip when asking how fast additive growth may be.
const DETECTION: Duration = Duration::from_millis(100);
/// Between two reductions at least a round trip, in these bounds, must pass, or one queue would be answered twice.
const REDUCTION_GAP_MIN: Duration = Duration::from_millis(10);
const REDUCTION_GAP_MAX: Duration = Duration::from_millis(200);
/// A typical packet and frame spacing, which give the size of one additive step: about a packet per response time.
const PACKET_BYTES: f64 = 1_200.0;
const FRAME: Duration = Duration::from_millis(33);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Hold,
    Increase,
}

/// Additive increase, multiplicative decrease.
///
/// Source: draft-ietf-rmcat-gcc-02 section 5.5. It differs in that additive growth follows from packet size and
/// response time as deployed senders have it, and in what happens while the sender is limited by its own media: growth
/// stops there, as only a probe can tell.
#[derive(Debug)]
pub struct Aimd {
    rate: Bitrate,
    bounds: (Bitrate, Bitrate),
    state: State,
    changed: Option<Instant>,
    reduced: Option<Instant>,
    capacity: Capacity,
    round_trip: Duration,
}

impl Aimd {
    /// Start at `start`, stay between `min` and `max`.
    #[must_use]
    pub fn new(start: Bitrate, min: Bitrate, max: Bitrate) -> Self {
        Self {
            rate: start.max(min).min(max),
            bounds: (min, max),
            state: State::Hold,
            changed: None,
            reduced: None,
            capacity: Capacity::default(),
            round_trip: Duration::from_millis(200),
        }
    }

    /// The present rate.
    #[must_use]
    pub fn rate(&self) -> Bitrate {
        self.rate
    }

    /// Whether more arrives than overuse had shown possible, since this was last asked: the path has grown.
    pub fn take_grown(&mut self) -> bool {
        std::mem::take(&mut self.capacity.grown)
    }

    /// When overuse last lowered the rate.
    #[must_use]
    pub fn reduced(&self) -> Option<Instant> {
        self.reduced
    }

    /// Tell the smoothed round-trip time.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = round_trip;
    }

    /// Take over a rate that a probe measured. Only upwards: a probe that found less met its own short queue or was
    /// itself short, and overuse tells of real lack.
    pub fn raise(&mut self, now: Instant, rate: Bitrate) {
        if rate > self.rate {
            self.set(rate);
            self.changed = Some(now);
            self.capacity.forget_if_above(rate);
        }
    }

    /// Cut to `rate` for a reason outside the delay (feedback stopped).
    pub fn cut(&mut self, now: Instant, rate: Bitrate) {
        if rate < self.rate {
            self.set(rate);
            self.changed = Some(now);
            self.reduced = Some(now);
        }
    }

    /// Take in the detector's verdict and the measured throughput; `limited` while the sender has too little to send.
    pub fn update(&mut self, now: Instant, usage: Usage, throughput: Option<Bitrate>, limited: bool) {
        match usage {
            Usage::Over => self.decrease(now, throughput),
            Usage::Under => self.state = State::Hold,
            Usage::Normal => {
                if self.state == State::Hold {
                    self.state = State::Increase;
                    self.changed = Some(now);
                }
                self.increase(now, throughput, limited);
            }
        }
    }

    fn decrease(&mut self, now: Instant, throughput: Option<Bitrate>) {
        let measured = throughput.unwrap_or(self.rate);
        let gap = self.round_trip.clamp(REDUCTION_GAP_MIN, REDUCTION_GAP_MAX);
        let early = self
            .reduced
            .is_some_and(|reduced| now.saturating_duration_since(reduced) < gap);
        if early && measured >= self.rate.times(0.5) {
            return;
        }
        // Right after a reduction the throughput still shows the higher rate of before; the capacity learned from
        // earlier overuse is then the better measure.
        let mut target = measured.times(BACKOFF);
        if target > self.rate
            && let Some(capacity) = self.capacity.estimate()
        {
            target = capacity.times(BACKOFF);
        }
        self.capacity.overused(measured);
        self.set(target.min(self.rate));
        self.state = State::Hold;
        self.changed = Some(now);
        self.reduced = Some(now);
    }

    fn increase(&mut self, now: Instant, throughput: Option<Bitrate>, limited: bool) {
        let elapsed = self
            .changed
            .map_or(Duration::ZERO, |changed| now.saturating_duration_since(changed));
        self.changed = Some(now);
        let Some(measured) = throughput else { return };
        self.capacity.forget_if_above(measured);
        let ceiling = measured.times(HEADROOM).plus(Bitrate::from_kbps(HEADROOM_KBPS));
        if limited || self.rate >= ceiling {
            return;
        }
        let seconds = elapsed.as_secs_f64().min(1.0);
        let grown = if self.capacity.estimate().is_some() {
            self.rate.plus(Bitrate::from_bps(self.additive_bps() * seconds))
        } else {
            self.rate
                .times(GROWTH.powf(seconds))
                .max(self.rate.plus(Bitrate::from_bps(1_000.0 * seconds)))
        };
        self.set(grown.min(ceiling));
    }

    /// Bits per second gained per second near the capacity: about one packet per response time, so that overshoot
    /// stays a packet or two.
    fn additive_bps(&self) -> f64 {
        let frame_bytes = self.rate.bytes_in(FRAME);
        let packets = (frame_bytes / PACKET_BYTES).ceil().max(1.0);
        let response = self.round_trip.saturating_add(DETECTION).as_secs_f64() * 2.0;
        (frame_bytes / packets * 8.0 / response).max(ADDITIVE_MIN_BPS)
    }

    fn set(&mut self, rate: Bitrate) {
        self.rate = rate.max(self.bounds.0).min(self.bounds.1);
    }
}

/// The capacity as overuse revealed it: a running mean of throughput at overuse with its spread. Throughput outside
/// three deviations means that the path has changed and the mean is worthless.
///
/// Source: gcc-02 section 5.5 (the average maximum bit rate and its variance).
#[derive(Debug, Default)]
struct Capacity {
    mean_kbps: Option<f64>,
    deviation: f64,
    grown: bool,
}

const CAPACITY_MEMORY: f64 = 0.95;
/// Bounds of the normalised variance: about 1 % to 2.5 % of spread around a megabit.
const DEVIATION_MIN: f64 = 0.4;
const DEVIATION_MAX: f64 = 2.5;

impl Capacity {
    fn estimate(&self) -> Option<Bitrate> {
        self.mean_kbps.map(|kbps| Bitrate::from_bps(kbps * 1_000.0))
    }

    fn spread_kbps(&self, mean: f64) -> f64 {
        3.0 * (self.deviation * mean).sqrt()
    }

    fn overused(&mut self, measured: Bitrate) {
        let sample = measured.kbps();
        if self
            .mean_kbps
            .is_some_and(|mean| (sample - mean).abs() > self.spread_kbps(mean))
        {
            self.mean_kbps = None;
        }
        let Some(mean) = self.mean_kbps else {
            self.mean_kbps = Some(sample);
            self.deviation = DEVIATION_MIN;
            return;
        };
        let moved = CAPACITY_MEMORY * mean + (1.0 - CAPACITY_MEMORY) * sample;
        let error = moved - sample;
        let normalised = error * error / moved.max(1.0);
        self.deviation = (CAPACITY_MEMORY * self.deviation + (1.0 - CAPACITY_MEMORY) * normalised)
            .clamp(DEVIATION_MIN, DEVIATION_MAX);
        self.mean_kbps = Some(moved);
    }

    fn forget_if_above(&mut self, measured: Bitrate) {
        if self
            .mean_kbps
            .is_some_and(|mean| measured.kbps() > mean + self.spread_kbps(mean))
        {
            self.mean_kbps = None;
            self.grown = true;
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;
    use hubbub_netem::Clock;

    fn kbps(value: u32) -> Bitrate {
        Bitrate::from_kbps(value)
    }

    fn grow(aimd: &mut Aimd, clock: &mut Clock, seconds: u32, limited: bool) {
        for _ in 0..seconds * 10 {
            let throughput = aimd.rate();
            aimd.update(clock.now(), Usage::Normal, Some(throughput), limited);
            clock.advance(Duration::from_millis(100));
        }
    }

    #[test]
    fn growth_is_eight_percent_a_second_until_overuse_then_slow() {
        let mut clock = Clock::new();
        let mut aimd = Aimd::new(kbps(1_000), kbps(30), kbps(10_000));
        grow(&mut aimd, &mut clock, 10, false);
        assert!(
            (2_050.0..2_200.0).contains(&aimd.rate().kbps()),
            "{:?}",
            aimd.rate()
        );
        aimd.update(clock.now(), Usage::Over, Some(kbps(2_000)), false);
        assert!((aimd.rate().kbps() - 1_700.0).abs() < 1e-6);
        grow(&mut aimd, &mut clock, 2, false);
        assert!(aimd.rate().kbps() < 1_800.0);
    }

    #[test]
    fn one_queue_is_answered_once() {
        let clock = Clock::new();
        let mut aimd = Aimd::new(kbps(2_000), kbps(30), kbps(10_000));
        aimd.update(clock.now(), Usage::Over, Some(kbps(1_800)), false);
        let once = aimd.rate();
        aimd.update(
            clock.at(Duration::from_millis(20)),
            Usage::Over,
            Some(kbps(1_500)),
            false,
        );
        assert_eq!(aimd.rate(), once);
    }

    #[test]
    fn a_limited_sender_does_not_grow() {
        let mut clock = Clock::new();
        let mut aimd = Aimd::new(kbps(1_000), kbps(30), kbps(10_000));
        grow(&mut aimd, &mut clock, 5, true);
        assert_eq!(aimd.rate(), kbps(1_000));
    }

    #[test]
    fn bounds_hold() {
        let clock = Clock::new();
        let mut aimd = Aimd::new(kbps(1_000), kbps(100), kbps(2_000));
        aimd.raise(clock.now(), kbps(9_000));
        assert_eq!(aimd.rate(), kbps(2_000));
        aimd.cut(clock.now(), Bitrate::ZERO);
        assert_eq!(aimd.rate(), kbps(100));
    }
}
