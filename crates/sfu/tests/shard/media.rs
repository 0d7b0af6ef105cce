//! What callers send.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A voice: 50 packets of 60 bytes a second.
#[derive(Clone, Debug)]
pub struct Voice {
    pub ssrc: u32,
    pub sequence: u64,
    pub timestamp: u32,
    /// dB below overload.
    pub level: u8,
    /// Whether its packets say so.
    pub tells: bool,
    pub next: Option<Instant>,
}

impl Voice {
    pub const INTERVAL: Duration = Duration::from_millis(20);

    pub fn new(ssrc: u32) -> Self {
        Self {
            ssrc,
            sequence: 65_500,
            timestamp: u32::MAX - 9_600,
            level: 20,
            tells: true,
            next: None,
        }
    }
}

/// A camera: VP8 in three encodings, 20 pictures a second, of about 40, 160 and 640 kbit/s.
#[derive(Debug)]
pub struct Camera {
    pub encodings: [Encoding; 3],
    pub next: Option<Instant>,
    /// Names its encodings in each packet, as browsers do until they are heard.
    pub names: bool,
}

#[derive(Debug)]
pub struct Encoding {
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    pub sequence: u64,
    pub rtx_sequence: u64,
    pub timestamp: u32,
    pub picture: u16,
    pub base: u8,
    pub key: bool,
    pub keyframes: usize,
    /// Packets sent, for retransmission: sequence to (timestamp, marker, payload).
    pub sent: HashMap<u16, (u32, bool, Vec<u8>)>,
    pub repeated: usize,
}

impl Camera {
    pub const INTERVAL: Duration = Duration::from_millis(50);

    pub fn new(ssrc: u32) -> Self {
        let encoding = |index: u32| Encoding {
            ssrc: ssrc + index,
            rtx_ssrc: ssrc + index + 4,
            sequence: u64::from(65_000 + index * 100),
            rtx_sequence: u64::from(index * 7),
            timestamp: 1_000_000 * (index + 1),
            picture: 32_700 + u16::try_from(index).unwrap(),
            base: 250,
            key: true,
            keyframes: 0,
            sent: HashMap::new(),
            repeated: 0,
        };
        Self {
            encodings: [0, 1, 2].map(encoding),
            next: None,
            names: true,
        }
    }
}

impl Encoding {
    /// The payloads of the next picture.
    pub fn picture(&mut self, layer: u8) -> Vec<Vec<u8>> {
        let key = std::mem::take(&mut self.key);
        self.keyframes += usize::from(key);
        self.picture = (self.picture + 1) & 0x7fff;
        self.base = self.base.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(4_500);
        let packets = [1_usize, 1, 4][usize::from(layer)] * if key { 3 } else { 1 };
        let size = [250, 1_000, 1_000][usize::from(layer)];
        let [high, low] = self.picture.to_be_bytes();
        let packet = |index: usize| {
            let first = if index == 0 { 0x90 } else { 0x80 };
            let tag = u8::from(!key);
            let mut payload = vec![first, 0xe0, 0x80 | high, low, self.base, 0, tag, layer];
            payload.resize(size, 0xab);
            payload
        };
        (0..packets).map(packet).collect()
    }
}
