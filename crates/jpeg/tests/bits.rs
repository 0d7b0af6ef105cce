//! What was shrunk comes back bit by bit, and what is no JPEG is refused without a panic.

use hubbub_jpeg::{Error, restore, shrink};

/// A baseline JPEG of 32 × 16 grey pixels with the two tables of the simplest kind, made by hand.
fn picture() -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    file.extend([1; 64]);
    file.extend([0xff, 0xc0, 0, 11, 8, 0, 16, 0, 32, 1, 1, 0x11, 0]);
    // One DC code "0" of length 1 for category 0, one AC code "0" for the end of a block.
    for class in [0x00, 0x10] {
        file.extend([0xff, 0xc4, 0, 20, class, 1]);
        file.extend([0; 15]);
        file.push(0);
    }
    file.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    // Eight blocks of two bits each: difference zero, and the end of the block.
    file.extend([0, 0]);
    file.extend([0xff, 0xd9]);
    file
}

#[test]
fn a_picture_comes_back_bit_by_bit() {
    let file = picture();
    let small = shrink(&file).unwrap();
    assert_eq!(restore(&small, file.len()).unwrap(), file);
}

#[test]
fn what_follows_the_picture_comes_back_too() {
    let mut file = picture();
    file.extend(b"a camera's notes after the end");
    assert_eq!(restore(&shrink(&file).unwrap(), 4096).unwrap(), file);
}

#[test]
fn a_file_larger_than_allowed_is_not_made() {
    let file = picture();
    let small = shrink(&file).unwrap();
    assert_eq!(restore(&small, 10), Err(Error::TooLarge { most: 10 }));
}

#[test]
fn what_is_no_picture_is_refused() {
    assert!(matches!(shrink(b"not a picture"), Err(Error::Refused { .. })));
    assert!(matches!(shrink(&[0xff, 0xd8]), Err(Error::Refused { .. })));
    assert!(matches!(restore(b"", 4096), Err(Error::Refused { .. })));
    assert!(matches!(restore(b"not small", 4096), Err(Error::Refused { .. })));
}

#[test]
fn broken_files_are_refused_or_come_back() {
    let file = picture();
    let small = shrink(&file).unwrap();
    for at in 0..file.len() {
        for value in [0x00, 0x7f, 0xff] {
            let mut broken = file.clone();
            broken[at] = value;
            if let Ok(made) = shrink(&broken) {
                // Who keeps it compares: here it is enough that nothing ends the process.
                let _ = restore(&made, 1 << 16);
            }
        }
    }
    for at in 0..small.len() {
        let mut broken = small.clone();
        broken[at] ^= 0x55;
        let _ = restore(&broken, 1 << 16);
    }
}
