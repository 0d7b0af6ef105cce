//! What is left of loss after retransmission and redundancy.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::panic,
    reason = "a test may panic"
)]

mod downlink;

use std::collections::BTreeSet;
use std::time::Duration;

use downlink::World;
use hubbub_netem::{Config, Loss};
use hubbub_wire::rtx;

const SPAN: Duration = Duration::from_secs(30);
/// A player's buffer under such loss: sound later than this after it was spoken is concealed.
const PATIENCE: Duration = Duration::from_millis(200);

fn lossy(share: f64) -> World {
    let config = |loss| Config {
        rate_bps: Some(10_000_000),
        delay: Duration::from_millis(20),
        loss,
        ..Config::default()
    };
    World::new(
        config(Loss::Independent { chance: share }),
        config(Loss::Independent { chance: share / 2.0 }),
        11,
    )
}

/// Shares of packets of sound and of pictures that never came in time.
fn residual(share: f64) -> (f64, f64) {
    let mut world = lossy(share);
    let now = world.clock.now();
    let (voice, camera) = (world.stage.audio(now), world.stage.video(now, &[300]));
    let sound = world.subscribe(voice, 0, true);
    let pictures = world.subscribe(camera, 1, true);
    world.speaking.push(voice);
    world.showing.push(camera);
    world.run(SPAN);
    let heard = world.peer.heard(sound.media, now, PATIENCE).len();
    let spoken = world.stage.doubles[&voice].frames as usize;
    let came: BTreeSet<u16> = world.peer.of(pictures.media).map(|one| one.sequence).collect();
    let mended: BTreeSet<u16> = world
        .peer
        .of(pictures.rtx)
        .filter_map(|one| rtx::split(&one.payload).ok())
        .map(|(number, _)| number)
        .collect();
    let stream = &world.peer.streams[&pictures.media];
    let sent = stream.highest.unwrap() - stream.first + 1;
    let whole = came.union(&mended).count();
    (
        1.0 - heard as f64 / spoken as f64,
        1.0 - whole as f64 / sent as f64,
    )
}

#[test]
fn little_loss_is_left_at_10_20_and_30_per_cent() {
    for (share, sound_max, pictures_max) in [(0.1, 0.01, 0.005), (0.2, 0.025, 0.01), (0.3, 0.07, 0.02)] {
        let (sound, pictures) = residual(share);
        println!(
            "{:.0} % lost: {:.2} % of sound, {:.2} % of pictures remain",
            share * 100.0,
            sound * 100.0,
            pictures * 100.0
        );
        assert!(sound <= sound_max, "{sound}");
        assert!(pictures <= pictures_max, "{pictures}");
    }
}

#[test]
fn legs_tell_loss_and_what_was_mended() {
    let mut world = lossy(0.1);
    let camera = world.stage.video(world.clock.now(), &[300]);
    world.subscribe(camera, 1, true);
    world.showing.push(camera);
    world.run(Duration::from_secs(10));
    let mut legs = Vec::new();
    world.subscriber.sample(world.clock.now(), |leg| legs.push(leg));
    let [leg] = legs[..] else { panic!("one leg") };
    assert!((0.06..0.14).contains(&leg.loss), "{leg:?}");
    assert!(leg.residual_loss < 0.04, "{leg:?}");
    assert!((250_000..400_000).contains(&leg.bits_per_second), "{leg:?}");
    assert!(leg.nacks > 10 && leg.packets > 300, "{leg:?}");
    assert_eq!((leg.spatial, leg.jitter_ms), (0, 1.0));
}
