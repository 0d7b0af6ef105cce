//! Single cases of forwarding that simulations reach too seldom to rely on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]

use std::time::{Duration, Instant};

use hubbub_sfu::forward::forwarder::Settings;
use hubbub_sfu::forward::{
    Answer, Arrived, Clocks, Forwarder, Frame, Layer, Numbering, Outgoing, Ring, Structure, SwitchPoint,
    Verdict,
};

#[allow(
    clippy::disallowed_methods,
    reason = "an origin; nothing depends on its value"
)]
fn origin() -> Instant {
    Instant::now()
}

fn packet(at: Instant, encoding: u8, sequence: u64, keyframe: bool) -> Arrived {
    let frame = Frame {
        keyframe,
        refresh: keyframe,
        ..Frame::ALONE
    };
    Arrived {
        encoding,
        sequence,
        timestamp: sequence * 3000,
        marker: true,
        payload_len: 9,
        frame,
        at,
    }
}

fn layer(spatial: u8, temporal: u8) -> Layer {
    Layer { spatial, temporal }
}

fn forwarder() -> Forwarder {
    let mut forwarder = Forwarder::new(Settings::video(Structure::Simulcast, Numbering::Close), 100, 1);
    forwarder.set_target(Some(layer(0, 0)));
    forwarder
}

fn sent(verdict: Verdict) -> Outgoing {
    match verdict {
        Verdict::Send(out) => out,
        other => panic!("{other:?} instead of sending"),
    }
}

#[test]
fn forward_fills_on_request_what_a_switch_left_open() {
    let (now, clocks) = (origin(), Clocks::new(90_000));
    let (mut forwarder, rings) = (forwarder(), [Ring::new(8, 4096), Ring::new(8, 4096)]);
    let rtt = Duration::from_millis(20);
    for (sequence, keyframe) in [(10, true), (12, false)] {
        sent(forwarder.forward(now, &packet(now, 0, sequence, keyframe), &clocks));
    }
    assert!(matches!(forwarder.answer(now, rtt, 101, &rings), Answer::Waiting));
    forwarder.set_target(Some(layer(1, 0)));
    assert_eq!(forwarder.selector().awaits_keyframe(), Some(1));
    assert_eq!(forwarder.selector().needs(), 0b11);
    assert_eq!(
        sent(forwarder.forward(now, &packet(now, 1, 70, true), &clocks)).sequence,
        103
    );
    assert_eq!(
        forwarder.forward(now, &packet(now, 0, 11, false), &clocks),
        Verdict::Drop
    );
    assert_eq!(forwarder.selector().needs(), 0b10);
    for step in 0..12 {
        let now = now + rtt * step;
        let answer = forwarder.answer(now, rtt, 101, &rings);
        assert!(
            matches!(
                answer,
                Answer::Fill {
                    sequence: 101,
                    timestamp: 36_000
                }
            ),
            "{answer:?}"
        );
        assert!(matches!(
            forwarder.answer(now, rtt, 101, &rings),
            Answer::TooSoon | Answer::Exhausted
        ));
    }
    let later = now + Duration::from_secs(1);
    assert!(matches!(
        forwarder.answer(later, rtt, 101, &rings),
        Answer::Exhausted
    ));
    assert!(matches!(
        forwarder.answer(later, rtt, 99, &rings),
        Answer::Unknown
    ));
    assert!(matches!(
        forwarder.answer(later, rtt, 104, &rings),
        Answer::Unknown
    ));
    // Not held by the ring any more, and too old.
    assert!(matches!(forwarder.answer(now, rtt, 102, &rings), Answer::TooOld));
    assert!(matches!(
        forwarder.answer(later + rtt, rtt, 102, &rings),
        Answer::TooOld
    ));
}

#[test]
fn forward_does_not_join_at_a_keyframe_long_past() {
    let (now, clocks) = (origin(), Clocks::new(90_000));
    let mut forwarder = forwarder();
    forwarder.forward(now, &packet(now, 0, 500, false), &clocks);
    assert_eq!(
        forwarder.forward(now, &packet(now, 0, 300, true), &clocks),
        Verdict::Drop
    );
    let joined = sent(forwarder.forward(now, &packet(now, 0, 499, true), &clocks));
    assert!(joined.joins && joined.replay);
}

#[test]
fn forward_after_an_interruption_waits_for_a_keyframe() {
    let (now, clocks) = (origin(), Clocks::new(90_000));
    let mut forwarder = forwarder();
    sent(forwarder.forward(now, &packet(now, 0, 10, true), &clocks));
    assert_eq!(
        forwarder.forward(now, &packet(now, 0, 5000, false), &clocks),
        Verdict::Drop
    );
    assert_eq!(forwarder.selector().awaits_keyframe(), Some(0));
    assert_eq!(
        sent(forwarder.forward(now, &packet(now, 0, 5001, true), &clocks)).sequence,
        101
    );
    forwarder.replace(0);
    assert_eq!(
        forwarder.forward(now, &packet(now, 0, 4, false), &clocks),
        Verdict::Drop
    );
    let replaced = sent(forwarder.forward(now, &packet(now, 0, 5, true), &clocks));
    assert_eq!(replaced.sequence, 102);
    // No time passed, whatever the publisher's timestamps say.
    assert!(replaced.joins && replaced.timestamp == 30_002);
}

#[test]
fn forward_does_not_raise_a_layer_within_a_picture_that_lost_packets_to_it() {
    let (now, clocks) = (origin(), Clocks::new(90_000));
    let mut forwarder = forwarder();
    sent(forwarder.forward(now, &packet(now, 0, 10, true), &clocks));
    forwarder.set_target(Some(layer(0, 1)));
    let higher = |sequence: u64, picture: u64, start: bool| {
        let frame = Frame {
            start,
            end: !start,
            temporal: 1,
            switch: SwitchPoint::Own,
            ..Frame::default()
        };
        Arrived {
            timestamp: picture * 3000,
            frame,
            ..packet(now, 0, sequence, false)
        }
    };
    // The second packet overtook the first.
    assert_eq!(
        forwarder.forward(now, &higher(12, 11, false), &clocks),
        Verdict::Drop
    );
    let first = forwarder.forward(now, &higher(11, 11, true), &clocks);
    assert!(matches!(first, Verdict::Fill { sequence: 101, .. }), "{first:?}");
    assert_eq!(
        sent(forwarder.forward(now, &higher(13, 12, true), &clocks)).sequence,
        102
    );
    assert_eq!(forwarder.selector().current(), Some(layer(0, 1)));
}

#[test]
fn forward_pads_only_between_pictures() {
    let (now, clocks) = (origin(), Clocks::new(90_000));
    let mut forwarder = forwarder();
    assert_eq!(forwarder.pad(now), None);
    let open = Arrived {
        marker: false,
        ..packet(now, 0, 10, true)
    };
    let within = Frame {
        end: false,
        ..open.frame
    };
    sent(forwarder.forward(
        now,
        &Arrived {
            frame: within,
            ..open
        },
        &clocks,
    ));
    assert_eq!(forwarder.pad(now), None);
    sent(forwarder.forward(now, &packet(now, 0, 11, false), &clocks));
    assert_eq!(forwarder.pad(now), Some((102, 33_000)));
    // It bore a number that no copy would; one index of SRTP must not seal two contents.
    let again = forwarder.answer(now, Duration::ZERO, 102, &[]);
    assert!(matches!(again, Answer::Unknown), "{again:?}");
    assert_eq!(
        sent(forwarder.forward(now, &packet(now, 0, 13, false), &clocks)).sequence,
        104
    );
    assert_eq!(
        sent(forwarder.forward(now, &packet(now, 0, 12, false), &clocks)).sequence,
        103
    );
}
