//! Redundant audio, made by us for subscribers with loss.
//!
//! One [`Recent`] per publisher's audio track keeps its last payloads; each subscriber's packet is built from it at
//! the depth that its loss calls for. End-to-end encrypted frames can be repeated likewise, for they are not opened.

/// Earlier payloads that a packet may carry, at most. Three bridge a burst of 60 ms.
pub const DEPTH_MAX: usize = 3;

/// Largest payload repeated, bytes. Speech stays far below; larger ones would triple the rate of music.
const BLOCK_MAX: usize = 512;

/// Offsets are 14 bits wide (RFC 2198 section 3).
const OFFSET_MAX: u64 = (1 << 14) - 1;

/// Bytes of a redundant block's header, and of the primary's.
const HEADER_LEN: usize = 4;
const PRIMARY_HEADER_LEN: usize = 1;

/// Why no packet was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not even the primary payload fits.
    #[error("no room for the primary block")]
    TooSmall,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    sequence: Option<u64>,
    timestamp: u64,
    len: usize,
    bytes: [u8; BLOCK_MAX],
}

/// The last payloads of one audio track. 2 kB.
#[derive(Clone, Debug)]
pub struct Recent {
    blocks: [Block; DEPTH_MAX + 1],
}

impl Default for Recent {
    fn default() -> Self {
        Self::new()
    }
}

impl Recent {
    /// Nothing kept yet.
    #[must_use]
    pub const fn new() -> Self {
        let empty = Block {
            sequence: None,
            timestamp: 0,
            len: 0,
            bytes: [0; BLOCK_MAX],
        };
        Self {
            blocks: [empty; DEPTH_MAX + 1],
        }
    }

    /// Keep a payload for later packets. Larger ones than 512 bytes and empty ones are not kept.
    pub fn push(&mut self, sequence: u64, timestamp: u64, payload: &[u8]) {
        let Some(block) = self.blocks.get_mut(place_of(sequence)) else {
            return;
        };
        // A late packet must not displace a newer one.
        if block.sequence.is_some_and(|held| held > sequence) {
            return;
        }
        block.sequence = None;
        let Some(target) = block
            .bytes
            .get_mut(..payload.len())
            .filter(|target| !target.is_empty())
        else {
            return;
        };
        target.copy_from_slice(payload);
        (block.sequence, block.timestamp, block.len) = (Some(sequence), timestamp, payload.len());
    }

    /// Write a RED payload of `payload` and up to `depth` earlier ones into `out`, as [`build`] does.
    pub fn build(
        &self,
        (sequence, timestamp): (u64, u64),
        payload_type: u8,
        depth: usize,
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<usize, Error> {
        let earlier = |back| {
            let block = self.block(sequence.wrapping_sub(back))?;
            Some((block.timestamp, block.bytes.get(..block.len)?))
        };
        build((payload_type, timestamp, payload), depth, earlier, out)
    }

    fn block(&self, sequence: u64) -> Option<&Block> {
        let block = self.blocks.get(place_of(sequence))?;
        (block.sequence == Some(sequence)).then_some(block)
    }
}

/// Write a RED payload with up to `depth` (at most [`DEPTH_MAX`]) earlier payloads before the primary into `out`;
/// returns its length. `earlier` gives the timestamp and payload of the packet so many numbers back.
///
/// Redundancy goes back without a gap in numbers, because receivers count sequence numbers back from the
/// primary's; it ends at the first packet that is missing, empty, too large, too old for an offset, or without room.
///
/// Source: RFC 2198 section 3.
pub fn build<'a>(
    (payload_type, timestamp, payload): (u8, u64, &[u8]),
    depth: usize,
    mut earlier: impl FnMut(u64) -> Option<(u64, &'a [u8])>,
    out: &mut [u8],
) -> Result<usize, Error> {
    let primary = PRIMARY_HEADER_LEN.saturating_add(payload.len());
    let mut room = out.len().checked_sub(primary).ok_or(Error::TooSmall)?;
    let mut chosen: [Option<(u64, &[u8])>; DEPTH_MAX] = [None; DEPTH_MAX];
    for (back, place) in (1_u64..).zip(chosen.iter_mut().take(depth)) {
        let Some((then, block)) = earlier(back).filter(|(_, block)| (1..=BLOCK_MAX).contains(&block.len()))
        else {
            break;
        };
        let Some(offset) = timestamp.checked_sub(then).filter(|offset| *offset <= OFFSET_MAX) else {
            break;
        };
        let Some(left) = room.checked_sub(HEADER_LEN.saturating_add(block.len())) else {
            break;
        };
        room = left;
        *place = Some((offset, block));
    }
    let mut writer = Writer { out, written: 0 };
    for (offset, block) in chosen.iter().rev().flatten() {
        writer.put(&header(payload_type, *offset, block.len()))?;
    }
    writer.put(&[payload_type & 0x7f])?;
    for (_, block) in chosen.iter().rev().flatten() {
        writer.put(block)?;
    }
    writer.put(payload)?;
    Ok(writer.written)
}

struct Writer<'a> {
    out: &'a mut [u8],
    written: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let end = self.written.saturating_add(bytes.len());
        self.out
            .get_mut(self.written..end)
            .ok_or(Error::TooSmall)?
            .copy_from_slice(bytes);
        self.written = end;
        Ok(())
    }
}

/// One bit "more follow", 7 bits payload type, 14 bits offset, 10 bits length.
fn header(payload_type: u8, offset: u64, len: usize) -> [u8; HEADER_LEN] {
    let offset = u32::try_from(offset & OFFSET_MAX).unwrap_or(0);
    let len = u32::try_from(len & 0x3ff).unwrap_or(0);
    ((0x80 | u32::from(payload_type & 0x7f)) << 24 | offset << 10 | len).to_be_bytes()
}

fn place_of(sequence: u64) -> usize {
    super::window::slot_of(sequence, DEPTH_MAX + 1)
}
