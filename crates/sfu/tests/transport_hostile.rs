//! What a peer, or somebody who pretends to be it, may send: nothing of it panics, and little of it matters.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "the operands are the test's own, and a panic is a failed test"
)]

mod transport;

use std::time::Duration;

use hubbub_netem::Random;
use hubbub_sfu::dtls;
use hubbub_sfu::ice::Credentials;
use hubbub_sfu::refusal::Refusals;
use hubbub_sfu::shard::command::Fingerprint;
use hubbub_sfu::transport::{Error, Event, Settings};
use proptest::prelude::*;
use transport::{Call, Opener, Seeded, Setup, Wire, path};

const SECOND: Duration = Duration::from_secs(1);

/// Media and data still pass both ways.
fn assert_works(call: &mut Call) {
    let (rtp, peer_rtp, peer_data) = (call.rtp.len(), call.peer_rtp.len(), call.peer_data.len());
    let index = u16::try_from(peer_rtp).unwrap();
    call.send_rtp(index, &[1; 50]);
    call.peer_send_rtp(u64::try_from(rtp).unwrap() + 1, &[2; 50]);
    let now = call.clock.now();
    call.ours.send_data(now, true, b"still there").unwrap();
    let done = call.run(SECOND * 2, |call| {
        call.rtp.len() > rtp && call.peer_rtp.len() > peer_rtp && call.peer_data.len() > peer_data
    });
    assert!(done, "{:?}", call.over);
}

#[test]
fn forged_and_replayed_media_is_dropped() {
    let mut call = Call::connected(&Setup::default());
    // Our own packet, thrown back at us, is sealed with the wrong key.
    call.send_rtp(0, &[3; 40]);
    let mut packet = vec![0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9];
    packet.extend([0; 80]);
    call.deliver(path(1), &mut packet.clone());
    let mut report = vec![0x80, 201, 0, 1, 0, 0, 0, 1];
    report.extend([0; 40]);
    call.deliver(path(1), &mut report);
    call.deliver(path(1), &mut [0x80, 111, 0]);
    let refused = Refusals {
        unauthentic: 2,
        malformed: 1,
        ..Refusals::default()
    };
    assert_eq!((call.refused, call.rtp.len()), (refused, 0));
    // From an address that no check has passed on, it is not even opened.
    call.deliver(path(9), &mut packet);
    assert_eq!(call.ours.counters().early, 1);
    assert!(call.rtcp.is_empty());
    assert_works(&mut call);
}

#[test]
fn a_network_that_repeats_packets_changes_nothing() {
    let mut setup = Setup::default();
    setup.link.duplicate = 1.0;
    let mut call = Call::connected(&setup);
    for index in 0..20 {
        call.peer_send_rtp(index, &[5; 30]);
        call.run(Duration::from_millis(20), |_| false);
    }
    assert_eq!(call.rtp.len(), 20, "each is given out once");
    assert!(call.refused.replayed >= 20);
    assert_eq!(call.refused.unauthentic, 0);
}

#[test]
fn a_wrong_certificate_ends_only_its_transport() {
    let mut call = Call::new(&Setup::default());
    call.remote.fingerprints[0].value = ["AB"; 32].join(":");
    call.run(SECOND * 3, |call| call.over.is_some());
    let wrong = Error::Dtls(dtls::Error::WrongFingerprint);
    assert_eq!(call.over, Some(wrong.clone()));
    assert!(call.told(|event| *event == Event::Failed(wrong.clone())));
    assert!(call.ours.is_over() && call.ours.outbound().is_none());
    assert!(!call.told(|event| matches!(event, Event::Connected { .. })));
}

#[test]
fn a_description_without_a_known_hash_is_refused() {
    let mut call = Call::new(&Setup::default());
    call.remote.fingerprints = vec![Fingerprint {
        algorithm: "sha-1".to_owned(),
        value: ["AB"; 20].join(":"),
    }];
    call.run(SECOND, |call| call.over.is_some());
    assert_eq!(call.over, Some(Error::NoFingerprint));
}

#[test]
fn too_long_a_message_costs_the_channels_not_the_call() {
    let mut call = Call::connected(&Setup {
        opener: Opener::Peer,
        settings: Settings {
            message_bytes_max: 2_000,
            ..Settings::default()
        },
        ..Setup::default()
    });
    call.peer_send_data("_reliable", &vec![1; 20_000]);
    assert!(call.run(SECOND * 5, |call| {
        call.told(|event| *event == Event::ChannelsLost)
    }));
    assert!(!call.told(|event| matches!(event, Event::Data { .. })));
    call.peer_send_rtp(1, &[1; 50]);
    assert!(call.run(SECOND, |call| call.rtp.len() == 1), "media goes on");
    assert!(call.over.is_none());
}

#[test]
fn too_many_streams_cost_the_channels_not_the_call() {
    let mut call = Call::connected(&Setup {
        settings: Settings {
            channels_max: 4,
            ..Settings::default()
        },
        ..Setup::default()
    });
    for n in 0..8 {
        call.peer
            .direct_api()
            .create_data_channel(str0m::channel::ChannelConfig {
                label: format!("other {n}"),
                ..Default::default()
            });
    }
    assert!(call.run(SECOND * 5, |call| {
        call.told(|event| *event == Event::ChannelsLost)
    }));
    call.peer_send_rtp(1, &[1; 50]);
    assert!(call.run(SECOND, |call| call.rtp.len() == 1), "media goes on");
}

#[test]
fn an_ice_restart_keeps_keys_and_channels() {
    let mut call = Call::connected(&Setup::default());
    assert_works(&mut call);
    let now = call.clock.now();
    let former = call.ufrag.clone();
    let renewed = Credentials::draw(&mut Seeded(Random::new(77)));
    call.ours.restart_ice(now, renewed.clone());
    let mut api = call.peer.direct_api();
    let theirs = str0m::IceCreds::new();
    api.set_local_ice_credentials(theirs.clone());
    api.set_remote_ice_credentials(str0m::IceCreds {
        ufrag: renewed.ufrag().to_owned(),
        pass: renewed.password().to_owned(),
    });
    call.remote.ufrag = theirs.ufrag;
    call.remote.pwd = theirs.pass;
    call.tell_at = Some(now);
    let renewed =
        |call: &Call| call.told(|event| matches!(event, Event::Renewed { ufrag } if *ufrag == former));
    assert!(call.run(SECOND * 10, renewed), "{:?}", call.events);
    assert_works(&mut call);
    let connected = call
        .events
        .iter()
        .filter(|event| matches!(event, Event::Connected { .. }));
    assert_eq!(connected.count(), 1, "DTLS went on");
}

#[test]
fn another_certificate_means_new_keys() {
    let mut call = Call::connected(&Setup::default());
    let now = call.clock.now();
    let renewed = Credentials::draw(&mut Seeded(Random::new(78)));
    call.ours.restart_ice(now, renewed.clone());
    // The client lost everything but its room: another connection takes the place of the first.
    let mut successor = Call::new(&Setup {
        seed: 2,
        ..Setup::default()
    });
    let mut api = successor.peer.direct_api();
    api.set_remote_fingerprint(call.endpoint.fingerprint().to_string().parse().unwrap());
    api.set_remote_ice_credentials(str0m::IceCreds {
        ufrag: renewed.ufrag().to_owned(),
        pass: renewed.password().to_owned(),
    });
    call.peer = successor.peer;
    call.remote = successor.remote;
    call.host = 2;
    call.peer_connected = false;
    call.peer_channels.clear();
    call.events.clear();
    call.tell_at = Some(now);
    assert!(call.run(SECOND * 10, Call::is_open), "{:?}", call.events);
    assert!(call.told(|event| *event == Event::ChannelsLost));
    assert!(call.told(|event| matches!(event, Event::Connected { .. })));
    assert_eq!(call.ours.path(), Some(path(2)));
    assert_works(&mut call);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Garbage of each kind, before, during and after the handshake, from the peer's own address.
    #[test]
    fn garbage_is_survived(
        seed in 1..1_000_u64,
        connect: bool,
        garbage in prop::collection::vec((0..4_usize, prop::collection::vec(any::<u8>(), 0..200)), 1..30),
    ) {
        let mut call = if connect {
            Call::connected(&Setup { seed, ..Setup::default() })
        } else {
            Call::new(&Setup { seed, ..Setup::default() })
        };
        for (kind, mut bytes) in garbage {
            if let Some(first) = bytes.first_mut() {
                *first = [0, 22, 128, 23][kind];
            }
            if bytes.len() > 13 && (kind == 1 || kind == 3) {
                // A well-formed record header of DTLS 1.2.
                let len = u16::try_from(bytes.len() - 13).unwrap();
                bytes[1..3].copy_from_slice(&[254, 253]);
                bytes[11..13].copy_from_slice(&len.to_be_bytes());
            }
            call.deliver(path(1), &mut bytes);
            call.run(Duration::from_millis(5), |_| false);
        }
        if connect {
            prop_assert!(call.over.is_none(), "{:?}", call.over);
            assert_works(&mut call);
        }
        prop_assert!(call.rtp.len() <= 1 && call.peer_rtp.len() <= 1);
    }

    /// Cut and flipped copies of what the peer sends: dropped, or, during the handshake, the end of this transport.
    #[test]
    fn mangled_datagrams_are_survived(seed in 1..1_000_u64, flips in prop::collection::vec(any::<u32>(), 1..40)) {
        let mut call = Call::new(&Setup { seed, ..Setup::default() });
        let mut random = Random::new(seed);
        for flip in flips {
            call.run(Duration::from_millis(1 + random.below(10)), |_| false);
            let mut wire = Wire::default();
            std::mem::swap(&mut wire.datagrams, &mut call.tapped);
            for (path, mut datagram) in wire.datagrams {
                let place = usize::try_from(flip).unwrap() % datagram.len().max(1);
                if flip & 1 == 0 {
                    datagram.truncate(place);
                } else if let Some(octet) = datagram.get_mut(place) {
                    *octet ^= u8::try_from(flip >> 24).unwrap();
                }
                call.deliver(path, &mut datagram);
            }
        }
    }
}
