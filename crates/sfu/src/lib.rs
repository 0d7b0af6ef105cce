//! The selective forwarding unit: sessions, forwarding, congestion control, quality. Sans-IO.
#![forbid(unsafe_code)]

pub mod cc;
pub mod dtls;
pub mod forward;
pub mod ice;
pub mod quality;
pub mod random;
pub mod receive;
pub mod refusal;
pub mod send;
pub mod shard;
pub mod srtp;
pub mod transport;
