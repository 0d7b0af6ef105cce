//! Data channels: SCTP streams with labels.
//!
//! Source: RFC 8831 (data channels), RFC 8832 (how they open), RFC 8841 (SCTP over DTLS).

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use sctp_proto::{
    Association, DatagramEvent, Event as SctpEvent, Payload, PayloadProtocolIdentifier as Ppid, Stream,
    StreamEvent, StreamId,
};

use super::dcep::{Delivery, Message};
use super::sctp::{NOBODY, Sctp, packet_max};
use super::{DataError, Settings};
use crate::srtp::Role;

const RELIABLE: &str = "_reliable";
const LOSSY: &str = "_lossy";

/// News for the transport.
#[derive(Debug)]
pub(super) enum News {
    Open { reliable: bool },
    Data { reliable: bool, payload: Vec<u8> },
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Reliable,
    Lossy,
    /// Another label: it is acknowledged, and what comes on it is dropped.
    Other,
}

impl Purpose {
    fn of(label: &str) -> Self {
        match label {
            RELIABLE => Self::Reliable,
            LOSSY => Self::Lossy,
            _ => Self::Other,
        }
    }
}

struct Channel {
    stream: StreamId,
    purpose: Purpose,
    open: bool,
}

/// All data channels of a transport.
pub(super) struct Channels {
    settings: Settings,
    packet_max: usize,
    role: Role,
    labels: Vec<String>,
    /// `None` once the association is lost. It must be a box: it is moved around each call.
    sctp: Option<Box<Sctp>>,
    /// Those that either end opened.
    known: Vec<Channel>,
    /// Reliable messages from before their channel was open.
    waiting: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
    news: VecDeque<News>,
    pub unknown: u64,
}

impl Channels {
    /// `mtu` bounds the DTLS datagrams, in bytes.
    pub fn new(role: Role, labels: Vec<String>, mtu: usize, settings: Settings) -> Self {
        Self {
            settings,
            packet_max: packet_max(mtu),
            role,
            labels,
            sctp: Some(Box::new(Sctp::new(role, mtu, settings))),
            known: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            news: VecDeque::new(),
            unknown: 0,
        }
    }

    /// Take what came over DTLS.
    pub fn handle(&mut self, now: Instant, packet: Vec<u8>) {
        self.guarded(|sctp| {
            let came = sctp.endpoint.handle(now, NOBODY, None, None, packet.into());
            match (came, &mut sctp.association) {
                (Some((_, DatagramEvent::NewAssociation(new))), association @ None) => {
                    *association = Some(new);
                    sctp.endpoint.reject_new_associations();
                }
                (Some((_, DatagramEvent::AssociationEvent(event))), Some(association)) => {
                    association.handle_event(event);
                }
                _ => {}
            }
        });
        self.advance();
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.sctp.as_ref()?.association.as_ref()?.poll_timeout()
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline().is_some_and(|at| at <= now) {
            self.with_association(|association| association.handle_timeout(now));
            self.advance();
        }
    }

    /// Hand all packets that may leave now to `send`.
    pub fn flush(&mut self, now: Instant, mut send: impl FnMut(&[u8])) {
        let packet_max = self.packet_max;
        self.with_association(|association| {
            while let Some(transmit) = association.poll_transmit(now) {
                let Payload::RawEncode(packets) = transmit.payload else {
                    continue;
                };
                // A longer one, as the peer can bring about with a long heartbeat, would not pass every path.
                for packet in packets.iter().filter(|packet| packet.len() <= packet_max) {
                    send(packet);
                }
            }
        });
        // Sending lets timed messages expire, and that can end the association.
        self.advance();
    }

    pub fn poll_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// Send a message, or keep a reliable one until its channel opens.
    pub fn send(&mut self, reliable: bool, payload: &[u8]) -> Result<(), DataError> {
        if payload.len() > self.settings.message_bytes_max {
            return Err(DataError::TooLarge);
        }
        if self.sctp.is_none() {
            return Err(DataError::NotOpen);
        }
        let purpose = if reliable {
            Purpose::Reliable
        } else {
            Purpose::Lossy
        };
        let mut open = self.known.iter().filter(|channel| channel.open);
        match open.find(|channel| channel.purpose == purpose) {
            Some(channel) => self.write(channel.stream, payload, self.settings.buffered_bytes_max),
            None if reliable => self.keep(payload),
            None => Err(DataError::NotOpen),
        }
    }

    /// Write a message unless more than `room` bytes would wait then.
    fn write(&mut self, stream: StreamId, payload: &[u8], room: usize) -> Result<(), DataError> {
        self.with_association(|association| {
            let mut stream = association.stream(stream).map_err(|_| DataError::NotOpen)?;
            let buffered = stream.buffered_amount().map_err(|_| DataError::NotOpen)?;
            if buffered.saturating_add(payload.len()) > room {
                return Err(DataError::Full);
            }
            // SCTP has no empty messages: one octet stands for them. RFC 8831 section 6.6.
            let written = if payload.is_empty() {
                stream.write_with_ppi(&[0], Ppid::BinaryEmpty)
            } else {
                stream.write_with_ppi(payload, Ppid::Binary)
            };
            written.map(|_| ()).map_err(|_| DataError::NotOpen)
        })
        .unwrap_or(Err(DataError::NotOpen))
    }

    fn keep(&mut self, payload: &[u8]) -> Result<(), DataError> {
        let bytes = self.waiting_bytes.saturating_add(payload.len().max(1));
        if bytes > self.settings.buffered_bytes_max {
            return Err(DataError::Full);
        }
        self.waiting_bytes = bytes;
        self.waiting.push_back(payload.to_vec());
        Ok(())
    }

    /// Take what the association has to say.
    fn advance(&mut self) {
        while let Some(Some(event)) = self.with_association(Association::poll) {
            match event {
                SctpEvent::Connected => self.open_ours(),
                SctpEvent::Stream(StreamEvent::Opened { .. }) => self.accept(),
                SctpEvent::Stream(StreamEvent::Readable { id }) => self.read(id),
                SctpEvent::Stream(StreamEvent::Finished { id }) => {
                    self.known.retain(|channel| channel.stream != id);
                }
                SctpEvent::AssociationLost { .. } | SctpEvent::HandshakeFailed { .. } => self.lose(),
                _ => {}
            }
        }
    }

    /// Open our channels. The DTLS client has the even streams, the server the odd ones. RFC 8832 section 6.
    fn open_ours(&mut self) {
        let first: StreamId = match self.role {
            Role::Client => 0,
            Role::Server => 1,
        };
        let labels = std::mem::take(&mut self.labels);
        for (stream, label) in (first..).step_by(2).zip(labels) {
            let purpose = Purpose::of(&label);
            let delivery = match purpose {
                Purpose::Lossy => Delivery::LOSSY,
                Purpose::Reliable | Purpose::Other => Delivery::RELIABLE,
            };
            let open = Message::Open {
                delivery,
                label: &label,
            };
            let open = open.write();
            let opened = self.with_association(|association| {
                let mut stream = association.open_stream(stream, Ppid::Binary).ok()?;
                stream.write_with_ppi(&open, Ppid::Dcep).ok()?;
                deliver(&mut stream, delivery)
            });
            if opened.flatten().is_some() {
                self.known.push(Channel {
                    stream,
                    purpose,
                    open: false,
                });
            }
        }
    }

    /// Count the streams that the peer opened; what they are, their first message says.
    fn accept(&mut self) {
        loop {
            let accepted = self.with_association(|association| {
                association
                    .accept_stream()
                    .map(|stream| stream.stream_identifier())
            });
            let Some(Some(stream)) = accepted else {
                return;
            };
            if self.known.len() >= self.settings.channels_max {
                self.lose();
                return;
            }
            self.known.push(Channel {
                stream,
                purpose: Purpose::Other,
                open: false,
            });
        }
    }

    fn read(&mut self, stream: StreamId) {
        loop {
            let message = self.with_association(|association| {
                let chunks = association.stream(stream).ok()?.read_sctp().ok()??;
                let mut bytes = vec![0; chunks.len()];
                chunks.read(&mut bytes).ok()?;
                Some((chunks.ppi, bytes))
            });
            let Some(Some((kind, bytes))) = message else {
                return;
            };
            match kind {
                Ppid::Dcep => self.take_dcep(stream, &bytes),
                Ppid::StringEmpty | Ppid::BinaryEmpty => self.take_message(stream, Vec::new()),
                Ppid::String | Ppid::Binary => self.take_message(stream, bytes),
                Ppid::Unknown => self.unknown = self.unknown.saturating_add(1),
            }
        }
    }

    fn take_dcep(&mut self, stream: StreamId, bytes: &[u8]) {
        let Some(channel) = self.known.iter_mut().find(|channel| channel.stream == stream) else {
            return;
        };
        match Message::read(bytes) {
            Some(Message::Open { delivery, label }) if !channel.open => {
                channel.purpose = Purpose::of(label);
                channel.open = true;
                let purpose = channel.purpose;
                self.with_association(|association| {
                    let mut stream = association.stream(stream).ok()?;
                    stream.write_with_ppi(&Message::Ack.write(), Ppid::Dcep).ok()?;
                    deliver(&mut stream, delivery)
                });
                self.opened(stream, purpose);
            }
            Some(Message::Ack) if !channel.open => {
                channel.open = true;
                let purpose = channel.purpose;
                self.opened(stream, purpose);
            }
            _ => self.unknown = self.unknown.saturating_add(1),
        }
    }

    fn opened(&mut self, stream: StreamId, purpose: Purpose) {
        if purpose == Purpose::Other {
            return;
        }
        let reliable = purpose == Purpose::Reliable;
        self.news.push_back(News::Open { reliable });
        if reliable {
            self.waiting_bytes = 0;
            for payload in std::mem::take(&mut self.waiting) {
                // They were counted when they came; what does not go now, the association's loss explains.
                let _ = self.write(stream, &payload, usize::MAX);
            }
        }
    }

    fn take_message(&mut self, stream: StreamId, payload: Vec<u8>) {
        let channel = self.known.iter().find(|channel| channel.stream == stream);
        match channel.map(|channel| channel.purpose) {
            Some(Purpose::Reliable) => self.news.push_back(News::Data {
                reliable: true,
                payload,
            }),
            Some(Purpose::Lossy) => self.news.push_back(News::Data {
                reliable: false,
                payload,
            }),
            Some(Purpose::Other) | None => self.unknown = self.unknown.saturating_add(1),
        }
    }

    fn lose(&mut self) {
        self.sctp = None;
        self.known.clear();
        self.waiting.clear();
        self.news.push_back(News::Lost);
    }

    fn with_association<T>(&mut self, act: impl FnOnce(&mut Association) -> T) -> Option<T> {
        self.guarded(|sctp| sctp.association.as_mut().map(act)).flatten()
    }

    /// Call the library. If what a peer sent makes it panic, that peer loses its channels and nobody else notices.
    fn guarded<T>(&mut self, act: impl FnOnce(&mut Sctp) -> T) -> Option<T> {
        let mut sctp = self.sctp.take()?;
        // Nothing of it is used after a panic, so no broken state is ever seen.
        if let Ok(done) = catch_unwind(AssertUnwindSafe(|| act(&mut sctp))) {
            self.sctp = Some(sctp);
            Some(done)
        } else {
            self.lose();
            None
        }
    }
}

/// Set how messages go from now on. What was written before, as the channel's opening, stays reliable.
fn deliver(stream: &mut Stream<'_>, delivery: Delivery) -> Option<()> {
    let Delivery {
        unordered,
        reliability,
        parameter,
    } = delivery;
    stream
        .set_reliability_params(unordered, reliability, parameter)
        .ok()
}
