//! The parsers that face the network.

mod audio;
mod control;
mod dtls;
mod rtp;
mod sctp;
mod srtp;
mod stun;
mod uplink;
mod video;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

/// Something that reads what a peer sent.
pub trait Subject {
    /// Valid inputs to begin with; at least one.
    fn seeds(&self) -> Vec<Vec<u8>>;

    /// Read `input` and hold it against what is promised; return a number that tells ways through the parser apart.
    fn feed(&self, input: &[u8]) -> u64;
}

/// A parser that can be hunted.
pub struct Target {
    /// What the command line calls it.
    pub name: &'static str,
    /// What is fed, in a few words.
    pub about: &'static str,
    /// Inputs that `cargo test` feeds; as many as take about a second.
    pub test_runs: u64,
    /// Make it ready.
    pub open: fn() -> Box<dyn Subject>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "rtp",
        about: "packets, their header extensions, rewriting in place",
        test_runs: 200_000,
        open: || Box::new(rtp::Packets),
    },
    Target {
        name: "rtcp",
        about: "compounds of reports and feedback",
        test_runs: 200_000,
        open: || Box::new(control::Compounds),
    },
    Target {
        name: "twcc",
        about: "transport-wide feedback",
        test_runs: 100_000,
        open: || Box::new(control::Feedbacks),
    },
    Target {
        name: "vp8",
        about: "payload descriptors and their rewriting",
        test_runs: 200_000,
        open: || Box::new(video::Vp8),
    },
    Target {
        name: "vp9",
        about: "payload descriptors and their rewriting",
        test_runs: 200_000,
        open: || Box::new(video::Vp9),
    },
    Target {
        name: "h264",
        about: "NAL units in packets",
        test_runs: 200_000,
        open: || Box::new(video::H264),
    },
    Target {
        name: "av1",
        about: "OBU elements in packets",
        test_runs: 200_000,
        open: || Box::new(video::Av1),
    },
    Target {
        name: "dd",
        about: "sequences of dependency descriptors",
        test_runs: 50_000,
        open: || Box::new(video::Descriptors),
    },
    Target {
        name: "red",
        about: "redundant audio and retransmissions",
        test_runs: 200_000,
        open: || Box::new(audio::Redundancy),
    },
    Target {
        name: "stun",
        about: "connectivity checks, and whose datagram it is",
        test_runs: 30_000,
        open: || Box::new(stun::Checks::new()),
    },
    Target {
        name: "srtp",
        about: "sealed packets of all profiles",
        test_runs: 50_000,
        open: || Box::new(srtp::Sealed::new()),
    },
    Target {
        name: "dtls",
        about: "a handshake's datagrams, one after the other",
        test_runs: 1_000,
        open: || Box::new(dtls::Handshakes::new()),
    },
    Target {
        name: "sctp",
        about: "data channels behind DTLS",
        test_runs: 500,
        open: || Box::new(sctp::Channels::new()),
    },
    Target {
        name: "uplink",
        about: "a publisher's opened packets and reports, as tracks",
        test_runs: 3_000,
        open: || Box::new(uplink::Publisher::new()),
    },
];

/// Inputs that broke `target` once, with the names of their files.
///
/// # Panics
/// They cannot be read.
#[must_use]
pub fn findings(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = folder_of(target);
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (
                name,
                fs::read(entry.path()).expect("a finding is a readable file"),
            )
        })
        .collect();
    found.sort();
    found
}

/// Where a target's findings lie.
#[must_use]
pub fn folder_of(target: &Target) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "findings", target.name]
        .iter()
        .collect()
}

/// One number for all that is told apart.
pub(crate) fn outcome(seen: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    seen.hash(&mut hasher);
    hasher.finish()
}

/// How often, coarsely: hunting for each exact count would keep every input.
pub(crate) const fn about(count: usize) -> u32 {
    usize::BITS - count.leading_zeros()
}

/// Bytes from their hexadecimal digits.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let nibbles: Vec<u8> = digits.as_bytes().iter().filter_map(digit).collect();
    nibbles
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[high, low]| (high << 4) | low)
        .collect()
}

/// Parts in one input, each behind its length in two bytes.
pub(crate) fn join<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts {
        let len = u16::try_from(part.len()).expect("a part is a datagram");
        joined.extend(len.to_be_bytes());
        joined.extend(part);
    }
    joined
}

/// The parts of an input; the last may be shorter than it says.
pub(crate) fn split(mut input: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, rest) = input.split_first_chunk::<2>()?;
        let len = usize::from(u16::from_be_bytes(*len)).min(rest.len());
        let (part, rest) = rest.split_at(len);
        input = rest;
        Some(part)
    })
}

/// The datagrams that arrive in place of the `sent`-th, as a script says: which, what, where (two bytes), a value.
pub(crate) fn change(script: &[u8], sent: u8, mut datagram: Vec<u8>) -> Vec<Vec<u8>> {
    let mut arriving = 1;
    for [which, what, high, low, value] in script.as_chunks::<5>().0.iter().take(16) {
        if which % 8 != sent || datagram.is_empty() {
            continue;
        }
        let at = usize::from(u16::from_be_bytes([*high, *low])) % datagram.len();
        match what % 6 {
            0 => datagram[at] ^= value,
            1 => datagram[at] = *value,
            2 => datagram.truncate(at),
            3 => datagram.insert(at, *value),
            4 => arriving += 1,
            _ => arriving = 0,
        }
    }
    vec![datagram; arriving]
}
