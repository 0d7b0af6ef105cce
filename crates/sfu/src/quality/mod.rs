//! What a leg's figures mean to who listens and watches: R and MOS for sound, an opinion score for pictures.
//!
//! Pure functions of what was counted in an interval; nothing is smoothed here.

mod sound;
mod video;

pub use sound::{Codec, R_MAX, Sound, burst_ratio, mos_of, r_of};
pub use video::{Video, video_score};
