//! What a test says, and what it is told; one line of JSON each.

use std::io;
use std::time::Duration;

use hubbub_netem::{Config, Loss};
use serde::{Deserialize, Serialize};

/// One line of input.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Change what the ways of some clients do to packets.
    Set {
        /// ICE user name fragment of the client; left out for all, those to come included.
        client: Option<String>,
        /// From the client to the server; left out to stay as it is.
        up: Option<Way>,
        /// From the server to the client; left out to stay as it is.
        down: Option<Way>,
    },
    /// Let a client come from another address from now on, as a phone that changes networks does.
    Rebind {
        /// ICE user name fragment of the client.
        client: String,
    },
    /// Say how packets fared.
    Report,
}

/// What one direction does to packets. What is left out is perfect.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Way {
    /// Bottleneck in bits per second; zero is none.
    pub bits_per_second: u64,
    /// Bytes that may wait for the bottleneck; zero is a quarter of a second's worth.
    pub queue_bytes: usize,
    /// Propagation delay in milliseconds.
    pub delay_ms: u32,
    /// Extra delay, uniform in zero to this, in milliseconds.
    pub jitter_ms: u32,
    /// Chance of losing a packet, 0 to 1.
    pub loss: f64,
    /// Mean length of a run of losses in packets; below two, losses are independent.
    pub burst: f64,
}

impl Way {
    /// The emulator's settings for it.
    pub fn config(self) -> Config {
        let rate = Some(self.bits_per_second).filter(|rate| *rate > 0);
        let quarter_second = usize::try_from(self.bits_per_second / 32).unwrap_or(usize::MAX);
        Config {
            rate_bps: rate,
            queue_bytes_max: if self.queue_bytes > 0 {
                self.queue_bytes
            } else {
                quarter_second
            },
            delay: Duration::from_millis(self.delay_ms.into()),
            jitter: Duration::from_millis(self.jitter_ms.into()),
            loss: self.losses(),
            ..Config::default()
        }
    }

    /// Two states of which the bad loses everything: its share of packets is the loss.
    fn losses(self) -> Loss {
        if self.loss <= 0.0 {
            return Loss::None;
        }
        if self.burst < 2.0 {
            return Loss::Independent { chance: self.loss };
        }
        let leave = 1.0 / self.burst;
        Loss::Burst {
            enter: leave * self.loss / (1.0 - self.loss).max(0.01),
            leave,
            good: 0.0,
            bad: 1.0,
        }
    }
}

/// One line of output.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It runs.
    Ready,
    /// An order was carried out.
    Done,
    /// How packets fared.
    Report(Vec<Fared>),
}

/// How one client's packets fared since it came.
#[derive(Debug, Serialize)]
pub struct Fared {
    /// ICE user name fragment of the client; empty as long as it is unknown.
    pub client: String,
    /// Packets from it that came, and those that were handed on.
    pub up: [u64; 2],
    /// Packets to it that came, and those that were handed on.
    pub down: [u64; 2],
}

/// Why the program ends.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The arguments are not understood.
    #[error("use: hubbub-impair LISTEN TO SEED, as in 127.0.0.2:7882 127.0.0.1:7882 1")]
    Arguments,
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
}
