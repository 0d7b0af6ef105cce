//! A real shard that panics at work: its transports are told to have failed, and the next shard serves the same port.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod double;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Instant;

use double::{address_of, client, events, loopback, receive, wait_for};
use hmac::{Hmac, KeyInit, Mac};
use hubbub_edge::{Edge, Engine};
use hubbub_sfu::ice::Path;
use hubbub_sfu::shard::{self, Command, Event, Shard, Transmit, TransportId};
use is::stun::{StunMessage, TransId};
use sha1::Sha1;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The datagram that breaks it.
const FATAL: &[u8] = b"\x80fatal";

/// A shard that panics at a datagram.
struct Fragile(Shard);

impl Engine for Fragile {
    fn command(&mut self, now: Instant, command: Command) {
        self.0.command(now, command);
    }

    fn receive(&mut self, now: Instant, path: Path, datagram: &mut [u8], out: &mut impl Transmit) {
        self.0.receive(now, path, datagram, out);
        assert!(datagram != FATAL, "broken by a datagram");
    }

    fn flush(&mut self, now: Instant, out: &mut impl Transmit) {
        self.0.flush(now, out);
    }

    fn handle_timeout(&mut self, now: Instant, out: &mut impl Transmit) {
        self.0.handle_timeout(now, out);
    }

    fn deadline(&self) -> Option<Instant> {
        self.0.deadline()
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.0.poll_event()
    }

    fn counters(&self) -> shard::Counters {
        self.0.counters()
    }
}

/// Open a transport; return where it is and what proves that somebody may use it.
fn open(edge: &Edge, number: u64) -> (SocketAddr, String, String) {
    let local = edge
        .open(
            TransportId(number),
            "RM_a".to_owned(),
            "PA_a".to_owned(),
            Vec::new(),
        )
        .unwrap();
    let udp = local.candidates.iter().find(|each| each.transport == "udp");
    (address_of(udp.unwrap()), local.ufrag, local.pwd)
}

/// Check a transport, and wait for the answer.
fn check(peer: &UdpSocket, (server, ufrag, pwd): &(SocketAddr, String, String)) {
    let username = format!("{ufrag}:peer");
    let request = StunMessage::binding_request(&username, TransId::new(), true, 1, 1, true);
    let mut buffer = [0; 256];
    let len = request
        .to_bytes(Some(pwd.as_bytes()), &mut buffer, hmac_sha1)
        .unwrap();
    peer.send_to(&buffer[..len], server).unwrap();
    let (answer, _) = receive(peer);
    assert!(
        StunMessage::parse(&answer)
            .unwrap()
            .is_successful_binding_response()
    );
}

fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[test]
fn a_shard_that_panics_fails_its_transports_and_the_next_one_serves() {
    let edge = Edge::start_with(&loopback(), |birth| Fragile(birth.shard())).unwrap();
    let (peer, stranger) = (client(LOCALHOST), client(LOCALHOST));
    let before = [open(&edge, 1), open(&edge, 2)];
    check(&peer, &before[0]);
    stranger.send_to(&[0xff; 40], before[0].0).unwrap();
    for breakdown in 1..=3 {
        stranger.send_to(FATAL, before[0].0).unwrap();
        let number = 2 * breakdown;
        let told = events(&edge, 4);
        for (place, transport) in [(0, number - 1), (2, number)] {
            let (failed, closed) = (&told[place], &told[place + 1]);
            assert!(
                matches!(failed, Event::Failed { transport_id, reason }
                    if *transport_id == TransportId(transport) && reason.contains("broke down")),
                "{told:?}"
            );
            assert!(
                matches!(closed, Event::Closed { transport_id } if *transport_id == TransportId(transport))
            );
        }
        wait_for("the counters", || {
            let counters = edge.counters().shards[0];
            ((counters.panics, counters.transports_open) == (breakdown, 0)).then_some(())
        });
        // Clients come back to the same port, under new names.
        let again = [open(&edge, number + 1), open(&edge, number + 2)];
        assert_eq!(again[0].0, before[0].0);
        check(&peer, &again[0]);
        check(&client(LOCALHOST), &again[1]);
    }
    assert!(edge.counters().shards[0].unknown_sources >= 1);
}
