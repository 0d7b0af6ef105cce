//! Forwarding: what happens to a packet between its publisher and its subscribers, whatever the codec.
//!
//! A track's packets go through these steps, in this order:
//!
//! | Step | File | Per |
//! |---|---|---|
//! | facts of a packet, codec-neutral | [`packet`] | packet |
//! | count it, find gaps, ask for what is missing | [`report`], [`nack`] | stream |
//! | ask for keyframes, tell which layers are wanted | [`keyframes`] | track |
//! | keep it for retransmission | [`ring`] | encoding |
//! | is this voice among the loudest? | [`loudest`] | room |
//! | choose, renumber, remember | [`forwarder`] | subscription |
//! | add redundancy | [`red`] | audio subscription |
//!
//! A [`Forwarder`] is made of a selector (which packets), a munger and a timeline (their numbers and timestamps),
//! picture numbers, and a history of what was sent. Sans-IO; nothing allocates after construction; work per packet
//! is constant but for gaps, whose handling is bounded by the window.

pub mod clock;
pub mod forwarder;
mod history;
pub mod keyframes;
pub mod loudest;
pub mod munger;
pub mod nack;
pub mod packet;
pub mod picture;
pub mod red;
pub mod report;
pub mod ring;
pub mod selector;
mod timeline;
mod window;

pub use clock::{Clocks, Moment, Ntp, ticks};
pub use forwarder::{Answer, Forwarder, Outgoing, Resend, Settings, Verdict};
pub use keyframes::{Demand, Keyframes, Throttle};
pub use loudest::{Loudest, VoiceId};
pub use packet::{Arrived, ENCODINGS_MAX, Frame, Layer, Picture, Structure, SwitchPoint};
pub use picture::Numbering;
pub use ring::{Ring, Stored};
pub use selector::Selector;
