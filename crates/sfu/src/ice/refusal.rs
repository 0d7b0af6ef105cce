//! Answers to requests that do not authenticate.
//!
//! They carry no integrity, since there is no key that both ends know. They take 40 bytes where a check takes about a
//! hundred, so little is gained by forging its source.
//!
//! Source: RFC 8489 section 9.1.3 (when), 14.7 (FINGERPRINT), 14.8 (ERROR-CODE).

const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_ERROR: [u8; 2] = [0x01, 0x11];
const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: [u8; 2] = [0x00, 0x06];
const MESSAGE_INTEGRITY: [u8; 2] = [0x00, 0x08];
const ERROR_CODE: [u8; 2] = [0x00, 0x09];
const FINGERPRINT: [u8; 2] = [0x80, 0x28];
/// What a FINGERPRINT is told apart by from a plain checksum.
const FINGERPRINT_MASK: u32 = 0x5354_554e;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It lacks user name or integrity: 400.
    BadRequest,
    /// They are not this session's: 401.
    Unauthenticated,
}

/// Whether `datagram` is a whole binding request that lacks user name or integrity.
pub(super) fn lacks_credentials(datagram: &[u8]) -> bool {
    let Some((header, mut attributes)) = datagram.split_first_chunk::<20>() else {
        return false;
    };
    let [t0, t1, l0, l1, m0, m1, m2, m3, ..] = *header;
    if [t0, t1] != BINDING_REQUEST
        || [m0, m1, m2, m3] != MAGIC
        || usize::from(u16::from_be_bytes([l0, l1])) != attributes.len()
    {
        return false;
    }
    let (mut named, mut proved) = (false, false);
    while let Some((preamble, rest)) = attributes.split_first_chunk::<4>() {
        let [t0, t1, l0, l1] = *preamble;
        named |= [t0, t1] == USERNAME;
        proved |= [t0, t1] == MESSAGE_INTEGRITY;
        let len = usize::from(u16::from_be_bytes([l0, l1])).next_multiple_of(4);
        let Some(behind) = rest.get(len..) else {
            return false;
        };
        attributes = behind;
    }
    !(named && proved)
}

/// Write the answer to the request `datagram` over `out`; nothing when it has no transaction.
pub(super) fn write(refusal: Refusal, datagram: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let Some(transaction) = datagram.get(8..20) else {
        return;
    };
    let (number, reason): (u8, &[u8; 4]) = match refusal {
        Refusal::BadRequest => (0, b"bad "),
        Refusal::Unauthenticated => (1, b"auth"),
    };
    out.extend(BINDING_ERROR);
    // Of the two attributes: 12 bytes and 8.
    out.extend([0, 20]);
    out.extend(MAGIC);
    out.extend(transaction);
    out.extend(ERROR_CODE);
    out.extend([0, 8, 0, 0, 4, number]);
    out.extend(reason);
    let checksum = crc32(out) ^ FINGERPRINT_MASK;
    out.extend(FINGERPRINT);
    out.extend([0, 4]);
    out.extend(checksum.to_be_bytes());
}

/// The checksum of ISO/IEC 3309, bit by bit: it is asked for rarely and for 32 bytes.
fn crc32(bytes: &[u8]) -> u32 {
    let mut rest = u32::MAX;
    for byte in bytes {
        rest ^= u32::from(*byte);
        for _ in 0..8 {
            let odd = rest & 1 == 1;
            rest >>= 1;
            if odd {
                rest ^= 0xedb8_8320;
            }
        }
    }
    !rest
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
