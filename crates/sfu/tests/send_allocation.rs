//! Sending allocates nothing per packet; only the timers' work does, ten times a second.
#![allow(unsafe_code, reason = "an allocator that counts must be one")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing
)]

mod counting;
mod downlink;

use std::time::{Duration, Instant};

use counting::allocations;
use downlink::World;
use hubbub_sfu::ice::Path;
use hubbub_sfu::shard::Transmit;

/// Datagrams that nobody reads.
struct Sink {
    room: [u8; 2_048],
    datagrams: u32,
    bytes: usize,
}

impl Transmit for Sink {
    fn reserve(&mut self, _path: Path, len: usize) -> Option<&mut [u8]> {
        self.room.get_mut(..len)
    }

    fn commit(&mut self, len: usize) {
        self.datagrams += 1;
        self.bytes += len;
    }
}

#[test]
fn packets_leave_without_allocation() {
    let mut world = World::plain();
    let now = world.clock.now();
    for slot in 0..20 {
        let voice = world.stage.audio(now);
        world.subscribe(voice, slot, true);
        world.speaking.push(voice);
    }
    let camera = world.stage.video(now, &[1_500]);
    world.subscribe(camera, 20, true);
    world.showing.push(camera);
    world.run(Duration::from_secs(5));
    let mut sink = Sink {
        room: [0; 2_048],
        datagrams: 0,
        bytes: 0,
    };
    let (mut rounds, mut allocating) = (0, 0);
    let mut costs = Vec::new();
    for _ in 0..1_000 {
        world.publish();
        let sent = sink.datagrams;
        let before = allocations();
        let began = clock();
        world.send_into(&mut sink);
        let datagrams = sink.datagrams - sent;
        if datagrams >= 20 {
            costs.push(began.elapsed().as_nanos() / u128::from(datagrams));
        }
        rounds += 1;
        allocating += u32::from(allocations() > before);
        world.clock.advance(Duration::from_millis(1));
    }
    costs.sort_unstable();
    println!(
        "{} datagrams of {} bytes; {} ns each in the median round of sound",
        sink.datagrams,
        sink.bytes / sink.datagrams as usize,
        costs[costs.len() / 2]
    );
    assert!(sink.datagrams > 1_100, "{}", sink.datagrams);
    assert!(allocating <= 25, "{allocating} of {rounds} rounds allocated");
}

#[allow(
    clippy::disallowed_methods,
    reason = "a figure is printed, nothing depends on it"
)]
fn clock() -> Instant {
    Instant::now()
}
