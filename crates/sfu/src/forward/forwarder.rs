//! One subscription: what a subscriber gets of a track, under which numbers, and what it may get again.
//!
//! Show every packet of the track to [`Forwarder::forward`], of all encodings and in order of arrival, and do what
//! the verdict says. Answer each lost number of a subscriber's NACK by [`Forwarder::answer`]. When a verdict says
//! `replay`, show it the ring's packets after that one again. The caller owns rings and clocks, which all
//! subscribers of a track share, and draws the first numbers at random (RFC 3550 section 5.1).

use std::time::{Duration, Instant};

use super::clock::{Clocks, Ntp, ticks};
use super::history::{Found, History, Sent};
use super::munger::Munger;
use super::packet::{Arrived, Layer, Picture, Structure};
use super::picture::{Numbering, Pictures};
use super::ring::{Ring, Stored};
use super::selector::{Choice, Selector};
use super::timeline::Timeline;
use super::window::low_half;

/// Settings of a subscription.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How the track offers its qualities.
    pub structure: Structure,
    /// What omitted frames do to picture numbers.
    pub numbering: Numbering,
    /// Packets remembered for renumbering and for retransmission; rounded up to a power of two. 30 bytes each.
    pub window: usize,
    /// Copies of a packet sent on request, at most.
    pub copies_max: u8,
    /// A packet first sent longer ago than this is not sent again; the player has gone on without it.
    pub age_max: Duration,
    /// Between two copies passes at least this, or one round trip if that is longer: the request may have crossed
    /// the first copy.
    pub spacing_min: Duration,
}

impl Settings {
    /// For video: 512 packets are 1.5 s at 3 Mbit/s. A browser asks ten times for a packet and waits three seconds
    /// for it before it asks for a keyframe; a place that is given up here is a picture that stands still for so long.
    #[must_use]
    pub const fn video(structure: Structure, numbering: Numbering) -> Self {
        Self {
            structure,
            numbering,
            window: 512,
            copies_max: 12,
            age_max: Duration::from_secs(2),
            spacing_min: Duration::from_millis(10),
        }
    }

    /// For audio: 64 packets of 20 ms are more than any player waits.
    #[must_use]
    pub const fn audio() -> Self {
        Self {
            structure: Structure::Simulcast,
            numbering: Numbering::Stay,
            window: 64,
            copies_max: 2,
            age_max: Duration::from_millis(400),
            spacing_min: Duration::from_millis(10),
        }
    }
}

/// A packet to send, with what to write over the publisher's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Sequence number; the low 16 bits go on the wire, the rest into SRTP's rollover counter.
    pub sequence: u64,
    /// Timestamp; the low 32 bits go on the wire.
    pub timestamp: u64,
    /// The marker bit.
    pub marker: bool,
    /// Numbers for the payload descriptor, where the packet has any.
    pub picture: Option<Picture>,
    /// The first packet of an encoding new to the subscriber.
    pub joins: bool,
    /// Packets after this one came before it and were passed over: show the ring's packets after it again.
    pub replay: bool,
}

/// What to do with a packet for this subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send it.
    Send(Outgoing),
    /// Send a packet of padding only: the place was kept for this packet, which came late and is left out.
    Fill {
        /// Sequence number.
        sequence: u64,
        /// Timestamp.
        timestamp: u64,
    },
    /// Send nothing.
    Drop,
}

/// A packet to send again.
#[derive(Clone, Copy, Debug)]
pub struct Resend<'a> {
    /// The publisher's packet.
    pub stored: Stored<'a>,
    /// Original sequence number as sent; its low 16 bits go before the payload (RFC 4588 section 4).
    pub sequence: u64,
    /// Sequence number in the retransmission stream.
    pub rtx_sequence: u64,
    /// Original timestamp as sent.
    pub timestamp: u32,
    /// Original marker as sent.
    pub marker: bool,
    /// Numbers for the payload descriptor as sent.
    pub picture: Option<Picture>,
}

/// The answer to one lost number.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// Send this again.
    Resend(Resend<'a>),
    /// No media stands behind the number: send padding under it, in the media stream, so that it is not asked again.
    Fill {
        /// Sequence number.
        sequence: u64,
        /// Timestamp.
        timestamp: u32,
    },
    /// Its packet has not come from the publisher; it will be sent when it comes.
    Waiting,
    /// A copy went out less than a round trip ago.
    TooSoon,
    /// Sent too long ago, or no longer held.
    TooOld,
    /// All copies were sent.
    Exhausted,
    /// Never sent to this subscriber, or forgotten.
    Unknown,
}

/// Forwards one track to one subscriber.
#[derive(Clone, Debug)]
pub struct Forwarder {
    settings: Settings,
    selector: Selector,
    munger: Munger,
    timeline: Timeline,
    pictures: Pictures,
    history: History,
    rtx_next: u64,
    /// The newest packet ended its picture, so padding of ours may follow.
    at_border: bool,
}

impl Forwarder {
    /// Nothing is forwarded until a target is set. `first` and `rtx_first` are the first sequence numbers of the
    /// media and the retransmission stream.
    #[must_use]
    pub fn new(settings: Settings, first: u64, rtx_first: u64) -> Self {
        Self {
            settings,
            selector: Selector::new(settings.structure),
            munger: Munger::new(first, settings.window),
            timeline: Timeline::default(),
            pictures: Pictures::new(settings.numbering),
            history: History::new(settings.window),
            rtx_next: rtx_first,
            at_border: false,
        }
    }

    /// Set the wanted layer; `None` pauses.
    pub fn set_target(&mut self, target: Option<Layer>) {
        self.selector.set_target(target);
    }

    /// Layers wanted, sent and needed, and the keyframe waited for.
    #[must_use]
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// The publisher began the source of an encoding anew: with another SSRC, or other numbers. The caller clears its
    /// ring and forgets its clock.
    pub fn replace(&mut self, encoding: u8) {
        self.selector.replace(encoding);
    }

    /// Decide on a packet and number it. `now` is the time of sending, later than its arrival in a replay.
    pub fn forward(&mut self, now: Instant, packet: &Arrived, clocks: &Clocks) -> Verdict {
        let is_source = self.selector.source() == Some(packet.encoding);
        if is_source && self.munger.is_jump(packet.sequence) {
            // Closing the gap silently would make the receiver decode on broken references.
            self.selector.interrupt();
        }
        match self.selector.choose(packet) {
            Choice::Ignore => Verdict::Drop,
            Choice::Omit => self.omit(now, packet),
            Choice::Forward { joins, ends } => {
                if joins {
                    self.munger.begin(packet.sequence);
                    self.timeline.begin(packet, clocks);
                    if let Some(picture) = packet.frame.picture {
                        self.pictures.begin(picture);
                    }
                }
                self.send(now, packet, joins, ends).unwrap_or(Verdict::Drop)
            }
        }
    }

    /// A packet of padding to follow what was sent, for probing without a retransmission stream. `None` within a
    /// picture, or while an earlier number is still open. A probe bears a transport-wide number, so the packet cannot be
    /// made again with the same bits: keep the datagram for who asks.
    pub fn pad(&mut self, now: Instant) -> Option<(u64, u64)> {
        let (timestamp, _) = self.timeline.newest()?;
        if !self.at_border {
            return None;
        }
        let sequence = self.munger.insert()?;
        self.history.probe(now, sequence, low_half(timestamp));
        Some((sequence, timestamp))
    }

    /// Forget what was numbered above `left` and never left, and wait for a keyframe. Numbers are given out again, so
    /// nothing seems lost; a picture that left in part stays so.
    pub fn take_back(&mut self, left: u64) {
        self.selector.interrupt();
        self.munger.take_back(left);
        self.history.take_back(left);
        self.at_border = false;
    }

    /// Answer one lost number of a NACK. `rings` holds each encoding's packets; `rtt` is the subscriber's.
    ///
    /// Source: RFC 4585 section 6.2.1, RFC 4588 section 4.
    pub fn answer<'a>(&mut self, now: Instant, rtt: Duration, lost: u16, rings: &'a [Ring]) -> Answer<'a> {
        let Some(sequence) = self.history.extend(lost) else {
            return Answer::Unknown;
        };
        let found = self.history.find(sequence);
        match found {
            Found::Unknown => return Answer::Unknown,
            Found::Open => return Answer::Waiting,
            Found::Media(_) | Found::Padding(..) => {}
        }
        let (copies, age, pause) = self.history.past(now, sequence);
        if age > self.settings.age_max {
            return Answer::TooOld;
        }
        if copies >= self.settings.copies_max {
            return Answer::Exhausted;
        }
        if pause < rtt.max(self.settings.spacing_min) {
            return Answer::TooSoon;
        }
        let answer = match found {
            Found::Media(sent) => {
                let ring = rings.get(usize::from(sent.encoding));
                let Some(stored) = ring.and_then(|ring| ring.get(sent.source)) else {
                    return Answer::TooOld;
                };
                Answer::Resend(self.resend(stored, &sent))
            }
            Found::Padding(sequence, timestamp) => Answer::Fill { sequence, timestamp },
            Found::Open | Found::Unknown => return Answer::Unknown,
        };
        self.history.sent_again(now, sequence);
        answer
    }

    /// A packet sent `back` numbers ago, to be sent again unasked: it probes the path and may mend a loss. `None` when
    /// it was not media, has less than `len_min` bytes or is no longer held.
    pub fn repeat<'a>(&mut self, back: u64, len_min: usize, rings: &'a [Ring]) -> Option<Resend<'a>> {
        let Found::Media(sent) = self.history.find(self.history.back(back)?) else {
            return None;
        };
        let ring = rings.get(usize::from(sent.encoding))?;
        let stored = ring
            .get(sent.source)
            .filter(|stored| stored.bytes.len() >= len_min)?;
        Some(self.resend(stored, &sent))
    }

    /// Number and timestamp for a packet of padding in the retransmission stream, which bears any number of them.
    pub fn pad_rtx(&mut self) -> (u64, u32) {
        let sequence = self.number_rtx();
        let timestamp = self
            .timeline
            .newest()
            .map_or(0, |(timestamp, _)| low_half(timestamp));
        (sequence, timestamp)
    }

    /// The next number of the retransmission stream, for one more copy of what was just answered.
    pub fn number_rtx(&mut self) -> u64 {
        let sequence = self.rtx_next;
        self.rtx_next = sequence.wrapping_add(1);
        sequence
    }

    /// The track goes on in another codec: numbers run on, and what is sent begins anew with a keyframe.
    pub fn restructure(&mut self, structure: Structure, numbering: Numbering) {
        let target = self.selector.target();
        self.settings.structure = structure;
        self.settings.numbering = numbering;
        self.selector = Selector::new(structure);
        self.selector.set_target(target);
        self.pictures = Pictures::new(numbering);
    }

    /// The next numbers of the media and the retransmission stream, for who goes on under the same SSRCs.
    #[must_use]
    pub fn next_numbers(&self) -> (u64, u64) {
        (self.munger.sent().wrapping_add(1), self.rtx_next)
    }

    /// What a sender report should say at `now`: the publisher's wall clock and our timestamp of that moment, so
    /// that a receiver aligns audio and video by the publisher's clock. `None` until the publisher reported.
    ///
    /// Source: RFC 3550 section 6.4.1; RFC 7667 section 3.7 (a middlebox with its own SSRC translates reports).
    #[must_use]
    pub fn moment(&self, now: Instant, clocks: &Clocks) -> Option<(Ntp, u64)> {
        self.timeline.newest()?;
        let moment = clocks.moment(self.timeline.encoding())?;
        let elapsed = now.saturating_duration_since(moment.at);
        let timestamp = self
            .timeline
            .at(moment.timestamp)
            .wrapping_add(ticks(elapsed, clocks.rate()));
        Some((moment.ntp.after(elapsed), timestamp))
    }

    fn omit(&mut self, now: Instant, packet: &Arrived) -> Verdict {
        if let Some(picture) = packet.frame.picture {
            self.pictures.omit(picture);
        }
        match self.munger.omit(packet.sequence) {
            Some(sequence) => self.fill(now, packet, sequence),
            None => Verdict::Drop,
        }
    }

    fn fill(&mut self, now: Instant, packet: &Arrived, sequence: u64) -> Verdict {
        let timestamp = self.timeline.forward(packet);
        self.history.padding(now, sequence, low_half(timestamp));
        Verdict::Fill { sequence, timestamp }
    }

    fn send(&mut self, now: Instant, packet: &Arrived, joins: bool, marker: bool) -> Option<Verdict> {
        let before = self.munger.sent();
        let sequence = self.munger.forward(packet.sequence)?;
        if joins {
            self.history.join(packet.encoding, packet.sequence, sequence);
        }
        let picture = match packet.frame.picture {
            None => None,
            Some(picture) => match self.pictures.forward(picture) {
                None => return Some(self.fill(now, packet, sequence)),
                written => written,
            },
        };
        let timestamp = self.timeline.forward(packet);
        let sent = Sent {
            encoding: packet.encoding,
            source: packet.sequence,
            sequence,
            timestamp: low_half(timestamp),
            marker,
            picture: picture.unwrap_or_default(),
        };
        self.history.media(now, &sent);
        if sequence.wrapping_sub(before).cast_signed() > 0 {
            self.at_border = marker;
        }
        let replay = joins && self.selector.highest(packet.encoding) > packet.sequence;
        Some(Verdict::Send(Outgoing {
            sequence,
            timestamp,
            marker,
            picture,
            joins,
            replay,
        }))
    }

    fn resend<'a>(&mut self, stored: Stored<'a>, sent: &Sent) -> Resend<'a> {
        let rtx_sequence = self.number_rtx();
        let picture = stored.arrived.frame.picture.map(|original| Picture {
            id: sent.picture.id,
            bits: original.bits,
            base: original.base.and(sent.picture.base),
            key: original.key.and(sent.picture.key),
        });
        let (sequence, timestamp, marker) = (sent.sequence, sent.timestamp, sent.marker);
        Resend {
            stored,
            sequence,
            rtx_sequence,
            timestamp,
            marker,
            picture,
        }
    }
}
