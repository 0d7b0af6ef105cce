//! One direction of a path.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::loss::State;
use crate::{Loss, Random};

/// What a link does to packets. The default is a perfect wire: no delay, no limit, no loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Config {
    /// Bottleneck in bits per second; `None` means no bottleneck and thus no queue.
    pub rate_bps: Option<u64>,
    /// Bytes that may wait for the bottleneck; a packet that does not fit is dropped. Zero means no bound.
    pub queue_bytes_max: usize,
    /// Propagation delay.
    pub delay: Duration,
    /// Extra delay, uniform in zero to this. It alone never changes the order of packets.
    pub jitter: Duration,
    /// Packets held back so that later ones overtake them; `None` keeps the order.
    pub reorder: Option<Reorder>,
    /// Random loss behind the bottleneck.
    pub loss: Loss,
    /// Chance in `0.0..=1.0` that a packet arrives twice.
    pub duplicate: f64,
}

/// Holding some packets back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reorder {
    /// Chance in `0.0..=1.0` for each packet to be held back.
    pub chance: f64,
    /// How much longer it travels.
    pub by: Duration,
}

/// A packet at the far end.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery<T> {
    /// When it arrived.
    pub at: Instant,
    /// What was sent.
    pub item: T,
}

/// What happened to packets so far, each counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets handed to the link.
    pub sent: u64,
    /// Packets handed out, duplicates included.
    pub delivered: u64,
    /// Packets lost at random.
    pub lost: u64,
    /// Packets that found the queue full.
    pub overflowed: u64,
    /// Copies made.
    pub duplicated: u64,
}

struct Queued<T> {
    size: usize,
    item: T,
}

/// A seeded, one-way path for items of type `T`.
pub struct Link<T> {
    config: Config,
    random: Random,
    loss: State,
    queue: VecDeque<Queued<T>>,
    queued_bytes: usize,
    /// What the head of the queue still needs from the bottleneck, in bit-nanoseconds per second: bits times 10⁹, so
    /// that rate times nanoseconds subtracts exactly and a run does not depend on how often it is polled.
    head_work: u128,
    served_until: Option<Instant>,
    flying: BTreeMap<(Instant, u64), T>,
    serial: u64,
    last_arrival: Option<Instant>,
    statistics: Statistics,
}

const NANOSECONDS: u128 = 1_000_000_000;

impl<T: Clone> Link<T> {
    /// A link whose chances are decided by `seed`.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        Self {
            config,
            random: Random::new(seed),
            loss: State::default(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            head_work: 0,
            served_until: None,
            flying: BTreeMap::new(),
            serial: 0,
            last_arrival: None,
            statistics: Statistics::default(),
        }
    }

    /// Hand a packet of `size` bytes (headers of all layers included, if the rate shall count them) to the link.
    pub fn send(&mut self, now: Instant, size: usize, item: T) {
        self.serve(now);
        self.statistics.sent += 1;
        if self.config.rate_bps.is_none() {
            self.launch(now, item);
            return;
        }
        let bound = self.config.queue_bytes_max;
        if bound > 0 && self.queued_bytes + size > bound {
            self.statistics.overflowed += 1;
            return;
        }
        if self.queue.is_empty() {
            self.head_work = work(size);
        }
        self.queued_bytes += size;
        self.queue.push_back(Queued { size, item });
    }

    /// The next packet that has arrived by `now`, in order of arrival.
    pub fn poll(&mut self, now: Instant) -> Option<Delivery<T>> {
        self.serve(now);
        let entry = self.flying.first_entry()?;
        let at = entry.key().0;
        if at > now {
            return None;
        }
        self.statistics.delivered += 1;
        Some(Delivery {
            at,
            item: entry.remove(),
        })
    }

    /// When polling next makes sense, or `None` while the link is empty.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let arrival = self.flying.first_key_value().map(|(key, _)| key.0);
        let departure = self.head_departure();
        match (arrival, departure) {
            (Some(arrival), Some(departure)) => Some(arrival.min(departure)),
            (one, other) => one.or(other),
        }
    }

    /// Replace the settings from `now` on. Packets already past the bottleneck keep their arrival.
    pub fn reconfigure(&mut self, now: Instant, config: Config) {
        self.serve(now);
        self.config = config;
        if config.rate_bps.is_none() {
            while let Some(queued) = self.queue.pop_front() {
                self.launch(now, queued.item);
            }
            self.queued_bytes = 0;
        }
    }

    /// The settings in force.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config
    }

    /// How long a packet sent now would wait before its own transmission starts; zero without a bottleneck.
    #[must_use]
    pub fn queue_delay(&self) -> Duration {
        let Some(rate) = self.config.rate_bps.filter(|rate| *rate > 0) else {
            return Duration::ZERO;
        };
        let behind = self.queue.front().map_or(0, |head| self.queued_bytes - head.size);
        let waiting = if self.queue.is_empty() {
            0
        } else {
            self.head_work + work(behind)
        };
        nanoseconds(waiting.div_ceil(u128::from(rate)))
    }

    /// Counters since the start.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Let the bottleneck work until `now`.
    fn serve(&mut self, now: Instant) {
        while let Some(departure) = self.head_departure().filter(|departure| *departure <= now) {
            let Some(queued) = self.queue.pop_front() else {
                break;
            };
            self.queued_bytes -= queued.size;
            self.served_until = Some(departure);
            self.head_work = self.queue.front().map_or(0, |next| work(next.size));
            self.launch(departure, queued.item);
        }
        if let (Some(rate), Some(since)) = (self.config.rate_bps, self.served_until) {
            let done = now.saturating_duration_since(since).as_nanos() * u128::from(rate);
            self.head_work = self.head_work.saturating_sub(done);
        }
        self.served_until = Some(now);
    }

    fn head_departure(&self) -> Option<Instant> {
        self.queue.front()?;
        let rate = self.config.rate_bps.filter(|rate| *rate > 0)?;
        let since = self.served_until?;
        Some(since + nanoseconds(self.head_work.div_ceil(u128::from(rate))))
    }

    /// Send a packet that left the bottleneck at `departure` through the air.
    fn launch(&mut self, departure: Instant, item: T) {
        if self.loss.strikes(self.config.loss, &mut self.random) {
            self.statistics.lost += 1;
            return;
        }
        let copies = if self.random.chance(self.config.duplicate) {
            2
        } else {
            1
        };
        for copy in 0..copies {
            if copy > 0 {
                self.statistics.duplicated += 1;
            }
            let at = self.arrival(departure);
            self.serial += 1;
            self.flying.insert((at, self.serial), item.clone());
        }
    }

    fn arrival(&mut self, departure: Instant) -> Instant {
        let span = u64::try_from(self.config.jitter.as_nanos()).unwrap_or(u64::MAX);
        let jitter = Duration::from_nanos(self.random.below(span));
        let at = departure + self.config.delay + jitter;
        if let Some(reorder) = self.config.reorder
            && self.random.chance(reorder.chance)
        {
            return at + reorder.by;
        }
        let at = self.last_arrival.map_or(at, |last| last.max(at));
        self.last_arrival = Some(at);
        at
    }
}

impl<T> std::fmt::Debug for Link<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Link")
            .field("config", &self.config)
            .field("queued_bytes", &self.queued_bytes)
            .field("flying", &self.flying.len())
            .field("statistics", &self.statistics)
            .finish_non_exhaustive()
    }
}

fn work(size: usize) -> u128 {
    size as u128 * 8 * NANOSECONDS
}

fn nanoseconds(count: u128) -> Duration {
    Duration::from_nanos(u64::try_from(count).unwrap_or(u64::MAX))
}
