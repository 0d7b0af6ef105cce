//! What an edge is started with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

use crate::Error;

/// Most threads of one edge.
const SHARDS_MAX: usize = 64;

/// Where an edge listens, what it calls itself, and its bounds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Addresses to listen on; unspecified ones stand for all of their family. `::` is given up quietly on machines
    /// without IPv6 when there is another.
    pub bind: Vec<IpAddr>,
    /// Port of the first shard, the next has the next; the same number serves UDP and TCP. Zero: any free ones.
    pub port: u16,
    /// Threads, 1 to 64.
    pub shards: usize,
    /// Addresses that clients are told, as they see us from behind a NAT. Empty: those listened on, or all of this
    /// machine that lead outside when that is unspecified.
    pub advertised: Vec<IpAddr>,
    /// Whether clients may come by TCP where UDP is blocked (RFC 6544).
    pub tcp: bool,
    /// Most transports at a time.
    pub transports_max: usize,
    /// Receive and send buffer that each UDP socket asks of the system, in bytes; it may grant less.
    pub socket_buffer: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
            port: 0,
            shards: 1,
            advertised: Vec::new(),
            tcp: true,
            transports_max: 4_096,
            // Some 80 ms at 400 Mbit/s: a thread that is held up that long loses nothing.
            socket_buffer: 4 << 20,
        }
    }
}

impl Settings {
    /// Refuse what cannot work.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |setting, reason: &str| {
            Err(Error::Setting {
                setting,
                reason: reason.to_owned(),
            })
        };
        if self.bind.is_empty() {
            return wrong("bind", "it names no address");
        }
        if !(1..=SHARDS_MAX).contains(&self.shards) {
            return wrong("shards", "there may be 1 to 64");
        }
        let last = usize::from(self.port).saturating_add(self.shards);
        if self.port != 0 && last > usize::from(u16::MAX) + 1 {
            return wrong("port", "the last shard's would lie above 65535");
        }
        if self.transports_max == 0 {
            return wrong("transports_max", "it must be greater than zero");
        }
        if self.advertised.iter().any(IpAddr::is_unspecified) {
            return wrong("advertised", "an unspecified address cannot be reached");
        }
        Ok(())
    }
}
