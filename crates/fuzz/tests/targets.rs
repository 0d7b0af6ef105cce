//! Each target withstands a fixed number of inputs, and all that broke it once.
#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by them")]

use hubbub_fuzz::{Hunt, TARGETS, feed, findings};

/// Any: it says which inputs are fed.
const SEED: u64 = 1;

fn withstands(name: &str) {
    let target = TARGETS
        .iter()
        .find(|target| target.name == name)
        .expect("it is a target");
    let subject = (target.open)();
    for (file, input) in findings(target) {
        if let Err(breach) = feed(subject.as_ref(), &input) {
            panic!("findings/{name}/{file} breaks it again: {}", breach.said);
        }
    }
    let mut hunt = Hunt::new(target, SEED);
    if let Err(breach) = hunt.feed_seeds().and_then(|()| hunt.feed_many(target.test_runs)) {
        panic!(
            "input {} broke it: {}\n{:02x?}",
            hunt.fed(),
            breach.said,
            breach.input
        );
    }
    assert!(hunt.outcomes() > 3, "inputs come past the first check");
}

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        const NAMES: &[&str] = &[$(stringify!($name)),+];
        $(
            #[test]
            fn $name() {
                withstands(stringify!($name));
            }
        )+
    };
}

targets!(
    rtp, rtcp, twcc, vp8, vp9, h264, av1, dd, red, stun, srtp, dtls, sctp, uplink
);

#[test]
fn every_target_is_tested() {
    let known: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(known, NAMES);
}
