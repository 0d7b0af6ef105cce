//! Commands in, events out, and what happens when a shard breaks down.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod double;

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use double::{Double, ask, client, events, loopback, open, receive, start, wait_for};
use hubbub_edge::{Edge, Error, Settings};
use hubbub_sfu::shard::{Command, Event, TransportId};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn send_data(transport: u64, payload: &[u8]) -> Command {
    Command::SendData {
        transport_id: TransportId(transport),
        reliable: true,
        payload: payload.to_vec(),
    }
}

fn try_open(edge: &Edge, transport: u64, room: &str) -> Result<hubbub_edge::Local, Error> {
    edge.open(
        TransportId(transport),
        room.to_owned(),
        "PA_a".to_owned(),
        Vec::new(),
    )
}

#[test]
fn opening_answers_at_once_with_what_a_description_needs() {
    let edge = start(&loopback());
    let first = try_open(&edge, 1, "RM_a").unwrap();
    let second = try_open(&edge, 2, "RM_a").unwrap();
    assert!(first.ufrag != second.ufrag && first.pwd != second.pwd);
    assert!(
        first.ufrag.len() >= 4 && first.pwd.len() >= 22,
        "RFC 8839 section 5.4"
    );
    assert_eq!(first.fingerprint, second.fingerprint);
    assert_eq!(
        (
            first.fingerprint.algorithm.as_str(),
            first.fingerprint.value.len()
        ),
        ("sha-256", 95)
    );
    let [udp, tcp] = first.candidates.as_slice() else {
        panic!("one for each protocol: {:?}", first.candidates);
    };
    assert_eq!(
        (udp.transport, tcp.transport, tcp.tcp_type),
        ("udp", "tcp", "passive")
    );
    assert_eq!((udp.port, udp.address.as_str()), (tcp.port, "127.0.0.1"));
    let again = edge.restart_ice(TransportId(1)).unwrap();
    assert!(again.ufrag != first.ufrag && again.candidates == first.candidates);
    assert!(matches!(
        edge.restart_ice(TransportId(3)),
        Err(Error::Unknown(TransportId(3)))
    ));
}

#[test]
fn transports_are_bounded_until_one_is_closed() {
    let settings = Settings {
        transports_max: 2,
        ..loopback()
    };
    let edge = start(&settings);
    open(&edge, 1, "udp");
    assert!(matches!(try_open(&edge, 1, "RM_a"), Err(Error::Known(_))));
    open(&edge, 2, "udp");
    assert!(matches!(try_open(&edge, 3, "RM_a"), Err(Error::Full(2))));
    edge.perform(Command::CloseTransport {
        transport_id: TransportId(1),
    })
    .unwrap();
    open(&edge, 3, "udp");
    // Commands for what is gone change nothing.
    edge.perform(send_data(1, b"nobody")).unwrap();
    edge.perform(send_data(2, b"somebody")).unwrap();
    let told = events(&edge, 5);
    assert!(!told.contains(&Event::DataReceived {
        transport_id: TransportId(1),
        reliable: true,
        payload: b"nobody".to_vec(),
    }));
    assert!(told.contains(&Event::Closed {
        transport_id: TransportId(1)
    }));
}

#[test]
fn commands_take_effect_in_order_and_events_come_in_order() {
    let edge = start(&loopback());
    open(&edge, 1, "udp");
    for number in 0..1_000_u16 {
        edge.perform(send_data(1, &number.to_be_bytes())).unwrap();
    }
    let told = events(&edge, 1_001);
    let payloads = told.iter().filter_map(|event| match event {
        Event::DataReceived { payload, .. } => Some(u16::from_be_bytes([payload[0], payload[1]])),
        _ => None,
    });
    assert!(payloads.eq(0..1_000));
}

#[test]
fn timers_run_without_traffic() {
    let edge = start(&loopback());
    open(&edge, 1, "udp");
    edge.perform(Command::LimitBandwidth {
        transport_id: TransportId(1),
        bits_per_second: 5,
    })
    .unwrap();
    let told = events(&edge, 2);
    assert!(matches!(told[1], Event::Noticed { .. }), "{told:?}");
}

#[test]
fn a_shard_that_breaks_down_fails_its_transports_and_begins_anew() {
    let settings = Settings {
        shards: 2,
        ..loopback()
    };
    let edge = start(&settings);
    let broken = open(&edge, 1, "udp");
    let other = try_open(&edge, 2, "RM_b").unwrap();
    events(&edge, 2);
    edge.perform(send_data(1, b"break")).unwrap();
    let failed = events(&edge, 2);
    assert!(
        matches!(&failed[0], Event::Failed { transport_id: TransportId(1), reason } if reason.contains("broke down")),
        "{failed:?}"
    );
    assert_eq!(
        failed[1],
        Event::Closed {
            transport_id: TransportId(1)
        }
    );
    wait_for("the counter", || {
        (edge.counters().shards[0].panics == 1).then_some(())
    });
    // The other shard did not notice.
    edge.perform(send_data(2, b"here")).unwrap();
    assert!(matches!(
        events(&edge, 1)[0],
        Event::DataReceived {
            transport_id: TransportId(2),
            ..
        }
    ));
    assert_ne!(double::address_of(&other.candidates[0]), broken);
    // The port lives on, and transports can be opened again.
    let again = open(&edge, 3, "udp");
    assert_eq!(again, broken);
    let client = client(LOCALHOST);
    client.send_to(&[ask::ECHO], again).unwrap();
    receive(&client);
}

#[test]
fn stopping_closes_transports_and_frees_the_port() {
    let edge = start(&loopback());
    let server = open(&edge, 1, "udp");
    edge.stop();
    edge.stop();
    let told = edge.events(10);
    assert!(told.contains(&Event::Closed {
        transport_id: TransportId(1)
    }));
    UdpSocket::bind(server).unwrap();
    assert!(matches!(try_open(&edge, 2, "RM_a"), Err(Error::Stopped)));
}

#[test]
fn a_port_in_use_is_named() {
    let taken = UdpSocket::bind((LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let settings = Settings {
        port: address.port(),
        ..loopback()
    };
    let refused = Edge::start_with(&settings, |_| Double::default()).err();
    assert!(
        matches!(refused, Some(Error::Bind { address: named, .. }) if named == address),
        "{refused:?}"
    );
}

#[test]
fn settings_that_cannot_work_are_named() {
    let wrong = [
        (
            "shards",
            Settings {
                shards: 0,
                ..loopback()
            },
        ),
        (
            "bind",
            Settings {
                bind: Vec::new(),
                ..loopback()
            },
        ),
        (
            "port",
            Settings {
                port: 65_535,
                shards: 2,
                ..loopback()
            },
        ),
        (
            "advertised",
            Settings {
                advertised: vec![Ipv4Addr::UNSPECIFIED.into()],
                ..loopback()
            },
        ),
        (
            "transports_max",
            Settings {
                transports_max: 0,
                ..loopback()
            },
        ),
    ];
    for (name, settings) in wrong {
        let refused = Edge::start_with(&settings, |_| Double::default()).err();
        assert!(
            matches!(refused, Some(Error::Setting { setting, .. }) if setting == name),
            "{name}"
        );
    }
}

#[test]
fn a_room_on_another_shard_cannot_be_moved_to() {
    let settings = Settings {
        shards: 2,
        ..loopback()
    };
    let edge = start(&settings);
    try_open(&edge, 1, "RM_a").unwrap();
    try_open(&edge, 2, "RM_b").unwrap();
    edge.perform(Command::MoveTransport {
        transport_id: TransportId(1),
        room: "RM_b".to_owned(),
    })
    .unwrap();
    let told = wait_for("the failure", || {
        let told = edge.events(10);
        told.iter()
            .any(|event| matches!(event, Event::Failed { .. }))
            .then_some(told)
    });
    assert!(told.iter().all(|event| !matches!(
        event,
        Event::Failed {
            transport_id: TransportId(2),
            ..
        }
    )));
}
