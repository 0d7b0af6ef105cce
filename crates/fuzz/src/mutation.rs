//! Making the next input out of one that is known.

use crate::chance::Chance;

/// Longest input: no datagram is longer, and the sequences that some targets read need few of them.
pub(crate) const LEN_MAX: usize = 4_096;

/// Values at which lengths, counts and signs turn.
const TURNING: [u8; 9] = [0x00, 0x01, 0x02, 0x0F, 0x10, 0x7F, 0x80, 0xFE, 0xFF];

/// Most changes to one input: few find the neighbours of valid inputs, many go far.
const CHANGES_MAX: usize = 6;

/// Change `input` in one to six places; `others` lend parts of theirs.
pub(crate) fn mutate(chance: &mut Chance, input: &mut Vec<u8>, others: &[Vec<u8>]) {
    for _ in 0..=chance.below(CHANGES_MAX) {
        change(chance, input, others);
    }
    input.truncate(LEN_MAX);
}

fn change(chance: &mut Chance, input: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = chance.below(input.len());
    match chance.below(10) {
        0 | 1 => with(input, at, |byte| *byte ^= 1 << chance.below(8)),
        2 => with(input, at, |byte| *byte = TURNING[chance.below(TURNING.len())]),
        3 => with(input, at, |byte| *byte = chance.byte()),
        4 => {
            let step = chance.byte() % 8;
            with(input, at, |byte| *byte = byte.wrapping_add(step).wrapping_sub(4));
        }
        5 => {
            // Two bytes at once, as most lengths are.
            let value = TURNING[chance.below(TURNING.len())];
            with(input, at, |byte| *byte = value);
            let low = if chance.below(2) == 0 {
                value
            } else {
                chance.byte()
            };
            with(input, at.saturating_add(1), |byte| *byte = low);
        }
        6 => input.truncate(at),
        7 => {
            let range = range(chance, input.len());
            input.drain(range);
        }
        8 => {
            let range = range(chance, input.len());
            let again = input[range].to_vec();
            input.splice(at..at, again);
        }
        _ => {
            let other = &others[chance.below(others.len())];
            let range = range(chance, other.len());
            let part = &other[range];
            if chance.below(2) == 0 {
                input.splice(at..at, part.iter().copied());
            } else {
                for (byte, new) in input.iter_mut().skip(at).zip(part) {
                    *byte = *new;
                }
            }
        }
    }
}

fn with(input: &mut [u8], at: usize, change: impl FnOnce(&mut u8)) {
    if let Some(byte) = input.get_mut(at) {
        change(byte);
    }
}

/// A part of `len` bytes, mostly a short one.
fn range(chance: &mut Chance, len: usize) -> std::ops::Range<usize> {
    let start = chance.below(len);
    let most = if chance.below(4) == 0 { len } else { 8 };
    let end = start + chance.below(most.min(len - start) + 1);
    start..end
}
