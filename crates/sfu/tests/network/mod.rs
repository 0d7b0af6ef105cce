//! Addresses of both ends, what lands on the wire, and a source of numbers that repeats itself.

use std::net::{Ipv4Addr, SocketAddr};

use hubbub_netem::Random;
use hubbub_sfu::ice::{Path, Protocol};
use hubbub_sfu::random::RandomSource;
use hubbub_sfu::shard::Transmit;

pub const OURS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 3_478);

pub fn theirs(host: u8) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(198, 51, 100, host), 40_000))
}

pub fn path(host: u8) -> Path {
    Path {
        protocol: Protocol::Udp,
        remote: theirs(host),
        local: OURS,
    }
}

pub struct Seeded(pub Random);

impl RandomSource for Seeded {
    fn fill(&mut self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

/// Keeps what is sent.
#[derive(Default)]
pub struct Wire {
    pub datagrams: Vec<(Path, Vec<u8>)>,
    open: Option<(Path, Vec<u8>)>,
}

impl Transmit for Wire {
    fn reserve(&mut self, path: Path, len: usize) -> Option<&mut [u8]> {
        let (_, room) = self.open.insert((path, vec![0; len]));
        Some(room)
    }

    fn commit(&mut self, len: usize) {
        let (path, mut room) = self.open.take().unwrap();
        room.truncate(len);
        self.datagrams.push((path, room));
    }
}
