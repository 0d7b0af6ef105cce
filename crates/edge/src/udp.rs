//! A shard's UDP port.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

use hubbub_sfu::ice::Path;
use quinn_udp::{RecvMeta, UdpSocketState};
use socket2::{Domain, Socket, Type};

#[cfg(target_os = "linux")]
use std::os::fd::AsFd;

#[cfg(target_os = "linux")]
use crate::sys::{Batch, Message};

/// A socket that tells where datagrams were sent to, coalesces them when receiving and segments them when sending.
pub struct Port {
    socket: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    #[cfg(target_os = "linux")]
    batch: Batch,
}

impl Port {
    /// Listen on `address`.
    pub fn bind(address: SocketAddr, buffer: usize) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
        if address.is_ipv6() {
            // IPv4 has a socket of its own, which spares mapped addresses.
            socket.set_only_v6(true)?;
        }
        // The system caps them as its administrator wants; what is granted will do.
        let _ = socket.set_recv_buffer_size(buffer);
        let _ = socket.set_send_buffer_size(buffer);
        socket.bind(&address.into())?;
        let socket = UdpSocket::from(socket);
        Ok(Self {
            state: UdpSocketState::new((&socket).into())?,
            local: socket.local_addr()?,
            socket,
            #[cfg(target_os = "linux")]
            batch: Batch::new(),
        })
    }

    /// The address that it is bound to.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// What to poll.
    pub fn descriptor(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Whether datagrams of `path` leave here.
    pub fn carries(&self, path: &Path) -> bool {
        let (bound, ours) = (self.local.ip(), path.local.ip());
        bound == ours || (bound.is_unspecified() && bound.is_ipv4() == ours.is_ipv4())
    }

    /// Most segments of a run; 1 when the system segments nothing.
    pub fn segments_max(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Receive a batch without waiting.
    pub fn receive(&self, buffers: &mut [IoSliceMut<'_>], metas: &mut [RecvMeta]) -> io::Result<usize> {
        self.state.recv((&self.socket).into(), buffers, metas)
    }

    /// Send runs of datagrams without waiting; tell how many runs the system took, at least one.
    #[cfg(target_os = "linux")]
    pub fn send<'a>(&mut self, runs: impl Iterator<Item = Outgoing<'a>>) -> io::Result<usize> {
        let local = self.local;
        let messages = runs.map(|run| Message {
            destination: run.path.remote,
            source: source_of(local, &run.path),
            contents: run.contents,
            segment: run.segment,
        });
        self.batch.send(self.socket.as_fd(), messages)
    }

    /// Send runs of datagrams without waiting; tell how many runs the system took, at least one.
    #[cfg(not(target_os = "linux"))]
    pub fn send<'a>(&mut self, runs: impl Iterator<Item = Outgoing<'a>>) -> io::Result<usize> {
        let mut sent: usize = 0;
        for run in runs {
            match self.send_run(&run) {
                Ok(()) => sent = sent.saturating_add(1),
                Err(error) if sent == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(sent)
    }

    /// Send one run by a call of its own.
    #[cfg(not(target_os = "linux"))]
    fn send_run(&self, run: &Outgoing<'_>) -> io::Result<()> {
        let transmit = quinn_udp::Transmit {
            destination: run.path.remote,
            ecn: None,
            contents: run.contents,
            segment_size: run.segment.map(usize::from),
            src_ip: source_of(self.local, &run.path),
        };
        self.state.try_send((&self.socket).into(), &transmit)
    }
}

/// Datagrams for one receiver.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Where they go.
    pub path: Path,
    /// They, on end.
    pub contents: &'a [u8],
    /// Size of each but the last, when there are several.
    pub segment: Option<u16>,
}

/// The source to ask for, so that the peer recognizes us by it, where the system would choose one.
fn source_of(local: SocketAddr, path: &Path) -> Option<IpAddr> {
    local.ip().is_unspecified().then(|| path.local.ip())
}
