//! One client: its address, the socket that stands for it, and both ways.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use hubbub_netem::{Config, Link};
use mio::net::UdpSocket;

use crate::control::Fared;

/// What headers of UDP and IPv4 add to a datagram on the wire.
const OVERHEAD: usize = 28;

/// A client and its network.
pub struct Client {
    /// Where it is.
    pub address: SocketAddr,
    /// What the server sees it as.
    pub socket: UdpSocket,
    /// Its ICE user name fragment, once a check told it.
    pub ufrag: String,
    up: Link<Vec<u8>>,
    down: Link<Vec<u8>>,
}

impl Client {
    /// A client whose ways begin with these settings.
    pub fn new(
        address: SocketAddr,
        bind: SocketAddr,
        (up, down): (Config, Config),
        seed: u64,
    ) -> io::Result<Self> {
        Ok(Self {
            address,
            socket: UdpSocket::bind(bind)?,
            ufrag: String::new(),
            up: Link::new(up, seed),
            down: Link::new(down, seed.wrapping_add(1)),
        })
    }

    /// Change its ways.
    pub fn set(&mut self, now: Instant, up: Option<Config>, down: Option<Config>) {
        if let Some(config) = up {
            self.up.reconfigure(now, config);
        }
        if let Some(config) = down {
            self.down.reconfigure(now, config);
        }
    }

    /// Take a datagram of the client's.
    pub fn take_from_client(&mut self, now: Instant, datagram: &[u8]) {
        if let Some(ufrag) = client_fragment(datagram) {
            ufrag.clone_into(&mut self.ufrag);
        }
        let size = datagram.len().saturating_add(OVERHEAD);
        self.up.send(now, size, datagram.to_vec());
    }

    /// Take what the server sent to it.
    pub fn take_from_server(&mut self, now: Instant, buffer: &mut [u8]) {
        while let Ok((len, _)) = self.socket.recv_from(buffer) {
            let datagram = buffer.get(..len).unwrap_or_default();
            self.down
                .send(now, len.saturating_add(OVERHEAD), datagram.to_vec());
        }
    }

    /// Hand on what has travelled long enough. What a socket refuses is lost.
    pub fn deliver(&mut self, now: Instant, server: SocketAddr, listener: &UdpSocket) {
        while let Some(delivery) = self.up.poll(now) {
            let _ = self.socket.send_to(&delivery.item, server);
        }
        while let Some(delivery) = self.down.poll(now) {
            let _ = listener.send_to(&delivery.item, self.address);
        }
    }

    /// When [`Client::deliver`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.up.deadline().into_iter().chain(self.down.deadline()).min()
    }

    /// How its packets fared.
    pub fn fared(&self) -> Fared {
        let (up, down) = (self.up.statistics(), self.down.statistics());
        Fared {
            client: self.ufrag.clone(),
            up: [up.sent, up.delivered],
            down: [down.sent, down.delivered],
        }
    }
}

/// The sender's user name fragment in a binding request: what stands behind the colon (RFC 8445 section 7.2.2).
fn client_fragment(datagram: &[u8]) -> Option<&str> {
    let (header, mut attributes) = datagram.split_first_chunk::<20>()?;
    let [0, 1, _, _, 0x21, 0x12, 0xa4, 0x42, ..] = *header else {
        return None;
    };
    loop {
        let (preamble, rest) = attributes.split_first_chunk::<4>()?;
        let [t0, t1, l0, l1] = *preamble;
        let len = usize::from(u16::from_be_bytes([l0, l1]));
        if u16::from_be_bytes([t0, t1]) == 6 {
            return std::str::from_utf8(rest.get(..len)?)
                .ok()?
                .split_once(':')
                .map(|(_, remote)| remote);
        }
        attributes = rest.get(len.checked_next_multiple_of(4)?..)?;
    }
}
