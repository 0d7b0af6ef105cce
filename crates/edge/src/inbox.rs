//! Where received datagrams lie.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;

use hubbub_sfu::ice::{Path, Protocol};
use quinn_udp::{BATCH_SIZE, RecvMeta};

use crate::udp::Port;

/// Room for as many coalesced datagrams as fit the length of one, and a little more: at a distance that is no power of
/// two, the headers of a batch do not fight for the same lines of the cache.
const BUFFER_LEN: usize = 65_536 + 1_216;

/// Buffers of one batch.
pub struct Inbox {
    bytes: Vec<u8>,
    metas: [RecvMeta; BATCH_SIZE],
}

impl Inbox {
    /// Empty buffers.
    pub fn new() -> Self {
        Self {
            bytes: vec![0; BUFFER_LEN.saturating_mul(BATCH_SIZE)],
            metas: [RecvMeta::default(); BATCH_SIZE],
        }
    }

    /// Receive what waits at `port`, at most a batch; tell how many buffers were filled.
    pub fn fill(&mut self, port: &Port) -> io::Result<usize> {
        let mut chunks = self.bytes.chunks_exact_mut(BUFFER_LEN);
        let mut buffers: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
        port.receive(&mut buffers, &mut self.metas)
    }

    /// Hand each datagram of the first `filled` buffers to `take`, with the path by which it came to `local`.
    pub fn drain(&mut self, filled: usize, local: SocketAddr, mut take: impl FnMut(Path, &mut [u8])) {
        let buffers = self.bytes.chunks_exact_mut(BUFFER_LEN).zip(&self.metas);
        for (buffer, meta) in buffers.take(filled) {
            let path = path_of(meta, local);
            let Some(received) = buffer.get_mut(..meta.len) else {
                continue;
            };
            for datagram in received.chunks_mut(meta.stride.max(1)) {
                take(path, datagram);
            }
        }
    }
}

/// The path that a datagram took which was received at `local`: the address it was sent to may be one of many.
fn path_of(meta: &RecvMeta, local: SocketAddr) -> Path {
    Path {
        protocol: Protocol::Udp,
        remote: meta.addr,
        local: SocketAddr::new(meta.dst_ip.unwrap_or(local.ip()), local.port()),
    }
}
