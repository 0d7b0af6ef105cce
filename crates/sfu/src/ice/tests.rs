#![allow(clippy::arithmetic_side_effects, reason = "the operands are the test's own")]

mod mux;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use is::stun::{StunMessage, TransId};
use proptest::prelude::*;

use super::lite::hmac_sha1;
use super::{Answer, Credentials, Error, Event, Lite, Mux, MuxSettings, Path, Protocol, Route, Settings};
use crate::random::RandomSource;

const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 3478);

struct Counting(u8);

impl RandomSource for Counting {
    fn fill(&mut self, buffer: &mut [u8]) {
        for octet in buffer {
            *octet = self.0;
            self.0 = self.0.wrapping_mul(5).wrapping_add(17);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test needs some instant to count from"
)]
fn epoch() -> Instant {
    Instant::now()
}

fn peer(host: u8) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(198, 51, 100, host), 40_000))
}

fn path(host: u8) -> Path {
    Path {
        protocol: Protocol::Udp,
        remote: peer(host),
        local: LOCAL,
    }
}

fn credentials(seed: u8) -> Credentials {
    Credentials::draw(&mut Counting(seed))
}

fn agent() -> Lite {
    let mut agent = Lite::new(credentials(1), Settings::default());
    agent.set_remote_ufrag("peer");
    agent
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Controlling,
    Nominating,
    Controlled,
}

fn check_as(username: &str, password: &str, role: Role) -> Vec<u8> {
    let controlling = role != Role::Controlled;
    let nominating = role == Role::Nominating;
    let request = StunMessage::binding_request(username, TransId::new(), controlling, 7, 1, nominating);
    let mut datagram = vec![0; 256];
    let len = request
        .to_bytes(Some(password.as_bytes()), &mut datagram, hmac_sha1)
        .unwrap();
    datagram.truncate(len);
    datagram
}

fn check(credentials: &Credentials, role: Role) -> Vec<u8> {
    check_as(
        &format!("{}:peer", credentials.ufrag()),
        credentials.password(),
        role,
    )
}

fn handle(agent: &mut Lite, now: Instant, host: u8, datagram: &[u8]) -> Result<Answer, Error> {
    agent.handle(now, path(host), datagram, &mut Vec::new())
}

fn events(agent: &mut Lite) -> Vec<Event> {
    std::iter::from_fn(|| agent.poll_event()).collect()
}

#[test]
fn credentials_are_long_and_secret() {
    let drawn = credentials(9);
    assert_eq!((drawn.ufrag().len(), drawn.password().len()), (8, 24));
    assert_ne!(drawn, credentials(10));
    assert!(!format!("{drawn:?}").contains(drawn.password()));
}

#[test]
fn a_check_is_answered_with_the_senders_address() {
    let now = epoch();
    let mapped = SocketAddr::from((Ipv4Addr::new(198, 51, 100, 7).to_ipv6_mapped(), 9));
    let v6 = SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9));
    for (source, seen) in [
        (peer(1), peer(1)),
        (v6, v6),
        (mapped, "198.51.100.7:9".parse().unwrap()),
    ] {
        let mut agent = agent();
        let request = check(agent.local(), Role::Controlling);
        let mut out = Vec::new();
        let path = Path {
            protocol: Protocol::Tcp,
            remote: source,
            local: LOCAL,
        };
        assert_eq!(agent.handle(now, path, &request, &mut out), Ok(Answer::Send));
        let answer = StunMessage::parse(&out).unwrap();
        assert!(answer.is_successful_binding_response());
        assert_eq!(answer.mapped_address(), Some(seen));
        assert_eq!(
            answer.trans_id(),
            StunMessage::parse(&request).unwrap().trans_id()
        );
        assert!(answer.verify(agent.local().password().as_bytes(), hmac_sha1));
        assert_eq!(events(&mut agent), [Event::Validated(path)]);
        assert_eq!(agent.target(), Some(path), "DTLS may start before the nomination");
        assert!(agent.is_valid(path));
    }
}

/// The error code in an answer, which must be whole and for `request`.
fn refusal(answer: &[u8], request: &[u8]) -> Option<u16> {
    let parsed = StunMessage::parse(answer).unwrap();
    assert!(parsed.is_failed_binding_response());
    assert_eq!(answer[8..20], request[8..20], "the transaction is the request's");
    assert_eq!(answer.len(), 40, "little is amplified: a check takes a hundred");
    parsed.error_code().map(|(code, _)| code)
}

#[test]
fn strangers_are_refused() {
    let now = epoch();
    let mut agent = agent();
    let ours = agent.local().clone();
    let name = format!("{}:peer", ours.ufrag());
    let mut out = Vec::new();
    let wrong_password = check_as(&name, "another password 123456", Role::Nominating);
    let other = check_as("other:peer", ours.password(), Role::Nominating);
    let name = format!("{}:other", ours.ufrag());
    let others = check_as(&name, ours.password(), Role::Nominating);
    for (request, error) in [
        (wrong_password, Error::Unauthentic),
        (other, Error::WrongUsername),
        (others, Error::WrongUsername),
    ] {
        let answer = agent.handle(now, path(1), &request, &mut out);
        assert_eq!(answer, Ok(Answer::SendRefusal(error)));
        assert_eq!(refusal(&out, &request), Some(401));
    }
    let whole = check(&ours, Role::Nominating);
    for len in 0..whole.len() {
        assert_eq!(
            agent.handle(now, path(1), &whole[..len], &mut out),
            Err(Error::Malformed)
        );
        assert!(out.is_empty());
    }
    assert_eq!((events(&mut agent), agent.target()), (vec![], None));
}

#[test]
fn a_request_without_credentials_is_called_bad() {
    let mut agent = agent();
    let mut bare = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    bare.extend(1..=12);
    let mut out = Vec::new();
    let answer = agent.handle(epoch(), path(1), &bare, &mut out);
    assert_eq!(answer, Ok(Answer::SendRefusal(Error::Malformed)));
    assert_eq!(refusal(&out, &bare), Some(400));
    assert_eq!(agent.target(), None);
}

#[test]
fn what_is_no_request_is_left_alone() {
    let mut agent = agent();
    let reply = StunMessage::binding_reply(TransId::new(), peer(1));
    let mut datagram = vec![0; 256];
    let len = reply.to_bytes(Some(b"any"), &mut datagram, hmac_sha1).unwrap();
    assert_eq!(
        handle(&mut agent, epoch(), 1, &datagram[..len]),
        Ok(Answer::Nothing)
    );
    assert_eq!(agent.target(), None);
}

#[test]
fn a_controlled_peer_is_told_to_switch() {
    let mut agent = agent();
    let request = check(agent.local(), Role::Controlled);
    let mut out = Vec::new();
    let answer = agent.handle(epoch(), path(1), &request, &mut out);
    assert_eq!(answer, Ok(Answer::SendRoleConflict));
    let answer = StunMessage::parse(&out).unwrap();
    assert_eq!(answer.error_code().map(|(code, _)| code), Some(487));
    assert!(answer.verify(agent.local().password().as_bytes(), hmac_sha1));
    assert_eq!(agent.target(), None);
}

#[test]
fn the_newest_nomination_wins() {
    let now = epoch();
    let mut agent = agent();
    let plain = check(agent.local(), Role::Controlling);
    let nominating = check(agent.local(), Role::Nominating);
    handle(&mut agent, now, 1, &nominating).unwrap();
    handle(&mut agent, now, 2, &plain).unwrap();
    assert_eq!(agent.target(), Some(path(1)), "a check alone moves nothing");
    handle(&mut agent, now, 2, &nominating).unwrap();
    assert_eq!(agent.target(), Some(path(2)));
    handle(&mut agent, now, 1, &nominating).unwrap();
    assert_eq!(agent.target(), Some(path(1)));
    let expected = [
        Event::Validated(path(1)),
        Event::Selected(path(1)),
        Event::Validated(path(2)),
        Event::Selected(path(2)),
        Event::Selected(path(1)),
    ];
    assert_eq!(events(&mut agent), expected);
}

#[test]
fn consent_ends_with_silence() {
    let start = epoch();
    let mut agent = agent();
    let ours = agent.local().clone();
    let second = Duration::from_secs(1);
    handle(&mut agent, start, 1, &check(&ours, Role::Nominating)).unwrap();
    handle(
        &mut agent,
        start + 10 * second,
        2,
        &check(&ours, Role::Controlling),
    )
    .unwrap();
    events(&mut agent);
    assert_eq!(agent.deadline(), Some(start + 30 * second));
    agent.handle_timeout(start + 29 * second);
    assert_eq!(agent.target(), Some(path(1)));
    agent.handle_timeout(start + 30 * second);
    assert_eq!(
        agent.target(),
        Some(path(2)),
        "media moves to the path that lives"
    );
    assert_eq!(
        events(&mut agent),
        [Event::Forgotten(path(1)), Event::Selected(path(2))]
    );
    handle(
        &mut agent,
        start + 39 * second,
        2,
        &check(&ours, Role::Controlling),
    )
    .unwrap();
    agent.handle_timeout(start + 40 * second);
    assert_eq!(agent.target(), Some(path(2)), "a check renews consent");
    agent.handle_timeout(start + 69 * second);
    assert_eq!((agent.target(), agent.deadline()), (None, None));
    assert_eq!(
        events(&mut agent),
        [Event::Forgotten(path(2)), Event::ConsentLost]
    );
    let late = check(&ours, Role::Nominating);
    assert_eq!(
        handle(&mut agent, start + 70 * second, 2, &late),
        Err(Error::ConsentLost)
    );
    agent.restart(credentials(2));
    assert_eq!(
        handle(&mut agent, start + 70 * second, 2, &late),
        Ok(Answer::SendRefusal(Error::WrongUsername))
    );
    let renewed = check(agent.local(), Role::Nominating);
    assert_eq!(
        handle(&mut agent, start + 70 * second, 2, &renewed),
        Ok(Answer::Send)
    );
    assert_eq!(agent.target(), Some(path(2)));
}

#[test]
fn a_restart_keeps_media_until_the_new_nomination() {
    let start = epoch();
    let mut agent = agent();
    let (old, new) = (agent.local().clone(), credentials(2));
    handle(&mut agent, start, 1, &check(&old, Role::Nominating)).unwrap();
    agent.restart(new.clone());
    assert_eq!(agent.target(), Some(path(1)));
    let later = start + Duration::from_secs(20);
    assert_eq!(
        handle(&mut agent, later, 1, &check(&old, Role::Nominating)),
        Ok(Answer::Send)
    );
    agent.handle_timeout(start + Duration::from_secs(31));
    assert_eq!(
        agent.target(),
        Some(path(1)),
        "old credentials still renew consent"
    );
    handle(&mut agent, later, 3, &check(&old, Role::Nominating)).unwrap();
    assert!(!agent.is_valid(path(3)), "but open no new path");
    handle(&mut agent, later, 2, &check(&new, Role::Controlling)).unwrap();
    assert_eq!(agent.target(), Some(path(1)));
    events(&mut agent);
    handle(&mut agent, later, 2, &check(&new, Role::Nominating)).unwrap();
    assert_eq!(agent.target(), Some(path(2)));
    assert_eq!(
        events(&mut agent),
        [
            Event::Forgotten(path(1)),
            Event::Renewed,
            Event::Selected(path(2))
        ]
    );
    assert_eq!(
        handle(&mut agent, later, 1, &check(&old, Role::Nominating)),
        Ok(Answer::SendRefusal(Error::WrongUsername))
    );
}

#[test]
fn consent_lost_during_a_restart_spares_the_new_credentials() {
    let start = epoch();
    let mut agent = agent();
    let old = check(agent.local(), Role::Nominating);
    handle(&mut agent, start, 1, &old).unwrap();
    agent.restart(credentials(2));
    events(&mut agent);
    let later = start + Duration::from_secs(31);
    agent.handle_timeout(later);
    assert_eq!(
        events(&mut agent),
        [Event::Forgotten(path(1)), Event::ConsentLost, Event::Renewed]
    );
    assert_eq!(
        handle(&mut agent, later, 1, &old),
        Ok(Answer::SendRefusal(Error::WrongUsername))
    );
    let new = check(agent.local(), Role::Nominating);
    assert_eq!(handle(&mut agent, later, 1, &new), Ok(Answer::Send));
}

#[test]
fn paths_are_bounded_and_the_selected_one_stays() {
    let start = epoch();
    let mut agent = agent();
    let ours = agent.local().clone();
    handle(&mut agent, start, 0, &check(&ours, Role::Nominating)).unwrap();
    for host in 1..=100 {
        let now = start + Duration::from_millis(u64::from(host));
        handle(&mut agent, now, host, &check(&ours, Role::Controlling)).unwrap();
    }
    let valid: Vec<u8> = (0..=100).filter(|host| agent.is_valid(path(*host))).collect();
    assert_eq!(valid.len(), 16);
    assert!(valid.contains(&0) && valid.contains(&100) && !valid.contains(&50));
    let forgotten = events(&mut agent)
        .into_iter()
        .filter(|event| matches!(event, Event::Forgotten(_)));
    assert_eq!(forgotten.count(), 85);
}

proptest! {
    /// Random bytes, also behind a good header, are refused and never panic.
    #[test]
    fn random_bytes_are_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..160), dress: bool) {
        if dress && bytes.len() >= 20 {
            let len = u16::try_from(bytes.len() - 20).unwrap();
            bytes[..2].copy_from_slice(&[0, 1]);
            bytes[2..4].copy_from_slice(&len.to_be_bytes());
            bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
        }
        let now = epoch();
        let mut agent = agent();
        prop_assert!(!matches!(handle(&mut agent, now, 1, &bytes), Ok(Answer::Send)));
        let mut mux = Mux::new(MuxSettings::default());
        mux.add(1, "known").unwrap();
        prop_assert_eq!(mux.route(now, path(1), &bytes), Route::Unknown);
    }

    /// No flipped bit of a check passes, but in what integrity does not cover: the fingerprint.
    #[test]
    fn a_flipped_bit_is_noticed(place: prop::sample::Index) {
        let mut agent = agent();
        let mut request = check(agent.local(), Role::Nominating);
        let covered = request.len() - 8;
        let bit = place.index(covered * 8);
        request[bit / 8] ^= 1 << (bit % 8);
        let _ = handle(&mut agent, epoch(), 1, &request);
        prop_assert_eq!(agent.target(), None);
    }
}
