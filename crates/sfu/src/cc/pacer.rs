//! What may leave now.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bitrate::Bitrate;
use super::cluster::{Cluster, ClusterId};

/// Clusters waiting at most; the prober asks for two at once.
const CLUSTERS_MAX: usize = 4;
/// Smallest and largest padding asked for at once, in bytes.
const PADDING_MIN: u32 = 200;
const PADDING_MAX: u32 = 1_200;
/// A probe that fell this far behind its schedule goes on from now, rather than catching up in one burst.
const PROBE_LATE_MAX: Duration = Duration::from_millis(20);
/// While there is nothing to pad with, a probe is tried again so soon and so often: the rest of a picture comes within
/// some milliseconds, or it lost a packet.
const PROBE_RETRY: Duration = Duration::from_millis(2);
const PROBE_RETRIES_MAX: u32 = 25;

/// What a packet is, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Leaves at once, whatever the rate: late audio is lost audio, and it is a few per cent of the bytes.
    Audio,
    /// Repairs: somebody is waiting for exactly this.
    Retransmission,
    /// Video and everything else.
    Video,
}

/// Something to send now.
#[derive(Clone, Debug, PartialEq)]
pub enum Released<T> {
    /// A packet that was pushed.
    Packet {
        /// What was pushed.
        item: T,
        /// As what.
        class: Class,
        /// Its size in bytes, as pushed.
        size: u32,
        /// The probe it serves, to be passed to [`super::Controller::sent`].
        cluster: Option<ClusterId>,
    },
    /// Send about this many bytes of padding, in one packet or several (old packets sent again are best, as they may
    /// repair something), for this probe.
    Padding {
        /// Bytes wanted.
        bytes: u32,
        /// The probe it serves.
        cluster: ClusterId,
    },
}

/// The queue was full; the packet comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected<T>(pub T);

/// How packets are spread over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Pace at this multiple of the target: above one so that the queue here empties between frames, low enough not
    /// to build one in the network. Default 1.5.
    pub factor: f64,
    /// What may leave at once, as time at the pace. Default 10 ms, which lets most frames leave as one run of
    /// segments.
    pub burst: Duration,
    /// The same in bytes, if that is more. Default 3,000: two packets and a bit.
    pub burst_bytes_min: u32,
    /// When the queue would take longer than this the pace rises until it does not. Default 250 ms.
    pub queue_delay_max: Duration,
    /// Bytes queued at most. Default 1 MiB.
    pub queue_bytes_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            factor: 1.5,
            burst: Duration::from_millis(10),
            burst_bytes_min: 3_000,
            queue_delay_max: Duration::from_millis(250),
            queue_bytes_max: 1 << 20,
        }
    }
}

#[derive(Debug)]
struct Entry<T> {
    size: u32,
    item: T,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    cluster: Cluster,
    /// When its next packet is due; `None` before the first.
    due: Option<Instant>,
    bytes: u32,
    packets: u32,
    retries: u32,
}

/// A leaky bucket with precedence, over items of type `T` (handles; the bytes lie elsewhere).
///
/// What leaves fills the bucket, which leaks at the pace; a packet may leave if the bucket then holds no more than the
/// burst, or if it is empty. So video and retransmissions in any time `t` stay within burst + pace · `t`. Audio is
/// never held, but fills the bucket too: video yields to it. Probes have their own schedule.
#[derive(Debug)]
pub struct Pacer<T> {
    settings: Settings,
    audio: VecDeque<Entry<T>>,
    retransmissions: VecDeque<Entry<T>>,
    video: VecDeque<Entry<T>>,
    queued_bytes: usize,
    pace: Bitrate,
    level_bytes: f64,
    leaked: Option<Instant>,
    probes: VecDeque<Probe>,
}

impl<T> Pacer<T> {
    /// An empty pacer; nothing but audio leaves before a target is set.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            audio: VecDeque::new(),
            retransmissions: VecDeque::new(),
            video: VecDeque::new(),
            queued_bytes: 0,
            pace: Bitrate::ZERO,
            level_bytes: 0.0,
            leaked: None,
            probes: VecDeque::new(),
        }
    }

    /// Follow a new target rate.
    pub fn set_target(&mut self, now: Instant, target: Bitrate) {
        self.leak(now);
        self.pace = target.times(self.settings.factor);
    }

    /// Let so much leave at once from now on, as time at the pace.
    pub fn set_burst(&mut self, burst: Duration) {
        self.settings.burst = burst;
    }

    /// Send a probe as soon as possible. One too many is dropped: the prober asks again.
    pub fn probe(&mut self, cluster: Cluster) {
        if self.probes.len() < CLUSTERS_MAX {
            self.probes.push_back(Probe {
                cluster,
                due: None,
                bytes: 0,
                packets: 0,
                retries: 0,
            });
        }
    }

    /// There is nothing to pad with: give the present probe up.
    pub fn abandon_probe(&mut self) {
        self.probes.pop_front();
    }

    /// There is nothing yet to pad with: the padding just released for `cluster` did not leave. Tried again in a moment,
    /// and given up if that goes on.
    pub fn postpone_probe(&mut self, now: Instant, cluster: ClusterId, bytes: u32) {
        let Some(probe) = self
            .probes
            .front_mut()
            .filter(|probe| probe.cluster.id == cluster)
        else {
            return;
        };
        probe.bytes = probe.bytes.saturating_sub(bytes);
        probe.packets = probe.packets.saturating_sub(1);
        probe.retries = probe.retries.saturating_add(1);
        probe.due = now.checked_add(PROBE_RETRY);
        if probe.retries > PROBE_RETRIES_MAX {
            self.abandon_probe();
        }
    }

    /// Queue a packet of `size` bytes. Audio is never refused.
    pub fn push(&mut self, now: Instant, class: Class, size: u32, item: T) -> Result<(), Rejected<T>> {
        // The bucket leaks at the pace of the queue as it was, so the change is accounted first.
        self.leak(now);
        let bytes = usize::try_from(size).unwrap_or(usize::MAX);
        let queued = self.queued_bytes.saturating_add(bytes);
        let entry = Entry { size, item };
        match class {
            Class::Audio => {
                self.audio.push_back(entry);
                return Ok(());
            }
            _ if queued > self.settings.queue_bytes_max => return Err(Rejected(entry.item)),
            Class::Retransmission => self.retransmissions.push_back(entry),
            Class::Video => self.video.push_back(entry),
        }
        self.queued_bytes = queued;
        Ok(())
    }

    /// What may leave now; call until `None`.
    pub fn poll(&mut self, now: Instant) -> Option<Released<T>> {
        self.leak(now);
        if let Some(entry) = take_first(&mut self.audio) {
            self.level_bytes += f64::from(entry.size);
            let Entry { size, item } = entry;
            return Some(Released::Packet {
                item,
                class: Class::Audio,
                size,
                cluster: None,
            });
        }
        if !self.probes.is_empty() {
            return self.poll_probe(now);
        }
        let size = f64::from(self.head_size()?);
        if self.level_bytes > 0.0 && self.level_bytes + size > self.burst_bytes() {
            return None;
        }
        self.release(None)
    }

    /// Let go of queued video and retransmissions that `keep` does not want.
    pub fn retain(&mut self, now: Instant, mut keep: impl FnMut(&T) -> bool) {
        self.leak(now);
        for queue in [&mut self.retransmissions, &mut self.video] {
            queue.retain(|entry| keep(&entry.item));
        }
        let queued = self.retransmissions.iter().chain(&self.video);
        let sizes = queued.map(|entry| usize::try_from(entry.size).unwrap_or(usize::MAX));
        self.queued_bytes = sizes.fold(0, usize::saturating_add);
    }

    /// When [`Self::poll`] may have something, given `now`; `None` while all is empty or nothing may leave.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        if !self.audio.is_empty() {
            return Some(now);
        }
        if let Some(probe) = self.probes.front() {
            return Some(probe.due.unwrap_or(now));
        }
        let size = f64::from(self.head_size()?);
        let excess = (self.level_bytes + size - self.burst_bytes())
            .min(self.level_bytes)
            .max(0.0);
        // A nanosecond more, so that rounding never makes the poll come just too early.
        let wait = self
            .effective_pace()
            .time_for(excess)
            .saturating_add(Duration::from_nanos(1));
        self.leaked.unwrap_or(now).checked_add(wait).map(|at| at.max(now))
    }

    /// Whether nothing waits; probes aside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.audio.is_empty() && self.retransmissions.is_empty() && self.video.is_empty()
    }

    /// Bytes of video and retransmissions waiting.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// How long the queue takes to empty at the pace; zero when it is empty.
    #[must_use]
    pub fn queue_delay(&self) -> Duration {
        if self.queued_bytes == 0 {
            return Duration::ZERO;
        }
        self.effective_pace().time_for(to_float(self.queued_bytes))
    }

    /// How long the queue would take at the pace, if it were not raised.
    #[must_use]
    pub fn backlog(&self) -> Duration {
        if self.queued_bytes == 0 || self.pace <= Bitrate::ZERO {
            return Duration::ZERO;
        }
        self.pace.time_for(to_float(self.queued_bytes))
    }

    /// The pace, raised if the queue would take too long.
    fn effective_pace(&self) -> Bitrate {
        let hurried =
            Bitrate::of(to_float(self.queued_bytes), self.settings.queue_delay_max).unwrap_or_default();
        if self.pace > Bitrate::ZERO {
            self.pace.max(hurried)
        } else {
            Bitrate::ZERO
        }
    }

    fn burst_bytes(&self) -> f64 {
        self.pace
            .bytes_in(self.settings.burst)
            .max(f64::from(self.settings.burst_bytes_min))
    }

    fn leak(&mut self, now: Instant) {
        let since = *self.leaked.get_or_insert(now);
        if now <= since {
            return;
        }
        let leaked = self
            .effective_pace()
            .bytes_in(now.saturating_duration_since(since));
        self.level_bytes = (self.level_bytes - leaked).max(0.0);
        self.leaked = Some(now);
    }

    fn head_size(&self) -> Option<u32> {
        if self.pace <= Bitrate::ZERO {
            return None;
        }
        self.retransmissions
            .front()
            .or(self.video.front())
            .map(|entry| entry.size)
    }

    fn release(&mut self, cluster: Option<ClusterId>) -> Option<Released<T>> {
        let (entry, class) = match take_first(&mut self.retransmissions) {
            Some(entry) => (entry, Class::Retransmission),
            None => (take_first(&mut self.video)?, Class::Video),
        };
        let Entry { size, item } = entry;
        self.queued_bytes = self
            .queued_bytes
            .saturating_sub(usize::try_from(size).unwrap_or(usize::MAX));
        self.level_bytes += f64::from(size);
        if cluster.is_some() {
            // A probe is extra: what follows it must not wait for the probe's bytes to leak away.
            self.level_bytes = self.level_bytes.min(self.burst_bytes());
        }
        Some(Released::Packet {
            item,
            class,
            size,
            cluster,
        })
    }

    fn poll_probe(&mut self, now: Instant) -> Option<Released<T>> {
        let mut probe = *self.probes.front()?;
        let due = probe.due.unwrap_or(now);
        if due > now {
            return None;
        }
        let Cluster {
            id,
            rate,
            bytes_min,
            packets_min,
        } = probe.cluster;
        let released = self.release(Some(id)).unwrap_or_else(|| {
            let bytes = bytes_min.checked_div(packets_min).unwrap_or(PADDING_MAX);
            Released::Padding {
                bytes: bytes.clamp(PADDING_MIN, PADDING_MAX),
                cluster: id,
            }
        });
        let size = match released {
            Released::Packet { size, .. } => size,
            Released::Padding { bytes, .. } => bytes,
        };
        probe.bytes = probe.bytes.saturating_add(size);
        probe.packets = probe.packets.saturating_add(1);
        let base = if now.saturating_duration_since(due) > PROBE_LATE_MAX {
            now
        } else {
            due
        };
        probe.due = base.checked_add(rate.time_for(f64::from(size)));
        if probe.bytes >= bytes_min && probe.packets >= packets_min {
            self.probes.pop_front();
            if let (Some(next), Some(due)) = (self.probes.front_mut(), probe.due) {
                // The last packet's own time is part of the first cluster's rate.
                next.due = Some(due);
            }
        } else if let Some(front) = self.probes.front_mut() {
            *front = probe;
        }
        Some(released)
    }
}

fn to_float(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX))
}

/// Take the first. An emptied queue begins at its beginning again: it stays in few lines of the cache instead of walking
/// through all that it ever needed.
fn take_first<T>(queue: &mut VecDeque<Entry<T>>) -> Option<Entry<T>> {
    let first = queue.pop_front();
    if queue.is_empty() {
        queue.clear();
    }
    first
}
