//! STUN as the ICE agent and the port's multiplexer meet it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use hubbub_sfu::ice::{
    Answer, Credentials, Lite, Mux, MuxSettings, PacketKind, Path, Protocol, Route, Settings,
};
use sha1::Sha1;

use super::{Subject, outcome};
use crate::chance::Chance;

const HEADER: [u8; 8] = [0x00, 0x01, 0, 0, 0x21, 0x12, 0xA4, 0x42];
const USERNAME: u16 = 0x0006;
const INTEGRITY: u16 = 0x0008;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const CONTROLLED: u16 = 0x8029;
const CONTROLLING: u16 = 0x802A;

/// Datagrams on a session's port. The first byte of an input says whether the rest is signed with the right password,
/// so that broken messages get past that gate too.
pub(super) struct Checks {
    credentials: Credentials,
    path: Path,
    now: Instant,
}

impl Checks {
    pub(super) fn new() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "some instant to count from; time stands still"
        )]
        let now = Instant::now();
        Self {
            credentials: Credentials::draw(&mut Chance::new(1)),
            path: Path {
                protocol: Protocol::Udp,
                remote: SocketAddr::from((Ipv4Addr::new(198, 51, 100, 7), 40_000)),
                local: SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 3_478)),
            },
            now,
        }
    }

    fn dressed<'a>(&self, input: &'a [u8]) -> std::borrow::Cow<'a, [u8]> {
        match input {
            [mode, message @ ..] if mode & 1 == 1 => signed(message, self.credentials.password()).into(),
            [_, message @ ..] => message.into(),
            [] => input.into(),
        }
    }
}

/// A check that opens a path to who has these credentials.
pub(super) fn check(credentials: &Credentials) -> Vec<u8> {
    let username = format!("{}:peer", credentials.ufrag());
    let attributes = [
        attribute(USERNAME, username.as_bytes()),
        attribute(PRIORITY, &[0x6E, 0, 0x1E, 0xFF]),
        attribute(CONTROLLING, &[7; 8]),
        attribute(USE_CANDIDATE, &[]),
    ];
    signed(
        &[&HEADER[..], &[9; 12], &attributes.concat()].concat(),
        credentials.password(),
    )
}

impl Subject for Checks {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let username = format!("{}:peer", self.credentials.ufrag());
        let attributes = [
            attribute(USERNAME, username.as_bytes()),
            attribute(PRIORITY, &[0x6E, 0, 0x1E, 0xFF]),
            attribute(CONTROLLING, &[7; 8]),
            attribute(USE_CANDIDATE, &[]),
        ];
        let plain = [&HEADER[..], &[9; 12], &attributes[..3].concat()].concat();
        let nominating = [&HEADER[..], &[9; 12], &attributes.concat()].concat();
        let conflict = [
            &HEADER[..],
            &[9; 12],
            &attributes[0],
            &attribute(CONTROLLED, &[7; 8]),
        ]
        .concat();
        let media = vec![0x80, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 4];
        let messages = [plain, nominating, conflict];
        let mut seeds: Vec<_> = messages
            .iter()
            .map(|message| [&[1], message.as_slice()].concat())
            .collect();
        seeds.extend(messages.iter().map(|message| {
            let ready = signed(message, self.credentials.password());
            [&[0], ready.as_slice()].concat()
        }));
        seeds.push([&[0], media.as_slice()].concat());
        seeds
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let datagram = self.dressed(input);
        let mut mux = Mux::new(MuxSettings::default());
        mux.add(1_u32, self.credentials.ufrag()).expect("it is empty");
        let route = mux.route(self.now, self.path, &datagram);
        let mut agent = Lite::new(self.credentials.clone(), Settings::default());
        agent.set_remote_ufrag("peer");
        let mut answer = Vec::new();
        let handled = agent.handle(self.now, self.path, &datagram, &mut answer);
        assert!(answer.len() <= 256, "an answer amplifies nothing");
        let answered = matches!(handled, Ok(Answer::Send | Answer::SendRoleConflict));
        assert!(
            answered || agent.target().is_none(),
            "only an authentic check opens a path"
        );
        if answered {
            assert_eq!(PacketKind::of(&answer), PacketKind::Stun);
        }
        let events = std::iter::from_fn(|| agent.poll_event()).count();
        let routed = match route {
            Route::Session(_) => 0,
            Route::Unknown => 1,
            Route::Limited => 2,
        };
        outcome((
            routed,
            handled.is_ok().then_some(answered),
            handled.err().map(|error| error.to_string()),
            events,
        ))
    }
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).expect("it is short").to_be_bytes();
    let mut bytes = [&kind.to_be_bytes(), &len, value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The message with its length set right, and integrity and fingerprint behind it. Source: RFC 8489 §14.5, §14.7.
fn signed(message: &[u8], password: &str) -> Vec<u8> {
    let mut bytes = message.to_vec();
    bytes.resize(bytes.len().max(20).next_multiple_of(4), 0);
    set_len(&mut bytes, 24);
    let mut mac = Hmac::<Sha1>::new_from_slice(password.as_bytes()).expect("any key will do");
    mac.update(&bytes);
    bytes.extend(attribute(INTEGRITY, &mac.finalize().into_bytes()));
    set_len(&mut bytes, 8);
    let sum = crc32(&bytes) ^ 0x5354_554E;
    bytes.extend(attribute(FINGERPRINT, &sum.to_be_bytes()));
    bytes
}

fn set_len(bytes: &mut [u8], coming: usize) {
    let len = u16::try_from(bytes.len() - 20 + coming).unwrap_or(u16::MAX);
    bytes[2..4].copy_from_slice(&len.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_check_opens_a_path() {
        let target = Checks::new();
        let mut agent = Lite::new(target.credentials.clone(), Settings::default());
        let handled = agent.handle(
            target.now,
            target.path,
            &check(&target.credentials),
            &mut Vec::new(),
        );
        assert!(matches!(handled, Ok(Answer::Send)), "{handled:?}");
        assert_eq!(agent.target(), Some(target.path));
    }
}
