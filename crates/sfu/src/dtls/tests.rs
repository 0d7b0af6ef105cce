#![allow(clippy::arithmetic_side_effects, reason = "the operands are the test's own")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Config, Dtls, Output};

use super::{Endpoint, Error, Event, Fingerprint, FingerprintError, HashFunction, Keys, Session, Settings};
use crate::srtp::{self, Profile, Role};

const DELAY: Duration = Duration::from_millis(20);

#[expect(
    clippy::disallowed_methods,
    reason = "a test needs some instant to count from"
)]
fn epoch() -> Instant {
    Instant::now()
}

/// Both directions of a path that loses datagrams; the same seed loses the same ones.
struct Link {
    state: u64,
    lost_percent: u64,
    /// Arrival, whether at the server, and contents.
    flying: Vec<(Instant, bool, Vec<u8>)>,
}

impl Link {
    fn new(seed: u64, lost_percent: u64) -> Self {
        Self {
            state: seed * 2 + 1,
            lost_percent,
            flying: Vec::new(),
        }
    }

    fn send(&mut self, now: Instant, to_server: bool, datagram: Vec<u8>) {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        if (self.state >> 33) % 100 >= self.lost_percent {
            self.flying.push((now + DELAY, to_server, datagram));
        }
    }

    fn arrived(&mut self, now: Instant) -> Vec<(bool, Vec<u8>)> {
        let (arrived, flying) = self.flying.drain(..).partition(|(at, ..)| *at <= now);
        self.flying = flying;
        arrived
            .into_iter()
            .map(|(_, to_server, datagram): (Instant, _, _)| (to_server, datagram))
            .collect()
    }
}

/// The library as client, without anything of ours around it.
struct Client {
    dtls: Dtls,
    fingerprint: Fingerprint,
    server: Option<Fingerprint>,
    connected: bool,
    material: Option<(Vec<u8>, dimpl::SrtpProfile)>,
    data: Vec<Vec<u8>>,
    deadline: Option<Instant>,
}

impl Client {
    fn new(now: Instant, seed: u64) -> Self {
        let certificate = dimpl::certificate::generate_self_signed_certificate().unwrap();
        let fingerprint = Fingerprint::of(&certificate.certificate, HashFunction::Sha256);
        let config = Config::builder()
            .flight_start_rto(Duration::from_millis(150))
            .flight_retries(8)
            .dangerously_set_rng_seed(seed)
            .build();
        let mut dtls = Dtls::new_12(Arc::new(config.unwrap()), certificate, now);
        dtls.set_active(true);
        dtls.handle_timeout(now).unwrap();
        Self {
            dtls,
            fingerprint,
            server: None,
            connected: false,
            material: None,
            data: Vec::new(),
            deadline: None,
        }
    }

    fn drain(&mut self, now: Instant, link: &mut Link) {
        let mut buffer = vec![0; 4_096];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(datagram) => link.send(now, true, datagram.to_vec()),
                Output::Timeout(at) => {
                    self.deadline = Some(at);
                    return;
                }
                Output::PeerCert(certificate) => {
                    self.server = Some(Fingerprint::of(certificate, HashFunction::Sha256));
                }
                Output::Connected => self.connected = true,
                Output::KeyingMaterial(material, profile) => {
                    self.material = Some((material.to_vec(), profile));
                }
                Output::ApplicationData(data) => self.data.push(data.to_vec()),
                _ => {}
            }
        }
    }
}

struct Outcome {
    keys: Option<Keys>,
    took: Duration,
    data: Vec<Vec<u8>>,
    closed: bool,
}

/// Let both run on virtual time until nothing is left to do or `done` says so.
fn run(
    start: Instant,
    client: &mut Client,
    server: &mut Session,
    link: &mut Link,
    mut done: impl FnMut(&Client, &Outcome) -> bool,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome {
        keys: None,
        took: Duration::ZERO,
        data: Vec::new(),
        closed: false,
    };
    let mut now = start;
    loop {
        client.drain(now, link);
        while let Some(datagram) = server.poll_datagram() {
            link.send(now, false, datagram);
        }
        while let Some(event) = server.poll_event() {
            match event {
                Event::Ready(keys) => outcome.keys = Some(*keys),
                Event::Data(data) => outcome.data.push(data),
                Event::Closed => outcome.closed = true,
            }
        }
        outcome.took = now - start;
        if done(client, &outcome) || outcome.took > Duration::from_secs(60) {
            return Ok(outcome);
        }
        let flights = link.flying.iter().map(|(at, ..)| *at);
        let next = flights
            .chain(client.deadline)
            .chain(server.deadline())
            .min()
            .unwrap();
        now = now.max(next);
        if client.deadline.is_some_and(|at| at <= now) {
            client.dtls.handle_timeout(now).unwrap();
        }
        if server.deadline().is_some_and(|at| at <= now) {
            server.handle_timeout(now)?;
        }
        for (to_server, datagram) in link.arrived(now) {
            if to_server {
                server.handle_datagram(now, &datagram)?;
            } else {
                client.dtls.handle_timeout(now).unwrap();
                client.dtls.handle_packet(&datagram).unwrap();
            }
        }
    }
}

fn endpoint(seed: u64) -> Endpoint {
    Endpoint::generate(Settings {
        seed: Some(seed),
        ..Settings::default()
    })
    .unwrap()
}

fn handshake(seed: u64, lost_percent: u64) -> (Client, Session, Outcome, Endpoint) {
    let start = epoch();
    let endpoint = endpoint(seed);
    let mut client = Client::new(start, seed + 1);
    let mut server = endpoint
        .open(start, Role::Server, vec![client.fingerprint.clone()])
        .unwrap();
    let mut link = Link::new(seed, lost_percent);
    let both = |client: &Client, outcome: &Outcome| client.connected && outcome.keys.is_some();
    let outcome = run(start, &mut client, &mut server, &mut link, both).unwrap();
    assert!(client.connected, "seed {seed}: the client is not done");
    (client, server, outcome, endpoint)
}

/// Packets sealed with one end's keys are opened with the other's.
fn assert_keys_agree(client: &Client, keys: &mut Keys) {
    let (material, profile) = client.material.as_ref().unwrap();
    assert_eq!(
        (*profile, keys.outbound.profile()),
        (dimpl::SrtpProfile::AEAD_AES_256_GCM, Profile::AeadAes256Gcm)
    );
    let (outbound, mut inbound) = srtp::pair(
        Profile::AeadAes256Gcm,
        material,
        Role::Client,
        srtp::Settings::default(),
    )
    .unwrap();
    let packet = [&[0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9][..], b"media", &[0; 16]].concat();
    let mut up = packet.clone();
    outbound.seal_rtp(1, &mut up, 17).unwrap();
    assert_eq!(keys.inbound.open_rtp(&mut up).unwrap().len, 17);
    let mut down = packet.clone();
    keys.outbound.seal_rtp(1, &mut down, 17).unwrap();
    assert_eq!(inbound.open_rtp(&mut down).unwrap().len, 17);
    assert_eq!(down[..17], packet[..17]);
}

#[test]
fn a_handshake_takes_two_round_trips_and_yields_equal_keys() {
    let (client, _, outcome, endpoint) = handshake(1, 0);
    assert!(outcome.took <= 4 * DELAY, "{:?}", outcome.took);
    assert_eq!(client.server, Some(endpoint.fingerprint()));
    assert_keys_agree(&client, &mut outcome.keys.unwrap());
}

#[test]
fn a_handshake_survives_loss() {
    let mut slowest = Duration::ZERO;
    for seed in 0..20 {
        let (client, _, outcome, _) = handshake(seed, 30);
        assert_keys_agree(&client, &mut outcome.keys.unwrap());
        slowest = slowest.max(outcome.took);
    }
    assert!(slowest < Duration::from_secs(15), "{slowest:?}");
}

#[test]
fn a_wrong_fingerprint_ends_the_session() {
    let start = epoch();
    let endpoint = endpoint(1);
    let mut client = Client::new(start, 2);
    let mut server = endpoint
        .open(start, Role::Server, vec![endpoint.fingerprint()])
        .unwrap();
    let ended = run(start, &mut client, &mut server, &mut Link::new(1, 0), |_, _| {
        false
    });
    assert_eq!(ended.err(), Some(Error::WrongFingerprint));
    assert!(server.poll_event().is_none() && server.poll_datagram().is_none());
    assert_eq!(server.deadline(), None);
    assert_eq!(server.handle_timeout(start), Err(Error::Over));
    assert_eq!(server.handle_datagram(start, &[22]), Err(Error::Over));
    assert_eq!(server.send(start, b"x"), Err(Error::Over));
    assert_eq!(
        endpoint.open(start, Role::Server, vec![]).err(),
        Some(Error::NoFingerprint)
    );
}

#[test]
fn a_silent_peer_is_given_up() {
    let start = epoch();
    let endpoint = endpoint(1);
    let mut server = endpoint
        .open(start, Role::Server, vec![endpoint.fingerprint()])
        .unwrap();
    let end = start + Duration::from_secs(20);
    assert!(server.deadline().unwrap() <= end);
    assert_eq!(server.handle_timeout(end), Err(Error::Timeout));

    let mut client = endpoint
        .open(start, Role::Client, vec![endpoint.fingerprint()])
        .unwrap();
    let mut sent = 0;
    let ended = loop {
        while client.poll_datagram().is_some() {
            sent += 1;
        }
        if let Err(error) = client.handle_timeout(client.deadline().unwrap()) {
            break error;
        }
    };
    assert_eq!(ended, Error::Timeout);
    assert!((5..=9).contains(&sent), "{sent} flights");
}

#[test]
fn a_chatty_peer_is_given_up() {
    let start = epoch();
    let endpoint = endpoint(1);
    let mut server = endpoint
        .open(start, Role::Server, vec![endpoint.fingerprint()])
        .unwrap();
    let ended = (0..1_000)
        .map(|_| server.handle_datagram(start, &[22, 1, 2]))
        .find_map(Result::err);
    assert_eq!(ended, Some(Error::TooManyDatagrams));
}

#[test]
fn data_flows_and_closing_is_told() {
    let (mut client, mut server, outcome, _) = handshake(3, 0);
    assert!(outcome.keys.is_some());
    let now = epoch() + Duration::from_secs(1);
    let mut link = Link::new(1, 0);
    client.dtls.handle_timeout(now).unwrap();
    client.dtls.send_application_data(b"up").unwrap();
    server.send(now, b"down").unwrap();
    let both = |client: &Client, outcome: &Outcome| !client.data.is_empty() && !outcome.data.is_empty();
    let outcome = run(now, &mut client, &mut server, &mut link, both).unwrap();
    assert_eq!(
        (&outcome.data[..], &client.data[..]),
        (&[b"up".to_vec()][..], &[b"down".to_vec()][..])
    );
    client.dtls.close().unwrap();
    let later = now + Duration::from_secs(1);
    let outcome = run(later, &mut client, &mut server, &mut link, |_, outcome| {
        outcome.closed
    })
    .unwrap();
    assert!(outcome.closed);
    server.close();
    assert_eq!(server.handle_timeout(later), Err(Error::Over));
}

#[test]
fn our_client_and_our_server_agree() {
    let start = epoch();
    let (left, right) = (endpoint(1), endpoint(2));
    let mut client = left.open(start, Role::Client, vec![right.fingerprint()]).unwrap();
    let mut server = right.open(start, Role::Server, vec![left.fingerprint()]).unwrap();
    for _ in 0..6 {
        while let Some(datagram) = client.poll_datagram() {
            server.handle_datagram(start, &datagram).unwrap();
        }
        while let Some(datagram) = server.poll_datagram() {
            client.handle_datagram(start, &datagram).unwrap();
        }
    }
    let (Some(Event::Ready(up)), Some(Event::Ready(mut down))) = (client.poll_event(), server.poll_event())
    else {
        panic!("a handshake was not done");
    };
    let mut packet = [&[0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9][..], &[7; 20]].concat();
    up.outbound.seal_rtp(1, &mut packet, 16).unwrap();
    assert!(down.inbound.open_rtp(&mut packet).is_ok());
}

#[test]
fn fingerprints_are_read_as_browsers_write_them() {
    let fingerprint = Fingerprint::of(b"certificate", HashFunction::Sha256);
    let text = fingerprint.to_string();
    assert_eq!(text.len(), "sha-256 ".len() + 32 * 3 - 1);
    assert_eq!(text.parse(), Ok(fingerprint.clone()));
    assert_eq!(text.to_lowercase().parse(), Ok(fingerprint.clone()));
    assert!(fingerprint.matches(b"certificate") && !fingerprint.matches(b"another"));
    let parse = |text: &str| text.parse::<Fingerprint>();
    assert_eq!(parse("sha-1 00:11"), Err(FingerprintError::UnsupportedHash));
    for bad in [
        "sha-256",
        "sha-256 ",
        &text[..text.len() - 3],
        &format!("{text}:00"),
        &text.replace('A', "+"),
    ] {
        assert!(
            bad == text || parse(bad) == Err(FingerprintError::Malformed),
            "{bad}"
        );
    }
}

#[test]
fn the_strongest_hash_function_decides() {
    let of = Fingerprint::of;
    let weak = of(b"right", HashFunction::Sha256);
    assert!(Fingerprint::any_matches(
        &[of(b"wrong", HashFunction::Sha256), weak.clone()],
        b"right"
    ));
    assert!(!Fingerprint::any_matches(
        &[weak, of(b"wrong", HashFunction::Sha512)],
        b"right"
    ));
    assert!(!Fingerprint::any_matches(&[], b"right"));
}
