//! The downlink keeps to what its path carries: layers fall and rise again.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod downlink;

use std::time::Duration;

use downlink::{World, extensions};
use hubbub_netem::Config;
use hubbub_sfu::forward::Ntp;
use hubbub_sfu::send::{Event, Preference};
use hubbub_sfu::shard::command::{Extension, Ssrcs};
use hubbub_sfu::shard::event::Notice;
use hubbub_wire::extension::uri;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn link(kbps: u64) -> Config {
    Config {
        rate_bps: Some(kbps * 1_000),
        queue_bytes_max: 60_000,
        delay: Duration::from_millis(25),
        ..Config::default()
    }
}

fn back() -> Config {
    Config {
        delay: Duration::from_millis(25),
        ..Config::default()
    }
}

/// A camera in three encodings and a voice.
fn call(kbps: u64) -> (World, Ssrcs, Ssrcs) {
    let mut world = World::new(link(kbps), back(), 5);
    let now = world.clock.now();
    let (voice, camera) = (world.stage.audio(now), world.stage.video(now, &[150, 500, 1_700]));
    let sound = world.subscribe(voice, 0, true);
    let pictures = world.subscribe(camera, 1, true);
    world.speaking.push(voice);
    world.showing.push(camera);
    (world, sound, pictures)
}

/// The encodings that came between two moments.
fn encodings(world: &World, ssrc: u32, from: Duration, to: Duration) -> Vec<u8> {
    let (start, end) = (world.clock.at(from), world.clock.at(to));
    let packets = world.peer.of(ssrc).filter(|one| one.at >= start && one.at < end);
    let mut all: Vec<u8> = packets
        .filter(|one| one.payload.len() > 10)
        .map(|one| one.payload[10])
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn a_wide_path_soon_carries_the_highest_layer() {
    let (mut world, _, pictures) = call(10_000);
    world.run(seconds(6));
    assert_eq!(encodings(&world, pictures.media, seconds(4), seconds(6)), [2]);
    assert!(world.kbps(pictures.media, seconds(4), seconds(6)) > 1_500.0);
    let at = world.events.iter().find(|(_, event)| {
        matches!(
            event,
            Event::Noticed {
                notice: Notice::LayerSwitched,
                value: 20,
                ..
            }
        )
    });
    println!("highest layer after {:?}", at.unwrap().0);
}

#[test]
fn a_narrow_path_gets_the_layer_that_fits() {
    let (mut world, sound, pictures) = call(900);
    world.run(seconds(20));
    let share = world.kbps(pictures.media, seconds(10), seconds(20));
    println!("{share:.0} kbit/s of pictures on a path of 900");
    assert!((350.0..800.0).contains(&share), "{share}");
    let heard = world.peer.of(sound.media).count();
    assert!(heard >= 990, "{heard} of 1000 packets of sound");
}

#[test]
fn a_limit_lowers_the_layer_and_lifting_it_recovers() {
    let (mut world, _, pictures) = call(10_000);
    world.run(seconds(5));
    world.subscriber.limit(400_000);
    world.run(seconds(5));
    assert_eq!(encodings(&world, pictures.media, seconds(7), seconds(10)), [0]);
    assert!(world.kbps(pictures.media, seconds(7), seconds(10)) < 350.0);
    world.subscriber.limit(0);
    world.run(seconds(12));
    assert_eq!(encodings(&world, pictures.media, seconds(19), seconds(22)), [2]);
    assert!(world.events.iter().any(|(_, event)| {
        matches!(
            event,
            Event::Noticed {
                notice: Notice::Congested,
                ..
            }
        )
    }));
    assert!(world.events.iter().any(|(_, event)| {
        matches!(
            event,
            Event::Noticed {
                notice: Notice::Recovered,
                ..
            }
        )
    }));
}

#[test]
fn what_does_not_fit_at_all_is_paused_and_told() {
    let (mut world, sound, pictures) = call(10_000);
    let camera = world.showing[0];
    world.run(seconds(3));
    world.subscriber.limit(100_000);
    world.run(seconds(4));
    assert!(world.kbps(pictures.media, seconds(5), seconds(7)) < 1.0);
    assert!(world.kbps(sound.media, seconds(5), seconds(7)) > 30.0);
    world.subscriber.limit(0);
    world.run(seconds(10));
    assert!(world.kbps(pictures.media, seconds(15), seconds(17)) > 1_500.0);
    let paused: Vec<bool> = world
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Paused { track, paused } if *track == camera => Some(*paused),
            _ => None,
        })
        .collect();
    assert_eq!(paused, [true, false]);
}

#[test]
fn a_path_that_narrows_is_followed_down_and_up() {
    let (mut world, _, pictures) = call(5_000);
    world.run(seconds(6));
    let narrow = link(800);
    world.forward.reconfigure(world.clock.now(), narrow);
    world.run(seconds(12));
    let share = world.kbps(pictures.media, seconds(10), seconds(18));
    let queue = world.forward.queue_delay();
    println!("{share:.0} kbit/s on a path of 800, queue {queue:?}");
    assert!((140.0..800.0).contains(&share), "{share}");
    world.forward.reconfigure(world.clock.now(), link(5_000));
    world.run(seconds(20));
    assert!(world.kbps(pictures.media, seconds(34), seconds(38)) > 1_400.0);
}

#[test]
fn a_track_too_wide_for_what_is_known_is_tried_first() {
    let mut world = World::new(link(8_000), back(), 3);
    let screen = world.stage.video(world.clock.now(), &[2_500]);
    let pictures = world.subscribe(screen, 2, true);
    world.showing.push(screen);
    world.run(seconds(5));
    assert!(world.kbps(pictures.media, seconds(2), seconds(5)) > 2_200.0);
    assert!(
        !world
            .events
            .iter()
            .any(|(_, event)| matches!(event, Event::Paused { .. }))
    );
}

#[test]
fn preferences_cap_quality_and_rank_tracks() {
    let (mut world, _, pictures) = call(10_000);
    let camera = world.showing[0];
    let other = world.stage.video(world.clock.now(), &[150, 500, 1_700]);
    let second = world.subscribe(other, 2, true);
    world.showing.push(other);
    let wanted = |quality, priority| Preference {
        quality,
        priority,
        ..Preference::default()
    };
    world.subscriber.prefer(camera, wanted(1, 0));
    world.run(seconds(8));
    assert_eq!(encodings(&world, pictures.media, seconds(6), seconds(8)), [1]);
    assert_eq!(encodings(&world, second.media, seconds(6), seconds(8)), [2]);
    world.subscriber.prefer(camera, wanted(2, 1));
    world.subscriber.limit(2_100_000);
    world.run(seconds(8));
    assert_eq!(encodings(&world, pictures.media, seconds(14), seconds(16)), [2]);
    assert_eq!(encodings(&world, second.media, seconds(14), seconds(16)), [0]);
}

#[test]
fn without_transport_wide_feedback_loss_and_remb_bound_the_rate() {
    let mut world = World::new(link(10_000), back(), 4);
    let camera = world.stage.video(world.clock.now(), &[150, 500, 1_700]);
    let plain: Vec<Extension> = extensions()
        .into_iter()
        .filter(|one| one.uri != uri::TRANSPORT_SEQUENCE)
        .collect();
    let pictures = world.subscribe_as(camera, 0x0001_0002, true, &plain);
    world.showing.push(camera);
    world.run(seconds(4));
    assert_eq!(encodings(&world, pictures.media, seconds(2), seconds(4)), [1]);
    world.run(seconds(12));
    assert_eq!(encodings(&world, pictures.media, seconds(14), seconds(16)), [2]);
    let mut buffer = [0; 64];
    let mut writer = hubbub_wire::rtcp::Writer::new(&mut buffer);
    writer.remb(1, 300_000, &[]).unwrap();
    let len = writer.position();
    world.rtcp(&buffer[..len]);
    world.run(seconds(4));
    assert_eq!(encodings(&world, pictures.media, seconds(18), seconds(20)), [0]);
}

#[test]
fn a_peer_that_negotiated_feedback_and_sends_none_gets_what_its_reports_allow() {
    let (mut world, sound, pictures) = call(10_000);
    world.peer.feedback = false;
    world.run(seconds(2));
    assert_eq!(encodings(&world, pictures.media, seconds(1), seconds(2)), [0]);
    world.run(seconds(4));
    assert_eq!(encodings(&world, pictures.media, seconds(5), seconds(6)), [1]);
    world.run(seconds(12));
    assert_eq!(encodings(&world, pictures.media, seconds(16), seconds(18)), [2]);
    // It was only slow to begin: the path is measured from now on.
    world.peer.feedback = true;
    world.run(seconds(6));
    assert_eq!(encodings(&world, pictures.media, seconds(22), seconds(24)), [2]);
    assert!(world.kbps(sound.media, seconds(22), seconds(24)) > 30.0);
}

#[test]
fn feedback_that_ends_while_reports_go_on_is_done_without() {
    let (mut world, _, pictures) = call(10_000);
    world.run(seconds(6));
    assert_eq!(encodings(&world, pictures.media, seconds(4), seconds(6)), [2]);
    world.peer.feedback = false;
    world.run(seconds(20));
    assert_eq!(encodings(&world, pictures.media, seconds(22), seconds(26)), [2]);
}

#[test]
fn without_feedback_a_deep_queue_is_not_filled() {
    let mut world = World::new(
        Config {
            queue_bytes_max: 1 << 20,
            ..link(900)
        },
        back(),
        6,
    );
    let now = world.clock.now();
    let (voice, camera) = (world.stage.audio(now), world.stage.video(now, &[150, 500, 1_700]));
    let sound = world.subscribe(voice, 0, true);
    world.subscribe(camera, 1, true);
    world.speaking.push(voice);
    world.showing.push(camera);
    world.peer.feedback = false;
    for key in [voice, camera] {
        let double = world.stage.doubles.get_mut(&key).unwrap();
        double.report(now, Ntp(1 << 40));
    }
    world.run(seconds(60));
    let heard = world
        .peer
        .heard(sound.media, now, Duration::from_millis(500))
        .len();
    println!("{heard} of 3000 packets of sound within half a second");
    // Only trying shows whether a higher layer fits, and each vain try costs seconds; it is made ever more seldom. By
    // loss alone the queue would stay full, and 471 be heard.
    assert!(heard > 2_400, "{heard}");
}
