//! Datagrams in and out by UDP, on loopback.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod double;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use double::{ask, client, loopback, open, receive, start, wait_for};
use hubbub_edge::Settings;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn burst(count: u16, len: u16) -> [u8; 5] {
    let ([a, b], [c, d]) = (count.to_be_bytes(), len.to_be_bytes());
    [ask::BURST, a, b, c, d]
}

#[test]
fn a_datagram_is_answered() {
    let edge = start(&loopback());
    let server = open(&edge, 1, "udp");
    let client = client(LOCALHOST);
    client.send_to(&[ask::ECHO, 7], server).unwrap();
    assert_eq!(receive(&client), (vec![ask::ECHO, 7], server));
    let counted = wait_for("the counters", || {
        let counters = edge.counters().shards[0];
        (counters.datagrams_out == 1).then_some(counters)
    });
    assert_eq!(
        (counted.datagrams_in, counted.bytes_in, counted.bytes_out),
        (1, 2, 2)
    );
}

#[test]
fn answers_come_from_the_address_that_was_asked() {
    let settings = Settings {
        bind: vec![Ipv4Addr::UNSPECIFIED.into()],
        ..loopback()
    };
    let edge = start(&settings);
    let port = open(&edge, 1, "udp").port();
    let client = client(LOCALHOST);
    for last in 1..4 {
        let asked = SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), port));
        client.send_to(&[ask::ECHO], asked).unwrap();
        assert_eq!(receive(&client).1, asked);
        // Runs go the same way.
        client.send_to(&burst(3, 100), asked).unwrap();
        for _ in 0..4 {
            assert_eq!(receive(&client).1, asked);
        }
    }
}

#[test]
fn equal_datagrams_for_one_receiver_leave_as_runs_and_arrive_in_order() {
    let edge = start(&loopback());
    let server = open(&edge, 1, "udp");
    let client = client(LOCALHOST);
    client.send_to(&burst(150, 1_000), server).unwrap();
    for number in 0..150_u16 {
        let (datagram, _) = receive(&client);
        assert_eq!(
            (datagram.len(), &datagram[..2]),
            (1_000, &number.to_be_bytes()[..])
        );
    }
    assert_eq!(receive(&client).0, [255]);
    let counted = wait_for("the counters", || {
        let counters = edge.counters().shards[0];
        (counters.datagrams_out == 151).then_some(counters)
    });
    if cfg!(target_os = "linux") {
        assert_eq!(counted.runs_out, 3, "64, 64, and 22 with the shorter one behind");
        assert_eq!(counted.send_calls, 1);
    }
    assert_eq!(counted.bytes_out, 150_001);
}

#[test]
fn one_call_serves_many_receivers() {
    let edge = start(&loopback());
    let server = open(&edge, 1, "udp");
    let clients: Vec<UdpSocket> = (0..40).map(|_| client(LOCALHOST)).collect();
    for client in &clients {
        client.send_to(&[ask::ECHO], server).unwrap();
        receive(client);
    }
    let counters = || edge.counters().shards[0];
    wait_for("the echoes", || (counters().datagrams_out == 40).then_some(()));
    let before = counters().send_calls;
    clients[0].send_to(&[ask::ALL, 9], server).unwrap();
    for client in &clients {
        assert_eq!(receive(client).0, [ask::ALL, 9]);
    }
    let after = wait_for("the counters", || {
        (counters().datagrams_out == 80).then(|| counters().send_calls)
    });
    if cfg!(target_os = "linux") {
        assert_eq!(after - before, 1);
    }
}

#[test]
fn what_nobody_takes_is_dropped_and_counted() {
    let edge = start(&loopback());
    let server = open(&edge, 1, "udp");
    let client = client(LOCALHOST);
    // A datagram longer than any may be is refused by the system.
    client.send_to(&burst(1, 65_525), server).unwrap();
    assert_eq!(receive(&client).0, [255]);
    // 60 MB in one turn: what the arena does not hold is dropped, the thread goes on.
    client.send_to(&burst(60_000, 1_000), server).unwrap();
    wait_for("all to be accounted for", || {
        let counters = edge.counters().shards[0];
        (counters.datagrams_out + counters.dropped_backlog + counters.dropped_refused >= 60_003).then_some(())
    });
    assert_eq!(edge.counters().shards[0].dropped_refused, 1);
}

#[test]
fn both_families_are_served_on_one_port() {
    if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return; // this machine has no IPv6
    }
    let settings = Settings {
        bind: vec![LOCALHOST, Ipv6Addr::LOCALHOST.into()],
        ..loopback()
    };
    let edge = start(&settings);
    let server = open(&edge, 1, "udp");
    for address in [LOCALHOST, Ipv6Addr::LOCALHOST.into()] {
        let client = client(address);
        let server = SocketAddr::new(address, server.port());
        client.send_to(&burst(5, 200), server).unwrap();
        for _ in 0..6 {
            assert_eq!(receive(&client).1, server);
        }
    }
}

#[test]
fn each_shard_has_the_next_port() {
    let draw = UdpSocket::bind((LOCALHOST, 0)).unwrap();
    let port = draw.local_addr().unwrap().port().min(65_000);
    drop(draw);
    let settings = Settings {
        port,
        shards: 3,
        ..loopback()
    };
    // Others may take one of the three meanwhile; then there is nothing to see.
    let Ok(edge) = hubbub_edge::Edge::start_with(&settings, |_| double::Double::default()) else {
        return;
    };
    for number in 0..3_u16 {
        let local = edge
            .open(
                hubbub_sfu::shard::TransportId(number.into()),
                format!("RM_{number}"),
                "PA_a".to_owned(),
                Vec::new(),
            )
            .unwrap();
        assert_eq!(local.candidates[0].port, port + number);
    }
}
