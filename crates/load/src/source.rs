//! Streams that look like a person's: Opus at 50 packets a second, VP8 at 30 frames a second.

use std::time::{Duration, Instant};

use hubbub_wire::extension::AudioLevel;
use hubbub_wire::rtp::{HeaderFields, write_header};

use crate::control::{Content, Manner, Publish};

/// The payload's last bytes tell when it was sent: nanoseconds since the program began.
pub const STAMP_LEN: usize = 8;
const AUDIO_INTERVAL: Duration = Duration::from_millis(20);
const AUDIO_TICKS: u32 = 960;
const AUDIO_PAYLOAD: usize = 100;
const VIDEO_INTERVAL: Duration = Duration::from_nanos(33_333_333);
const VIDEO_TICKS: u32 = 3_000;
const VIDEO_RATE_HZ: usize = 30;
/// Leaves room for headers, extensions and the tag within 1,200 bytes.
const VIDEO_PAYLOAD_MAX: usize = 1_100;
/// Holds the descriptor and the stamp.
const PAYLOAD_MIN: usize = 32;
/// A keyframe each two seconds, besides those that are asked for.
const KEYFRAME_INTERVAL: u32 = 60;
/// Quiet speech, in -dBov.
const LEVEL: u8 = 30;

/// A stream and what comes next in it.
pub struct Source {
    publish: Publish,
    sequence: u64,
    timestamp: u32,
    frame: u32,
    due: Instant,
    /// A keyframe was asked for.
    pub wants_keyframe: bool,
}

/// A datagram before it is sealed.
pub struct Ready<'a> {
    /// Header and payload, room for a tag behind.
    pub buffer: &'a mut [u8],
    /// Their length.
    pub len: usize,
    /// Extended sequence number.
    pub index: u64,
}

impl Source {
    /// A stream that begins at `due`.
    pub fn new(publish: Publish, due: Instant) -> Self {
        Self {
            publish,
            sequence: 1_000,
            timestamp: 0,
            frame: 0,
            due,
            wants_keyframe: true,
        }
    }

    /// Its SSRC.
    pub fn ssrc(&self) -> u32 {
        self.publish.ssrc
    }

    /// Begin now: what was due before the transport connected is left out.
    pub fn begin(&mut self, now: Instant) {
        self.due = self.due.max(now);
    }

    /// When the next frame is due.
    pub fn deadline(&self) -> Instant {
        self.due
    }

    /// Write the packets of the frame that is due, each handed to `send`.
    pub fn poll(&mut self, now: Instant, stamp: u64, buffer: &mut [u8], mut send: impl FnMut(Ready<'_>)) {
        if now < self.due {
            return;
        }
        match self.publish.content {
            Content::Audio => {
                self.due = self.due.checked_add(AUDIO_INTERVAL).unwrap_or(now);
                self.packet(true, &[], AUDIO_PAYLOAD, stamp, buffer, &mut send);
                self.timestamp = self.timestamp.wrapping_add(AUDIO_TICKS);
            }
            Content::Video => {
                self.due = self.due.checked_add(VIDEO_INTERVAL).unwrap_or(now);
                self.picture(stamp, buffer, &mut send);
                self.timestamp = self.timestamp.wrapping_add(VIDEO_TICKS);
            }
        }
    }

    fn picture(&mut self, stamp: u64, buffer: &mut [u8], send: &mut impl FnMut(Ready<'_>)) {
        let wanted = std::mem::take(&mut self.wants_keyframe) || self.frame.is_multiple_of(KEYFRAME_INTERVAL);
        let key = wanted && self.publish.manner != Manner::Keyless;
        let bytes = usize::try_from(self.publish.bits_per_second).unwrap_or(0) / 8 / VIDEO_RATE_HZ;
        let count = bytes.div_ceil(VIDEO_PAYLOAD_MAX).max(1);
        let each = bytes.checked_div(count).unwrap_or(0).max(PAYLOAD_MIN);
        let [high, low] = (u16::try_from(self.frame & 0x7fff).unwrap_or(0) | 0x8000).to_be_bytes();
        for number in 0..count {
            // Descriptor with a 15-bit picture id (RFC 7741 section 4.2), then the frame's header (section 4.3).
            let first = if number == 0 { 0x90 } else { 0x80 };
            let tag = u8::from(!key);
            let head = [
                first, 0x80, high, low, tag, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02,
            ];
            self.packet(
                number.saturating_add(1) == count,
                &head,
                each,
                stamp,
                buffer,
                send,
            );
        }
        self.frame = self.frame.wrapping_add(1);
    }

    fn packet(
        &mut self,
        marker: bool,
        head: &[u8],
        payload: usize,
        stamp: u64,
        buffer: &mut [u8],
        send: &mut impl FnMut(Ready<'_>),
    ) {
        let Ok(sequence) = u16::try_from(self.sequence & 0xffff) else {
            return;
        };
        let level = AudioLevel {
            level: LEVEL,
            voice: true,
        }
        .to_bytes();
        let mut extensions: Vec<(u8, &[u8])> = Vec::with_capacity(2);
        if self.publish.mid_extension > 0 {
            extensions.push((self.publish.mid_extension, self.publish.mid.as_bytes()));
        }
        if self.publish.level_extension > 0 {
            extensions.push((self.publish.level_extension, &level));
        }
        let fields = HeaderFields {
            marker,
            payload_type: self.publish.payload_type,
            sequence,
            timestamp: self.timestamp,
            ssrc: self.publish.ssrc,
            ..HeaderFields::default()
        };
        let Ok(header) = write_header(buffer, &fields, &extensions) else {
            return;
        };
        let len = header.saturating_add(payload);
        let Some(body) = buffer.get_mut(header..len) else {
            return;
        };
        body.fill(0x55);
        if let Some(front) = body.get_mut(..head.len()) {
            front.copy_from_slice(head);
        }
        if let Some(back) = body.last_chunk_mut::<STAMP_LEN>() {
            *back = stamp.to_be_bytes();
        }
        if self.publish.manner == Manner::Noise {
            noise(self.sequence, body);
        }
        let index = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        send(Ready { buffer, len, index });
    }
}

/// Fill `bytes` with what differs for each `seed` and is the same in each run.
pub fn noise(seed: u64, bytes: &mut [u8]) {
    // Splitmix64: enough to look like nothing in particular.
    let mut state = seed;
    for piece in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        for (byte, drawn) in piece.iter_mut().zip((mixed ^ (mixed >> 31)).to_be_bytes()) {
            *byte = drawn;
        }
    }
}
