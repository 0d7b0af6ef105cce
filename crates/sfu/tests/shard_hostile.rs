//! Nonsense, however well sealed, harms nobody but who sends it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the operands are the test's own"
)]

mod shard;

use hubbub_netem::Random;
use hubbub_sfu::shard::{Command, Event, Kind, TransportId};
use hubbub_wire::rtp::HeaderFields;
use shard::{LEVEL, MID, OPUS, RED, REPAIRED, RID, RTX, SECOND, VP8, World, link, path};

fn noise(random: &mut Random, len_max: u64) -> Vec<u8> {
    let len = usize::try_from(random.below(len_max)).unwrap();
    let mut bytes = vec![0; len];
    random.fill(&mut bytes);
    bytes
}

fn pick<T: Copy>(random: &mut Random, from: &[T]) -> T {
    from[usize::try_from(random.below(u64::try_from(from.len()).unwrap())).unwrap()]
}

/// A packet that is RTP by its header and nothing by its content.
fn send_nonsense(world: &mut World, place: usize, random: &mut Random) {
    let now = world.clock.now();
    let caller = &mut world.callers[place];
    let known = [u32::from(caller.host) << 8, (u32::from(caller.host) << 8) + 0x10];
    let ssrc = match random.below(3) {
        0 => pick(random, &known),
        _ => u32::try_from(random.below(40)).unwrap(),
    };
    let fields = HeaderFields {
        payload_type: pick(random, &[OPUS, RED, VP8, RTX, 3]),
        marker: random.chance(0.5),
        timestamp: u32::try_from(random.below(1 << 32)).unwrap(),
        ssrc,
        ..HeaderFields::default()
    };
    let rid: [&[u8]; 4] = [b"q", b"h", b"f", b"\xff"];
    let values = [
        (MID, pick(random, &[b"0".as_slice(), b"1", b"9"]).to_vec()),
        (RID, pick(random, &rid).to_vec()),
        (REPAIRED, pick(random, &rid).to_vec()),
        (LEVEL, vec![u8::try_from(random.below(256)).unwrap()]),
    ];
    let extensions: Vec<(u8, &[u8])> = values
        .iter()
        .filter(|_| random.chance(0.5))
        .map(|(id, value)| (*id, value.as_slice()))
        .collect();
    let payload = noise(random, 1_000);
    let index = random.below(1 << 20);
    caller.send(now, fields, index, &extensions, &payload);
    let mut compound = noise(random, 200);
    compound.splice(
        0..0,
        [
            0x80 | u8::try_from(random.below(32)).unwrap(),
            200 + u8::try_from(random.below(7)).unwrap(),
        ],
    );
    compound.resize((compound.len() + 11) & !3, 0);
    let words = u16::try_from(compound.len() / 4 - 1).unwrap().to_be_bytes();
    (compound[2], compound[3]) = (words[0], words[1]);
    compound[4..8].copy_from_slice(&pick(random, &[known[0], known[1], 0x5000_0002]).to_be_bytes());
    caller.send_rtcp(now, &compound);
}

#[test]
fn a_publisher_of_garbage_harms_nobody() {
    for seed in 0..4 {
        let mut world = World::connected(20 + seed, 4, link(5, 0.0));
        let mut random = Random::new(seed);
        world.publish_voice(0, "TR_bad_voice");
        world.publish_camera(0, "TR_bad_camera");
        // It sends nothing else than what follows.
        (world.callers[0].voice, world.callers[0].camera) = (None, None);
        world.publish_voice(1, "TR_voice");
        world.publish_camera(1, "TR_camera");
        for place in [2, 3] {
            world.subscribe(place, "TR_voice", 0, Kind::Audio);
            world.subscribe(place, "TR_camera", 1, Kind::Video);
            world.subscribe(place, "TR_bad_voice", 2, Kind::Audio);
            world.subscribe(place, "TR_bad_camera", 3, Kind::Video);
        }
        for _ in 0..800 {
            send_nonsense(&mut world, 0, &mut random);
            // A subscriber's nonsense must not harm the others either.
            if random.chance(0.2) {
                send_nonsense(&mut world, 3, &mut random);
            }
            world.run(SECOND / 200);
        }
        let voice = world.callers[2].slot(0);
        assert!(voice.packets.len() > 180, "{}", voice.packets.len());
        assert_eq!(voice.missing(0), 0);
        let camera = world.callers[2].slot(1);
        assert!(camera.pictures().len() > 60, "{}", camera.pictures().len());
        assert_eq!(camera.missing(0), 0);
        let counters = world.shard.counters();
        assert!(counters.packets_dropped > 20, "{counters:?}");
        world.run(SECOND * 2);
        let told = world.told(|event| match event {
            Event::QualitySample { refused, .. } => refused.unknown > 0 && refused.unauthentic > 0,
            _ => false,
        });
        assert!(told, "{counters:?}");
        assert!(world.events.len() < 2_000, "{}", world.events.len());
        let failed = world.told(|event| matches!(event, Event::Failed { .. } | Event::Closed { .. }));
        assert!(!failed);
    }
}

#[test]
fn strangers_leave_no_trace() {
    let mut world = World::connected(30, 2, link(5, 0.0));
    let mut random = Random::new(9);
    let now = world.clock.now();
    for _ in 0..20_000 {
        let mut datagram = noise(&mut random, 100);
        if random.chance(0.5) && !datagram.is_empty() {
            datagram[0] = pick(&mut random, &[0, 1, 22, 128, 144]);
        }
        let mut wire = shard::Wire::default();
        let host = 100 + u8::try_from(random.below(100)).unwrap();
        world.shard.receive(now, path(host), &mut datagram, &mut wire);
        assert!(wire.datagrams.is_empty());
    }
    assert_eq!(world.shard.counters().unknown_sources, 20_000);
    assert_eq!(world.shard.transports(), 2);
}

#[test]
fn commands_for_what_is_gone_or_never_was_change_nothing() {
    let mut world = World::connected(31, 2, link(5, 0.0));
    world.publish_voice(0, "TR_voice");
    world.subscribe(1, "TR_voice", 0, Kind::Audio);
    world.run(SECOND);
    let gone = TransportId(99);
    let none = || "TR_none".to_owned();
    for command in [
        Command::CloseTransport { transport_id: gone },
        Command::MoveTransport {
            transport_id: gone,
            room: "RM_2".to_owned(),
        },
        Command::UnpublishTrack { track: none() },
        Command::MuteTrack {
            track: none(),
            muted: true,
        },
        Command::Unsubscribe {
            transport_id: TransportId(2),
            track: none(),
        },
        Command::Unsubscribe {
            transport_id: gone,
            track: "TR_voice".to_owned(),
        },
        Command::Prefer {
            transport_id: gone,
            track: "TR_voice".to_owned(),
            paused: true,
            quality: 0,
            fps: 0,
            priority: 0,
        },
        Command::SendData {
            transport_id: gone,
            reliable: true,
            payload: vec![1],
        },
        Command::LimitBandwidth {
            transport_id: gone,
            bits_per_second: 1,
        },
    ] {
        world.command(command);
    }
    world.subscribe(1, "TR_none", 4, Kind::Audio);
    // Nobody else may take over a track.
    let voice = world.callers[1].voice.take();
    world.publish_voice(1, "TR_voice");
    world.callers[1].voice = voice;
    world.run(SECOND);
    let voice = world.callers[1].slot(0);
    assert!(voice.packets.len() > 90, "{}", voice.packets.len());
    assert_eq!(voice.missing(0), 0);
}

#[test]
fn a_transport_that_moves_takes_its_voice_to_the_other_room() {
    let mut world = World::connected(32, 2, link(5, 0.0));
    world.publish_voice(0, "TR_voice");
    world.subscribe(1, "TR_voice", 0, Kind::Audio);
    world.run(SECOND);
    world.command(Command::MoveTransport {
        transport_id: TransportId(1),
        room: "RM_2".to_owned(),
    });
    world.run(SECOND);
    let rooms = world.events.iter().filter_map(|event| match event {
        Event::Speakers { room, speakers } => Some((room.as_str(), speakers[0].active)),
        _ => None,
    });
    let rooms: Vec<_> = rooms.collect();
    assert_eq!(rooms.first(), Some(&("RM_1", true)));
    assert!(rooms.contains(&("RM_1", false)));
    assert_eq!(rooms.last(), Some(&("RM_2", true)));
}
