//! What the benchmark says, and what it is told.

use std::io;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Names a transport; chosen by the benchmark.
pub type Id = u32;

/// One line of input.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Make a transport and say how it is reached.
    Open {
        /// Its name.
        id: Id,
        /// The address that it binds.
        bind: IpAddr,
    },
    /// Connect it to the server.
    Connect(Connect),
    /// A later description named the transport-wide sequence number's header extension.
    Renumber {
        /// Which transport.
        id: Id,
        /// The extension's number.
        transport_cc: u8,
    },
    /// Send a stream on it.
    Publish(Publish),
    /// Send what no honest peer sends.
    Misuse(Misuse),
    /// Send no reports on it from now on.
    Silence {
        /// Which.
        id: Id,
    },
    /// Forget what was counted, and count from now on.
    Reset,
    /// Say what was counted since.
    Report,
    /// End a transport.
    Close {
        /// Which.
        id: Id,
    },
}

/// The server's end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connect {
    /// Which transport.
    pub id: Id,
    /// The server's ICE user name fragment.
    pub ufrag: String,
    /// Its password.
    pub pwd: String,
    /// As in `a=fingerprint`.
    pub fingerprint: String,
    /// Where it listens.
    pub address: IpAddr,
    /// And at which port.
    pub port: u16,
    /// Whether we open the DTLS handshake.
    pub client: bool,
    /// Whether ours is the controlling end of ICE: the server is lite, or the offer was ours.
    pub controlling: bool,
    /// Number of the transport-wide sequence number's header extension; zero when there is none.
    pub transport_cc: u8,
}

/// What a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Opus, 20 ms and 100 bytes a packet.
    Audio,
    /// VP8, 30 frames a second.
    Video,
}

/// How a stream is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// As it should be.
    #[default]
    Proper,
    /// Payloads are noise.
    Noise,
    /// No picture is a keyframe.
    Keyless,
}

/// What no honest peer sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Abuse {
    /// The last media packet, as it was sealed.
    Replay,
    /// The last media packet, changed behind its seal.
    Forge,
    /// Requests for keyframes of all that arrives.
    Pli,
    /// Requests to send again the newest packets of all that arrives.
    Nack,
    /// Reports that are sealed well and hold noise.
    Noise,
}

/// How often to send it, at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misuse {
    /// On which transport.
    pub id: Id,
    /// What.
    pub abuse: Abuse,
    /// How many datagrams.
    pub count: u32,
}

/// A stream to send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// On which transport.
    pub id: Id,
    /// What it carries.
    pub content: Content,
    /// Its SSRC.
    pub ssrc: u32,
    /// Its payload type.
    pub payload_type: u8,
    /// Bits per second of video.
    pub bits_per_second: u32,
    /// Value of the media id extension.
    pub mid: String,
    /// Number of that extension.
    pub mid_extension: u8,
    /// Number of the audio level's extension; zero when there is none.
    pub level_extension: u8,
    /// How it is made.
    #[serde(default)]
    pub manner: Manner,
}

/// One line of output.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// How a transport is reached.
    Opened {
        /// Which.
        id: Id,
        /// Our user name fragment.
        ufrag: String,
        /// Our password.
        pwd: String,
        /// As in `a=fingerprint`.
        fingerprint: String,
        /// Our UDP port.
        port: u16,
    },
    /// ICE and DTLS are through.
    Connected {
        /// Which.
        id: Id,
        /// Since the order to connect, milliseconds.
        after_ms: f64,
    },
    /// The first packet of a stream came.
    First {
        /// Where.
        id: Id,
        /// Whose SSRC.
        ssrc: u32,
    },
    /// A transport failed.
    Failed {
        /// Which.
        id: Id,
        /// Why.
        reason: String,
    },
    /// What was counted.
    Counted(Counted),
}

/// Counts over all transports since the last reset.
#[derive(Debug, Default, Serialize)]
pub struct Counted {
    /// Seconds that were counted.
    pub seconds: f64,
    /// Media packets sent.
    pub sent: u64,
    /// Media packets received.
    pub received: u64,
    /// Media packets that receivers should have got, by their sequence numbers.
    pub expected: u64,
    /// Bytes received, headers of RTP included.
    pub bytes: u64,
    /// Receiving streams in which something came.
    pub streams: u64,
    /// From a publisher's socket to a receiver's, milliseconds, at 50 % of the sampled packets.
    pub delay_p50_ms: f64,
    /// The same at 99 %.
    pub delay_p99_ms: f64,
    /// Packets sampled for the delay.
    pub delays: u64,
}

/// Why the program ends.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A line of input cannot be read.
    #[error("the order {line:?} cannot be read: {cause}")]
    Order {
        /// The line.
        line: String,
        /// Why.
        cause: serde_json::Error,
    },
    /// The machine refused.
    #[error(transparent)]
    Machine(#[from] io::Error),
    /// No certificate could be made.
    #[error(transparent)]
    Certificate(#[from] hubbub_sfu::dtls::Error),
    /// A packet could not be sealed.
    #[error(transparent)]
    Seal(#[from] hubbub_sfu::srtp::Error),
    /// There is no such transport.
    #[error("there is no transport {0}")]
    Unknown(Id),
    /// What the server said of itself cannot be used.
    #[error("the server's {0} cannot be used")]
    Remote(&'static str),
}
