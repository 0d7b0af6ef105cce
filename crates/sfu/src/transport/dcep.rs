//! Messages that open data channels.
//!
//! Source: RFC 8832 section 5.

use sctp_proto::ReliabilityType;

const OPEN: u8 = 0x03;
const ACK: u8 = 0x02;
const UNORDERED: u8 = 0x80;
/// Length of an OPEN message before label and protocol.
const OPEN_HEADER_LEN: usize = 12;

/// How a channel delivers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Delivery {
    pub unordered: bool,
    pub reliability: ReliabilityType,
    /// Retransmissions, or milliseconds.
    pub parameter: u32,
}

impl Delivery {
    pub const RELIABLE: Self = Self {
        unordered: false,
        reliability: ReliabilityType::Reliable,
        parameter: 0,
    };
    pub const LOSSY: Self = Self {
        unordered: true,
        reliability: ReliabilityType::Rexmit,
        parameter: 0,
    };
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Message<'a> {
    Open { delivery: Delivery, label: &'a str },
    Ack,
}

impl<'a> Message<'a> {
    /// Read one; `None` when it is malformed.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        if bytes.first() == Some(&ACK) {
            return Some(Self::Ack);
        }
        let (header, rest) = bytes.split_first_chunk::<OPEN_HEADER_LEN>()?;
        let [kind, channel, _, _, p0, p1, p2, p3, l0, l1, _, _] = *header;
        if kind != OPEN {
            return None;
        }
        let delivery = Delivery {
            unordered: channel & UNORDERED != 0,
            reliability: match channel & !UNORDERED {
                0 => ReliabilityType::Reliable,
                1 => ReliabilityType::Rexmit,
                2 => ReliabilityType::Timed,
                _ => return None,
            },
            parameter: u32::from_be_bytes([p0, p1, p2, p3]),
        };
        let label = rest.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
        Some(Self::Open {
            delivery,
            label: std::str::from_utf8(label).ok()?,
        })
    }

    /// Write it. A label is at most 65,535 bytes long; ours are constants of control's.
    pub fn write(&self) -> Vec<u8> {
        let Self::Open { delivery, label } = *self else {
            return vec![ACK];
        };
        let channel = match delivery.reliability {
            ReliabilityType::Reliable => 0,
            ReliabilityType::Rexmit => 1,
            ReliabilityType::Timed => 2,
        };
        let order = if delivery.unordered { UNORDERED } else { 0 };
        let mut bytes = vec![OPEN, channel | order, 0, 0];
        bytes.extend(delivery.parameter.to_be_bytes());
        bytes.extend(u16::try_from(label.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(label.bytes().take(usize::from(u16::MAX)));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_written() {
        for delivery in [Delivery::RELIABLE, Delivery::LOSSY] {
            let message = Message::Open {
                delivery,
                label: "_lossy",
            };
            let bytes = message.write();
            assert_eq!(Message::read(&bytes), Some(message));
            for len in 0..bytes.len() {
                assert_eq!(Message::read(&bytes[..len]), None, "cut at {len}");
            }
        }
        assert_eq!(Message::read(&Message::Ack.write()), Some(Message::Ack));
        // As Chromium opens a channel labelled "a" with two retransmissions and the protocol "b".
        let bytes = [3, 1, 1, 0, 0, 0, 0, 2, 0, 1, 0, 1, b'a', b'b'];
        let delivery = Delivery {
            unordered: false,
            reliability: ReliabilityType::Rexmit,
            parameter: 2,
        };
        assert_eq!(
            Message::read(&bytes),
            Some(Message::Open { delivery, label: "a" })
        );
    }
}
