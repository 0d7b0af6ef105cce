//! An engine that answers simple questions, and a deadline for whatever tests wait for.
#![allow(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test file uses a part; tests of I/O live in real time and may fail"
)]

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use hubbub_edge::{Candidate, Edge, Engine, Settings};
use hubbub_sfu::ice::Path;
use hubbub_sfu::shard::event::Notice;
use hubbub_sfu::shard::{Command, Event, Transmit, TransportId};

/// Longest that a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The first byte of a datagram says what is wanted; it is in the range of STUN, so that streams let it in.
pub mod ask {
    /// The same datagram back.
    pub const ECHO: u8 = 0;
    /// As many datagrams of as many bytes as the next two bytes and the two after them say, then one of a byte.
    pub const BURST: u8 = 1;
    /// The datagram to all who ever asked for anything.
    pub const ALL: u8 = 2;
}

/// Learns who asks, and echoes commands as events.
#[derive(Default)]
pub struct Double {
    paths: Vec<Path>,
    events: VecDeque<Event>,
    burst: Option<(Path, u16, u16)>,
    due: Option<(Instant, TransportId)>,
}

impl Engine for Double {
    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Open(open) => self.events.push_back(Event::Connected {
                transport_id: open.transport,
                remote: open.room,
                protocol: "udp",
                handshake_ms: 0,
            }),
            Command::CloseTransport { transport_id } => self.events.push_back(Event::Closed { transport_id }),
            Command::SendData { payload, .. } if payload == b"break" => panic!("asked to break down"),
            Command::SendData {
                transport_id,
                reliable,
                payload,
            } => self.events.push_back(Event::DataReceived {
                transport_id,
                reliable,
                payload,
            }),
            Command::LimitBandwidth {
                transport_id,
                bits_per_second,
            } => self.due = Some((now + Duration::from_millis(bits_per_second), transport_id)),
            _ => {}
        }
    }

    fn receive(&mut self, _: Instant, path: Path, datagram: &mut [u8], out: &mut impl Transmit) {
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
        match *datagram {
            [ask::ECHO, ..] => out.send(path, datagram),
            [ask::BURST, a, b, c, d] => {
                self.burst = Some((path, u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])));
            }
            [ask::ALL, ..] => {
                for path in &self.paths {
                    out.send(*path, datagram);
                }
            }
            _ => {}
        }
    }

    fn flush(&mut self, _: Instant, out: &mut impl Transmit) {
        let Some((path, count, len)) = self.burst.take() else {
            return;
        };
        for number in 0..count {
            if let Some(room) = out.reserve(path, usize::from(len) + 10) {
                room[..2].copy_from_slice(&number.to_be_bytes());
                out.commit(usize::from(len));
            }
        }
        // A reservation that is not committed is void.
        let _ = out.reserve(path, 50);
        out.send(path, &[255]);
    }

    fn handle_timeout(&mut self, now: Instant, _: &mut impl Transmit) {
        if let Some((_, transport_id)) = self.due.take_if(|(due, _)| *due <= now) {
            self.events.push_back(Event::Noticed {
                transport_id,
                track: String::new(),
                notice: Notice::Silent,
                value: 1,
            });
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.due.map(|(due, _)| due)
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}

/// Settings for loopback: any free port.
pub fn loopback() -> Settings {
    Settings {
        bind: vec![Ipv4Addr::LOCALHOST.into()],
        ..Settings::default()
    }
}

/// An edge around doubles.
pub fn start(settings: &Settings) -> Edge {
    Edge::start_with(settings, |_| Double::default()).unwrap()
}

/// Open transport `number`, and return the first candidate of `protocol`.
pub fn open(edge: &Edge, number: u64, protocol: &str) -> SocketAddr {
    let local = edge
        .open(
            TransportId(number),
            "RM_a".to_owned(),
            "PA_a".to_owned(),
            Vec::new(),
        )
        .unwrap();
    let found = local
        .candidates
        .iter()
        .find(|candidate| candidate.transport == protocol);
    address_of(found.unwrap())
}

/// Where a candidate is.
pub fn address_of(candidate: &Candidate) -> SocketAddr {
    SocketAddr::new(candidate.address.parse::<IpAddr>().unwrap(), candidate.port)
}

/// A client's socket, which gives up after [`PATIENCE`].
pub fn client(address: IpAddr) -> UdpSocket {
    let socket = UdpSocket::bind((address, 0)).unwrap();
    let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(4 << 20);
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// The next datagram, and who sent it.
pub fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 65_536];
    let (len, from) = socket.recv_from(&mut buffer).unwrap();
    (buffer[..len].to_vec(), from)
}

/// Wait until `found` returns something.
pub fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not come");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The next `count` events.
pub fn events(edge: &Edge, count: usize) -> Vec<Event> {
    let mut found = Vec::new();
    wait_for("an event", || {
        found.extend(edge.events(256));
        (found.len() >= count).then_some(())
    });
    found
}
