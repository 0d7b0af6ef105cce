//! What the publisher's side of a call counts.

use std::time::Duration;

use super::Track;

/// What the last seconds were like, over all encodings. Counts begin anew with each sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Packets that the publisher sent, as far as gaps tell; repeats left out.
    pub expected: u64,
    /// Packets that came.
    pub packets: u64,
    /// Bytes that came, headers included.
    pub bytes: u64,
    /// Lost packets that came after all, by retransmission or redundancy.
    pub recovered: u64,
    /// Packets given up.
    pub given_up: u64,
    /// Interarrival jitter.
    pub jitter: Duration,
    /// Retransmissions asked for.
    pub nacks: u32,
    /// Keyframes asked for.
    pub plis: u32,
    /// Times that pictures stood still.
    pub freezes: u32,
    /// How long.
    pub frozen: Duration,
}

impl Track {
    /// What was counted since the last call.
    pub fn sample(&mut self) -> Sample {
        let mut sample = Sample::default();
        let mut jitter = 0;
        let mut least: Option<(u32, Duration)> = None;
        for source in self.sources.iter_mut().flatten() {
            let (counts, expected, given_up) = source.take();
            if counts.packets > 0 {
                jitter = jitter.max(source.reception.jitter());
            }
            sample.expected = sample.expected.saturating_add(expected);
            sample.packets = sample.packets.saturating_add(counts.packets);
            sample.bytes = sample.bytes.saturating_add(counts.bytes);
            sample.recovered = sample.recovered.saturating_add(counts.recovered);
            sample.given_up = sample.given_up.saturating_add(given_up);
            sample.nacks = sample.nacks.saturating_add(counts.nacks);
            sample.plis = sample.plis.saturating_add(counts.plis);
            // While any encoding moves there are pictures to be seen.
            if counts.packets > 0 && least.is_none_or(|(_, frozen)| counts.frozen < frozen) {
                least = Some((counts.freezes, counts.frozen));
            }
        }
        (sample.freezes, sample.frozen) = least.unwrap_or_default();
        let nanos = jitter.saturating_mul(1_000_000_000);
        let rate = u64::from(self.clocks.rate());
        sample.jitter = Duration::from_nanos(nanos.checked_div(rate).unwrap_or(0));
        sample
    }
}
