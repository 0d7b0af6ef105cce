//! Views of RTP, RTCP and codec headers, and rewriting them in place.
//!
//! Every parser borrows the caller's bytes, checks lengths once and then answers from slices; every writer
//! fills the caller's buffer and says how much it used. Nothing here allocates, keeps a clock or can panic on
//! what a peer sent: what does not fit its format is an [`Error`]. Payloads may be encrypted end to end, so
//! the codec modules look at descriptors first and say plainly where they read media bytes.
//!
//! ```
//! use hubbub_wire::rtp::{HeaderFields, HeaderMut, Packet, write_header};
//!
//! let mut datagram = [0; 64];
//! let fields = HeaderFields { payload_type: 111, sequence: 7, ssrc: 42, ..HeaderFields::default() };
//! let len = write_header(&mut datagram, &fields, &[(3, &[0, 1])])?;
//!
//! let mut header = HeaderMut::parse(&mut datagram[..len])?;
//! header.set_sequence(8);
//! header.extension_value_mut(3).expect("it was just written").copy_from_slice(&[0, 2]);
//!
//! let packet = Packet::parse(&datagram[..len])?;
//! assert_eq!((packet.sequence(), packet.extension(3)), (8, Some([0, 2].as_slice())));
//! # Ok::<(), hubbub_wire::Error>(())
//! ```
#![forbid(unsafe_code)]
// Without the standard library there is nothing to allocate with.
#![cfg_attr(not(test), no_std)]

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
