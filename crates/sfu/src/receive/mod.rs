//! Receiving: a publisher's packets become tracks that any number of subscribers can be sent.
//!
//! | Step | File | Per |
//! |---|---|---|
//! | whose packet is it: by SSRC, or by mid and rid | [`uplink`] | transport |
//! | count it, find gaps, widen its numbers | `source` | encoding |
//! | undo retransmission and redundancy, keep it | `intake` | packet |
//! | what it says of its frame, codec by codec | `reading` | packet |
//! | how its bytes are kept | [`content`] | packet |
//! | what senders see of it | [`track`] | track |
//! | what its publisher is asked for | `requests` | track |
//! | rates of the layers | `rates` | track |
//!
//! Calling contract: [`Uplink::receive`] for each opened RTP packet and [`Uplink::rtcp`] for each RTCP block; then the
//! tracks with fresh packets are shown to their subscribers, which look at [`Track::replaced`] first and at
//! [`Track::fresh`] then; [`Track::flushed`] ends the round. [`Uplink::poll_transmit`] is due at [`Uplink::deadline`].

pub mod codec;
pub mod content;
mod intake;
mod naming;
pub mod publication;
mod rates;
mod reading;
mod requests;
mod source;
pub mod track;
pub mod tracks;
pub mod uplink;

pub use codec::Codec;
pub use content::{Content, ExtensionKind};
pub use publication::Publication;
pub use track::{Sample, Track};
pub use tracks::{TrackKey, Tracks};
pub use uplink::{Received, Uplink};
