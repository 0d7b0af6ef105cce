//! A transport connects, carries media, reports and data both ways, and survives what networks do.

mod transport;

use std::time::Duration;

use hubbub_netem::{Config, Loss};
use hubbub_sfu::refusal::Refusals;
use hubbub_sfu::transport::{DataError, Error, Event};
use transport::{Call, Opener, Setup, UP};

const SECOND: Duration = Duration::from_secs(1);

fn lossy(seed: u64) -> Setup {
    Setup {
        seed,
        link: Config {
            delay: Duration::from_millis(30),
            jitter: Duration::from_millis(10),
            loss: Loss::Independent { chance: 0.1 },
            ..Config::default()
        },
        ..Setup::default()
    }
}

fn data_of(call: &Call, wanted: bool) -> Vec<Vec<u8>> {
    let of = |event: &Event| match event {
        Event::Data { reliable, payload } if *reliable == wanted => Some(payload.clone()),
        _ => None,
    };
    call.events.iter().filter_map(of).collect()
}

#[test]
fn both_roles_connect_and_both_ends_open_channels() {
    for peer_active in [true, false] {
        for opener in [Opener::Us, Opener::Peer] {
            let mut call = Call::connected(&Setup {
                peer_active,
                opener,
                ..Setup::default()
            });
            let connected = call.events.iter().find_map(|event| match event {
                Event::Connected { path, handshake } => Some((*path, *handshake)),
                _ => None,
            });
            let (path, handshake) = connected.unwrap();
            assert_eq!(path, transport::path(1));
            assert!(handshake < SECOND, "{handshake:?}");
            let mut labels: Vec<_> = call
                .peer_channels
                .iter()
                .map(|(_, label)| label.clone())
                .collect();
            labels.sort();
            assert_eq!(labels, ["_lossy", "_reliable"]);
            let now = call.clock.now();
            for reliable in [true, false] {
                call.ours.send_data(now, reliable, b"down").unwrap();
            }
            assert!(call.peer_send_data("_reliable", b"up"));
            assert!(call.peer_send_data("_lossy", b"up too"));
            assert!(call.run(SECOND, |call| call.peer_data.len() == 2
                && data_of(call, true) == [b"up".to_vec()]
                && data_of(call, false) == [b"up too".to_vec()]));
            assert_eq!(call.peer_data, [b"down", b"down"]);
        }
    }
}

#[test]
fn media_and_reports_flow_both_ways() {
    let mut call = Call::connected(&Setup::default());
    for index in 0..50_u16 {
        call.send_rtp(index, &[index.to_be_bytes()[1]; 100]);
        call.peer_send_rtp(u64::from(index), &[7; 60]);
        call.run(Duration::from_millis(20), |_| false);
    }
    call.run(SECOND * 6, |_| false);
    assert_eq!(call.peer_rtp.len(), 50);
    assert_eq!(call.peer_rtp[9], [9; 100]);
    assert_eq!(call.rtp.len(), 50);
    for (place, (index, packet)) in call.rtp.iter().enumerate() {
        assert_eq!(*index, u64::try_from(place).unwrap());
        assert_eq!(packet[8..12], UP.to_be_bytes());
        assert!(packet.ends_with(&[7; 60]));
    }
    assert!(!call.rtcp.is_empty(), "str0m reports each few seconds");
    assert!(
        call.rtcp
            .iter()
            .all(|packet| packet.len() >= 8 && packet[0] >> 6 == 2)
    );
    let counters = call.ours.counters();
    assert_eq!(
        (call.refused, counters.unknown, counters.stun_refused),
        (Refusals::default(), 0, 0)
    );
}

#[test]
fn loss_delays_but_breaks_nothing() {
    for seed in 1..=8 {
        for opener in [Opener::Us, Opener::Peer] {
            let mut call = Call::connected(&Setup {
                opener,
                ..lossy(seed)
            });
            let messages: Vec<Vec<u8>> = (0..20_u8).map(|n| vec![n; 3_000]).collect();
            let now = call.clock.now();
            for message in &messages {
                call.ours.send_data(now, true, message).unwrap();
                assert!(call.peer_send_data("_reliable", message));
            }
            let all = |call: &Call| call.peer_data.len() == 20 && data_of(call, true).len() == 20;
            assert!(call.run(SECOND * 60, all), "seed {seed}");
            assert_eq!(call.peer_data, messages, "in order");
            assert_eq!(data_of(&call, true), messages, "in order");
            assert!(call.longest <= call.endpoint.settings().mtu, "{}", call.longest);
        }
    }
}

#[test]
fn lossy_messages_are_sent_once() {
    let mut call = Call::connected(&lossy(3));
    for n in 0..100_u8 {
        let now = call.clock.now();
        call.ours.send_data(now, false, &[n; 200]).unwrap();
        call.run(Duration::from_millis(20), |_| false);
    }
    call.run(SECOND * 5, |_| false);
    assert!(
        (75..100).contains(&call.peer_data.len()),
        "{}",
        call.peer_data.len()
    );
}

#[test]
fn a_description_that_comes_late_costs_no_retransmission() {
    let late = Duration::from_millis(90);
    let mut call = Call::connected(&Setup {
        told_after: late,
        ..Setup::default()
    });
    let elapsed = call.clock.elapsed();
    assert!(elapsed < late + Duration::from_millis(200), "{elapsed:?}");
    assert_eq!(call.ours.counters().early, 0);
    assert!(call.run(SECOND, Call::is_open));
}

#[test]
fn messages_are_bounded() {
    let mut call = Call::new(&Setup::default());
    let now = call.clock.now();
    assert_eq!(call.ours.send_data(now, true, b"x"), Err(DataError::NotOpen));
    assert!(call.run(SECOND * 5, |call| call.ours.is_connected()));
    let now = call.clock.now();
    assert_eq!(
        call.ours.send_data(now, true, &vec![0; 70_000]),
        Err(DataError::TooLarge)
    );
    assert_eq!(call.ours.send_data(now, false, b"x"), Err(DataError::NotOpen));
    let mut sent: usize = 0;
    while call.ours.send_data(now, true, &vec![1; 65_536]).is_ok() {
        sent += 1;
    }
    assert_eq!(sent, 8, "what fits waits");
    let all = call.run(SECOND * 30, |call| call.peer_data.len() == sent);
    assert!(all, "{} of {sent}, {:?}", call.peer_data.len(), call.events);
    assert!(call.peer_data.iter().all(|message| message.len() == 65_536));
    assert!(call.peer_send_data("_reliable", &vec![2; 65_536]));
    let came = |call: &Call| data_of(call, true) == [vec![2; 65_536]];
    assert!(call.run(SECOND * 10, came));
}

#[test]
fn closing_is_told_either_way() {
    let mut call = Call::connected(&Setup::default());
    let now = call.clock.now();
    call.ours.close(now);
    assert!(call.run(SECOND, |call| !call.peer.is_alive()
        || call.clock.now() > now + SECOND / 2));
    assert!(call.told(|event| *event == Event::Closed));
    assert!(call.ours.is_over() && call.ours.outbound().is_none());
    let (mut wire, mut late) = (transport::Wire::default(), [0x80; 40]);
    let ended = call.ours.receive(now, transport::path(1), &mut late, &mut wire);
    assert_eq!(ended.err(), Some(Error::Over));
    assert_eq!(call.ours.deadline(), None);
}

#[test]
fn silence_is_told_then_the_transport_fails() {
    let mut call = Call::connected(&Setup::default());
    let start = call.clock.now();
    let mut wire = transport::Wire::default();
    let mut events = Vec::new();
    while let Some(at) = call.ours.deadline() {
        call.ours.handle_timeout(at, &mut wire);
        while let Some(event) = call.ours.poll_event() {
            events.push((at - start, event));
        }
        assert!(at < start + SECOND * 60);
    }
    let place = |like: &dyn Fn(&Event) -> bool| events.iter().position(|(_, event)| like(event)).unwrap();
    let silent = place(&|event| matches!(event, Event::Silent(_)));
    let lost = place(&|event| *event == Event::ConsentLost);
    let failed = place(&|event| *event == Event::Failed(Error::ConsentLost));
    assert!(silent < lost && lost < failed);
    assert!(call.ours.is_over() && call.ours.path().is_none());
}

#[test]
fn a_peer_that_moves_takes_its_call_along() {
    let mut call = Call::connected(&Setup::default());
    call.host = 2;
    let moved = transport::path(2);
    let told = |call: &Call| call.told(|event| *event == Event::PathChanged(moved));
    assert!(call.run(SECOND * 20, told), "{:?}", call.events);
    assert_eq!(call.ours.path(), Some(moved));
    call.send_rtp(0, &[1; 50]);
    call.peer_send_rtp(1, &[2; 50]);
    assert!(call.run(SECOND, |call| call.rtp.len() == 1 && call.peer_rtp.len() == 1));
    let forgotten = Event::Forgotten(transport::path(1));
    assert!(call.run(SECOND * 40, |call| call.told(|event| *event == forgotten)));
    assert!(call.ours.is_connected(), "the path that lives has consent");
}
