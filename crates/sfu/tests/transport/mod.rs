//! A transport of ours and str0m as its peer, on virtual time, with an emulated network between them.
#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "the operands are the test's own, and a panic is a failed test"
)]

#[path = "../network/mod.rs"]
mod network;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hubbub_netem::{Clock, Config, Link, Random};
use hubbub_sfu::dtls;
use hubbub_sfu::ice::{Credentials, Path, Protocol};
use hubbub_sfu::refusal::Refusals;
use hubbub_sfu::shard::Transmit;
use hubbub_sfu::shard::command::{Fingerprint, Remote, TransportId};
use hubbub_sfu::transport::{Error, Event, Received, Settings, Transport};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::media::MediaKind;
use str0m::net::Receive;
use str0m::{Candidate, Event as PeerEvent, IceCreds, Input, Output, Rtc};

pub use network::*;

/// SSRC of what the peer sends.
pub const UP: u32 = 0x1111;
/// SSRC of what we send.
pub const DOWN: u32 = 0x2222;
pub const OPUS: u8 = 111;

/// Where the labels come from.
#[derive(Clone, Copy, PartialEq)]
pub enum Opener {
    Us,
    Peer,
}

pub struct Setup {
    pub seed: u64,
    pub link: Config,
    /// Whether str0m opens the handshake.
    pub peer_active: bool,
    pub opener: Opener,
    /// When we learn of the peer, after it began.
    pub told_after: Duration,
    pub settings: Settings,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            seed: 1,
            link: Config {
                delay: Duration::from_millis(10),
                ..Config::default()
            },
            peer_active: true,
            opener: Opener::Us,
            told_after: Duration::ZERO,
            settings: Settings::default(),
        }
    }
}

/// Both ends and what came of them.
pub struct Call {
    pub clock: Clock,
    pub ours: Transport,
    pub endpoint: Arc<dtls::Endpoint>,
    pub peer: Rtc,
    pub remote: Remote,
    /// Our first fragment.
    pub ufrag: String,
    /// Copies of what the peer sent, until somebody takes them.
    pub tapped: Vec<(Path, Vec<u8>)>,
    /// The host that the peer's address translator gives it.
    pub host: u8,
    up: Link<(Path, Vec<u8>)>,
    down: Link<(Path, Vec<u8>)>,
    pub tell_at: Option<Instant>,
    peer_deadline: Instant,
    /// Datagrams of ours, by length.
    pub longest: usize,
    pub events: Vec<Event>,
    pub rtp: Vec<(u64, Vec<u8>)>,
    pub rtcp: Vec<Vec<u8>>,
    pub over: Option<Error>,
    pub refused: Refusals,
    pub peer_connected: bool,
    pub peer_channels: Vec<(ChannelId, String)>,
    pub peer_data: Vec<Vec<u8>>,
    pub peer_rtp: Vec<Vec<u8>>,
    pub peer_reports: usize,
}

pub fn endpoint(seed: u64) -> Arc<dtls::Endpoint> {
    let settings = dtls::Settings {
        seed: Some(seed),
        ..dtls::Settings::default()
    };
    Arc::new(dtls::Endpoint::generate(settings).unwrap())
}

impl Call {
    pub fn new(setup: &Setup) -> Self {
        let clock = Clock::new();
        let start = clock.now();
        let endpoint = endpoint(setup.seed);
        let credentials = Credentials::draw(&mut Seeded(Random::new(setup.seed)));
        let mut peer = Rtc::builder()
            .set_rtp_mode(true)
            .set_dtls_version(str0m::config::DtlsVersion::Dtls12)
            .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
            .build(start);
        peer.add_local_candidate(Candidate::host(theirs(1), "udp").unwrap());
        peer.add_remote_candidate(Candidate::host(OURS, "udp").unwrap());
        let labels = ["_reliable", "_lossy"];
        let mut api = peer.direct_api();
        api.set_remote_fingerprint(endpoint.fingerprint().to_string().parse().unwrap());
        api.set_remote_ice_credentials(IceCreds {
            ufrag: credentials.ufrag().to_owned(),
            pass: credentials.password().to_owned(),
        });
        api.set_ice_controlling(true);
        api.start_dtls(setup.peer_active).unwrap();
        api.start_sctp(setup.peer_active);
        if setup.opener == Opener::Peer {
            for label in labels {
                let lossy = Reliability::MaxRetransmits { retransmits: 0 };
                api.create_data_channel(ChannelConfig {
                    label: label.to_owned(),
                    ordered: label == "_reliable",
                    reliability: if label == "_lossy" {
                        lossy
                    } else {
                        Reliability::Reliable
                    },
                    ..ChannelConfig::default()
                });
            }
        }
        api.declare_media("aud".into(), MediaKind::Audio);
        api.declare_stream_tx(UP.into(), None, "aud".into(), None);
        api.expect_stream_rx(DOWN.into(), None, "aud".into(), None);
        let local = api.local_ice_credentials();
        let text = api.local_dtls_fingerprint().to_string();
        let (algorithm, value) = text.split_once(' ').unwrap();
        let remote = Remote {
            ufrag: local.ufrag,
            pwd: local.pass,
            fingerprints: vec![Fingerprint {
                algorithm: algorithm.to_owned(),
                value: value.to_owned(),
            }],
            active: setup.peer_active,
        };
        let labels = match setup.opener {
            Opener::Us => labels.map(str::to_owned).to_vec(),
            Opener::Peer => Vec::new(),
        };
        Self {
            ufrag: credentials.ufrag().to_owned(),
            tapped: Vec::new(),
            host: 1,
            clock,
            ours: Transport::new(
                TransportId(1),
                credentials,
                Arc::clone(&endpoint),
                labels,
                setup.settings,
            ),
            endpoint,
            peer,
            remote,
            up: Link::new(setup.link, setup.seed * 2),
            down: Link::new(setup.link, setup.seed * 2 + 1),
            tell_at: Some(start + setup.told_after),
            peer_deadline: start,
            longest: 0,
            events: Vec::new(),
            rtp: Vec::new(),
            rtcp: Vec::new(),
            over: None,
            refused: Refusals::default(),
            peer_connected: false,
            peer_channels: Vec::new(),
            peer_data: Vec::new(),
            peer_rtp: Vec::new(),
            peer_reports: 0,
        }
    }

    /// A call whose transport and data channels are open.
    pub fn connected(setup: &Setup) -> Self {
        let mut call = Self::new(setup);
        let limit = Duration::from_secs(60);
        assert!(call.run(limit, Self::is_open), "{:?}", call.events);
        call
    }

    /// Whether media and both data channels work at both ends.
    pub fn is_open(&self) -> bool {
        let ours = |wanted| {
            let open =
                |event: &Event| matches!(event, Event::ChannelOpen { reliable } if *reliable == wanted);
            self.events.iter().any(open)
        };
        self.peer_connected
            && self.ours.is_connected()
            && self.peer_channels.len() == 2
            && ours(true)
            && ours(false)
    }

    /// Let time pass until `done` or for at most `limit`; tell whether it was done.
    pub fn run(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.clock.now() + limit;
        loop {
            self.take_peer_output();
            if done(self) {
                return true;
            }
            let deadlines = [
                self.tell_at,
                Some(self.peer_deadline),
                self.ours.deadline(),
                self.up.deadline(),
                self.down.deadline(),
            ];
            let next = deadlines.into_iter().flatten().min().unwrap();
            if next > end {
                self.clock.advance_to(end);
                return false;
            }
            self.clock.advance_to(next);
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.clock.now();
        if self.tell_at.is_some_and(|at| at <= now) {
            self.tell_at = None;
            self.over = self.ours.set_remote(now, &self.remote).err();
        }
        if self.ours.deadline().is_some_and(|at| at <= now) {
            let mut wire = Wire::default();
            self.ours.handle_timeout(now, &mut wire);
            self.carry(wire);
        }
        while let Some(delivery) = self.up.poll(now) {
            let (path, mut datagram) = delivery.item;
            self.deliver(path, &mut datagram);
        }
        while let Some(delivery) = self.down.poll(now) {
            let (path, datagram) = delivery.item;
            let receive = Receive::new(str0m::net::Protocol::Udp, path.local, theirs(1), &datagram);
            if let Ok(receive) = receive {
                self.feed_peer(Input::Receive(now, receive));
            }
        }
        if self.peer_deadline <= now {
            self.feed_peer(Input::Timeout(now));
        }
    }

    /// Give us a datagram, and keep what it held.
    pub fn deliver(&mut self, path: Path, datagram: &mut [u8]) {
        let now = self.clock.now();
        let mut wire = Wire::default();
        match self.ours.receive(now, path, datagram, &mut wire) {
            Ok(Received::Rtp(packet, opened)) => self.rtp.push((opened.index, packet.to_vec())),
            Ok(Received::Rtcp(packet)) => self.rtcp.push(packet.to_vec()),
            Ok(Received::Refused(why)) => self.refused.count(why),
            Ok(Received::Nothing) => {}
            Err(error) => self.over = Some(error),
        }
        self.carry(wire);
    }

    pub fn carry(&mut self, wire: Wire) {
        let now = self.clock.now();
        for (path, datagram) in wire.datagrams {
            self.longest = self.longest.max(datagram.len());
            self.down.send(now, datagram.len(), (path, datagram));
        }
        while let Some(event) = self.ours.poll_event() {
            self.events.push(event);
        }
    }

    /// A peer that gives up is disconnected: then it says nothing more.
    fn feed_peer(&mut self, input: Input<'_>) {
        if self.peer.handle_input(input).is_err() {
            self.peer.disconnect();
        }
        self.take_peer_output();
    }

    fn take_peer_output(&mut self) {
        let now = self.clock.now();
        loop {
            match self.peer.poll_output().unwrap() {
                Output::Timeout(at) => {
                    // Who is disconnected has no deadline, but says "now".
                    self.peer_deadline = if self.peer.is_alive() {
                        at
                    } else {
                        now + Duration::from_secs(3_600)
                    };
                    return;
                }
                Output::Transmit(sent) => {
                    let path = Path {
                        protocol: Protocol::Udp,
                        remote: theirs(self.host),
                        local: sent.destination,
                    };
                    self.tapped.push((path, sent.contents.to_vec()));
                    self.up
                        .send(now, sent.contents.len(), (path, sent.contents.to_vec()));
                }
                Output::Event(event) => self.take_peer_event(event),
            }
        }
    }

    fn take_peer_event(&mut self, event: PeerEvent) {
        match event {
            PeerEvent::Connected => self.peer_connected = true,
            PeerEvent::ChannelOpen(id, label) => self.peer_channels.push((id, label)),
            PeerEvent::ChannelData(data) => self.peer_data.push(data.data),
            PeerEvent::RtpPacket(packet) => self.peer_rtp.push(packet.payload.to_vec()),
            PeerEvent::SenderFeedback(_) => self.peer_reports += 1,
            _ => {}
        }
    }

    /// Seal an RTP packet of ours and send it.
    pub fn send_rtp(&mut self, index: u16, payload: &[u8]) {
        let mut packet = vec![0x80, OPUS];
        packet.extend(index.to_be_bytes());
        packet.extend((u32::from(index) * 960).to_be_bytes());
        packet.extend(DOWN.to_be_bytes());
        packet.extend(payload);
        let len = packet.len();
        packet.resize(len + 16, 0);
        let outbound = self.ours.outbound().unwrap();
        let len = outbound.seal_rtp(u64::from(index), &mut packet, len).unwrap();
        let mut wire = Wire::default();
        wire.send(self.ours.path().unwrap(), &packet[..len]);
        self.carry(wire);
    }

    /// Have the peer send an RTP packet.
    pub fn peer_send_rtp(&mut self, index: u64, payload: &[u8]) {
        let now = self.clock.now();
        let mut api = self.peer.direct_api();
        let stream = api.stream_tx(&UP.into()).unwrap();
        let time = u32::try_from(index * 960).unwrap();
        stream.write_rtp(str0m::rtp::RtpWrite::new(
            OPUS.into(),
            index.into(),
            time,
            now,
            payload,
        ));
        self.feed_peer(Input::Timeout(now));
    }

    pub fn peer_send_data(&mut self, label: &str, payload: &[u8]) -> bool {
        let (id, _) = self
            .peer_channels
            .iter()
            .find(|(_, known)| known == label)
            .unwrap();
        let written = self.peer.channel(*id).unwrap().write(true, payload).unwrap();
        self.take_peer_output();
        written
    }

    /// Whether an event like this came.
    pub fn told(&self, like: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(like)
    }
}
