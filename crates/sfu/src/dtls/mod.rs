//! DTLS-SRTP: proves who the peer is and yields the keys of its media.
//!
//! An [`Endpoint`] holds the process's certificate; it opens a [`Session`] for each peer. A session is over with its
//! first error, whatever that is: drop it.
//!
//! Calling contract: after each call of [`Session::handle_datagram`], [`Session::handle_timeout`],
//! [`Session::send`] or [`Session::close`] send all of [`Session::poll_datagram`] and drain
//! [`Session::poll_event`]; call [`Session::handle_timeout`] at [`Session::deadline`]. A handshake costs over a
//! millisecond of CPU in few calls, so keep it off threads that move media.
//!
//! DTLS 1.2 only: with 1.3 the library negotiates counter mode with Chromium, four times the cipher cost on video. No
//! cookies, since ICE has proved the address before a session is opened.
//!
//! Source: RFC 5764 (DTLS-SRTP), RFC 6347 (DTLS 1.2), RFC 8122 (fingerprints), RFC 8842 (use with SDP).

mod endpoint;
mod fingerprint;
mod session;

#[cfg(test)]
mod tests;

pub use endpoint::{Endpoint, Settings};
pub use fingerprint::{Fingerprint, FingerprintError, HashFunction};
pub use session::{Event, Keys, Session};

/// Why there is no session, or no more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No certificate could be made.
    #[error("no certificate could be generated")]
    Certificate,
    /// Neither end's description gave a fingerprint, so nobody could be recognized.
    #[error("no fingerprint of the peer is known")]
    NoFingerprint,
    /// The peer's certificate is not the one its description promised.
    #[error("the certificate does not match its fingerprint")]
    WrongFingerprint,
    /// The handshake was not done in time.
    #[error("the handshake took too long")]
    Timeout,
    /// The peer sent more than a handshake can need.
    #[error("the handshake took too many datagrams")]
    TooManyDatagrams,
    /// Both ends share no SRTP profile that we speak.
    #[error("no SRTP profile is shared")]
    NoProfile,
    /// It has failed or been closed before.
    #[error("the session is over")]
    Over,
    /// DTLS failed.
    #[error("DTLS failed")]
    Dtls(#[source] dimpl::Error),
    /// The exported keys fit no SRTP context.
    #[error("the exported keys are unusable")]
    Srtp(#[from] crate::srtp::Error),
}
