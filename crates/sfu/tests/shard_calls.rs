//! Callers in a room hear and see each other, whatever the network and the others do.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the operands are the test's own"
)]

mod shard;

use hubbub_netem::Random;
use hubbub_sfu::ice::Credentials;
use hubbub_sfu::shard::event::{Direction, Notice};
use hubbub_sfu::shard::{Command, Event, Kind, TransportId};
use shard::{SECOND, Seeded, World, link};

/// One who speaks and films, and two who listen and watch.
fn call(seed: u64, loss: f64) -> World {
    let mut world = World::connected(seed, 3, link(15, loss));
    world.publish_voice(0, "TR_voice");
    world.publish_camera(0, "TR_camera");
    for place in [1, 2] {
        world.subscribe(place, "TR_voice", 0, Kind::Audio);
        world.subscribe(place, "TR_camera", 1, Kind::Video);
    }
    world
}

fn prefer(world: &mut World, place: usize, quality: u8, paused: bool) {
    let transport_id = world.callers[place].id;
    world.command(Command::Prefer {
        transport_id,
        track: "TR_camera".to_owned(),
        paused,
        quality,
        fps: 0,
        priority: 0,
    });
}

#[test]
fn everybody_hears_and_sees_who_publishes() {
    let mut world = call(1, 0.0);
    world.run(8 * SECOND);
    for place in [1, 2] {
        let voice = world.callers[place].slot(0);
        assert!(voice.packets.len() > 380, "{}", voice.packets.len());
        assert_eq!(voice.missing(0), 0);
        assert!(voice.packets.values().all(|packet| packet.3 == [1; 60]));
        let camera = world.callers[place].slot(1);
        assert_eq!(camera.missing(0), 0);
        let pictures = camera.pictures();
        assert!(pictures.len() > 140, "{}", pictures.len());
        assert!(pictures.windows(2).all(|pair| pair[1] == (pair[0] + 1) & 0x7fff));
    }
    assert_eq!(world.torn, 0);
    let alive = |wanted: &str, name: &str| {
        world.told(
            |event| matches!(event, Event::TrackAlive { track, codec } if track == wanted && codec == name),
        )
    };
    assert!(alive("TR_voice", "opus") && alive("TR_camera", "VP8"));
    let connected = |event: &&Event| matches!(event, Event::Connected { protocol: "udp", .. });
    assert_eq!(world.events.iter().filter(connected).count(), 3);
    assert_eq!(world.shard.counters().packets_dropped, 0);
}

#[test]
fn layers_follow_what_is_preferred() {
    let mut world = call(2, 0.0);
    world.run(12 * SECOND);
    let since = world.recently();
    assert_eq!(
        world.callers[1].slot(1).layers(since),
        [2],
        "the path allows the best"
    );
    prefer(&mut world, 1, 0, false);
    world.run(3 * SECOND);
    let since = world.recently();
    assert_eq!(world.callers[1].slot(1).layers(since), [0]);
    assert_eq!(world.callers[2].slot(1).layers(since), [2], "others keep theirs");
    prefer(&mut world, 1, 1, false);
    prefer(&mut world, 2, 0, true);
    world.run(3 * SECOND);
    let since = world.recently();
    assert_eq!(world.callers[1].slot(1).layers(since), [1]);
    assert!(world.callers[2].slot(1).layers(since).is_empty());
    assert_eq!(world.callers[1].slot(1).missing(0), 0);
    // Nobody wants the highest encoding any more: the publisher is told, once it is sure. Lower ones serve narrow paths.
    world.run(6 * SECOND);
    let wanted = world.events.iter().rev().find_map(|event| match event {
        Event::LayersWanted { track, wanted } if track == "TR_camera" => Some(wanted.clone()),
        _ => None,
    });
    assert_eq!(wanted, Some(vec![true, true, false]));
}

#[test]
fn loss_on_every_leg_is_mended() {
    let mut world = call(3, 0.05);
    world.run(15 * SECOND);
    for place in [1, 2] {
        let camera = world.callers[place].slot(1);
        assert!(camera.mended > 10, "{}", camera.mended);
        let share = camera.missing(40) * 200 / camera.packets.len();
        assert_eq!(share, 0, "{} of {}", camera.missing(40), camera.packets.len());
    }
    let repeated = world.callers[0].camera.as_ref().map(|camera| {
        let encodings = camera.encodings.iter();
        encodings.map(|encoding| encoding.repeated).sum::<usize>()
    });
    assert!(repeated.unwrap() > 20, "{repeated:?}");
    let up = world.events.iter().rev().find_map(|event| match event {
        Event::QualitySample { legs, .. } => legs
            .iter()
            .find(|leg| leg.direction == Direction::Up && leg.track == "TR_camera"),
        _ => None,
    });
    let up = up.unwrap();
    assert!((0.02..0.09).contains(&up.loss), "{up:?}");
    assert!(up.residual_loss < 0.01 && up.nacks > 0, "{up:?}");
}

#[test]
fn muted_unsubscribed_and_unpublished_tracks_are_not_sent() {
    let mut world = call(4, 0.0);
    world.run(4 * SECOND);
    let mute = |muted| Command::MuteTrack {
        track: "TR_camera".to_owned(),
        muted,
    };
    world.command(mute(true));
    world.run(SECOND);
    let count = |world: &mut World, place: usize, slot| world.callers[place].slot(slot).packets.len();
    let before = count(&mut world, 1, 1);
    world.run(2 * SECOND);
    assert_eq!(count(&mut world, 1, 1), before);
    world.command(mute(false));
    world.run(2 * SECOND);
    assert!(count(&mut world, 1, 1) > before + 20);
    assert_eq!(world.callers[1].slot(1).missing(0), 0, "numbers run on");
    world.command(Command::Unsubscribe {
        transport_id: TransportId(2),
        track: "TR_voice".to_owned(),
    });
    world.run(SECOND);
    let (one, two) = (count(&mut world, 1, 0), count(&mut world, 2, 0));
    world.run(SECOND);
    assert_eq!(count(&mut world, 1, 0), one);
    assert!(count(&mut world, 2, 0) > two + 40);
    world.command(Command::UnpublishTrack {
        track: "TR_voice".to_owned(),
    });
    world.run(SECOND);
    let two = count(&mut world, 2, 0);
    world.run(SECOND);
    assert_eq!(count(&mut world, 2, 0), two);
}

#[test]
fn who_speaks_is_told_and_told_again_when_silent() {
    let mut world = call(5, 0.0);
    assert!(
        world.run_until(SECOND / 4, |world| {
            world.told(|event| matches!(event, Event::Speakers { .. }))
        }),
        "soon"
    );
    world.run(2 * SECOND);
    let heard = |world: &World| {
        let speakers = world.events.iter().filter_map(|event| match event {
            Event::Speakers { room, speakers } if room == "RM_1" => Some(speakers.clone()),
            _ => None,
        });
        speakers.flatten().collect::<Vec<_>>()
    };
    let speakers = heard(&world);
    let last = speakers.last().unwrap();
    assert!(
        last.active && last.level > 0.5 && last.track == "TR_voice",
        "{last:?}"
    );
    assert!(speakers.len() < 7, "only changes");
    world.callers[0].voice.as_mut().unwrap().level = 127;
    world.run(3 * SECOND);
    let speakers = heard(&world);
    assert!(!speakers.last().unwrap().active);
}

#[test]
fn a_transport_that_closes_takes_its_tracks_along_and_another_takes_its_place() {
    let mut world = call(6, 0.0);
    world.run(2 * SECOND);
    world.command(Command::CloseTransport {
        transport_id: TransportId(1),
    });
    world.run(SECOND);
    assert!(world.callers[0].closed, "it was told");
    assert!(world.told(|event| matches!(
        event,
        Event::Closed {
            transport_id: TransportId(1)
        }
    )));
    assert_eq!(world.shard.transports(), 2);
    let before = world.callers[1].slot(0).packets.len();
    // What is gone changes nothing.
    world.command(Command::CloseTransport {
        transport_id: TransportId(1),
    });
    world.subscribe(1, "TR_voice", 0, Kind::Audio);
    world.publish_voice(0, "TR_voice");
    world.run(SECOND);
    assert_eq!(world.callers[1].slot(0).packets.len(), before);
    let place = world.join("RM_1", link(15, 0.0));
    assert!(world.run_until(5 * SECOND, |world| world.callers[place].is_connected()));
    world.publish_voice(place, "TR_again");
    world.subscribe(1, "TR_again", 0, Kind::Audio);
    world.run(2 * SECOND);
    let voice = world.callers[1].slot(0);
    assert!(voice.packets.len() > before + 80);
    assert_eq!(voice.missing(0), 0, "the slot's numbers run on");
}

#[test]
fn of_many_voices_the_loudest_are_sent() {
    let mut world = World::connected(7, 12, link(5, 0.0));
    for place in 0..11 {
        world.publish_voice(place, &format!("TR_{place}"));
        world.callers[place].voice.as_mut().unwrap().level = if place < 3 { 25 } else { 127 };
        world.subscribe(
            11,
            &format!("TR_{place}"),
            u16::try_from(place).unwrap(),
            Kind::Audio,
        );
    }
    world.run(4 * SECOND);
    let counts = |world: &mut World| {
        (0..11)
            .map(|slot| world.callers[11].slot(slot).packets.len())
            .collect::<Vec<_>>()
    };
    let before = counts(&mut world);
    world.run(2 * SECOND);
    let after = counts(&mut world);
    for place in 0..11 {
        let grown = after[place] - before[place];
        assert_eq!(grown > 90, place < 3, "{place}: {grown}");
        assert_eq!(
            world.callers[11].slot(u16::try_from(place).unwrap()).missing(0),
            0
        );
    }
    // Somebody else begins to speak: nothing of it is lost but the first packets.
    world.callers[7].voice.as_mut().unwrap().level = 20;
    world.run(SECOND);
    let grown = world.callers[11].slot(7).packets.len() - after[7];
    assert!(grown > 40, "{grown}");
    assert_eq!(world.callers[11].slot(7).missing(0), 0);
}

#[test]
fn calls_outlast_other_networks_and_new_credentials() {
    let mut world = call(8, 0.0);
    world.run(3 * SECOND);
    let now = world.clock.now();
    // The publisher's phone leaves the house, and a subscriber's too.
    world.callers[0].move_to(now, 50);
    world.callers[1].move_to(now, 51);
    world.run(2 * SECOND);
    let since = world.recently();
    for place in [1, 2] {
        let voice = world.callers[place].slot(0);
        let recent = voice.packets.values().filter(|packet| packet.0 >= since).count();
        assert!(recent > 45, "{place}: {recent}");
        assert_eq!(world.callers[place].slot(1).layers(since).len(), 1);
    }
    let moved = |event: &&Event| {
        matches!(
            event,
            Event::Noticed {
                notice: Notice::PathChanged,
                ..
            }
        )
    };
    assert_eq!(world.events.iter().filter(moved).count(), 2);
    let credentials = Credentials::draw(&mut Seeded(Random::new(88)));
    let transport_id = world.callers[1].id;
    world.command(Command::RestartIce {
        transport: transport_id,
        credentials: credentials.clone(),
    });
    let now = world.clock.now();
    world.callers[1].restart_ice(now, &credentials);
    world.callers[1].move_to(now, 52);
    let remote = world.callers[1].remote();
    world.command(Command::SetRemote { transport_id, remote });
    world.run(40 * SECOND);
    let since = world.recently();
    let voice = world.callers[1].slot(0);
    let recent = voice.packets.values().filter(|packet| packet.0 >= since).count();
    assert!(recent > 45, "{recent}");
    assert!(!world.told(|event| matches!(event, Event::Failed { .. } | Event::Closed { .. })));
}

#[test]
fn a_peer_that_is_gone_fails_in_time_and_takes_its_tracks_along() {
    let mut world = call(9, 0.0);
    world.run(2 * SECOND);
    world.callers[0].closed = true;
    world.run(60 * SECOND);
    let gone = TransportId(1);
    let failed = |event: &Event| matches!(event, Event::Failed { transport_id, .. } if *transport_id == gone);
    let closed = |event: &Event| matches!(event, Event::Closed { transport_id } if *transport_id == gone);
    assert!(world.told(failed) && world.told(closed));
    assert!(world.told(|event| matches!(
        event,
        Event::Noticed {
            notice: Notice::Silent,
            ..
        }
    )));
    assert_eq!(world.shard.transports(), 2);
    assert!(world.told(|event| matches!(
        event,
        Event::Speakers { speakers, .. } if speakers.iter().any(|one| !one.active)
    )));
}

#[test]
fn a_voice_that_does_not_tell_its_level_is_always_sent() {
    let mut world = World::connected(10, 12, link(5, 0.0));
    for place in 0..11 {
        world.publish_voice(place, &format!("TR_{place}"));
        let voice = world.callers[place].voice.as_mut().unwrap();
        voice.level = 127;
        voice.tells = place != 4;
        world.subscribe(
            11,
            &format!("TR_{place}"),
            u16::try_from(place).unwrap(),
            Kind::Audio,
        );
    }
    world.run(4 * SECOND);
    let since = world.recently();
    for slot in 0..11 {
        let heard = world.callers[11].slot(slot);
        let recent = heard.packets.values().filter(|packet| packet.0 >= since).count();
        assert_eq!(recent > 45, slot == 4, "{slot}: {recent}");
    }
}
