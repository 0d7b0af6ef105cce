//! What callers are told.

use std::io;
use std::net::SocketAddr;

use hubbub_sfu::shard::TransportId;

/// Why a call did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting makes no sense.
    #[error("the setting {setting} is wrong: {reason}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An address could not be had.
    #[error("cannot listen on {address}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system refused something else that starting needs.
    #[error("cannot {what}")]
    System {
        /// What, in words.
        what: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The process's certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] hubbub_sfu::dtls::Error),
    /// No random bytes could be had.
    #[error("the system's random source failed")]
    Random,
    /// There are as many transports as there may be.
    #[error("there are {0} transports, as many as there may be")]
    Full(usize),
    /// The name of a transport was used before.
    #[error("transport {0} is open")]
    Known(TransportId),
    /// There is no such transport.
    #[error("there is no transport {0}")]
    Unknown(TransportId),
    /// A shard is so busy that its queue of commands is full.
    #[error("a shard's queue of commands is full")]
    Busy,
    /// It was stopped before.
    #[error("the edge has stopped")]
    Stopped,
}
