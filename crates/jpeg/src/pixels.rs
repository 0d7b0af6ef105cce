//! JPEG files of pixels: what renditions are delivered as to those who take nothing better.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::{Error, refused};

const BANDS: usize = 3;
/// From here on colours keep their resolution, as libvips has it too.
const FULL_COLOUR_FROM: u8 = 90;
/// Two passes: all coarse values first, then all fine ones. More passes cost bytes here, and each its walk.
const SCANS: u8 = 2;

/// Return a progressive JPEG file, with optimised Huffman tables, of `rgb`: three bytes a pixel, row by row.
///
/// `quality` is that of libjpeg, from 1 to 100; colours have half the resolution below 90.
///
/// # Errors
/// `Refused`, when `rgb` has not three bytes for each pixel, or there is none.
pub fn encode(width: u16, height: u16, rgb: &[u8], quality: u8) -> Result<Vec<u8>, Error> {
    let pixels = usize::from(width).saturating_mul(usize::from(height));
    if rgb.len() != pixels.saturating_mul(BANDS) {
        return refused("not three bytes for each pixel");
    }
    let mut made = Vec::with_capacity(rgb.len() / 8);
    let mut encoder = Encoder::new(&mut made, quality.clamp(1, 100));
    encoder.set_sampling_factor(if quality < FULL_COLOUR_FROM {
        SamplingFactor::F_2_2
    } else {
        SamplingFactor::F_1_1
    });
    encoder.set_progressive_scans(SCANS);
    encoder.set_optimized_huffman_tables(true);
    match encoder.encode(rgb, width, height, ColorType::Rgb) {
        Ok(()) => Ok(made),
        Err(problem) => refused(&problem.to_string()),
    }
}
