//! What forwarding costs a shard. Figures, not promises, so it runs only when asked for:
//! `cargo test --release -p hubbub-sfu --test shard_figures -- --ignored --nocapture`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the operands are the test's own"
)]

mod shard;

use std::time::{Duration, Instant};

use hubbub_sfu::ice::Path;
use hubbub_sfu::shard::{Kind, Transmit};
use shard::{SECOND, World, link, path};

/// Takes datagrams as an edge does, and forgets them.
struct Sink {
    room: Vec<u8>,
    datagrams: u64,
    bytes: u64,
    runs: u64,
    last: Option<Path>,
}

impl Transmit for Sink {
    fn reserve(&mut self, path: Path, len: usize) -> Option<&mut [u8]> {
        if self.last.replace(path) != Some(path) {
            self.runs += 1;
        }
        self.room.get_mut(..len)
    }

    fn commit(&mut self, len: usize) {
        self.datagrams += 1;
        self.bytes += u64::try_from(len).unwrap();
    }
}

/// Time for `seconds` of a call with one publisher, real work only; datagrams that left.
#[expect(clippy::disallowed_methods, reason = "real time is what is measured")]
fn measure(world: &mut World, seconds: u32, what: &str) {
    let mut sink = Sink {
        room: vec![0; 4_096],
        datagrams: 0,
        bytes: 0,
        runs: 0,
        last: None,
    };
    let (mut receiving, mut flushing, mut waiting) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut taken = 0_u32;
    for _ in 0..seconds * 1_000 {
        world.clock.advance(SECOND / 1_000);
        let now = world.clock.now();
        let mut batch = Vec::new();
        for caller in &mut world.callers {
            caller.work(now);
            while let Some(delivery) = caller.up.poll(now) {
                batch.push((path(caller.host), delivery.item));
            }
        }
        taken += u32::try_from(batch.len()).unwrap();
        let start = Instant::now();
        for (path, datagram) in &mut batch {
            world.shard.receive(now, *path, datagram, &mut sink);
        }
        let received = Instant::now();
        if world.shard.deadline().is_some_and(|due| due <= now) {
            world.shard.handle_timeout(now, &mut sink);
        }
        let waited = Instant::now();
        world.shard.flush(now, &mut sink);
        flushing += waited.elapsed();
        waiting += waited - received;
        receiving += received - start;
        while world.shard.poll_event().is_some() {}
    }
    let total = (receiving + waiting + flushing).as_nanos() as f64;
    println!(
        "{what}: {:.0} ns per datagram sent ({} in, {} out in {} runs of one path, {} bytes each); \
         receive {:.0} ns per datagram taken, timeouts {:.1} ms, flush {:.0} ns per datagram sent",
        total / sink.datagrams as f64,
        taken,
        sink.datagrams,
        sink.runs,
        sink.bytes / sink.datagrams,
        receiving.as_nanos() as f64 / f64::from(taken),
        waiting.as_secs_f64() * 1e3,
        flushing.as_nanos() as f64 / sink.datagrams as f64,
    );
}

#[test]
#[ignore = "it measures"]
fn sound_to_sixty() {
    let mut world = World::connected(40, 61, link(1, 0.0));
    world.publish_voice(0, "TR_voice");
    for place in 1..61 {
        world.subscribe(place, "TR_voice", 0, Kind::Audio);
    }
    world.run(SECOND);
    measure(&mut world, 200, "one voice to 60");
}

#[test]
#[ignore = "it measures"]
fn pictures_to_sixty() {
    let mut world = World::connected(41, 61, link(1, 0.0));
    world.publish_camera(0, "TR_camera");
    for place in 1..61 {
        world.subscribe(place, "TR_camera", 1, Kind::Video);
    }
    world.run(8 * SECOND);
    // Reports of arrivals would come too late here, for nothing is delivered: the layers stay as they are.
    measure(&mut world, 3, "one camera to 60");
}

#[test]
#[ignore = "it measures"]
fn a_meeting_of_eight_voices() {
    let mut world = World::connected(42, 8, link(1, 0.0));
    for place in 0..8 {
        world.publish_voice(place, &format!("TR_{place}"));
    }
    for place in 0..8 {
        for other in (0..8).filter(|other| *other != place) {
            world.subscribe(
                place,
                &format!("TR_{other}"),
                u16::try_from(other).unwrap(),
                Kind::Audio,
            );
        }
    }
    world.run(SECOND);
    measure(&mut world, 200, "eight voices to each other");
}
