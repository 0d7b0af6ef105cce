//! Where header and payload of a packet lie, as far as sealing must know.

use super::Error;

/// What sealing reads from an RTP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RtpLayout {
    /// Bytes before the payload: fixed header, CSRCs and extensions.
    pub header_len: usize,
    pub sequence: u16,
    pub ssrc: u32,
}

/// Read the layout of the RTP packet in `packet`. Source: RFC 3550 section 5.1 and 5.3.1.
pub(super) fn rtp_layout(packet: &[u8]) -> Result<RtpLayout, Error> {
    let (fixed, rest) = packet.split_first_chunk::<12>().ok_or(Error::Malformed)?;
    let [first, _, s0, s1, _, _, _, _, ssrc @ ..] = *fixed;
    if first >> 6 != 2 {
        return Err(Error::Malformed);
    }
    let csrcs = usize::from(first & 0x0f).saturating_mul(4);
    let behind_csrcs = rest.get(csrcs..).ok_or(Error::Malformed)?;
    let mut header_len = csrcs.saturating_add(12);
    if first & 0x10 != 0 {
        let (preamble, values) = behind_csrcs.split_first_chunk::<4>().ok_or(Error::Malformed)?;
        let [_, _, words @ ..] = *preamble;
        let values_len = usize::from(u16::from_be_bytes(words)).saturating_mul(4);
        if values.len() < values_len {
            return Err(Error::Malformed);
        }
        header_len = header_len.saturating_add(4).saturating_add(values_len);
    }
    Ok(RtpLayout {
        header_len,
        sequence: u16::from_be_bytes([s0, s1]),
        ssrc: u32::from_be_bytes(ssrc),
    })
}

/// Length of what an SRTCP packet leaves in the clear: the first header and its sender's SSRC. RFC 3711 section 3.4.
pub(super) const RTCP_HEADER_LEN: usize = 8;

/// Read the sender's SSRC from the RTCP packet in `packet`.
pub(super) fn rtcp_ssrc(packet: &[u8]) -> Result<u32, Error> {
    let (header, _) = packet
        .split_first_chunk::<RTCP_HEADER_LEN>()
        .ok_or(Error::Malformed)?;
    let [first, _, _, _, ssrc @ ..] = *header;
    if first >> 6 != 2 {
        return Err(Error::Malformed);
    }
    Ok(u32::from_be_bytes(ssrc))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "the operands are the test's own")]

    use super::*;

    #[test]
    fn the_header_ends_behind_csrcs_and_extensions() {
        let mut packet = vec![0x92, 96, 0x12, 0x34, 0, 0, 0, 1, 0xca, 0xfe, 0xba, 0xbe];
        packet.extend([0; 8]); // two CSRCs
        packet.extend([0xbe, 0xde, 0, 1, 0x10, 7, 0, 0]); // one word of extensions
        let layout = RtpLayout {
            header_len: packet.len(),
            sequence: 0x1234,
            ssrc: 0xcafe_babe,
        };
        packet.extend(b"payload");
        assert_eq!(rtp_layout(&packet), Ok(layout));
        for len in 0..layout.header_len {
            assert_eq!(rtp_layout(&packet[..len]), Err(Error::Malformed), "cut at {len}");
        }
    }
}
