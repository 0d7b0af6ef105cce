//! Whether the queue on the path grows.

use std::collections::VecDeque;

use super::feedback::RemoteTime;
use super::groups::Variation;

/// Groups the line is fitted through: enough to outlast jitter, few enough to react within some 100–200 ms.
const WINDOW: usize = 20;
/// Weight of the past in the smoothed delay.
const SMOOTHING: f64 = 0.9;
/// Scales the slope to the range in which the threshold moves; with [`DELTAS_MAX`] as deployed by browsers.
const GAIN: f64 = 4.0;
/// The slope counts fully once this many variations were seen.
const DELTAS_MAX: u16 = 60;
/// Milliseconds over the threshold before it is called overuse (gcc-02 section 5.4).
const OVERUSE_MS: f64 = 10.0;
/// The threshold's start and range in milliseconds (gcc-02 section 5.4: 12.5, 6 and 600).
const THRESHOLD_START_MS: f64 = 12.5;
const THRESHOLD_MIN_MS: f64 = 6.0;
const THRESHOLD_MAX_MS: f64 = 600.0;
/// A trend further than this above the threshold does not move it: a sudden drop of capacity must not make the
/// detector deaf (gcc-02 section 5.4).
const OUTLIER_MS: f64 = 15.0;
/// Speeds of the threshold per millisecond: up slowly enough to stay sensitive, and just fast enough not to starve
/// beside TCP (Carlucci et al. section 4.2 argues for the asymmetry; the values are those deployed).
const SPEED_UP: f64 = 0.0087;
const SPEED_DOWN: f64 = 0.039;
/// The threshold moves by at most this much time at once.
const STEP_MS_MAX: f64 = 100.0;

/// What the delay says about the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Usage {
    /// Queues are emptying.
    Under,
    /// Queues are steady.
    #[default]
    Normal,
    /// Queues are filling.
    Over,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    arrival_ms: f64,
    delay_ms: f64,
}

/// The slope of one-way delay over the last groups, judged against a threshold that adapts.
///
/// Differs from gcc-02 section 5.3 as browsers do: a least-squares line through the smoothed accumulated delay stands
/// in for the Kalman filter. It has no noise model to mistune, and its slope is (sending rate − capacity) / capacity.
#[derive(Debug)]
pub struct Trend {
    points: VecDeque<Point>,
    origin: Option<RemoteTime>,
    accumulated_ms: f64,
    smoothed_ms: f64,
    deltas: u16,
    slope: f64,
    threshold_ms: f64,
    threshold_moved: Option<RemoteTime>,
    over_ms: Option<f64>,
    over_count: u32,
    usage: Usage,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            points: VecDeque::with_capacity(WINDOW.saturating_add(1)),
            origin: None,
            accumulated_ms: 0.0,
            smoothed_ms: 0.0,
            deltas: 0,
            slope: 0.0,
            threshold_ms: THRESHOLD_START_MS,
            threshold_moved: None,
            over_ms: None,
            over_count: 0,
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    /// Take one variation in; the verdict so far.
    pub fn update(&mut self, variation: Variation) -> Usage {
        let origin = *self.origin.get_or_insert(variation.arrival);
        self.deltas = self.deltas.saturating_add(1).min(DELTAS_MAX);
        self.accumulated_ms += variation.arrival_delta_ms - variation.send_delta_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.accumulated_ms;
        let arrival_ms = variation.arrival.millis_since(origin);
        self.points.push_back(Point {
            arrival_ms,
            delay_ms: self.smoothed_ms,
        });
        if self.points.len() > WINDOW {
            self.points.pop_front();
        }
        let before = self.slope;
        if self.points.len() == WINDOW {
            self.slope = self.fit().unwrap_or(before);
        }
        if self.deltas >= 2 {
            self.judge(before, variation);
        }
        self.usage
    }

    /// The verdict after the last variation.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    fn fit(&self) -> Option<f64> {
        let count = f64::from(u32::try_from(self.points.len()).ok()?);
        let mean_x = self.points.iter().map(|point| point.arrival_ms).sum::<f64>() / count;
        let mean_y = self.points.iter().map(|point| point.delay_ms).sum::<f64>() / count;
        let (mut covariance, mut variance) = (0.0, 0.0);
        for point in &self.points {
            let x = point.arrival_ms - mean_x;
            covariance += x * (point.delay_ms - mean_y);
            variance += x * x;
        }
        (variance > 0.0).then(|| covariance / variance)
    }

    /// Source: gcc-02 section 5.4.
    fn judge(&mut self, slope_before: f64, variation: Variation) {
        let trend_ms = f64::from(self.deltas) * self.slope * GAIN;
        if trend_ms > self.threshold_ms {
            // The crossing happened somewhere between the last two groups: count half of it.
            let spent = self.over_ms.map_or(variation.send_delta_ms / 2.0, |over| {
                over + variation.send_delta_ms
            });
            self.over_ms = Some(spent);
            self.over_count = self.over_count.saturating_add(1);
            if spent > OVERUSE_MS && self.over_count > 1 && self.slope >= slope_before {
                self.over_ms = Some(0.0);
                self.over_count = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over_ms = None;
            self.over_count = 0;
            self.usage = if trend_ms < -self.threshold_ms {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.adapt(trend_ms.abs(), variation.arrival);
    }

    /// Source: gcc-02 section 5.4, the update of `del_var_th`.
    fn adapt(&mut self, trend_ms: f64, now: RemoteTime) {
        let elapsed_ms = self
            .threshold_moved
            .map_or(0.0, |moved| now.millis_since(moved))
            .clamp(0.0, STEP_MS_MAX);
        self.threshold_moved = Some(now);
        if trend_ms > self.threshold_ms + OUTLIER_MS {
            return;
        }
        let speed = if trend_ms < self.threshold_ms {
            SPEED_DOWN
        } else {
            SPEED_UP
        };
        let moved = self.threshold_ms + speed * (trend_ms - self.threshold_ms) * elapsed_ms;
        self.threshold_ms = moved.clamp(THRESHOLD_MIN_MS, THRESHOLD_MAX_MS);
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]
mod tests {
    use super::*;

    /// Feed groups sent every 10 ms whose one-way delay grows by `growth_ms(group)`; the verdicts.
    fn verdicts(groups: u32, growth_ms: impl Fn(u32) -> f64) -> Vec<Usage> {
        let mut trend = Trend::default();
        let mut arrival_micros = 0i64;
        (0..groups)
            .map(|group| {
                let arrival_delta_ms = 10.0 + growth_ms(group);
                #[allow(clippy::cast_possible_truncation)]
                let step = (arrival_delta_ms * 1_000.0) as i64;
                arrival_micros += step;
                let arrival = RemoteTime::from_micros(arrival_micros);
                trend.update(Variation {
                    send_delta_ms: 10.0,
                    arrival_delta_ms,
                    arrival,
                })
            })
            .collect()
    }

    #[test]
    fn a_growing_queue_is_overuse_within_a_third_of_a_second() {
        // Sending at 1.2 times the capacity, after a second of calm.
        let seen = verdicts(140, |group| if group < 100 { 0.0 } else { 2.0 });
        assert!(seen[..100].iter().all(|usage| *usage == Usage::Normal));
        let first = seen.iter().position(|usage| *usage == Usage::Over).unwrap();
        assert!(first < 130, "{first}");
    }

    #[test]
    fn an_emptying_queue_is_underuse() {
        let seen = verdicts(200, |group| if group < 100 { 0.0 } else { -1.5 });
        assert!(seen.contains(&Usage::Under));
        assert!(!seen.contains(&Usage::Over));
    }

    #[test]
    fn steady_jitter_is_not_overuse() {
        let seen = verdicts(2_000, |group| if group % 2 == 0 { 4.0 } else { -4.0 });
        assert!(!seen.contains(&Usage::Over));
    }
}
