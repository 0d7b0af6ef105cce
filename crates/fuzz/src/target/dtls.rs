//! DTLS handshakes.

use std::sync::Arc;
use std::time::Instant;

use hubbub_sfu::dtls::{Endpoint, Event, Session, Settings};
use hubbub_sfu::srtp::Role;

use super::{Subject, join, outcome, split};

/// What a peer sends to our server, datagram by datagram. The randomness of both ends is fixed, so that a recorded
/// handshake holds again and its later flights are reached.
pub(super) struct Handshakes {
    server: Arc<Endpoint>,
    client: Arc<Endpoint>,
    now: Instant,
}

impl Handshakes {
    pub(super) fn new() -> Self {
        let settings = |seed| Settings {
            seed: Some(seed),
            ..Settings::default()
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "some instant to count from; time stands still"
        )]
        let now = Instant::now();
        Self {
            server: Arc::new(Endpoint::generate(settings(1)).expect("certificates can be made")),
            client: Arc::new(Endpoint::generate(settings(2)).expect("certificates can be made")),
            now,
        }
    }

    fn open(&self) -> Session {
        self.server
            .open(self.now, Role::Server, vec![self.client.fingerprint()])
            .expect("a fingerprint is known")
    }

    /// What the client sends in a handshake that succeeds, and a message after it.
    fn record(&self) -> Vec<Vec<u8>> {
        let mut server = self.open();
        let mut client = self
            .client
            .open(self.now, Role::Client, vec![self.server.fingerprint()])
            .expect("a fingerprint is known");
        let mut sent = Vec::new();
        for _ in 0..16 {
            while let Some(datagram) = client.poll_datagram() {
                server
                    .handle_datagram(self.now, &datagram)
                    .expect("a genuine handshake is taken");
                sent.push(datagram);
            }
            while let Some(datagram) = server.poll_datagram() {
                client
                    .handle_datagram(self.now, &datagram)
                    .expect("a genuine handshake is taken");
            }
        }
        client.send(self.now, b"hello").expect("the handshake is done");
        sent.extend(std::iter::from_fn(|| client.poll_datagram()));
        sent
    }
}

impl Subject for Handshakes {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let sent = self.record();
        vec![
            join(sent.iter().map(Vec::as_slice)),
            join(sent.iter().take(1).map(Vec::as_slice)),
        ]
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let mut server = self.open();
        let (mut datagrams, mut answers, mut ready, mut failed) = (0_usize, 0_usize, false, None);
        for datagram in split(input).take(64) {
            datagrams += 1;
            if let Err(error) = server.handle_datagram(self.now, datagram) {
                failed = Some(error.to_string());
                break;
            }
            answers += std::iter::from_fn(|| server.poll_datagram()).count();
            while let Some(event) = server.poll_event() {
                ready |= matches!(event, Event::Ready(_));
            }
        }
        assert!(answers <= 8 * (datagrams + 1), "an answer amplifies nothing");
        outcome((ready, answers, failed))
    }
}
