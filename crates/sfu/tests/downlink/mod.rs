//! One subscriber at the end of a path: published tracks, the downlink under test, a network, and a receiver that opens,
//! reads, reports and asks again as a browser does.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::missing_panics_doc,
    reason = "a test may panic"
)]
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use hubbub_netem::{Clock, Config, Link, Random};
use hubbub_sfu::cc::{self, Arrivals, ArrivalsSettings, Bitrate};
use hubbub_sfu::forward::{
    Arrived, Clocks, ENCODINGS_MAX, Frame, Moment, Ntp, Numbering, Picture, Ring, Structure,
};
use hubbub_sfu::ice::{Path, Protocol};
use hubbub_sfu::random::RandomSource;
use hubbub_sfu::receive::{Codec, Publication, TrackKey, Tracks};
use hubbub_sfu::send::{Event, Request, Settings, Source, Sources, Subscriber};
use hubbub_sfu::shard::command::{self, Extension, Kind, Ssrcs};
use hubbub_sfu::shard::{Transmit, TransportId};
use hubbub_sfu::srtp::{self, Inbound, Outbound, Profile, Role};
use hubbub_wire::extension::uri;
use hubbub_wire::red;
use hubbub_wire::rtcp::{Block, Compound, ReportBlock, Writer};
use hubbub_wire::rtp::{self, Packet};

pub const TRANSPORT_SEQUENCE: u8 = 3;
pub const SEND_TIME: u8 = 2;
pub const MEDIA_ID: u8 = 4;
pub const OPUS: u8 = 111;
pub const RED: u8 = 63;
pub const VP8: u8 = 96;
pub const RTX: u8 = 97;

/// Room for datagrams, kept apart.
#[derive(Default)]
pub struct Collector {
    room: Vec<u8>,
    pub datagrams: Vec<Vec<u8>>,
}

impl Transmit for Collector {
    fn reserve(&mut self, _path: Path, len: usize) -> Option<&mut [u8]> {
        self.room = vec![0; len];
        Some(&mut self.room)
    }

    fn commit(&mut self, len: usize) {
        self.datagrams.push(self.room[..len].to_vec());
    }
}

pub struct Dice(pub Random);

impl RandomSource for Dice {
    fn fill(&mut self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

/// A published track, made by hand.
pub struct Double {
    pub codec: Codec,
    pub structure: Structure,
    pub rings: Vec<Ring>,
    pub clocks: Clocks,
    pub fresh: Vec<Arrived>,
    pub layers: Vec<cc::Layer>,
    pub muted: bool,
    pub kbps: Vec<u32>,
    pub keyframes_due: u8,
    /// Bytes of a keyframe, in usual pictures.
    pub keyframe_size: usize,
    /// Whether rates of layers are measured over the last second, as a shard does it; if not they are given.
    pub measured: Option<Vec<Vec<(Instant, usize)>>>,
    pub sequences: [u64; ENCODINGS_MAX],
    pub pictures: [u16; ENCODINGS_MAX],
    pub frames: u32,
}

/// All tracks.
pub struct Stage {
    keys: Tracks,
    pub doubles: HashMap<TrackKey, Double>,
}

impl Sources for Stage {
    fn source(&self, key: TrackKey) -> Option<Source<'_>> {
        let double = self.doubles.get(&key)?;
        let top = double.kbps.len().saturating_sub(1).min(2) as u8;
        Some(Source {
            codec: double.codec,
            structure: double.structure,
            numbering: if double.codec == Codec::Vp8 {
                Numbering::Close
            } else {
                Numbering::Stay
            },
            rings: &double.rings,
            clocks: &double.clocks,
            fresh: &double.fresh,
            replaced: 0,
            layers: &double.layers,
            spatial_of: [0, 1.min(top), top],
            muted: double.muted,
        })
    }

    fn rings(&self, key: TrackKey) -> Option<&[Ring]> {
        self.doubles.get(&key).map(|double| double.rings.as_slice())
    }
}

impl Stage {
    pub fn new() -> Self {
        Self {
            keys: Tracks::new(),
            doubles: HashMap::new(),
        }
    }

    fn key(&mut self, now: Instant, kind: Kind) -> TrackKey {
        let publication = Publication {
            sid: format!("TR_{}", self.doubles.len()),
            transport: TransportId(1),
            kind,
            mid: "0".into(),
            codecs: codecs(kind, true),
            extensions: Vec::new(),
            rids: Vec::new(),
            sources: vec![Ssrcs { media: 1, rtx: 2 }],
            layers: Vec::new(),
            muted: false,
        };
        self.keys.insert(now, publication).unwrap()
    }

    pub fn audio(&mut self, now: Instant) -> TrackKey {
        let key = self.key(now, Kind::Audio);
        self.insert(key, Codec::Opus, vec![0], 48_000);
        key
    }

    /// Encodings of so many kilobits a second, lowest first.
    pub fn video(&mut self, now: Instant, kbps: &[u32]) -> TrackKey {
        let key = self.key(now, Kind::Video);
        self.insert(key, Codec::Vp8, kbps.to_vec(), 90_000);
        key
    }

    fn insert(&mut self, key: TrackKey, codec: Codec, kbps: Vec<u32>, rate: u32) {
        let layers = kbps.iter().zip(0..).filter(|(kbps, _)| **kbps > 0);
        self.doubles.insert(
            key,
            Double {
                codec,
                structure: Structure::Simulcast,
                rings: kbps.iter().map(|_| Ring::new(512, 1 << 20)).collect(),
                clocks: Clocks::new(rate),
                fresh: Vec::new(),
                layers: layers
                    .map(|(kbps, spatial)| cc::Layer {
                        spatial,
                        temporal: 0,
                        rate: Bitrate::from_kbps(*kbps),
                    })
                    .collect(),
                muted: false,
                keyframes_due: u8::MAX,
                keyframe_size: 3,
                measured: None,
                sequences: [1_000, 2_000, 3_000, 4_000],
                pictures: [10, 20, 30, 40],
                kbps,
                frames: 0,
            },
        );
    }

    /// A packet of sound: its payload is its number and 76 bytes more.
    pub fn speak(&mut self, now: Instant, key: TrackKey) {
        let double = self.doubles.get_mut(&key).unwrap();
        let number = double.frames;
        let mut payload = number.to_be_bytes().to_vec();
        payload.resize(80, 7);
        double.arrive(now, 0, &payload, u64::from(number) * 960, true, Frame::ALONE);
        double.frames += 1;
    }

    /// A picture in each encoding.
    pub fn show(&mut self, now: Instant, key: TrackKey, every: Duration) {
        let double = self.doubles.get_mut(&key).unwrap();
        let timestamp = u64::from(double.frames) * 3_000;
        for encoding in 0..double.kbps.len() {
            let keyframe = double.keyframes_due >> encoding & 1 != 0;
            double.keyframes_due &= !(1 << encoding);
            let bytes = Bitrate::from_kbps(double.kbps[encoding]).bytes_in(every) as usize;
            let bytes = if keyframe {
                bytes * double.keyframe_size
            } else {
                bytes
            };
            double.measure(now, encoding, bytes);
            let packets = bytes.div_ceil(1_100).max(1);
            let id = double.pictures[encoding];
            double.pictures[encoding] = (id + 1) & 0x7fff;
            for packet in 0..packets {
                let (start, end) = (packet == 0, packet + 1 == packets);
                let [high, low] = id.to_be_bytes();
                let mut payload = vec![if start { 0x90 } else { 0x80 }, 0xf0, 0x80 | high, low, 5, 0x20];
                payload.extend_from_slice(&double.frames.to_be_bytes());
                payload.extend_from_slice(&[encoding as u8, packet as u8]);
                payload.resize((bytes / packets).max(20), 9);
                let frame = Frame {
                    keyframe,
                    start,
                    end,
                    refresh: keyframe,
                    picture: Some(Picture {
                        id,
                        bits: 15,
                        base: Some(5),
                        key: Some(0),
                    }),
                    ..Frame::ALONE
                };
                double.arrive(now, encoding as u8, &payload, timestamp, end, frame);
            }
        }
        double.frames += 1;
    }

    pub fn flushed(&mut self) {
        self.doubles.values_mut().for_each(|double| double.fresh.clear());
    }
}

impl Double {
    /// Take the rate of an encoding over its last three seconds, or since it began.
    fn measure(&mut self, now: Instant, encoding: usize, bytes: usize) {
        let Some(measured) = self.measured.as_mut() else {
            return;
        };
        let window = &mut measured[encoding];
        window.push((now, bytes));
        window.retain(|(at, _)| now - *at < Duration::from_secs(3));
        let span = (now - window[0].0 + FRAME).max(Duration::from_millis(200));
        let total: usize = window.iter().map(|(_, bytes)| bytes).sum();
        let rate = Bitrate::of(total as f64, span).unwrap();
        let layer = self
            .layers
            .iter_mut()
            .find(|layer| usize::from(layer.spatial) == encoding);
        // Within that time what the publisher declared bounds it.
        let declared = Bitrate::from_kbps(self.kbps[encoding]).times(1.25);
        let whole = now - window[0].0 >= Duration::from_millis(2_900);
        layer.unwrap().rate = if whole { rate } else { rate.min(declared) };
    }

    pub fn arrive(
        &mut self,
        now: Instant,
        encoding: u8,
        payload: &[u8],
        timestamp: u64,
        marker: bool,
        frame: Frame,
    ) {
        let index = usize::from(encoding);
        let arrived = Arrived {
            encoding,
            sequence: self.sequences[index],
            timestamp,
            marker,
            payload_len: payload.len() as u16,
            frame,
            at: now,
        };
        self.sequences[index] += 1;
        assert!(self.rings[index].insert(&arrived, payload));
        self.fresh.push(arrived);
    }

    /// The publisher reports on all its encodings; from then on the subscriber gets sender reports.
    pub fn report(&mut self, now: Instant, ntp: Ntp) {
        let (frames, step) = (self.frames, u64::from(self.clocks.rate() / 50));
        let step = if self.codec == Codec::Opus { step } else { 3_000 };
        for encoding in 0..self.kbps.len() {
            let timestamp = u64::from(frames) * step;
            let moment = Moment {
                ntp,
                timestamp,
                at: now,
            };
            self.clocks.report(encoding as u8, moment);
        }
    }
}

pub fn codecs(kind: Kind, full: bool) -> Vec<command::Codec> {
    let audio = kind == Kind::Audio;
    vec![command::Codec {
        name: if audio { "opus" } else { "VP8" }.into(),
        payload_type: if audio { OPUS } else { VP8 },
        clock_rate: if audio { 48_000 } else { 90_000 },
        channels: if audio { 2 } else { 1 },
        parameters: String::new(),
        feedback: vec!["nack".into(), "transport-cc".into()],
        rtx_payload_type: (full && !audio).then_some(RTX),
        red_payload_type: (full && audio).then_some(RED),
    }]
}

pub fn extensions() -> Vec<Extension> {
    let all = [
        (TRANSPORT_SEQUENCE, uri::TRANSPORT_SEQUENCE),
        (SEND_TIME, uri::ABSOLUTE_SEND_TIME),
        (MEDIA_ID, uri::MEDIA_ID),
    ];
    all.map(|(id, uri)| Extension { id, uri: uri.into() }).to_vec()
}

pub fn path() -> Path {
    Path {
        protocol: Protocol::Udp,
        remote: "192.0.2.1:5000".parse().unwrap(),
        local: "192.0.2.2:3478".parse().unwrap(),
    }
}

/// A packet as the receiver read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub at: Instant,
    pub ssrc: u32,
    pub index: u64,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub marker: bool,
    pub transport_sequence: Option<u16>,
    pub mid: Option<Vec<u8>>,
    pub payload: Vec<u8>,
    pub padding: usize,
    pub len: usize,
}

/// What a sender report said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    pub at: Instant,
    pub ssrc: u32,
    pub ntp: u64,
    pub timestamp: u32,
    pub packets: u32,
    pub octets: u32,
}

/// What a receiver keeps of one media SSRC.
#[derive(Default)]
pub struct Stream {
    pub highest: Option<u64>,
    pub first: u64,
    pub received: u64,
    /// Missing numbers, when they were asked for last, and how often.
    pub missing: BTreeMap<u64, (Instant, u32)>,
    pub known: BTreeSet<u64>,
    expected_prior: u64,
    received_prior: u64,
    last_report: Option<(u64, Instant)>,
}

/// The receiving end.
pub struct Peer {
    inbound: Inbound,
    pub received: Vec<Received>,
    pub reports: Vec<Reported>,
    pub names: Vec<(u32, String)>,
    pub arrivals: Arrivals,
    pub streams: BTreeMap<u32, Stream>,
    pub nacks: bool,
    pub feedback: bool,
    pub asked: usize,
}

impl Peer {
    fn new(now: Instant, inbound: Inbound) -> Self {
        Self {
            inbound,
            received: Vec::new(),
            reports: Vec::new(),
            names: Vec::new(),
            arrivals: Arrivals::new(now, ArrivalsSettings::default()),
            streams: BTreeMap::new(),
            nacks: true,
            feedback: true,
            asked: 0,
        }
    }

    pub fn take(&mut self, now: Instant, datagram: &[u8]) {
        let mut bytes = datagram.to_vec();
        if rtp::is_rtcp(&bytes) {
            let len = self.inbound.open_rtcp(&mut bytes).unwrap();
            self.take_rtcp(now, &bytes[..len]);
            return;
        }
        let opened = match self.inbound.open_rtp(&mut bytes) {
            Ok(opened) => opened,
            Err(srtp::Error::Replayed | srtp::Error::Stale) => return,
            Err(error) => panic!("{error}"),
        };
        let packet = Packet::parse(&bytes[..opened.len]).unwrap();
        let transport_sequence = packet
            .extension(TRANSPORT_SEQUENCE)
            .map(|value| u16::from_be_bytes([value[0], value[1]]));
        if let Some(number) = transport_sequence {
            self.arrivals.record(now, number);
        }
        let received = Received {
            at: now,
            ssrc: packet.ssrc(),
            index: opened.index,
            payload_type: packet.payload_type(),
            sequence: packet.sequence(),
            timestamp: packet.timestamp(),
            marker: packet.marker(),
            transport_sequence,
            mid: packet.extension(MEDIA_ID).map(<[u8]>::to_vec),
            payload: packet.payload().to_vec(),
            padding: packet.padding_len(),
            len: datagram.len(),
        };
        if received.ssrc & 1 == 0 {
            self.count(now, &received);
        } else if let Ok((original, _)) = hubbub_wire::rtx::split(&received.payload)
            && let Some(stream) = self.streams.get_mut(&(received.ssrc & !1))
        {
            let behind = (stream.highest.unwrap() as u16).wrapping_sub(original);
            if behind < 1 << 15 {
                let number = stream.highest.unwrap() - u64::from(behind);
                stream.missing.remove(&number);
            }
        }
        self.received.push(received);
    }

    fn count(&mut self, now: Instant, received: &Received) {
        let stream = self.streams.entry(received.ssrc).or_default();
        let highest = stream.highest.unwrap_or(received.index.wrapping_sub(1));
        if stream.highest.is_none() {
            stream.first = received.index;
        }
        for number in highest + 1..received.index {
            stream
                .missing
                .insert(number, (now.checked_sub(Duration::from_secs(1)).unwrap(), 0));
        }
        stream.missing.remove(&received.index);
        stream.highest = Some(highest.max(received.index));
        stream.received += 1;
    }

    fn take_rtcp(&mut self, now: Instant, bytes: &[u8]) {
        for block in Compound::new(bytes) {
            match block.unwrap() {
                Block::SenderReport(report) => {
                    let info = report.info();
                    if let Some(stream) = self.streams.get_mut(&report.ssrc()) {
                        stream.last_report = Some((info.ntp, now));
                    }
                    self.reports.push(Reported {
                        at: now,
                        ssrc: report.ssrc(),
                        ntp: info.ntp,
                        timestamp: info.rtp_timestamp,
                        packets: info.packet_count,
                        octets: info.octet_count,
                    });
                }
                Block::SourceDescription(description) => {
                    for chunk in description.chunks() {
                        let name = chunk
                            .cname()
                            .map(|name| String::from_utf8_lossy(name).into_owned());
                        self.names.push((chunk.ssrc, name.unwrap_or_default()));
                    }
                }
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    /// Feedback and requests that are due.
    pub fn answer(&mut self, now: Instant, rtt: Duration) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        while let Some(feedback) = self.arrivals.poll(now) {
            if self.feedback {
                let mut buffer = [0; 1_200];
                let mut writer = Writer::new(&mut buffer);
                writer.transport_feedback(&feedback.report(1, 2)).unwrap();
                let len = writer.position();
                out.push(buffer[..len].to_vec());
            }
        }
        for (ssrc, stream) in &mut self.streams {
            let due = |(at, times): &(Instant, u32)| now - *at >= rtt.mul_f64(1.2) && *times < 10;
            let mut lost = Vec::new();
            for (number, entry) in stream.missing.iter_mut().filter(|(_, entry)| due(entry)) {
                *entry = (now, entry.1 + 1);
                lost.push(*number as u16);
            }
            if self.nacks && !lost.is_empty() {
                self.asked += lost.len();
                let mut buffer = [0; 1_400];
                let mut writer = Writer::new(&mut buffer);
                writer.nack(1, *ssrc, lost).unwrap();
                let len = writer.position();
                out.push(buffer[..len].to_vec());
            }
        }
        out
    }

    /// A receiver report on all streams.
    pub fn report(&mut self, now: Instant) -> Vec<u8> {
        let blocks: Vec<ReportBlock> = self
            .streams
            .iter_mut()
            .map(|(ssrc, stream)| {
                let expected = stream.highest.unwrap() - stream.first + 1;
                let since = expected - stream.expected_prior;
                let lost = since.saturating_sub(stream.received - stream.received_prior);
                (stream.expected_prior, stream.received_prior) = (expected, stream.received);
                let fraction = (lost * 256).checked_div(since).unwrap_or(0).min(255);
                ReportBlock {
                    ssrc: *ssrc,
                    fraction_lost: fraction as u8,
                    cumulative_lost: (expected as i64 - stream.received as i64) as i32,
                    highest_sequence: stream.highest.unwrap() as u32,
                    jitter: 90,
                    last_sr: stream.last_report.map_or(0, |(ntp, _)| (ntp >> 16) as u32),
                    delay_since_last_sr: stream
                        .last_report
                        .map_or(0, |(_, at)| ((now - at).as_secs_f64() * 65_536.0) as u32),
                }
            })
            .collect();
        let mut buffer = [0; 1_200];
        let mut writer = Writer::new(&mut buffer);
        writer
            .receiver_report(1, &blocks[..blocks.len().min(31)])
            .unwrap();
        let len = writer.position();
        buffer[..len].to_vec()
    }

    pub fn of(&self, ssrc: u32) -> impl Iterator<Item = &Received> {
        self.received.iter().filter(move |one| one.ssrc == ssrc)
    }

    /// Numbers of sound that came, by any packet, within `patience` after they were spoken every 20 ms from `start`.
    pub fn heard(&self, ssrc: u32, start: Instant, patience: Duration) -> BTreeSet<u32> {
        let mut heard = BTreeSet::new();
        for packet in self.of(ssrc) {
            let mut blocks = Vec::new();
            if packet.payload_type == RED {
                let payload = red::Payload::parse(&packet.payload).unwrap();
                blocks.extend(payload.redundant().map(|block| block.data));
                blocks.push(payload.primary().data);
            } else if packet.payload.len() >= 4 {
                blocks.push(packet.payload.as_slice());
            }
            for block in blocks {
                let number = u32::from_be_bytes(*block.first_chunk().unwrap());
                if packet.at <= start + Duration::from_millis(20) * number + patience {
                    heard.insert(number);
                }
            }
        }
        heard
    }
}

/// Both ends and the path between them.
pub struct World {
    pub clock: Clock,
    pub stage: Stage,
    pub subscriber: Subscriber,
    outbound: Outbound,
    pub peer: Peer,
    pub forward: Link<Vec<u8>>,
    pub back: Link<Vec<u8>>,
    pub events: Vec<(Duration, Event)>,
    pub speaking: Vec<TrackKey>,
    pub showing: Vec<TrackKey>,
    pub dice: Dice,
    pub rtt: Duration,
    /// The receiver's thread, and the sender's, looks again after at most so long.
    pub receiver_late: Duration,
    pub sender_late: Duration,
    /// A keyframe that was asked for comes so much later.
    pub publisher_away: Duration,
    asked: Vec<(Duration, TrackKey, u8)>,
    /// When which bits left under a stream's number, lately.
    sealed: HashMap<(u32, u16), (Duration, Vec<u8>)>,
    receiver_wakes: Duration,
    sender_wakes: Duration,
    lateness: Random,
    next_sound: Duration,
    next_picture: Duration,
    next_report: Duration,
}

pub const FRAME: Duration = Duration::from_micros(33_333);

impl World {
    pub fn new(there: Config, back: Config, seed: u64) -> Self {
        let clock = Clock::new();
        let profile = Profile::AeadAes128Gcm;
        let material: Vec<u8> = (0..profile.material_len() as u8).collect();
        let settings = srtp::Settings::default();
        let (outbound, _) = srtp::pair(profile, &material, Role::Server, settings).unwrap();
        let (_, inbound) = srtp::pair(profile, &material, Role::Client, settings).unwrap();
        Self {
            subscriber: Subscriber::new(clock.now(), Settings::new(clock.now())),
            stage: Stage::new(),
            peer: Peer::new(clock.now(), inbound),
            outbound,
            forward: Link::new(there, seed),
            back: Link::new(back, seed + 1),
            events: Vec::new(),
            speaking: Vec::new(),
            showing: Vec::new(),
            dice: Dice(Random::new(seed + 2)),
            rtt: there.delay + back.delay,
            receiver_late: Duration::ZERO,
            sender_late: Duration::ZERO,
            publisher_away: Duration::ZERO,
            asked: Vec::new(),
            sealed: HashMap::new(),
            receiver_wakes: Duration::ZERO,
            sender_wakes: Duration::ZERO,
            lateness: Random::new(seed + 3),
            next_sound: Duration::ZERO,
            next_picture: Duration::ZERO,
            next_report: Duration::from_secs(1),
            clock,
        }
    }

    /// A path without delay or loss.
    pub fn plain() -> Self {
        Self::new(Config::default(), Config::default(), 1)
    }

    pub fn subscribe(&mut self, track: TrackKey, slot: u32, full: bool) -> Ssrcs {
        self.subscribe_as(track, 0x0001_0000 | slot << 1, full, &extensions())
    }

    pub fn subscribe_as(
        &mut self,
        track: TrackKey,
        media: u32,
        full: bool,
        extensions: &[Extension],
    ) -> Ssrcs {
        let audio = self.stage.doubles[&track].codec == Codec::Opus;
        let kind = if audio { Kind::Audio } else { Kind::Video };
        let ssrcs = Ssrcs {
            media,
            rtx: media | 1,
        };
        let request = Request {
            track,
            kind,
            mid: "7",
            ssrcs,
            codecs: &codecs(kind, full),
            extensions,
            cname: "PA_alice",
        };
        self.subscriber
            .subscribe(self.clock.now(), &request, &mut self.dice)
            .unwrap();
        ssrcs
    }

    /// Let the subscriber see what is fresh, and send.
    pub fn flush(&mut self) {
        let now = self.clock.now();
        let mut keys: Vec<TrackKey> = self.stage.doubles.keys().copied().collect();
        keys.sort_unstable();
        for key in keys {
            let source = self.stage.source(key).unwrap();
            if !source.fresh.is_empty() {
                self.subscriber.forward(now, key, &source);
            }
        }
        let mut out = Collector::default();
        self.subscriber
            .poll_transmit(now, path(), &mut self.outbound, &self.stage, &mut out);
        self.stage.flushed();
        for datagram in out.datagrams {
            self.check(&datagram);
            self.forward.send(now, datagram.len() + 28, datagram);
        }
        self.events();
    }

    /// One number of one stream never seals two contents.
    fn check(&mut self, datagram: &[u8]) {
        if rtp::is_rtcp(datagram) {
            return;
        }
        let sequence = u16::from_be_bytes([datagram[2], datagram[3]]);
        let ssrc = u32::from_be_bytes(*datagram[8..].first_chunk().unwrap());
        let now = self.clock.elapsed();
        let before = self.sealed.insert((ssrc, sequence), (now, datagram.to_vec()));
        if let Some((then, bits)) = before
            && now.saturating_sub(then) < Duration::from_secs(5)
        {
            assert_eq!(bits, datagram, "number {sequence} of {ssrc:#x} was sealed twice");
        }
    }

    /// Let what waits leave, into `out` and not onto the path.
    pub fn poll(&mut self, out: &mut Collector) {
        let now = self.clock.now();
        self.subscriber
            .poll_transmit(now, path(), &mut self.outbound, &self.stage, out);
    }

    fn events(&mut self) {
        while let Some(event) = self.subscriber.poll_event() {
            if let Event::KeyframeWanted { track, encoding } = event {
                let due = self.clock.elapsed() + self.publisher_away;
                self.asked.push((due, track, encoding));
            }
            self.events.push((self.clock.elapsed(), event));
        }
    }

    pub fn rtcp(&mut self, bytes: &[u8]) {
        for block in Compound::new(bytes).flatten() {
            self.subscriber.rtcp(self.clock.now(), &block, &self.stage);
        }
    }

    /// Run for so long, by milliseconds.
    pub fn run(&mut self, span: Duration) {
        let end = self.clock.elapsed() + span;
        while self.clock.elapsed() < end {
            self.produce();
            let now = self.clock.now();
            if self.clock.elapsed() >= self.sender_wakes {
                self.sender_wakes = self.clock.elapsed() + self.late(self.sender_late);
                while let Some(delivery) = self.back.poll(now) {
                    self.rtcp(&delivery.item);
                }
                self.flush();
            }
            if self.clock.elapsed() >= self.receiver_wakes {
                self.receiver_wakes = self.clock.elapsed() + self.late(self.receiver_late);
                self.receive(now);
            }
            self.clock.advance(Duration::from_millis(1));
        }
    }

    fn late(&mut self, most: Duration) -> Duration {
        Duration::from_nanos(self.lateness.below(most.as_nanos() as u64))
    }

    fn receive(&mut self, now: Instant) {
        while let Some(delivery) = self.forward.poll(now) {
            self.peer.take(now, &delivery.item);
        }
        let mut answers = self.peer.answer(now, self.rtt);
        if self.clock.elapsed() >= self.next_report && !self.peer.streams.is_empty() {
            self.next_report += Duration::from_secs(1);
            answers.push(self.peer.report(now));
        }
        for answer in answers {
            self.back.send(now, answer.len(), answer);
        }
    }

    /// What is due of the publishers arrives.
    pub fn publish(&mut self) {
        self.produce();
    }

    /// Show what is fresh, and let packets leave into `out`.
    pub fn send_into(&mut self, out: &mut impl Transmit) {
        let now = self.clock.now();
        for key in self.speaking.iter().chain(&self.showing) {
            let source = self.stage.source(*key).unwrap();
            if !source.fresh.is_empty() {
                self.subscriber.forward(now, *key, &source);
            }
        }
        self.subscriber
            .poll_transmit(now, path(), &mut self.outbound, &self.stage, out);
        self.stage.flushed();
        while self.subscriber.poll_event().is_some() {}
    }

    fn produce(&mut self) {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        while self.next_sound <= elapsed {
            self.next_sound += Duration::from_millis(20);
            for key in self.speaking.clone() {
                self.stage.speak(now, key);
            }
        }
        for (due, track, encoding) in std::mem::take(&mut self.asked) {
            if due > elapsed {
                self.asked.push((due, track, encoding));
            } else if let Some(double) = self.stage.doubles.get_mut(&track) {
                double.keyframes_due |= 1 << encoding;
            }
        }
        while self.next_picture <= elapsed {
            self.next_picture += FRAME;
            for key in self.showing.clone() {
                self.stage.show(now, key, FRAME);
            }
        }
    }

    /// Bits per second of an SSRC between two moments after the start.
    pub fn kbps(&self, ssrc: u32, from: Duration, to: Duration) -> f64 {
        let (start, end) = (self.clock.at(from), self.clock.at(to));
        let packets = self.peer.of(ssrc).filter(|one| one.at >= start && one.at < end);
        let bytes: usize = packets.map(|one| one.len).sum();
        bytes as f64 * 8.0 / 1_000.0 / to.saturating_sub(from).as_secs_f64()
    }
}
