//! A file of pixels is progressive; the tests of pictures in Python decode it with libjpeg and compare.

use hubbub_jpeg::{Error, encode};

#[test]
fn a_file_is_progressive_and_ends() {
    let file = encode(64, 48, &[127; 64 * 48 * 3], 80).unwrap();
    assert!(file.starts_with(&[0xff, 0xd8]) && file.ends_with(&[0xff, 0xd9]));
    assert!(file.windows(2).any(|pair| pair == [0xff, 0xc2]));
}

#[test]
fn pixels_that_are_not_as_many_are_refused() {
    assert!(matches!(
        encode(8, 8, &[0; 8 * 8 * 3 - 1], 80),
        Err(Error::Refused { .. })
    ));
    assert!(matches!(encode(0, 0, &[], 80), Err(Error::Refused { .. })));
}
