//! Data channels: what a peer sends once DTLS vouches for it.

use std::iter;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use hubbub_sfu::dtls::{Endpoint, Event as Secure, Session, Settings as DtlsSettings};
use hubbub_sfu::ice::{Credentials, Path, Protocol};
use hubbub_sfu::shard::command::{Fingerprint, Remote};
use hubbub_sfu::shard::{Transmit, TransportId};
use hubbub_sfu::srtp::Role;
use hubbub_sfu::transport::{Event, Settings, Transport};
use sctp_proto::{
    Association, ClientConfig, DatagramEvent, Endpoint as Sctp, EndpointConfig, Event as Heard, Payload,
    PayloadProtocolIdentifier as Ppid,
};

use super::{Subject, change, outcome, stun};
use crate::chance::Chance;

const ROUNDS: usize = 12;
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5_000);

/// A message that opens a reliable channel called `_reliable`. Source: RFC 8832 §5.1.
const OPEN: &[u8] = b"\x03\0\0\0\0\0\0\0\0\x09\0\0_reliable";

/// Changes to the packets of a genuine peer who opens a channel and talks on it, five bytes each: which packet, what to
/// do, where (two bytes), and a value. Checksums are set right after a change.
pub(super) struct Channels {
    server: Arc<Endpoint>,
    client: Endpoint,
    credentials: Credentials,
    path: Path,
    now: Instant,
}

/// What our end wants sent.
#[derive(Default)]
struct Sent(Vec<Vec<u8>>);

impl Transmit for Sent {
    fn reserve(&mut self, _path: Path, len: usize) -> Option<&mut [u8]> {
        self.0.push(vec![0; len]);
        self.0.last_mut().map(Vec::as_mut_slice)
    }

    fn commit(&mut self, len: usize) {
        if let Some(last) = self.0.last_mut() {
            last.truncate(len);
        }
    }
}

/// A genuine peer.
struct Peer {
    secure: Session,
    endpoint: Sctp,
    association: Option<Association>,
}

impl Channels {
    pub(super) fn new() -> Self {
        let endpoint = || Endpoint::generate(DtlsSettings::default()).expect("certificates can be made");
        #[expect(
            clippy::disallowed_methods,
            reason = "some instant to count from; time stands still"
        )]
        let now = Instant::now();
        Self {
            server: Arc::new(endpoint()),
            client: endpoint(),
            credentials: Credentials::draw(&mut Chance::new(1)),
            path: Path {
                protocol: Protocol::Udp,
                remote: SocketAddr::from((Ipv4Addr::new(198, 51, 100, 7), 40_000)),
                local: SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 3_478)),
            },
            now,
        }
    }

    /// Our end, with a path that a check has passed on.
    fn transport(&self, sent: &mut Sent) -> Transport {
        let fingerprint = self.client.fingerprint().to_string();
        let (algorithm, value) = fingerprint.split_once(' ').expect("it has both parts");
        let remote = Remote {
            ufrag: "peer".to_owned(),
            pwd: String::new(),
            fingerprints: vec![Fingerprint {
                algorithm: algorithm.to_owned(),
                value: value.to_owned(),
            }],
            active: true,
        };
        let (credentials, server) = (self.credentials.clone(), Arc::clone(&self.server));
        let mut transport = Transport::new(
            TransportId(1),
            credentials,
            server,
            Vec::new(),
            Settings::default(),
        );
        transport
            .set_remote(self.now, &remote)
            .expect("it names a fingerprint");
        let mut check = stun::check(&self.credentials);
        transport
            .receive(self.now, self.path, &mut check, sent)
            .expect("a check ends nothing");
        transport.handle_timeout(self.now, sent);
        transport
    }

    /// A peer's conversation with our end, changed on the way to it.
    fn converse(&self, script: &[u8]) -> Seen {
        let mut sent = Sent::default();
        let (mut transport, mut peer) = (self.transport(&mut sent), self.peer());
        let mut seen = Seen::default();
        for _ in 0..ROUNDS {
            for packet in peer.take(self.now, std::mem::take(&mut sent.0)) {
                for mut packet in change(script, seen.packets, packet) {
                    set_checksum(&mut packet);
                    let _ = peer.secure.send(self.now, &packet);
                }
                seen.packets = seen.packets.saturating_add(1);
            }
            while let Some(mut datagram) = peer.secure.poll_datagram() {
                let _ = transport.receive(self.now, self.path, &mut datagram, &mut sent);
            }
            transport.handle_timeout(self.now, &mut sent);
            while let Some(event) = transport.poll_event() {
                match event {
                    Event::Connected { .. } => seen.connected = true,
                    Event::ChannelOpen { .. } => seen.opened = true,
                    Event::Data { .. } => seen.heard = true,
                    Event::ChannelsLost => seen.lost = true,
                    Event::Failed(_) => seen.failed = true,
                    _ => {}
                }
            }
        }
        seen
    }

    fn peer(&self) -> Peer {
        let known = vec![self.server.fingerprint()];
        let secure = self
            .client
            .open(self.now, Role::Client, known)
            .expect("a fingerprint is known");
        Peer {
            secure,
            endpoint: Sctp::new(Arc::new(EndpointConfig::new()), None),
            association: None,
        }
    }
}

/// What came of it.
#[derive(Debug, Default, Hash)]
#[allow(clippy::struct_excessive_bools, reason = "each is seen on its own")]
struct Seen {
    connected: bool,
    opened: bool,
    heard: bool,
    lost: bool,
    failed: bool,
    packets: u8,
}

impl Peer {
    /// Take what came, and return what to send over DTLS.
    fn take(&mut self, now: Instant, datagrams: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        for datagram in datagrams {
            // Answers to checks come by here too, and are not for it.
            let _ = self.secure.handle_datagram(now, &datagram);
        }
        while let Some(event) = self.secure.poll_event() {
            match event {
                Secure::Ready(_) => {
                    let connected = self.endpoint.connect(ClientConfig::new(), NOBODY);
                    self.association = connected.ok().map(|(_, association)| association);
                }
                Secure::Data(packet) => self.hear(now, packet),
                Secure::Closed => {}
            }
        }
        let association = self.association.as_mut();
        let transmits =
            association.map(|association| iter::from_fn(|| association.poll_transmit(now)).take(64));
        let payloads = transmits
            .into_iter()
            .flatten()
            .filter_map(|transmit| match transmit.payload {
                Payload::RawEncode(packets) => Some(packets),
                Payload::PartialDecode(_) => None,
            });
        payloads.flatten().map(|packet| packet.to_vec()).collect()
    }

    fn hear(&mut self, now: Instant, packet: Vec<u8>) {
        let event = self.endpoint.handle(now, NOBODY, None, None, packet.into());
        let Some(association) = &mut self.association else {
            return;
        };
        if let Some((_, DatagramEvent::AssociationEvent(event))) = event {
            association.handle_event(event);
        }
        while let Some(event) = association.poll() {
            if matches!(event, Heard::Connected)
                && let Ok(mut stream) = association.open_stream(0, Ppid::Binary)
            {
                let _ = stream.write_with_ppi(OPEN, Ppid::Dcep);
                let _ = stream.write_with_ppi(b"hello", Ppid::Binary);
            }
        }
    }
}

impl Subject for Channels {
    fn seeds(&self) -> Vec<Vec<u8>> {
        // Nothing; a chunk's type, flags, length and value; a port; a whole packet twice.
        let places = [
            (0, 12),
            (0, 13),
            (0, 15),
            (1, 12),
            (2, 12),
            (2, 15),
            (2, 24),
            (3, 28),
            (2, 3),
        ];
        let changed = places.map(|(which, at)| vec![which, 0, 0, at, 1]);
        iter::once(Vec::new())
            .chain(changed)
            .chain([vec![2, 4, 0, 0, 0]])
            .collect()
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let seen = self.converse(input);
        assert!(!seen.failed, "a broken data channel ends no transport");
        assert!(
            seen.opened || !seen.heard,
            "nothing is heard on a channel that is not open"
        );
        outcome(seen)
    }
}

/// Put the right CRC-32C where SCTP has it. Source: RFC 9260 §6.8 and appendix A.
fn set_checksum(packet: &mut [u8]) {
    let Some(place) = packet.get_mut(8..12) else {
        return;
    };
    place.fill(0);
    let sum = packet.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ if sum & 1 == 1 { 0x82F6_3B78 } else { 0 }
        })
    });
    packet[8..12].copy_from_slice(&(!sum).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_peer_opens_its_channel_and_is_heard() {
        let seen = Channels::new().converse(&[]);
        assert!(seen.connected && seen.opened && seen.heard, "{seen:?}");
        assert!(!seen.lost && !seen.failed, "{seen:?}");
    }
}
