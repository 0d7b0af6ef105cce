//! One peer connection's secure transport: ICE-lite, DTLS, SRTP and data channels behind one face. Sans-IO.
//!
//! Calling contract. `now` never goes backwards.
//! - [`Transport::receive`] for each datagram that the multiplexer gave to this transport. Answers go to `out` at once.
//! - [`Transport::handle_timeout`] at [`Transport::deadline`]. What [`Transport::set_remote`],
//!   [`Transport::send_data`] and [`Transport::close`] want sent leaves there too: the deadline is then at hand.
//! - [`Transport::poll_event`] until `None` after any of them.
//!
//! A transport is over with its first error, which also comes as [`Event::Failed`]; what is merely not understood or
//! not authentic is dropped and counted.
//!
//! Source: RFC 8445 (ICE), RFC 5764 (DTLS-SRTP), RFC 8831 and 8832 (data channels), RFC 7983 (telling packets apart).

mod channels;
mod connection;
mod dcep;
mod sctp;
mod silence;

use std::time::Duration;

pub use connection::Transport;

use crate::refusal::Refusal;
use crate::srtp::OpenedRtp;
use crate::{dtls, ice};

/// Bounds of a [`Transport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Of its agent.
    pub ice: ice::Settings,
    /// After how long without anything authentic [`Event::Silent`] comes. Browsers check each path every few seconds.
    pub silent_after: Duration,
    /// How long after all consent has ended an ICE restart may still save the transport.
    pub restart_grace: Duration,
    /// Largest message on a data channel, either way, in bytes. Control says 64 KiB in descriptions; the rest is slack
    /// for envelopes.
    pub message_bytes_max: usize,
    /// Most bytes that may wait on data channels for a peer that takes them slowly.
    pub buffered_bytes_max: usize,
    /// Most streams that the peer may open.
    pub channels_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ice: ice::Settings::default(),
            silent_after: Duration::from_secs(5),
            restart_grace: Duration::from_secs(10),
            message_bytes_max: 66 * 1_024,
            buffered_bytes_max: 512 * 1_024,
            channels_max: 16,
        }
    }
}

/// Why a transport is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It has failed or been closed before.
    #[error("the transport is over")]
    Over,
    /// None of the peer's fingerprints is of a hash function that we know.
    #[error("no fingerprint of the peer is known")]
    NoFingerprint,
    /// The peer fell silent on every path, and ICE did not restart.
    #[error("consent was lost")]
    ConsentLost,
    /// The peer sent what makes the DTLS library panic. Nobody else is to suffer from it.
    #[error("DTLS broke down")]
    Broken,
    /// The handshake failed, or the session was broken later.
    #[error("DTLS failed: {0}")]
    Dtls(#[from] dtls::Error),
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// There is no such channel, or not yet. Once connected, reliable messages wait for theirs; lossy ones do not.
    #[error("the data channel is not open")]
    NotOpen,
    /// Too much waits already: [`Settings::buffered_bytes_max`].
    #[error("the peer takes data too slowly")]
    Full,
    /// The message is longer than [`Settings::message_bytes_max`].
    #[error("the message is too large")]
    TooLarge,
}

/// News for the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// For [`ice::Mux::learn`].
    Validated(ice::Path),
    /// For [`ice::Mux::unlearn`].
    Forgotten(ice::Path),
    /// These credentials count no more: for [`ice::Mux::remove_ufrag`].
    Renewed {
        /// Our fragment that is over.
        ufrag: String,
    },
    /// ICE and DTLS are through: packets flow. Comes again when DTLS had to start anew.
    Connected {
        /// Where the peer is.
        path: ice::Path,
        /// From the peer's first check to the keys.
        handshake: Duration,
    },
    /// Packets take another path from now on.
    PathChanged(ice::Path),
    /// Nothing authentic was heard for this long.
    Silent(Duration),
    /// The peer is heard again.
    Heard,
    /// Consent has ended on every path: nothing can be sent until ICE restarts.
    ConsentLost,
    /// A data channel can be used.
    ChannelOpen {
        /// `_reliable`, or `_lossy`.
        reliable: bool,
    },
    /// A message on a data channel.
    Data {
        /// On `_reliable`, or on `_lossy`.
        reliable: bool,
        /// The message.
        payload: Vec<u8>,
    },
    /// The data channels are gone; media goes on.
    ChannelsLost,
    /// It is over.
    Failed(Error),
    /// The peer, or we, ended it.
    Closed,
}

/// What a datagram held for the owner.
#[derive(Debug)]
pub enum Received<'a> {
    /// Nothing, or nothing authentic.
    Nothing,
    /// An RTP packet, opened: header, extensions and payload, without tag.
    Rtp(&'a mut [u8], OpenedRtp),
    /// A compound RTCP packet, opened.
    Rtcp(&'a mut [u8]),
    /// Media or a report that was replayed, forged or malformed.
    Refused(Refusal),
}

/// What was dropped, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// STUN that was malformed or not authentic.
    pub stun_refused: u64,
    /// Media and reports that came before the keys, or by a path that no check has passed on.
    pub early: u64,
    /// Datagrams of no known kind.
    pub unknown: u64,
    /// Messages on channels with other labels.
    pub data_unknown: u64,
}
