#![allow(
    clippy::arithmetic_side_effects,
    reason = "tests compute expectations in the open"
)]

use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Error;

#[test]
fn audio_level_splits_voice_and_level() {
    assert_eq!(
        AudioLevel::parse(&[0x9A]),
        Ok(AudioLevel {
            voice: true,
            level: 26
        })
    );
    // RFC 6464 §3 lets the two-byte form carry a padding byte.
    assert_eq!(
        AudioLevel::parse(&[127, 0]),
        Ok(AudioLevel {
            voice: false,
            level: 127
        })
    );
    assert_eq!(AudioLevel::parse(&[]), Err(Error::Truncated));
    assert_eq!(
        AudioLevel {
            voice: false,
            level: 200
        }
        .to_bytes(),
        [127]
    );
}

#[test]
fn absolute_send_time_has_eighteen_bits_after_the_point() {
    let half = AbsoluteSendTime::from_duration(Duration::from_millis(1500));
    assert_eq!(half.ticks(), (1 << 18) + (1 << 17));
    assert_eq!(
        AbsoluteSendTime::from_duration(Duration::from_secs(64 + 1)).ticks(),
        1 << 18
    );
    assert_eq!(half.to_bytes(), [0x06, 0, 0]);
    assert_eq!(AbsoluteSendTime::parse(&[0x06, 0, 0]), Ok(half));
}

#[test]
fn absolute_send_time_differences_wrap() {
    let before = AbsoluteSendTime::from_duration(Duration::from_millis(63_750));
    let after = AbsoluteSendTime::from_duration(Duration::from_millis(64_250));
    assert_eq!(after.ticks_since(before), 1 << 17);
    assert_eq!(before.ticks_since(after), -(1 << 17));
}

#[test]
fn transport_sequence_is_read_in_both_forms() {
    assert_eq!(
        TransportSequence::parse(&[1, 2]),
        Ok(TransportSequence {
            sequence: 0x0102,
            request: None
        })
    );
    let request = Some(FeedbackRequest {
        timing: true,
        count: 5,
    });
    assert_eq!(
        TransportSequence::parse(&[1, 2, 0x80, 5]),
        Ok(TransportSequence {
            sequence: 0x0102,
            request
        })
    );
    assert_eq!(
        TransportSequence::parse(&[1, 2, 0x80, 0]),
        Ok(TransportSequence {
            sequence: 0x0102,
            request: None
        })
    );
    assert_eq!(TransportSequence::parse(&[1]), Err(Error::Truncated));
}

#[test]
fn playout_delay_counts_tens_of_milliseconds() {
    let delay = PlayoutDelay {
        min_ms: 400,
        max_ms: 2000,
    };
    assert_eq!(delay.to_bytes(), Ok([0x02, 0x80, 0xC8]));
    assert_eq!(PlayoutDelay::parse(&[0x02, 0x80, 0xC8]), Ok(delay));
    assert_eq!(
        PlayoutDelay::parse(&[0x02, 0x80, 0x01]),
        Err(Error::Invalid("playout delay"))
    );
    let wide = PlayoutDelay {
        min_ms: 0,
        max_ms: 40_960,
    };
    assert_eq!(wide.to_bytes(), Err(Error::OutOfRange("playout delay")));
}

#[test]
fn video_orientation_survives_both_ways() {
    for byte in 0..16 {
        assert_eq!(VideoOrientation::parse(&[byte]).unwrap().to_bytes(), [byte]);
    }
    let turned = VideoOrientation {
        back_camera: true,
        flipped: false,
        rotation: Rotation::Quarter,
    };
    assert_eq!(VideoOrientation::parse(&[0b1001]), Ok(turned));
}

#[test]
fn ids_are_checked_for_their_alphabet() {
    assert_eq!(stream_id(b"hi"), Ok("hi"));
    assert_eq!(stream_id(b"q\0\0"), Ok("q"));
    assert_eq!(media_id(b"audio-0.1"), Ok("audio-0.1"));
    for bad in [b"".as_slice(), b"\0", b"a b", b"a\xFF", b"a\0b"] {
        assert_eq!(stream_id(bad), Err(Error::Invalid("RTP stream id")));
        assert_eq!(media_id(bad), Err(Error::Invalid("media id")));
    }
    assert!(stream_id(&[b'a'; 256]).is_err());
}

proptest! {
    #[test]
    fn random_values_never_panic(value in prop::collection::vec(any::<u8>(), 0..20)) {
        let _ = (AudioLevel::parse(&value), AbsoluteSendTime::parse(&value), TransportSequence::parse(&value));
        let _ = (PlayoutDelay::parse(&value), VideoOrientation::parse(&value), stream_id(&value), media_id(&value));
    }

    #[test]
    fn values_survive_both_ways(byte: u8, ticks: [u8; 3], min in 0_u16..4096, max in 0_u16..4096, sequence: u16) {
        prop_assert_eq!(AudioLevel::parse(&[byte]).unwrap().to_bytes(), [byte]);
        prop_assert_eq!(AbsoluteSendTime::parse(&ticks).unwrap().to_bytes(), ticks);
        let number = TransportSequence { sequence, request: None };
        prop_assert_eq!(TransportSequence::parse(&number.to_bytes()), Ok(number));
        let delay = PlayoutDelay { min_ms: min.min(max) * 10, max_ms: min.max(max) * 10 };
        prop_assert_eq!(PlayoutDelay::parse(&delay.to_bytes().unwrap()), Ok(delay));
    }

    #[test]
    fn send_times_wrap_each_64_seconds(seconds in 0_u64..10_000_000, nanos in 0_u32..1_000_000_000, ahead in 0_u64..31) {
        let time = Duration::new(seconds, nanos);
        let later = AbsoluteSendTime::from_duration(time + Duration::from_secs(ahead));
        let expected = i32::try_from(ahead << 18).unwrap();
        prop_assert_eq!(later.ticks_since(AbsoluteSendTime::from_duration(time)), expected);
    }
}
