//! Pixels from JPEG files and back: what renditions of our own mezzanines go through, thousands of times a picture.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::{Error, SIDE_MAX, refused};

const BANDS: usize = 3;
/// From here on colours keep their resolution, as photographs at this quality have it too.
const FULL_COLOUR_FROM: u8 = 90;
/// Two passes: all coarse values first, then all fine ones. More passes cost bytes here, and each its walk.
const SCANS: u8 = 2;

/// A picture as eight bits each of red, green and blue, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// Three bytes a pixel.
    pub rgb: Vec<u8>,
}

/// Return the pixels of a baseline or progressive JPEG file; grey becomes three equal values.
///
/// # Errors
/// `Refused`, when it cannot be decoded, or one of its sides has more than `SIDE_MAX` pixels.
pub fn decode(jpeg: &[u8]) -> Result<Pixels, Error> {
    let side = SIDE_MAX as usize;
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_strict_mode(true)
        .set_max_width(side)
        .set_max_height(side);
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
        let rgb = decoder.decode().map_err(|problem| problem.to_string())?;
        let (width, height) = decoder.dimensions().ok_or("no dimensions")?;
        Ok::<_, String>((width, height, rgb))
    }));
    match decoded {
        Ok(Ok((width, height, rgb))) if rgb.len() == bytes_of(width, height) => {
            let (Ok(width), Ok(height)) = (u16::try_from(width), u16::try_from(height)) else {
                return refused("too large");
            };
            Ok(Pixels { width, height, rgb })
        }
        Ok(Ok(_)) => refused("not all of its pixels"),
        Ok(Err(reason)) => refused(&reason),
        Err(_) => refused("the codec gave up"),
    }
}

/// Return a JPEG file of `pixels` with optimised Huffman tables, progressive when `progressive` says so.
///
/// `quality` is that of libjpeg, from 1 to 100; colours have half the resolution below 90.
///
/// # Errors
/// `Refused`, when `rgb` has not three bytes for each pixel, or there is none.
pub fn encode(pixels: &Pixels, quality: u8, progressive: bool) -> Result<Vec<u8>, Error> {
    let (width, height) = (pixels.width, pixels.height);
    if pixels.rgb.len() != bytes_of(usize::from(width), usize::from(height)) {
        return refused("not three bytes for each pixel");
    }
    let mut made = Vec::with_capacity(pixels.rgb.len() / 8);
    let mut encoder = Encoder::new(&mut made, quality.clamp(1, 100));
    encoder.set_sampling_factor(if quality < FULL_COLOUR_FROM {
        SamplingFactor::F_2_2
    } else {
        SamplingFactor::F_1_1
    });
    if progressive {
        encoder.set_progressive_scans(SCANS);
    }
    encoder.set_optimized_huffman_tables(true);
    match encoder.encode(&pixels.rgb, width, height, ColorType::Rgb) {
        Ok(()) => Ok(made),
        Err(problem) => refused(&problem.to_string()),
    }
}

fn bytes_of(width: usize, height: usize) -> usize {
    width.saturating_mul(height).saturating_mul(BANDS)
}
