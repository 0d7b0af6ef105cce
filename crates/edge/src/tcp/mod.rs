//! Clients that come by TCP, where UDP is blocked: we listen, they connect (RFC 6544, passive candidates), and each
//! datagram goes behind its length (RFC 4571).
//!
//! Bounds: connections at a time, of which the oldest that has proved nothing gives way to a newcomer; bytes that wait
//! for a slow reader; time until the first check is answered, and time without a word from then on.

mod connection;
pub mod frame;

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use hubbub_sfu::ice::{Path, Protocol};
use socket2::{Domain, Socket, Type};

use self::connection::Connection;
use crate::counters::Counters;

/// Connections of one shard.
const CONNECTIONS_MAX: usize = 512;
/// How often overdue connections are looked for.
const SWEEP: Duration = Duration::from_secs(1);
/// Connections that the system holds for us until they are accepted.
const BACKLOG: libc::c_int = 128;
/// Connections accepted in one turn, so that a flood leaves time for those who are here.
const ACCEPTED_MAX: usize = 16;

/// Until the next try to accept, when the system could not: as long as it has no descriptors left, listeners stay
/// readable, and a thread that tried again at once would do nothing else.
const PAUSE: Duration = Duration::from_millis(100);

/// Listen on `address`.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A restarted server takes its port back while connections of the old one are still being forgotten.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// The listeners of a shard and their connections.
pub struct Tcp {
    now: Instant,
    listeners: Vec<TcpListener>,
    connections: Vec<Option<Connection>>,
    by_path: HashMap<Path, usize>,
    sweep_at: Option<Instant>,
    accept_at: Option<Instant>,
}

impl Tcp {
    /// With these listeners.
    pub fn new(now: Instant, listeners: Vec<TcpListener>) -> Self {
        Self {
            now,
            listeners,
            connections: Vec::new(),
            by_path: HashMap::new(),
            sweep_at: None,
            accept_at: None,
        }
    }

    /// Descriptors of the listeners, in order; none while accepting pauses.
    pub fn listeners(&self) -> impl Iterator<Item = RawFd> {
        let open = self.listeners.iter().filter(|_| self.accept_at.is_none());
        open.map(AsRawFd::as_raw_fd)
    }

    /// Slot and descriptor of each connection, and whether it has something to write.
    pub fn connections(&self) -> impl Iterator<Item = (usize, RawFd, bool)> {
        let slots = self.connections.iter().enumerate();
        slots.filter_map(|(slot, each)| {
            let connection = each.as_ref()?;
            Some((slot, connection.descriptor(), connection.is_waiting()))
        })
    }

    /// Accept who waits at the listener with number `index`.
    pub fn accept(&mut self, now: Instant, index: usize, counters: &mut Counters) {
        self.now = now;
        for _ in 0..ACCEPTED_MAX {
            let Some(listener) = self.listeners.get(index) else {
                return;
            };
            match listener.accept() {
                Ok((stream, remote)) => {
                    count(&mut counters.connections);
                    if !self.take_in(stream, remote, counters) {
                        count(&mut counters.connections_cut);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // Somebody who gave up meanwhile is told so too; waiting for a moment costs the next one little.
                Err(_) => {
                    self.accept_at = now.checked_add(PAUSE);
                    return;
                }
            }
        }
    }

    fn take_in(&mut self, stream: TcpStream, remote: SocketAddr, counters: &mut Counters) -> bool {
        let ready = stream
            .set_nonblocking(true)
            .and_then(|()| stream.set_nodelay(true));
        let Ok(local) = ready.and_then(|()| stream.local_addr()) else {
            return false;
        };
        if self.by_path.len() >= CONNECTIONS_MAX && !self.cut_oldest_unproven(counters) {
            return false;
        }
        let path = Path {
            protocol: Protocol::Tcp,
            remote,
            local,
        };
        let connection = Some(Connection::new(self.now, stream, path));
        let free = self.connections.iter().position(Option::is_none);
        let slot = free.unwrap_or(self.connections.len());
        match self.connections.get_mut(slot) {
            Some(place) => *place = connection,
            None => self.connections.push(connection),
        }
        self.by_path.insert(path, slot);
        if self.sweep_at.is_none() {
            self.sweep_at = self.now.checked_add(SWEEP);
        }
        true
    }

    fn cut_oldest_unproven(&mut self, counters: &mut Counters) -> bool {
        let unproven = self.connections.iter().enumerate().filter_map(|(slot, each)| {
            let connection = each.as_ref().filter(|connection| !connection.proven)?;
            Some((connection.heard, slot))
        });
        let Some((_, slot)) = unproven.min() else {
            return false;
        };
        self.cut(slot, counters);
        true
    }

    /// Read what came on the connection at `slot` into `scratch`; tell its path unless it ended. Follow with
    /// [`frame::split`] and [`Self::keep`].
    pub fn read(
        &mut self,
        now: Instant,
        slot: usize,
        scratch: &mut Vec<u8>,
        counters: &mut Counters,
    ) -> Option<Path> {
        self.now = now;
        let connection = self.at(slot)?;
        let path = connection.path;
        if connection.read(now, scratch).is_ok() {
            return Some(path);
        }
        self.close(slot, counters);
        None
    }

    /// Whether the connection at `slot` may bring this frame.
    pub fn admits(&self, slot: usize, frame: &[u8]) -> bool {
        let connection = self.connections.get(slot).and_then(Option::as_ref);
        connection.is_some_and(|connection| connection.admits(frame))
    }

    /// Keep the `rest` of what was read for the next turn; `None`, which says that it was malformed, cuts the
    /// connection.
    pub fn keep(&mut self, slot: usize, rest: Option<&[u8]>, counters: &mut Counters) {
        match (rest, self.at(slot)) {
            (Some(rest), Some(connection)) => connection.keep(rest),
            (None, Some(_)) => self.cut(slot, counters),
            (_, None) => {}
        }
    }

    /// Room for a datagram on the connection that is `path`, and its slot; `None` when it is gone or too much waits.
    pub fn reserve(&mut self, path: &Path, len: usize) -> Option<(usize, &mut [u8])> {
        let slot = *self.by_path.get(path)?;
        Some((slot, self.at(slot)?.reserve(len)?))
    }

    /// The first `len` bytes of the last reservation at `slot` are a datagram.
    pub fn commit(&mut self, slot: usize, len: usize) {
        let now = self.now;
        if let Some(connection) = self.at(slot) {
            connection.commit(now, len);
        }
    }

    /// Write what waits, as far as readers take it.
    pub fn depart(&mut self, counters: &mut Counters) {
        for slot in 0..self.connections.len() {
            let Some(connection) = self.at(slot).filter(|connection| connection.is_waiting()) else {
                continue;
            };
            count(&mut counters.send_calls);
            if connection.write().is_err() {
                self.close(slot, counters);
            }
        }
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        [self.sweep_at, self.accept_at].into_iter().flatten().min()
    }

    /// Accept again, and cut who was silent, or without proof, for too long.
    pub fn handle_timeout(&mut self, now: Instant, counters: &mut Counters) {
        self.now = now;
        self.accept_at.take_if(|due| *due <= now);
        if self.sweep_at.is_none_or(|due| now < due) {
            return;
        }
        for slot in 0..self.connections.len() {
            if self.at(slot).is_some_and(|connection| connection.is_overdue(now)) {
                self.cut(slot, counters);
            }
        }
        self.sweep_at = now.checked_add(SWEEP).filter(|_| !self.by_path.is_empty());
    }

    /// Close all connections.
    pub fn close_all(&mut self, counters: &mut Counters) {
        self.connections.clear();
        self.by_path.clear();
        counters.connections_open = 0;
    }

    /// How many connections are open.
    pub fn len(&self) -> usize {
        self.by_path.len()
    }

    fn at(&mut self, slot: usize) -> Option<&mut Connection> {
        self.connections.get_mut(slot)?.as_mut()
    }

    fn cut(&mut self, slot: usize, counters: &mut Counters) {
        count(&mut counters.connections_cut);
        self.close(slot, counters);
    }

    fn close(&mut self, slot: usize, counters: &mut Counters) {
        if let Some(connection) = self.connections.get_mut(slot).and_then(Option::take) {
            self.by_path.remove(&connection.path);
        }
        counters.connections_open = u64::try_from(self.by_path.len()).unwrap_or(u64::MAX);
    }
}

fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
