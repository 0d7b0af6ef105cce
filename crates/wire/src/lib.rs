//! Views of RTP, RTCP and codec headers, and rewriting them in place.
//!
//! Every parser borrows the caller's bytes, checks lengths once and then answers from slices; every writer
//! fills the caller's buffer and says how much it used. Nothing here allocates, keeps a clock or can panic on
//! what a peer sent: what does not fit its format is an [`Error`]. Payloads may be encrypted end to end, so
//! the codec modules look at descriptors first and say plainly where they read media bytes.
#![forbid(unsafe_code)]

pub mod av1;
mod bits;
mod cursor;
pub mod descriptor;
mod error;
pub mod extension;
pub mod h264;
pub mod red;
pub mod rtcp;
pub mod rtp;
pub mod rtx;
pub mod sequence;
pub mod twcc;
pub mod vp8;
pub mod vp9;

pub use error::{Error, Result};
