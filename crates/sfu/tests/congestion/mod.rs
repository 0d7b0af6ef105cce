//! Senders, one bottleneck, receivers: congestion control on virtual time.
//!
//! Each flow sends 40 kbit/s of audio and video at 30 frames a second, as much as its target allows up to a bound.
//! Everything that would cross the network does: packets through a [`Link`] shared by all flows, feedback written and
//! read by hubbub-wire through a way back of its own.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]
#![allow(dead_code, reason = "each test program uses its part")]

use std::time::{Duration, Instant};

use hubbub_netem::{Clock, Config, Link, Random};
use hubbub_sfu::cc::{
    Action, Arrivals, ArrivalsSettings, Bitrate, Class, ClusterId, Controller, EstimatorSettings, Label,
    Pacer, PacerSettings, Released,
};
use hubbub_wire::rtcp::{Block, Compound, Writer};

pub const AUDIO_KBPS: u32 = 40;
const AUDIO_BYTES: u32 = 100;
const AUDIO_EVERY: Duration = Duration::from_millis(20);
const FRAME_EVERY: Duration = Duration::from_micros(33_333);
const PACKET_BYTES: f64 = 1_200.0;

/// A packet on its way.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    flow: usize,
    sequence: u16,
    sent: Instant,
    size: u32,
}

/// One packet at the receiver.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    /// Since the start.
    pub at: Duration,
    pub size: u32,
    /// Time spent in the bottleneck's queue and transmission.
    pub queued: Duration,
}

/// What a flow has to send.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Video never exceeds this.
    pub video_max_kbps: u32,
    /// Video follows the target; if not it is constant, as a chosen layer is.
    pub elastic: bool,
    pub starts: Duration,
}

pub const GREEDY: Source = Source {
    video_max_kbps: 20_000,
    elastic: true,
    starts: Duration::ZERO,
};

#[derive(Debug)]
struct Queued {
    pushed: Instant,
}

pub struct Flow {
    source: Source,
    pub controller: Controller,
    pacer: Pacer<Queued>,
    arrivals: Arrivals,
    back: Link<Vec<u8>>,
    target: Bitrate,
    next_audio: Instant,
    next_frame: Instant,
    pub received: Vec<Received>,
    /// Target after each tenth of a second.
    pub targets_kbps: Vec<f64>,
    /// Longest wait in the pacer of any audio packet, and of any video packet.
    pub audio_wait: Duration,
    pub video_wait: Duration,
    pub padding_bytes: u64,
}

pub struct World {
    pub clock: Clock,
    pub forward: Link<Packet>,
    pub flows: Vec<Flow>,
    random: Random,
    delay: Duration,
    sampled: u32,
}

impl World {
    /// Flows over one bottleneck; the way back has the same delay, no bottleneck and `back_loss`.
    pub fn new(path: Config, back: Config, sources: &[Source], seed: u64) -> Self {
        let clock = Clock::new();
        let flows = sources
            .iter()
            .zip(seed..)
            .map(|(source, seed)| Flow::new(clock.at(source.starts), *source, back, seed + 100))
            .collect();
        let forward = Link::new(path, seed);
        Self {
            clock,
            forward,
            flows,
            random: Random::new(seed + 1),
            delay: path.delay,
            sampled: 0,
        }
    }

    pub fn set_rate(&mut self, kbps: u64) {
        let config = Config {
            rate_bps: Some(kbps * 1_000),
            ..self.forward.config()
        };
        self.forward.reconfigure(self.clock.now(), config);
    }

    /// Run until `end` after the start.
    pub fn run_until(&mut self, end: Duration) {
        while self.clock.elapsed() < end {
            self.step();
            let next = self
                .flows
                .iter()
                .filter_map(|flow| flow.deadline(self.clock.now()));
            let next = next.chain(self.forward.deadline()).min().unwrap();
            // At least a little, as timers have a grain, and at most to the next sample.
            let grain = self.clock.now() + Duration::from_micros(50);
            let sample = self.clock.at(Duration::from_millis(100) * (self.sampled + 1));
            self.clock.advance_to(next.min(sample).max(grain));
        }
    }

    fn step(&mut self) {
        let now = self.clock.now();
        let elapsed = self.clock.elapsed();
        while let Some(delivery) = self.forward.poll(now) {
            let packet = delivery.item;
            let flow = &mut self.flows[packet.flow];
            flow.arrivals.record(delivery.at, packet.sequence);
            let queued = delivery.at.duration_since(packet.sent).saturating_sub(self.delay);
            flow.received.push(Received {
                at: elapsed,
                size: packet.size,
                queued,
            });
        }
        for (index, flow) in self.flows.iter_mut().enumerate() {
            flow.exchange_feedback(now);
            flow.control(now);
            flow.produce(now, &mut self.random);
            flow.transmit(now, index, &mut self.forward);
        }
        if elapsed >= Duration::from_millis(100) * (self.sampled + 1) {
            self.sampled += 1;
            for flow in &mut self.flows {
                flow.targets_kbps.push(flow.target.kbps());
            }
        }
    }
}

impl Flow {
    fn new(start: Instant, source: Source, back: Config, seed: u64) -> Self {
        let mut controller = Controller::new(start, EstimatorSettings::default());
        controller.set_wanted(Bitrate::from_kbps(source.video_max_kbps + AUDIO_KBPS));
        Self {
            source,
            controller,
            pacer: Pacer::new(PacerSettings::default()),
            arrivals: Arrivals::new(start, ArrivalsSettings::default()),
            back: Link::new(back, seed),
            target: Bitrate::ZERO,
            next_audio: start,
            next_frame: start,
            received: Vec::new(),
            targets_kbps: Vec::new(),
            audio_wait: Duration::ZERO,
            video_wait: Duration::ZERO,
            padding_bytes: 0,
        }
    }

    fn deadline(&self, now: Instant) -> Option<Instant> {
        let timers = [self.next_audio, self.next_frame, self.controller.deadline()];
        let waits = [
            self.pacer.deadline(now),
            self.arrivals.deadline(),
            self.back.deadline(),
        ];
        timers.into_iter().chain(waits.into_iter().flatten()).min()
    }

    fn exchange_feedback(&mut self, now: Instant) {
        while let Some(feedback) = self.arrivals.poll(now) {
            let mut buffer = [0u8; 1_200];
            let mut writer = Writer::new(&mut buffer);
            let written = writer.transport_feedback(&feedback.report(1, 2)).unwrap();
            assert_eq!(written.arrivals, feedback.arrivals.len());
            let length = writer.position();
            self.back.send(now, length, buffer[..length].to_vec());
        }
        while let Some(delivery) = self.back.poll(now) {
            for block in Compound::new(&delivery.item) {
                let Block::TransportFeedback(feedback) = block.unwrap() else {
                    panic!("only feedback is sent")
                };
                self.controller
                    .report(now, feedback.reference_ticks(), feedback.statuses(), |_| ());
            }
        }
    }

    fn control(&mut self, now: Instant) {
        if now < self.next_audio && self.received.is_empty() && self.target == Bitrate::ZERO {
            return; // has not started
        }
        while let Some(action) = self.controller.poll(now) {
            match action {
                Action::Target(target) => {
                    self.target = target;
                    self.pacer.set_target(now, target);
                }
                Action::Probe(cluster) => self.pacer.probe(cluster),
            }
        }
    }

    fn produce(&mut self, now: Instant, random: &mut Random) {
        while self.next_audio <= now {
            self.next_audio += AUDIO_EVERY;
            self.pacer
                .push(now, Class::Audio, AUDIO_BYTES, Queued { pushed: now })
                .unwrap();
        }
        while self.next_frame <= now {
            self.next_frame += FRAME_EVERY;
            let bound = Bitrate::from_kbps(self.source.video_max_kbps);
            let follow = self.target.minus(Bitrate::from_kbps(AUDIO_KBPS)).min(bound);
            let rate = if self.source.elastic { follow } else { bound };
            let mut left = rate.bytes_in(FRAME_EVERY) * (0.8 + 0.4 * random.fraction());
            while left >= 1.0 {
                let size = left.min(PACKET_BYTES);
                left -= size;
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let size = size as u32;
                let _full = self.pacer.push(now, Class::Video, size, Queued { pushed: now });
            }
        }
    }

    fn transmit(&mut self, now: Instant, flow: usize, forward: &mut Link<Packet>) {
        while let Some(released) = self.pacer.poll(now) {
            let (size, cluster): (u32, Option<ClusterId>) = match released {
                Released::Packet {
                    item,
                    class,
                    size,
                    cluster,
                } => {
                    let wait = now.duration_since(item.pushed);
                    let longest = if class == Class::Audio {
                        &mut self.audio_wait
                    } else {
                        &mut self.video_wait
                    };
                    *longest = wait.max(*longest);
                    (size, cluster)
                }
                Released::Padding { bytes, cluster } => {
                    self.padding_bytes += u64::from(bytes);
                    (bytes, Some(cluster))
                }
            };
            let sequence = self.controller.sent(now, size, cluster, Label::default());
            forward.send(
                now,
                usize::try_from(size).unwrap(),
                Packet {
                    flow,
                    sequence,
                    sent: now,
                    size,
                },
            );
        }
    }

    /// Mean rate received between two moments, in kbit/s.
    pub fn goodput_kbps(&self, from: Duration, to: Duration) -> f64 {
        let bytes: f64 = self.between(from, to).map(|one| f64::from(one.size)).sum();
        Bitrate::of(bytes, to.saturating_sub(from)).unwrap().kbps()
    }

    /// The `share` quantile (`0.0..=1.0`) of time in the bottleneck between two moments, in milliseconds.
    pub fn queue_ms(&self, from: Duration, to: Duration, share: f64) -> f64 {
        let mut waits: Vec<Duration> = self.between(from, to).map(|one| one.queued).collect();
        waits.sort();
        let last = f64::from(u32::try_from(waits.len() - 1).unwrap());
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let index = (last * share) as usize;
        waits[index].as_secs_f64() * 1_000.0
    }

    /// When the target first reached `kbps` at or after `from`.
    pub fn reached(&self, kbps: f64, from: Duration) -> Option<Duration> {
        self.first(from, |target| target >= kbps)
    }

    /// When the target first was at most `kbps` at or after `from`.
    pub fn fell(&self, kbps: f64, from: Duration) -> Option<Duration> {
        self.first(from, |target| target <= kbps)
    }

    /// Mean target between two moments, in kbit/s.
    pub fn mean_target_kbps(&self, from: Duration, to: Duration) -> f64 {
        let range = tenths(from)..tenths(to).min(self.targets_kbps.len());
        let count = f64::from(u32::try_from(range.len()).unwrap());
        self.targets_kbps[range].iter().sum::<f64>() / count
    }

    fn first(&self, from: Duration, holds: impl Fn(f64) -> bool) -> Option<Duration> {
        let skip = tenths(from);
        let found = self
            .targets_kbps
            .iter()
            .skip(skip)
            .position(|target| holds(*target))?;
        Some(Duration::from_millis(100) * u32::try_from(skip + found + 1).unwrap())
    }

    fn between(&self, from: Duration, to: Duration) -> impl Iterator<Item = &Received> {
        self.received
            .iter()
            .filter(move |one| one.at >= from && one.at < to)
    }
}

fn tenths(time: Duration) -> usize {
    usize::try_from(time.as_millis() / 100).unwrap()
}

/// A path with `kbps` of bottleneck, a queue of `queue_ms` at that rate, and `delay_ms` one way.
pub fn path(kbps: u64, queue_ms: u64, delay_ms: u64) -> Config {
    Config {
        rate_bps: Some(kbps * 1_000),
        queue_bytes_max: usize::try_from(kbps * queue_ms / 8).unwrap(),
        delay: Duration::from_millis(delay_ms),
        ..Config::default()
    }
}

/// The way back that goes with it.
pub fn back(delay_ms: u64) -> Config {
    Config {
        delay: Duration::from_millis(delay_ms),
        ..Config::default()
    }
}

pub fn seconds(count: f64) -> Duration {
    Duration::from_secs_f64(count)
}
