//! Which packets of a track one subscriber gets.
//!
//! Encodings change at keyframes. Spatial layers rise at keyframes, or where a layer needs nothing earlier and the
//! picture is still open, and fall at the next picture; temporal layers rise at switch points and fall at the next
//! picture. Decisions hold for whole pictures: a limit takes effect at a timestamp, so a
//! late packet is judged by the limit of its own picture.

use super::packet::{Arrived, ENCODINGS_MAX, Layer, Structure, SwitchPoint};

/// Changes of a limit that are remembered for late packets; older packets are judged by the oldest.
const CHANGES: usize = 4;

/// A keyframe whose successors arrived this many packets ago is stale: they can no longer be caught up with.
const STALE_PACKETS: u64 = 128;

/// What to do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Send it. `joins`: it is the first of a source new to the subscriber. `ends`: it ends the picture as sent, so
    /// it bears the marker even where dropped spatial layers follow.
    Forward {
        /// First packet of its source.
        joins: bool,
        /// Last packet of the picture as sent.
        ends: bool,
    },
    /// It belongs to the source being sent, but is above the wanted layers.
    Omit,
    /// It belongs to another source, or nothing is being sent.
    Ignore,
}

/// A limit on layers that changes at picture borders.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// (first timestamp, limit), newest first.
    changes: [(u64, u8); CHANGES],
}

impl Limit {
    fn new(value: u8) -> Self {
        Self {
            changes: [(0, value); CHANGES],
        }
    }

    fn newest(&self) -> u8 {
        self.changes.first().map_or(0, |change| change.1)
    }

    fn at(&self, timestamp: u64) -> u8 {
        let change = self
            .changes
            .iter()
            .find(|change| timestamp >= change.0)
            .or(self.changes.last());
        change.map_or(0, |change| change.1)
    }

    fn set(&mut self, since: u64, value: u8) {
        if value == self.newest() {
            return;
        }
        if self.changes.first().is_none_or(|change| change.0 != since) {
            self.changes.rotate_right(1);
        }
        if let Some(first) = self.changes.first_mut() {
            *first = (since, value);
        }
    }
}

/// What is being sent now.
#[derive(Clone, Copy, Debug)]
struct Current {
    encoding: u8,
    spatial: Limit,
    temporal: Limit,
    /// Newest picture of the source.
    timestamp: u64,
    /// Spatial layer wanted when that picture began; what is wanted since waits for the next.
    goal: u8,
    /// A switch point of the kind [`SwitchPoint::Above`] passed: temporal layers may rise at the next picture.
    may_rise: bool,
    /// Newest picture with packets left out, and its spatial layers that lost some, as a bit mask. A limit must not
    /// rise within it: what was left out closed up, so the receiver would take the rest for a whole frame.
    maimed: (u64, u8),
    /// Newest picture that we ended before its last layer; no layer can be added to it, for a receiver may have
    /// given it to its decoder.
    closed: Option<u64>,
}

impl Current {
    fn maim(&mut self, packet: &Arrived) {
        let layer = 1_u8.checked_shl(u32::from(packet.frame.spatial)).unwrap_or(0);
        if packet.timestamp > self.maimed.0 {
            self.maimed = (packet.timestamp, layer);
        } else if packet.timestamp == self.maimed.0 {
            self.maimed.1 |= layer;
        }
    }

    /// Layers of the picture that lost packets to us.
    fn maimed_at(&self, timestamp: u64) -> u8 {
        if self.maimed.0 == timestamp {
            self.maimed.1
        } else {
            0
        }
    }
}

/// Chooses packets for one subscription.
#[derive(Clone, Debug)]
pub struct Selector {
    structure: Structure,
    target: Option<Layer>,
    current: Option<Current>,
    /// Highest sequence number seen per encoding.
    highest: [u64; ENCODINGS_MAX],
}

impl Selector {
    /// Nothing wanted yet.
    #[must_use]
    pub fn new(structure: Structure) -> Self {
        Self {
            structure,
            target: None,
            current: None,
            highest: [0; ENCODINGS_MAX],
        }
    }

    /// Set what is wanted; `None` pauses at once, and then only a keyframe resumes.
    pub fn set_target(&mut self, target: Option<Layer>) {
        self.target = target;
        if target.is_none() {
            self.current = None;
        }
    }

    /// What is wanted.
    #[must_use]
    pub fn target(&self) -> Option<Layer> {
        self.target
    }

    /// What is sent now; `None` while paused or until the first keyframe.
    #[must_use]
    pub fn current(&self) -> Option<Layer> {
        let current = self.current.as_ref()?;
        let spatial = match self.structure {
            Structure::Simulcast => current.encoding,
            Structure::Scalable => current.spatial.newest(),
        };
        Some(Layer {
            spatial,
            temporal: current.temporal.newest(),
        })
    }

    /// The source was interrupted or replaced: send nothing until a keyframe.
    pub fn interrupt(&mut self) {
        self.current = None;
    }

    /// The publisher replaced the source of `encoding`, so its numbers begin anew.
    pub fn replace(&mut self, encoding: u8) {
        if let Some(highest) = self.highest.get_mut(usize::from(encoding)) {
            *highest = 0;
        }
        if self.source() == Some(encoding) {
            self.current = None;
        }
    }

    /// The encoding being sent.
    #[must_use]
    pub fn source(&self) -> Option<u8> {
        self.current.as_ref().map(|current| current.encoding)
    }

    /// The encoding whose keyframe is waited for: to begin, to change encoding, or to raise the spatial layer.
    #[must_use]
    pub fn awaits_keyframe(&self) -> Option<u8> {
        let target = self.target?;
        let wanted = self.encoding_of(target);
        match self.current() {
            None => Some(wanted),
            Some(current) => match self.structure {
                Structure::Simulcast => (current.spatial != target.spatial).then_some(wanted),
                Structure::Scalable => (current.spatial < target.spatial).then_some(wanted),
            },
        }
    }

    /// Bit mask of the encodings or spatial layers in use: the one being sent and the one waited for; under
    /// [`Structure::Scalable`] with all below. Feed it to [`super::Demand`].
    #[must_use]
    pub fn needs(&self) -> u8 {
        let bit = |layer: Layer| 1_u8.checked_shl(u32::from(layer.spatial)).unwrap_or(0);
        let ends = self.target.map_or(0, bit) | self.current().map_or(0, bit);
        match self.structure {
            Structure::Simulcast => ends,
            Structure::Scalable => u8::MAX.checked_shr(ends.leading_zeros()).unwrap_or(0),
        }
    }

    /// Highest sequence number that came of an encoding.
    pub(super) fn highest(&self, encoding: u8) -> u64 {
        self.highest.get(usize::from(encoding)).copied().unwrap_or(0)
    }

    /// Decide on a packet. Each packet of the track must be shown once, also those of encodings not being sent.
    pub fn choose(&mut self, packet: &Arrived) -> Choice {
        let Some(highest) = self.highest.get_mut(usize::from(packet.encoding)) else {
            return Choice::Ignore;
        };
        *highest = packet.sequence.max(*highest);
        let fresh = highest.wrapping_sub(packet.sequence) < STALE_PACKETS;
        let Some(target) = self.target else {
            return Choice::Ignore;
        };
        if self.source() != Some(packet.encoding) {
            let frame = packet.frame;
            let opens = frame.keyframe && frame.start && frame.spatial == 0 && packet.payload_len > 0;
            if !(opens && fresh && packet.encoding == self.encoding_of(target)) {
                return Choice::Ignore;
            }
            self.current = Some(self.join(packet, target));
            return Choice::Forward {
                joins: true,
                ends: self.ends(packet),
            };
        }
        if packet.payload_len == 0 {
            return Choice::Omit;
        }
        self.adapt(packet, target);
        let Some(current) = &mut self.current else {
            return Choice::Ignore;
        };
        let too_high = packet.frame.spatial > current.spatial.at(packet.timestamp)
            || packet.frame.temporal > current.temporal.at(packet.timestamp);
        if too_high {
            current.maim(packet);
            return Choice::Omit;
        }
        Choice::Forward {
            joins: false,
            ends: self.ends(packet),
        }
    }

    fn encoding_of(&self, layer: Layer) -> u8 {
        match self.structure {
            Structure::Simulcast => layer.spatial,
            Structure::Scalable => 0,
        }
    }

    fn join(&self, packet: &Arrived, target: Layer) -> Current {
        let spatial = match self.structure {
            // Encodings may have layers inside; under simulcast they are sent whole.
            Structure::Simulcast => u8::MAX,
            Structure::Scalable => 0,
        };
        Current {
            encoding: packet.encoding,
            spatial: Limit::new(spatial),
            temporal: Limit::new(target.temporal),
            timestamp: packet.timestamp,
            goal: target.spatial,
            may_rise: false,
            maimed: (0, 0),
            closed: None,
        }
    }

    /// Move the limits towards the target where this packet allows it.
    fn adapt(&mut self, packet: &Arrived, target: Layer) {
        let scalable = self.structure == Structure::Scalable;
        let Some(current) = &mut self.current else { return };
        if packet.timestamp < current.timestamp {
            return;
        }
        let (frame, since) = (packet.frame, packet.timestamp);
        let next_picture = since > current.timestamp;
        // Pictures between the newest and this one may come late; they too are newer than the target.
        let next_timestamp = current.timestamp.saturating_add(1);
        current.timestamp = since;
        if next_picture {
            current.goal = target.spatial;
            if scalable && target.spatial < current.spatial.newest() {
                current.spatial.set(next_timestamp, target.spatial);
            }
            let may_rise = std::mem::take(&mut current.may_rise);
            if target.temporal < current.temporal.newest() {
                current.temporal.set(next_timestamp, target.temporal);
            } else if may_rise {
                current.temporal.set(since, target.temporal);
            }
        }
        let (spatial, temporal) = (current.spatial.newest(), current.temporal.newest());
        let maimed = current.maimed_at(since);
        let whole = maimed.checked_shr(u32::from(frame.spatial)).unwrap_or(0) & 1 == 0;
        let is_open = current.closed != Some(since);
        let next_spatial = spatial.checked_add(1) == Some(frame.spatial) && whole && is_open;
        if scalable && next_spatial && frame.spatial <= current.goal && frame.start && frame.refresh {
            current.spatial.set(since, frame.spatial);
        }
        if temporal < target.temporal && frame.start && (maimed == 0 || frame.temporal <= temporal) {
            let next_temporal = temporal.checked_add(1) == Some(frame.temporal);
            if frame.keyframe && maimed == 0 {
                current.temporal.set(since, target.temporal);
            } else if frame.switch == SwitchPoint::Own && next_temporal {
                current.temporal.set(since, frame.temporal);
            } else if frame.switch == SwitchPoint::Above && frame.temporal <= temporal {
                current.may_rise = true;
            }
        }
    }

    /// Whether a packet that is forwarded ends its picture as sent. In a keyframe the layers up to the goal are
    /// expected to follow; should the next one not be usable, the picture stays without a marker, which receivers
    /// bear, for the next timestamp ends it too.
    fn ends(&mut self, packet: &Arrived) -> bool {
        let Some(current) = &mut self.current else {
            return packet.marker;
        };
        let frame = packet.frame;
        let rises = frame.keyframe && frame.spatial < current.goal && packet.timestamp == current.timestamp;
        let ends = frame.end && !rises && current.spatial.at(packet.timestamp) == frame.spatial;
        if ends && !packet.marker {
            current.closed = current.closed.max(Some(packet.timestamp));
        }
        packet.marker || ends
    }
}
