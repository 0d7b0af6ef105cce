//! Pixels come back nearly as they were, and what is no JPEG is refused without a panic.

use hubbub_jpeg::{Error, Pixels, decode, encode};

/// A slope of colours, which every codec keeps well: one step each four pixels.
fn slope(width: u16, height: u16) -> Pixels {
    let value = |at: u16| u8::try_from(at / 4).unwrap_or(u8::MAX);
    let rgb = (0..height)
        .flat_map(|y| (0..width).map(move |x| (value(x), value(y))))
        .flat_map(|(across, down)| [across, down, u8::MAX.saturating_sub(across)])
        .collect();
    Pixels { width, height, rgb }
}

fn furthest(one: &Pixels, other: &Pixels) -> u8 {
    one.rgb
        .iter()
        .zip(&other.rgb)
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap_or(0)
}

#[test]
fn pixels_come_back_nearly_as_they_were() {
    for (width, height) in [(64, 48), (1, 1), (17, 33), (509, 40)] {
        let pixels = slope(width, height);
        for (quality, progressive) in [(95, false), (95, true), (80, true)] {
            let back = decode(&encode(&pixels, quality, progressive).unwrap()).unwrap();
            assert_eq!((back.width, back.height), (width, height));
            let most = furthest(&pixels, &back);
            assert!(
                most <= 8,
                "{width}×{height} at {quality}, progressive {progressive}: {most}"
            );
        }
    }
}

#[test]
fn a_progressive_file_says_that_it_is_one() {
    let has = |file: &[u8], marker: u8| file.windows(2).any(|pair| pair == [0xff, marker]);
    let pixels = slope(64, 48);
    assert!(has(&encode(&pixels, 80, true).unwrap(), 0xc2));
    assert!(has(&encode(&pixels, 80, false).unwrap(), 0xc0));
}

#[test]
fn pixels_that_are_not_as_many_are_refused() {
    let mut pixels = slope(8, 8);
    pixels.rgb.pop();
    assert!(matches!(encode(&pixels, 80, true), Err(Error::Refused { .. })));
    let none = Pixels {
        width: 0,
        height: 0,
        rgb: Vec::new(),
    };
    assert!(matches!(encode(&none, 80, true), Err(Error::Refused { .. })));
}

#[test]
fn what_is_no_picture_is_refused() {
    assert!(matches!(decode(b""), Err(Error::Refused { .. })));
    assert!(matches!(decode(b"not a picture"), Err(Error::Refused { .. })));
}

#[test]
fn broken_files_end_nothing() {
    let file = encode(&slope(24, 16), 80, true).unwrap();
    for at in 0..file.len() {
        for value in [0x00, 0x7f, 0xff] {
            let mut broken = file.clone();
            broken[at] = value;
            let _ = decode(&broken);
        }
        let _ = decode(&file[..at]);
    }
}
