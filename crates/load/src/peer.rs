//! One transport: a UDP socket with ICE, DTLS and SRTP on it.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::time::Instant;

use hubbub_sfu::cc::{Arrivals, ArrivalsSettings};
use hubbub_sfu::dtls::{self, Endpoint, Event, Keys};
use hubbub_sfu::ice::{Credentials, PacketKind};
use hubbub_sfu::srtp::Role;
use hubbub_wire::rtcp::{self, Block, Compound};
use mio::net::UdpSocket;
use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};

use crate::control::{Abuse, Connect, Id, Misuse, Problem, Publish, Told};
use crate::ice::Agent;
use crate::sink::Sink;
use crate::source::{Source, noise};

/// Datagrams taken by one system call, and room for each: the kernel may join many of one sender into one.
pub const BATCH: usize = 8;
pub const ROOM: usize = 65_536;
/// Our own SSRC in feedback.
const REPORTER: u32 = 1;
const FEEDBACK_ROOM: usize = 1_200;
/// Packets that one exaggerated request asks for.
const NACKED: u16 = 400;

/// One transport.
pub struct Peer {
    id: Id,
    pub socket: UdpSocket,
    state: UdpSocketState,
    agent: Agent,
    session: Option<dtls::Session>,
    keys: Option<Box<Keys>>,
    ordered_at: Option<Instant>,
    pub transport_cc: u8,
    arrivals: Arrivals,
    sources: Vec<Source>,
    pub sink: Sink,
    /// Media packets sent.
    pub sent: u64,
    /// Whether no reports are sent.
    pub silent: bool,
    /// The newest media packet, sealed.
    last: Vec<u8>,
    failed: bool,
}

impl Peer {
    /// A transport that waits to be connected.
    pub fn open(id: Id, bind: SocketAddr, credentials: Credentials, now: Instant) -> Result<Self, Problem> {
        let socket = UdpSocket::bind(bind)?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        // Receivers of many streams get bursts; a refusal only costs what the report then shows as lost.
        let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), 4 << 20);
        Ok(Self {
            id,
            socket,
            state,
            agent: Agent::new(credentials),
            session: None,
            keys: None,
            ordered_at: None,
            transport_cc: 0,
            arrivals: Arrivals::new(now, ArrivalsSettings::default()),
            sources: Vec::new(),
            sink: Sink::default(),
            sent: 0,
            silent: false,
            last: Vec::new(),
            failed: false,
        })
    }

    /// Our credentials and port.
    pub fn reach(&self) -> io::Result<(&Credentials, u16)> {
        Ok((self.agent.local(), self.socket.local_addr()?.port()))
    }

    /// Connect to the server.
    pub fn connect(&mut self, now: Instant, endpoint: &Endpoint, order: &Connect) -> Result<(), Problem> {
        let fingerprint = order
            .fingerprint
            .parse()
            .map_err(|_| Problem::Remote("fingerprint"))?;
        let role = if order.client { Role::Client } else { Role::Server };
        self.session = Some(endpoint.open(now, role, vec![fingerprint])?);
        self.transport_cc = order.transport_cc;
        self.ordered_at = Some(now);
        self.agent.connect(now, order);
        Ok(())
    }

    /// Send a stream from now on.
    pub fn publish(&mut self, now: Instant, order: Publish) {
        self.sources.push(Source::new(order, now));
    }

    /// When [`Peer::handle_timeout`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        if self.failed {
            return None;
        }
        let media = self.keys.is_some();
        let sources = self.sources.iter().map(Source::deadline).min().filter(|_| media);
        let session = self.session.as_ref().and_then(dtls::Session::deadline);
        [
            self.agent.deadline(),
            session.filter(|_| self.agent.validated),
            sources,
            self.arrivals.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Send what is due.
    pub fn handle_timeout(&mut self, origin: Instant, now: Instant, buffer: &mut [u8], told: &mut Vec<Told>) {
        if let Some(len) = self.agent.check(now, buffer) {
            self.send(buffer.get(..len).unwrap_or_default());
        }
        if self.agent.validated {
            self.advance_session(now, told);
        }
        self.report_arrivals(now);
        let Some(keys) = self.keys.as_deref() else { return };
        let Some(target) = self.agent.target() else { return };
        let stamp = u64::try_from(now.saturating_duration_since(origin).as_nanos()).unwrap_or(0);
        for source in &mut self.sources {
            while source.deadline() <= now {
                source.poll(now, stamp, buffer, |ready| {
                    if let Ok(len) = keys.outbound.seal_rtp(ready.index, ready.buffer, ready.len)
                        && let Some(datagram) = ready.buffer.get(..len)
                        && self.socket.send_to(datagram, target).is_ok()
                    {
                        self.sent = self.sent.saturating_add(1);
                        self.last.clear();
                        self.last.extend_from_slice(datagram);
                    }
                });
            }
        }
    }

    /// Take everything that waits in the socket.
    pub fn receive(
        &mut self,
        origin: Instant,
        buffers: &mut [Vec<u8>],
        told: &mut Vec<Told>,
    ) -> io::Result<()> {
        let mut meta = [RecvMeta::default(); BATCH];
        loop {
            let mut slices: Vec<_> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
            let count = match self
                .state
                .recv(UdpSockRef::from(&self.socket), &mut slices, &mut meta)
            {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // A port that closed: the server tells the rest.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error),
            };
            drop(slices);
            let now = Instant::now();
            for (meta, buffer) in meta.iter().zip(buffers.iter_mut()).take(count) {
                let bytes = buffer.get_mut(..meta.len).unwrap_or_default();
                for datagram in bytes.chunks_mut(meta.stride.max(1)) {
                    self.datagram(origin, now, meta.addr, datagram, told);
                }
            }
        }
    }

    fn datagram(
        &mut self,
        origin: Instant,
        now: Instant,
        from: SocketAddr,
        datagram: &mut [u8],
        told: &mut Vec<Told>,
    ) {
        match PacketKind::of(datagram) {
            PacketKind::Stun => {
                let mut answer = [0; 256];
                if let Some(len) = self.agent.handle(from, datagram, &mut answer) {
                    self.send(answer.get(..len).unwrap_or_default());
                }
                self.advance_session(now, told);
            }
            PacketKind::Dtls => {
                let taken = self
                    .session
                    .as_mut()
                    .map(|session| session.handle_datagram(now, datagram));
                if let Some(Err(error)) = taken {
                    self.fail(&error, told);
                }
                self.advance_session(now, told);
            }
            PacketKind::Rtp => {
                let Some(keys) = self.keys.as_deref_mut() else {
                    return;
                };
                let seen = self
                    .sink
                    .receive(origin, now, self.transport_cc, &mut keys.inbound, datagram);
                let Some(seen) = seen else { return };
                if seen.first {
                    told.push(Told::First {
                        id: self.id,
                        ssrc: seen.ssrc,
                    });
                }
                if let Some(sequence) = seen.transport_sequence {
                    self.arrivals.record(now, sequence);
                }
            }
            PacketKind::Rtcp => self.reports(datagram),
            PacketKind::Unknown => {}
        }
    }

    /// Keyframes that are asked for.
    fn reports(&mut self, datagram: &mut [u8]) {
        let Some(keys) = self.keys.as_deref_mut() else {
            return;
        };
        let Ok(len) = keys.inbound.open_rtcp(datagram) else {
            return;
        };
        for block in Compound::new(datagram.get(..len).unwrap_or_default()).flatten() {
            if let Block::Pli(pli) = block
                && let Some(source) = self
                    .sources
                    .iter_mut()
                    .find(|source| source.ssrc() == pli.media_ssrc)
            {
                source.wants_keyframe = true;
            }
        }
    }

    fn report_arrivals(&mut self, now: Instant) {
        while let Some(feedback) = self.arrivals.poll(now) {
            if self.silent {
                continue;
            }
            let mut buffer = [0; FEEDBACK_ROOM];
            let mut writer = rtcp::Writer::new(buffer.get_mut(..FEEDBACK_ROOM - 64).unwrap_or_default());
            let written = writer
                .receiver_report(REPORTER, &[])
                .and_then(|()| writer.transport_feedback(&feedback.report(REPORTER, self.sink.any_ssrc())));
            let len = writer.position();
            let Some(keys) = self.keys.as_deref_mut() else {
                return;
            };
            if written.is_ok()
                && let Ok(len) = keys.outbound.seal_rtcp(&mut buffer, len)
            {
                self.send(buffer.get(..len).unwrap_or_default());
            }
        }
    }

    /// Send what no honest peer sends.
    pub fn misuse(&mut self, order: &Misuse) {
        for number in 0..order.count {
            match order.abuse {
                Abuse::Replay => self.send(&self.last),
                Abuse::Forge => self.forge(number),
                Abuse::Pli => self.demand(|writer, ssrc, _| writer.pli(REPORTER, ssrc)),
                Abuse::Nack => self.demand(|writer, ssrc, newest| {
                    let lost = (0..NACKED).rev().map(|behind| newest.wrapping_sub(behind));
                    writer.nack(REPORTER, ssrc, lost)
                }),
                Abuse::Noise => self.babble(number),
            }
        }
    }

    /// Change one byte of the last packet, any but the first, and send it.
    fn forge(&self, number: u32) {
        let mut packet = self.last.clone();
        let places = packet.len().saturating_sub(2).max(1);
        let place = usize::try_from(number)
            .unwrap_or(0)
            .checked_rem(places)
            .unwrap_or(0);
        if let Some(byte) = packet.get_mut(place.saturating_add(2)) {
            *byte ^= 0x5a;
        }
        self.send(&packet);
    }

    /// Send one report with a request for each stream that arrives.
    fn demand(&mut self, mut ask: impl FnMut(&mut rtcp::Writer<'_>, u32, u16) -> hubbub_wire::Result<()>) {
        let mut buffer = [0; FEEDBACK_ROOM];
        let mut writer = rtcp::Writer::new(buffer.get_mut(..FEEDBACK_ROOM - 64).unwrap_or_default());
        let mut written = writer.receiver_report(REPORTER, &[]);
        for (ssrc, newest) in self.sink.newest() {
            written = written.and_then(|()| ask(&mut writer, ssrc, newest));
        }
        let len = writer.position();
        if written.is_ok() {
            self.send_report(&mut buffer, len);
        }
    }

    /// Send a report whose first eight bytes are right and the rest is noise.
    fn babble(&mut self, number: u32) {
        let mut buffer = [0; FEEDBACK_ROOM];
        let len = 64;
        noise(u64::from(number), buffer.get_mut(..len).unwrap_or_default());
        if let Some(head) = buffer.first_chunk_mut::<4>() {
            // Types 200 to 207, told to be as long as the whole or longer.
            let kind = u8::try_from(number % 8).unwrap_or(0).saturating_add(200);
            let words = if number.is_multiple_of(3) { 0xff } else { 15 };
            *head = [0x80 | (head[0] & 0x1f), kind, 0, words];
        }
        self.send_report(&mut buffer, len);
    }

    fn send_report(&mut self, buffer: &mut [u8], len: usize) {
        let Some(keys) = self.keys.as_deref_mut() else {
            return;
        };
        if let Ok(len) = keys.outbound.seal_rtcp(buffer, len) {
            self.send(buffer.get(..len).unwrap_or_default());
        }
    }

    fn advance_session(&mut self, now: Instant, told: &mut Vec<Told>) {
        let Some(session) = &mut self.session else { return };
        if session.deadline().is_some_and(|deadline| deadline <= now)
            && let Err(error) = session.handle_timeout(now)
        {
            return self.fail(&error, told);
        }
        if !self.agent.validated {
            return;
        }
        while let Some(session) = &mut self.session
            && let Some(datagram) = session.poll_datagram()
        {
            self.send(&datagram);
        }
        while let Some(session) = &mut self.session
            && let Some(event) = session.poll_event()
        {
            if let Event::Ready(keys) = event {
                self.keys = Some(keys);
                let since = self.ordered_at.map(|at| now.saturating_duration_since(at));
                told.push(Told::Connected {
                    id: self.id,
                    after_ms: since.unwrap_or_default().as_secs_f64() * 1e3,
                });
                for source in &mut self.sources {
                    source.begin(now);
                }
            }
        }
    }

    fn fail(&mut self, error: &dtls::Error, told: &mut Vec<Told>) {
        self.failed = true;
        self.session = None;
        told.push(Told::Failed {
            id: self.id,
            reason: error.to_string(),
        });
    }

    /// Send a datagram; what the socket refuses counts as lost.
    fn send(&self, datagram: &[u8]) {
        if let Some(target) = self.agent.target() {
            let _ = self.socket.send_to(datagram, target);
        }
    }
}
