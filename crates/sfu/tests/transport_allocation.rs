//! Opening media allocates nothing: counted by the allocator itself.
#![allow(unsafe_code, reason = "an allocator that counts must be one")]
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]

mod counting;
mod transport;

use std::hint::black_box;
use std::time::Duration;

use counting::allocations;
use hubbub_sfu::ice::PacketKind;
use hubbub_sfu::transport::Received;
use transport::{Call, Setup, Wire};

#[test]
fn media_is_opened_where_it_lies() {
    let mut call = Call::connected(&Setup::default());
    // The first packet of a stream makes its replay window.
    call.peer_send_rtp(0, &[1; 900]);
    assert!(call.run(Duration::from_secs(1), |call| call.rtp.len() == 1));
    call.tapped.clear();
    for index in 1..=100 {
        call.peer_send_rtp(index, &[1; 900]);
    }
    let mut packets = std::mem::take(&mut call.tapped);
    packets.retain(|(_, datagram)| PacketKind::of(datagram) == PacketKind::Rtp);
    assert_eq!(packets.len(), 100);
    let now = call.clock.now();
    let mut wire = Wire::default();
    let before = allocations();
    let mut opened = 0;
    for (path, datagram) in &mut packets {
        let received = call.ours.receive(now, *path, datagram, &mut wire);
        opened += u32::from(matches!(black_box(received), Ok(Received::Rtp(..))));
        black_box(call.ours.deadline());
        black_box(call.ours.poll_event());
    }
    assert_eq!((opened, allocations() - before), (100, 0));
}
