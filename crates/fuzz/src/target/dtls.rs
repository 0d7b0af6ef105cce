//! DTLS handshakes.

use std::error::Error;
use std::iter;
use std::time::Instant;

use hubbub_sfu::dtls::{Endpoint, Event, Session, Settings};
use hubbub_sfu::srtp::Role;

use super::{Subject, change, join, outcome, split};

/// Rounds in which a handshake is done, or will not be.
const ROUNDS: usize = 8;

/// What a peer sends to our server. An input that begins with an even byte is what is sent, datagram by datagram. Behind
/// an odd one come changes to a genuine handshake on its way, since keys are fresh each time and a recorded one would not
/// get far; each is five bytes: which datagram, what to do, where (two bytes), and a value.
pub(super) struct Handshakes {
    server: Endpoint,
    client: Endpoint,
    now: Instant,
}

/// What became of the server's side.
#[derive(Default, Hash)]
struct Seen {
    datagrams: usize,
    answers: usize,
    ready: bool,
    data: usize,
    failed: Option<String>,
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
            server: Endpoint::generate(settings(1)).expect("certificates can be made"),
            client: Endpoint::generate(settings(2)).expect("certificates can be made"),
            now,
        }
    }

    fn serve(&self) -> Session {
        let known = vec![self.client.fingerprint()];
        self.server
            .open(self.now, Role::Server, known)
            .expect("a fingerprint is known")
    }

    fn connect(&self) -> Session {
        let known = vec![self.server.fingerprint()];
        self.client
            .open(self.now, Role::Client, known)
            .expect("a fingerprint is known")
    }

    fn take(&self, server: &mut Session, datagram: &[u8], seen: &mut Seen) -> Vec<Vec<u8>> {
        seen.datagrams += 1;
        if let Err(error) = server.handle_datagram(self.now, datagram) {
            let behind = error.source().map(ToString::to_string).unwrap_or_default();
            seen.failed.get_or_insert(format!("{error}: {behind}"));
        }
        for event in iter::from_fn(|| server.poll_event()) {
            match event {
                Event::Ready(_) => seen.ready = true,
                Event::Data(_) => seen.data += 1,
                Event::Closed => {}
            }
        }
        let answers: Vec<_> = iter::from_fn(|| server.poll_datagram()).collect();
        seen.answers += answers.len();
        answers
    }

    /// A genuine handshake, and a message after it, changed on the way to the server.
    fn changed(&self, script: &[u8]) -> Seen {
        let (mut server, mut client) = (self.serve(), self.connect());
        let mut seen = Seen::default();
        let mut sent = 0_u8;
        for _ in 0..ROUNDS {
            let flight: Vec<_> = iter::from_fn(|| client.poll_datagram()).collect();
            for datagram in flight {
                for datagram in change(script, sent, datagram) {
                    for answer in self.take(&mut server, &datagram, &mut seen) {
                        // What the client makes of it is another target's matter.
                        let _ = client.handle_datagram(self.now, &answer);
                    }
                }
                sent = sent.saturating_add(1);
            }
            while let Some(event) = client.poll_event() {
                if matches!(event, Event::Ready(_)) {
                    let _ = client.send(self.now, b"hello");
                }
            }
        }
        seen
    }
}

impl Subject for Handshakes {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let first: Vec<_> = iter::once(vec![0])
            .chain(iter::from_fn({
                let mut client = self.connect();
                move || client.poll_datagram()
            }))
            .collect();
        let hello = join(first.iter().skip(1).map(Vec::as_slice));
        vec![
            [vec![0], hello].concat(),
            vec![1],
            vec![1, 1, 0, 0, 30, 4],
            vec![1, 2, 3, 0, 13, 9, 0, 4, 0, 0, 0],
        ]
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let seen = match input {
            [mode, script @ ..] if mode & 1 == 1 => self.changed(script),
            [_, datagrams @ ..] => {
                let (mut server, mut seen) = (self.serve(), Seen::default());
                for datagram in split(datagrams).take(64) {
                    self.take(&mut server, datagram, &mut seen);
                }
                seen
            }
            [] => Seen::default(),
        };
        assert!(
            seen.answers <= 8 * (seen.datagrams + 1),
            "an answer amplifies nothing"
        );
        assert!(
            seen.data == 0 || seen.ready,
            "data comes from the peer that proved itself"
        );
        outcome(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_handshake_comes_through_and_a_flipped_bit_does_not() {
        let target = Handshakes::new();
        let through = target.changed(&[]);
        assert!(through.ready, "{:?}", through.failed);
        assert_eq!(through.data, 1);
        for which in 0..2 {
            assert!(!target.changed(&[which, 0, 0, 40, 1]).ready);
        }
    }
}
