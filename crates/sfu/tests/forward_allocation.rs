//! Nothing on a packet's way allocates: counted by the allocator itself.
#![allow(unsafe_code, reason = "an allocator that counts must be one")]
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]

mod counting;

use std::hint::black_box;
use std::time::{Duration, Instant};

use counting::allocations;
use hubbub_sfu::forward::forwarder::Settings;
use hubbub_sfu::forward::report::{Reception, Sending};
use hubbub_sfu::forward::{
    Arrived, Clocks, Demand, Forwarder, Frame, Keyframes, Layer, Loudest, Moment, Ntp, Numbering, Picture,
    Ring, Structure, Throttle, loudest, nack, red,
};

#[allow(
    clippy::disallowed_methods,
    reason = "an origin; nothing depends on its value"
)]
fn origin() -> Instant {
    Instant::now()
}

#[test]
fn forward_never_allocates_after_construction() {
    let start = origin();
    let mut rings = [Ring::new(512, 1 << 18), Ring::new(512, 1 << 18)];
    let mut clocks = Clocks::new(90_000);
    let settings = Settings::video(Structure::Simulcast, Numbering::Close);
    let mut forwarder = Forwarder::new(settings, 1, 1);
    let mut missing = nack::Generator::new(nack::Limits::default());
    let mut keyframes = Keyframes::new(Throttle::default());
    let mut demand = Demand::new(start, Duration::from_secs(1), 0);
    let mut voices = Loudest::new(loudest::Settings::default());
    let ids: [_; 12] = std::array::from_fn(|_| voices.join().unwrap());
    let mut recent = red::Recent::new();
    let (mut reception, mut sending) = (Reception::new(90_000), Sending::new());
    let (payload, mut out, mut due) = ([7_u8; 200], [0_u8; 1500], [0_u64; 64]);

    let before = allocations();
    for step in 0..20_000_u64 {
        let now = start + Duration::from_millis(step * 5);
        let encoding = u8::try_from(step % 2).unwrap();
        let sequence = 1000 + step / 2 - (step % 7 % 3) + 40 * (step / 900);
        let frame = Frame {
            keyframe: step % 60 < 2,
            temporal: u8::from(step % 4 > 1),
            picture: Some(Picture {
                id: 5,
                bits: 15,
                base: Some(1),
                key: Some(1),
            }),
            ..Frame::ALONE
        };
        let (timestamp, marker) = (step * 450, true);
        let packet = Arrived {
            encoding,
            sequence,
            timestamp,
            marker,
            payload_len: 200,
            frame,
            at: now,
        };
        if step % 200 == 0 {
            clocks.report(
                encoding,
                Moment {
                    ntp: Ntp(step << 32),
                    timestamp,
                    at: now,
                },
            );
            let spatial = u8::try_from(step / 200 % 2).unwrap();
            let needs = forwarder.selector().needs();
            forwarder.set_target((step % 1000 != 0).then_some(Layer { spatial, temporal: 1 }));
            demand.change(now, needs, forwarder.selector().needs());
            keyframes.need(spatial);
        }
        rings[usize::from(encoding)].insert(&packet, &payload);
        black_box(forwarder.forward(now, &packet, &clocks));
        let lost = u16::try_from(step / 3 % 65_536).unwrap();
        black_box(forwarder.answer(now, Duration::from_millis(20), lost, &rings));
        black_box(forwarder.pad(now));
        missing.arrived(now, sequence);
        let count = missing.poll(now, Duration::from_millis(50), &mut due);
        black_box(nack::pairs(&due[..count]).count());
        black_box((
            keyframes.poll(now),
            demand.poll(now),
            missing.take_wants_keyframe(),
        ));
        let voice = ids[usize::try_from(step * 7 % 12).unwrap()];
        black_box(voices.observe(now, voice, u8::try_from(step * 31 % 128).unwrap()));
        black_box(voices.speaker(now));
        recent.push(sequence, timestamp, &payload);
        black_box(recent.build((sequence + 1, timestamp + 450), 111, 2, &payload, &mut out)).unwrap();
        reception.arrived(now, sequence, timestamp);
        sending.sent(200);
        let block = reception.block(now).unwrap();
        black_box((
            sending.block(now, (Ntp(step), timestamp)),
            sending.receiver_report(now, &block),
        ));
    }
    assert_eq!(allocations() - before, 0);
    drop(black_box(vec![1_u8]));
    assert_eq!(allocations() - before, 1, "the counter counts");
}
