//! What a receiver counts: packets by stream from their headers alone, and the delay of a few that it opens.

use std::collections::HashMap;
use std::time::Instant;

use hubbub_sfu::srtp::Inbound;
use hubbub_wire::rtp::Header;
use hubbub_wire::sequence::Extender;

use crate::control::Counted;
use crate::source::STAMP_LEN;

/// One packet in so many is opened for its delay.
const SAMPLE: u64 = 16;

#[derive(Default)]
struct Stream {
    extender: Extender<u16>,
    received: u64,
    lowest: u64,
    highest: u64,
}

/// Streams of one transport.
#[derive(Default)]
pub struct Sink {
    streams: HashMap<u32, Stream>,
    bytes: u64,
    /// Milliseconds.
    delays: Vec<f64>,
}

/// A packet that was counted.
pub struct Seen {
    /// Its stream.
    pub ssrc: u32,
    /// Whether it was the first of it, since the program began.
    pub first: bool,
    /// Its transport-wide number.
    pub transport_sequence: Option<u16>,
}

impl Sink {
    /// Count a sealed packet. Retransmissions have streams of their own and count as received there.
    pub fn receive(
        &mut self,
        origin: Instant,
        now: Instant,
        transport_cc: u8,
        inbound: &mut Inbound,
        packet: &mut [u8],
    ) -> Option<Seen> {
        let header = Header::parse(packet).ok()?;
        let ssrc = header.ssrc();
        let transport_sequence = header
            .extension(transport_cc)
            .and_then(|value| value.first_chunk::<2>())
            .map(|bytes| u16::from_be_bytes(*bytes));
        let stream = self.streams.entry(ssrc).or_default();
        let sequence = stream.extender.extend(header.sequence());
        let first = stream.received == 0 && stream.highest == 0;
        if stream.received == 0 {
            stream.lowest = sequence;
        }
        stream.received = stream.received.saturating_add(1);
        stream.highest = stream.highest.max(sequence);
        stream.lowest = stream.lowest.min(sequence);
        let sampled = stream.received.is_multiple_of(SAMPLE);
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(packet.len()).unwrap_or(0));
        if sampled && let Some(delay) = delay_ms(origin, now, inbound, packet) {
            self.delays.push(delay);
        }
        Some(Seen {
            ssrc,
            first,
            transport_sequence,
        })
    }

    /// One of the SSRCs that arrive.
    pub fn any_ssrc(&self) -> u32 {
        self.streams.keys().next().copied().unwrap_or(0)
    }

    /// The streams that arrive, with their newest sequence numbers.
    pub fn newest(&self) -> impl Iterator<Item = (u32, u16)> {
        self.streams
            .iter()
            .map(|(ssrc, stream)| (*ssrc, u16::try_from(stream.highest & 0xffff).unwrap_or(0)))
    }

    /// Count anew.
    pub fn reset(&mut self) {
        for stream in self.streams.values_mut() {
            stream.received = 0;
        }
        self.bytes = 0;
        self.delays.clear();
    }

    /// Add to what all receivers counted.
    pub fn add_to(&self, counted: &mut Counted, delays: &mut Vec<f64>) {
        for stream in self.streams.values().filter(|stream| stream.received > 0) {
            let span = stream.highest.saturating_sub(stream.lowest).saturating_add(1);
            counted.received = counted.received.saturating_add(stream.received);
            counted.expected = counted.expected.saturating_add(span.max(stream.received));
            counted.streams = counted.streams.saturating_add(1);
        }
        counted.bytes = counted.bytes.saturating_add(self.bytes);
        delays.extend_from_slice(&self.delays);
    }
}

/// How long ago the packet's publisher stamped it, in milliseconds.
fn delay_ms(origin: Instant, now: Instant, inbound: &mut Inbound, packet: &mut [u8]) -> Option<f64> {
    let opened = inbound.open_rtp(packet).ok()?;
    let payload = packet.get(opened.header_len..opened.len)?;
    let sent = u64::from_be_bytes(*payload.last_chunk::<STAMP_LEN>()?);
    let passed = u64::try_from(now.saturating_duration_since(origin).as_nanos()).ok()?;
    let nanoseconds = u32::try_from(passed.checked_sub(sent)?).ok()?;
    Some(f64::from(nanoseconds) / 1e6)
}
