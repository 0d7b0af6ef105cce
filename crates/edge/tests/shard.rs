//! The real shard behind real sockets: what nobody sent on purpose changes nothing.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may fail")]

mod double;

use std::net::{IpAddr, Ipv4Addr};

use double::{client, events, loopback, open, wait_for};
use hubbub_edge::Edge;
use hubbub_sfu::shard::{Command, Event, TransportId};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[test]
fn datagrams_of_strangers_are_counted_and_nothing_else() {
    let edge = Edge::start(&loopback()).unwrap();
    let server = open(&edge, 1, "udp");
    let stranger = client(LOCALHOST);
    // One of each kind that the first byte tells apart: STUN, DTLS, RTP, RTCP, none.
    let kinds: [&[u8]; 5] = [&[0; 20], &[22; 60], &[0x80; 100], &[0x80, 200, 0, 1], &[0xff; 3]];
    for datagram in kinds {
        stranger.send_to(datagram, server).unwrap();
    }
    let counters = wait_for("the datagrams", || {
        let counters = edge.counters().shards[0];
        (counters.datagrams_in == 5).then_some(counters)
    });
    assert_eq!((counters.datagrams_out, counters.panics), (0, 0));
    assert!(counters.unknown_sources >= 3);
}

#[test]
fn a_transport_that_is_closed_is_told_to_be_gone() {
    let edge = Edge::start(&loopback()).unwrap();
    open(&edge, 1, "udp");
    edge.perform(Command::CloseTransport {
        transport_id: TransportId(1),
    })
    .unwrap();
    let told = events(&edge, 1);
    assert_eq!(
        told,
        [Event::Closed {
            transport_id: TransportId(1)
        }]
    );
}
