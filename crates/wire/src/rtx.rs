//! Retransmission payloads: the original sequence number before the original payload. Source: RFC 4588 §4.

use crate::{Error, Result};

/// Bytes of the original sequence number.
pub const PREFIX_LEN: usize = 2;

/// Split a retransmission's payload into the original sequence number and the original payload.
///
/// An empty payload, as in padding probes sent on the retransmission stream, is [`Error::Truncated`].
pub fn split(payload: &[u8]) -> Result<(u16, &[u8])> {
    let (sequence, original) = payload
        .split_first_chunk::<PREFIX_LEN>()
        .ok_or(Error::Truncated)?;
    Ok((u16::from_be_bytes(*sequence), original))
}

/// Write the original sequence number and payload to the front of `out` and return the length in bytes.
pub fn write(out: &mut [u8], sequence: u16, payload: &[u8]) -> Result<usize> {
    let len = payload.len().saturating_add(PREFIX_LEN);
    let out = out.get_mut(..len).ok_or(Error::NoRoom)?;
    let (prefix, body) = out.split_first_chunk_mut::<PREFIX_LEN>().ok_or(Error::NoRoom)?;
    *prefix = sequence.to_be_bytes();
    body.copy_from_slice(payload);
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_split_again() {
        let mut out = [0; 8];
        assert_eq!(write(&mut out, 0xABCD, &[1, 2, 3]), Ok(5));
        assert_eq!(out[..5], [0xAB, 0xCD, 1, 2, 3]);
        assert_eq!(split(&out[..5]), Ok((0xABCD, [1, 2, 3].as_slice())));
    }

    #[test]
    fn short_input_and_output_are_errors() {
        assert_eq!(split(&[1]), Err(Error::Truncated));
        assert_eq!(write(&mut [0; 4], 1, &[1, 2, 3]), Err(Error::NoRoom));
    }
}
