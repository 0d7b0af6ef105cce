//! A peer made of the same parts, the other way round.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use hubbub_netem::{Config, Link, Random};
use hubbub_sfu::cc::{Arrivals, ArrivalsSettings};
use hubbub_sfu::dtls::{self, Keys, Session};
use hubbub_sfu::forward::nack::{Generator, Limits};
use hubbub_sfu::ice::{Credentials, PacketKind};
use hubbub_sfu::shard::TransportId;
use hubbub_sfu::shard::command::{Fingerprint, Remote};
use hubbub_sfu::srtp::{Error, Role};
use hubbub_wire::rtcp::{Block, Compound, Writer};
use hubbub_wire::rtp::{HeaderFields, Packet, write_header};
use hubbub_wire::sequence::Extender;
use is::stun::{StunMessage, TransId};
use sha1::Sha1;

use super::{Camera, LEVEL, MID, OPUS, REPAIRED, RID, RTX, SEQUENCE, Seeded, VP8, Voice};

/// What a caller got of one stream.
#[derive(Debug, Default)]
pub struct Heard {
    /// Payloads by widened sequence number.
    pub packets: BTreeMap<u64, (Instant, u32, bool, Vec<u8>)>,
    /// Came by retransmission.
    pub mended: usize,
    sequence: Extender<u16>,
    gaps: Option<Generator>,
}

impl Heard {
    /// Numbers between the first and `back` before the last that never came.
    pub fn missing(&self, back: u64) -> usize {
        let (Some((first, _)), Some((last, _))) =
            (self.packets.first_key_value(), self.packets.last_key_value())
        else {
            return 0;
        };
        (*first..last.saturating_sub(back))
            .filter(|number| !self.packets.contains_key(number))
            .count()
    }

    /// The encoding that packets from `since` on are of, each once, in order.
    pub fn layers(&self, since: Instant) -> Vec<u8> {
        let recent = self.packets.values().filter(|packet| packet.0 >= since);
        let mut layers: Vec<u8> = recent.filter_map(|packet| packet.3.get(7).copied()).collect();
        layers.dedup();
        layers
    }

    /// VP8 picture numbers in the order of sequence numbers, each once.
    pub fn pictures(&self) -> Vec<u16> {
        let number = |payload: &Vec<u8>| Some(u16::from_be_bytes([payload.get(2)? & 0x7f, *payload.get(3)?]));
        let mut pictures: Vec<u16> = self
            .packets
            .values()
            .filter_map(|packet| number(&packet.3))
            .collect();
        pictures.dedup();
        pictures
    }
}

pub struct Caller {
    pub id: TransportId,
    pub host: u8,
    pub up: Link<Vec<u8>>,
    pub down: Link<Vec<u8>>,
    pub voice: Option<Voice>,
    pub camera: Option<Camera>,
    pub heard: BTreeMap<u32, Heard>,
    /// Whether lost packets are asked for.
    pub asks: bool,
    /// Whether arrivals are reported.
    pub feeds_back: bool,
    pub random: Random,
    pub closed: bool,
    endpoint: Arc<dtls::Endpoint>,
    local: Credentials,
    server: Credentials,
    server_fingerprint: hubbub_sfu::dtls::Fingerprint,
    session: Option<Session>,
    keys: Option<Box<Keys>>,
    next_check: Instant,
    validated: bool,
    transport_sequence: u16,
    arrivals: Arrivals,
    plis: usize,
    /// Datagrams that came, by sequence number, timestamp and SSRC.
    sealed: HashMap<[u8; 10], Vec<u8>>,
}

impl Caller {
    pub fn new(
        now: Instant,
        id: TransportId,
        host: u8,
        server: &Credentials,
        endpoint: &dtls::Endpoint,
        link: Config,
        seed: u64,
    ) -> Self {
        Self {
            id,
            host,
            up: Link::new(link, seed),
            down: Link::new(link, seed + 1),
            voice: None,
            camera: None,
            heard: BTreeMap::new(),
            asks: true,
            feeds_back: true,
            random: Random::new(seed + 2),
            closed: false,
            endpoint: super::endpoint(seed + 3),
            local: Credentials::draw(&mut Seeded(Random::new(seed + 4))),
            server: server.clone(),
            server_fingerprint: endpoint.fingerprint(),
            session: None,
            keys: None,
            next_check: now,
            validated: false,
            transport_sequence: 0,
            arrivals: Arrivals::new(now, ArrivalsSettings::default()),
            plis: 0,
            sealed: HashMap::new(),
        }
    }

    pub fn remote(&self) -> Remote {
        let text = self.endpoint.fingerprint().to_string();
        let (algorithm, value) = text.split_once(' ').unwrap();
        Remote {
            ufrag: self.local.ufrag().to_owned(),
            pwd: self.local.password().to_owned(),
            fingerprints: vec![Fingerprint {
                algorithm: algorithm.to_owned(),
                value: value.to_owned(),
            }],
            active: true,
        }
    }

    pub fn is_connected(&self) -> bool {
        self.keys.is_some()
    }

    /// Go on from another address.
    pub fn move_to(&mut self, now: Instant, host: u8) {
        self.host = host;
        self.next_check = now;
    }

    /// Take new credentials of the server's, and draw new ones.
    pub fn restart_ice(&mut self, now: Instant, server: &Credentials) {
        self.server = server.clone();
        self.local = Credentials::draw(&mut Seeded(self.random.clone()));
        self.next_check = now;
    }

    /// What was heard in a slot.
    pub fn slot(&mut self, slot: u16) -> &mut Heard {
        self.heard.entry(0x5000_0000 | u32::from(slot) << 1).or_default()
    }

    pub fn work(&mut self, now: Instant) {
        if self.closed {
            return;
        }
        if self.next_check <= now {
            let wait = if self.validated { 2_500 } else { 50 };
            self.next_check = now + Duration::from_millis(wait);
            let check = self.check();
            self.up.send(now, check.len(), check);
        }
        if let Some(session) = &mut self.session {
            if session.deadline().is_some_and(|deadline| deadline <= now) {
                let _ = session.handle_timeout(now);
            }
            self.drain_session(now);
        }
        if self.keys.is_none() {
            return;
        }
        self.speak(now);
        self.film(now);
        self.feed_back(now);
    }

    fn check(&self) -> Vec<u8> {
        let username = format!("{}:{}", self.server.ufrag(), self.local.ufrag());
        let request = StunMessage::binding_request(&username, TransId::new(), true, 1, 2_130_706_431, true);
        let mut datagram = vec![0; 256];
        let password = self.server.password().as_bytes();
        let len = request
            .to_bytes(Some(password), &mut datagram, hmac_sha1)
            .unwrap();
        datagram.truncate(len);
        datagram
    }

    pub fn receive(&mut self, now: Instant, mut datagram: Vec<u8>) {
        match PacketKind::of(&datagram) {
            PacketKind::Stun => {
                let message = StunMessage::parse(&datagram).unwrap();
                if message.is_successful_binding_response() && !std::mem::replace(&mut self.validated, true) {
                    let expected = vec![self.server_fingerprint.clone()];
                    self.session = Some(self.endpoint.open(now, Role::Client, expected).unwrap());
                }
            }
            PacketKind::Dtls => {
                if let Some(session) = &mut self.session {
                    let _ = session.handle_datagram(now, &datagram);
                }
            }
            PacketKind::Rtp => {
                let Some(keys) = &mut self.keys else { return };
                let sealed = datagram.clone();
                let name: [u8; 10] = sealed[2..12].try_into().unwrap();
                match keys.inbound.open_rtp(&mut datagram) {
                    Ok(opened) => {
                        self.sealed.insert(name, sealed);
                        self.listen(now, &datagram[..opened.len]);
                    }
                    // Copies on request are the same datagram again; anything else under the number would be a break
                    // of the cipher.
                    Err(Error::Replayed) => assert_eq!(self.sealed.get(&name), Some(&sealed)),
                    Err(error) => panic!("{error}"),
                }
            }
            PacketKind::Rtcp => {
                let Some(keys) = &mut self.keys else { return };
                let len = keys.inbound.open_rtcp(&mut datagram).unwrap();
                self.obey(now, &datagram[..len]);
            }
            PacketKind::Unknown => panic!("nonsense was sent"),
        }
        self.drain_session(now);
    }

    fn drain_session(&mut self, now: Instant) {
        let Some(session) = &mut self.session else { return };
        while let Some(datagram) = session.poll_datagram() {
            self.up.send(now, datagram.len(), datagram);
        }
        while let Some(event) = session.poll_event() {
            match event {
                dtls::Event::Ready(keys) => self.keys = Some(keys),
                dtls::Event::Closed => self.closed = true,
                dtls::Event::Data(_) => {}
            }
        }
    }

    fn listen(&mut self, now: Instant, packet: &[u8]) {
        let packet = Packet::parse(packet).unwrap();
        if let Some(value) = packet.extension(SEQUENCE) {
            self.arrivals
                .record(now, u16::from_be_bytes([value[0], value[1]]));
        }
        if packet.payload().is_empty() {
            let heard = self.heard.entry(packet.ssrc()).or_default();
            if packet.ssrc() & 1 == 0 {
                let sequence = heard.sequence.extend(packet.sequence());
                heard
                    .packets
                    .insert(sequence, (now, packet.timestamp(), false, Vec::new()));
            }
            return;
        }
        let (ssrc, sequence, payload) = if packet.payload_type() == RTX {
            let (original, payload) = hubbub_wire::rtx::split(packet.payload()).unwrap();
            (packet.ssrc() & !1, original, payload)
        } else {
            (packet.ssrc(), packet.sequence(), packet.payload())
        };
        let heard = self.heard.entry(ssrc).or_default();
        let sequence = heard.sequence.extend(sequence);
        let content = (now, packet.timestamp(), packet.marker(), payload.to_vec());
        let gaps = heard
            .gaps
            .get_or_insert_with(|| Generator::new(Limits::default()));
        gaps.arrived(now, sequence);
        let is_new = heard.packets.insert(sequence, content).is_none();
        heard.mended += usize::from(is_new && packet.payload_type() == RTX);
    }

    fn obey(&mut self, now: Instant, compound: &[u8]) {
        let mut lost: Vec<(usize, u16)> = Vec::new();
        let Some(camera) = &mut self.camera else { return };
        for block in Compound::new(compound) {
            match block.unwrap() {
                Block::Nack(nack) => {
                    let place = camera
                        .encodings
                        .iter()
                        .position(|one| one.ssrc == nack.media_ssrc);
                    lost.extend(nack.lost().filter_map(|number| Some((place?, number))));
                }
                Block::Pli(pli) => {
                    self.plis += 1;
                    let encoding = camera.encodings.iter_mut().find(|one| one.ssrc == pli.media_ssrc);
                    encoding.unwrap().key = true;
                }
                _ => {}
            }
        }
        for (place, number) in lost {
            self.repeat(now, place, number);
        }
    }

    /// Send a lost packet again, in the stream for that.
    fn repeat(&mut self, now: Instant, place: usize, number: u16) {
        let Some(mut camera) = self.camera.take() else {
            return;
        };
        let encoding = &mut camera.encodings[place];
        if let Some((timestamp, marker, payload)) = encoding.sent.get(&number) {
            let mut body = number.to_be_bytes().to_vec();
            body.extend(payload);
            let fields = HeaderFields {
                payload_type: RTX,
                marker: *marker,
                timestamp: *timestamp,
                ssrc: encoding.rtx_ssrc,
                ..HeaderFields::default()
            };
            let rid = ["q", "h", "f"][place].as_bytes();
            self.send(
                now,
                fields,
                encoding.rtx_sequence,
                &[(MID, b"1"), (REPAIRED, rid)],
                &body,
            );
            encoding.rtx_sequence += 1;
            encoding.repeated += 1;
        }
        self.camera = Some(camera);
    }

    fn speak(&mut self, now: Instant) {
        let Some(mut voice) = self.voice.take() else {
            return;
        };
        if voice.next.is_none_or(|next| next <= now) {
            voice.next = Some(now + Voice::INTERVAL);
            voice.timestamp = voice.timestamp.wrapping_add(960);
            voice.sequence += 1;
            let fields = HeaderFields {
                payload_type: OPUS,
                timestamp: voice.timestamp,
                ssrc: voice.ssrc,
                ..HeaderFields::default()
            };
            let level = [voice.level];
            let levels: [(u8, &[u8]); 1] = [(LEVEL, &level)];
            let levels = if voice.tells { levels.as_slice() } else { &[] };
            self.send(now, fields, voice.sequence, levels, &[self.host; 60]);
        }
        self.voice = Some(voice);
    }

    fn film(&mut self, now: Instant) {
        let Some(mut camera) = self.camera.take() else {
            return;
        };
        if camera.next.is_none_or(|next| next <= now) {
            camera.next = Some(now + Camera::INTERVAL);
            for (layer, encoding) in (0_u8..).zip(&mut camera.encodings) {
                let payloads = encoding.picture(layer);
                let count = payloads.len();
                for (index, payload) in payloads.into_iter().enumerate() {
                    encoding.sequence += 1;
                    let marker = index + 1 == count;
                    let fields = HeaderFields {
                        payload_type: VP8,
                        marker,
                        timestamp: encoding.timestamp,
                        ssrc: encoding.ssrc,
                        ..HeaderFields::default()
                    };
                    let rid = ["q", "h", "f"][usize::from(layer)].as_bytes();
                    let names: [(u8, &[u8]); 2] = [(MID, b"1"), (RID, rid)];
                    let names = if camera.names { names.as_slice() } else { &[] };
                    self.send(now, fields, encoding.sequence, names, &payload);
                    let number = u16::try_from(encoding.sequence & 0xffff).unwrap();
                    encoding
                        .sent
                        .insert(number, (encoding.timestamp, marker, payload));
                }
            }
        }
        self.camera = Some(camera);
    }

    /// Seal a packet and send it.
    pub fn send(
        &mut self,
        now: Instant,
        fields: HeaderFields,
        index: u64,
        extensions: &[(u8, &[u8])],
        payload: &[u8],
    ) {
        let number = self.transport_sequence.to_be_bytes();
        self.transport_sequence = self.transport_sequence.wrapping_add(1);
        let mut all = vec![(SEQUENCE, number.as_slice())];
        all.extend(extensions);
        let mut packet = vec![0; 1_500];
        let fields = HeaderFields {
            sequence: u16::try_from(index & 0xffff).unwrap(),
            ..fields
        };
        let len = write_header(&mut packet, &fields, &all).unwrap();
        packet[len..len + payload.len()].copy_from_slice(payload);
        let keys = self.keys.as_ref().unwrap();
        let len = keys
            .outbound
            .seal_rtp(index, &mut packet, len + payload.len())
            .unwrap();
        packet.truncate(len);
        self.up.send(now, packet.len(), packet);
    }

    /// Seal a compound and send it.
    pub fn send_rtcp(&mut self, now: Instant, compound: &[u8]) {
        let mut packet = compound.to_vec();
        packet.resize(compound.len() + 32, 0);
        let keys = self.keys.as_mut().unwrap();
        let len = keys.outbound.seal_rtcp(&mut packet, compound.len()).unwrap();
        packet.truncate(len);
        self.up.send(now, packet.len(), packet);
    }

    fn feed_back(&mut self, now: Instant) {
        let mut out = [0; 1_200];
        let mut writer = Writer::new(&mut out);
        if self.feeds_back
            && let Some(feedback) = self.arrivals.poll(now)
        {
            writer.transport_feedback(&feedback.report(1, 2)).unwrap();
        }
        for (ssrc, heard) in &mut self.heard {
            let Some(gaps) = heard.gaps.as_mut().filter(|_| self.asks) else {
                continue;
            };
            if gaps.deadline().is_some_and(|deadline| deadline <= now) {
                let mut due = [0; 64];
                let count = gaps.poll(now, Duration::from_millis(60), &mut due);
                let lost = due[..count]
                    .iter()
                    .map(|number| u16::try_from(number & 0xffff).unwrap());
                if count > 0 {
                    writer.nack(1, *ssrc, lost).unwrap();
                }
            }
        }
        let len = writer.position();
        if len > 0 {
            self.send_rtcp(now, &out[..len]);
        }
    }
}

fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
