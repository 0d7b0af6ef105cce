//! RTCP: the packets of a compound as typed blocks, and a writer that makes compounds.
//!
//! [`Compound`] accepts reduced-size packets (RFC 5506), which need not begin with a report. A block that
//! cannot be read is an error of its own and the walk goes on behind it; only broken framing ends the walk.
//!
//! Source: RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1, draft-alvestrand-rmcat-remb-03 §2.2.

mod description;
mod feedback;
mod report;
#[cfg(test)]
mod tests;
mod write;

use core::iter::FusedIterator;

use crate::cursor::Reader;
use crate::{Error, Result, twcc};
pub use description::{Bye, Chunk, SourceDescription};
pub use feedback::{Fir, FirEntry, Nack, NackPair, Pli, Remb};
pub use report::{ReceiverReport, ReportBlock, SenderInfo, SenderReport};
pub use write::Writer;

/// Bytes of the header that every packet in a compound begins with.
const HEADER_LEN: usize = 4;

/// Packet types. Source: RFC 3550 §12.1, RFC 4585 §6.1.
mod kind {
    pub(super) const SENDER_REPORT: u8 = 200;
    pub(super) const RECEIVER_REPORT: u8 = 201;
    pub(super) const SOURCE_DESCRIPTION: u8 = 202;
    pub(super) const BYE: u8 = 203;
    pub(super) const TRANSPORT_FEEDBACK: u8 = 205;
    pub(super) const PAYLOAD_FEEDBACK: u8 = 206;
}

/// Feedback message types, in the place where reports carry their count.
mod format {
    pub(super) const NACK: u8 = 1;
    pub(super) const TWCC: u8 = 15;
    pub(super) const PLI: u8 = 1;
    pub(super) const FIR: u8 = 4;
    pub(super) const APPLICATION: u8 = 15;
}

/// One packet of a compound.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Block<'a> {
    /// What a sender has sent, and what it has received.
    SenderReport(SenderReport<'a>),
    /// What a receiver has received.
    ReceiverReport(ReceiverReport<'a>),
    /// Names of sources.
    SourceDescription(SourceDescription<'a>),
    /// Sources that leave.
    Bye(Bye<'a>),
    /// Packets to send again.
    Nack(Nack<'a>),
    /// A request for a keyframe.
    Pli(Pli),
    /// A numbered request for a keyframe.
    Fir(Fir<'a>),
    /// The most a receiver can take, by its own estimate.
    Remb(Remb<'a>),
    /// Arrival times of packets.
    TransportFeedback(twcc::Feedback<'a>),
    /// Anything else, among it application packets and extended reports.
    Unknown(Unknown<'a>),
}

/// A packet of a type not read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown<'a> {
    /// The packet type, 0 to 255.
    pub kind: u8,
    /// The five bits before it: a count, a subtype or a feedback message type.
    pub count: u8,
    /// What follows the four-byte header, without padding.
    pub body: &'a [u8],
}

/// Walks the packets of a compound.
#[derive(Clone, Debug)]
pub struct Compound<'a> {
    rest: &'a [u8],
}

impl<'a> Compound<'a> {
    /// A walk over `bytes`, a whole decrypted RTCP datagram.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next packet, padding and all, and whether it says that it has padding.
    fn frame(&mut self) -> Result<(Unknown<'a>, bool)> {
        let mut reader = Reader::new(self.rest);
        let first = reader.u8()?;
        let kind = reader.u8()?;
        let words = reader.u16()?;
        if first >> 6 != 2 {
            return Err(Error::Version(first >> 6));
        }
        let body = reader.take(usize::from(words).saturating_mul(4))?;
        self.rest = reader.rest();
        Ok((
            Unknown {
                kind,
                count: first & 0x1F,
                body,
            },
            first & 0x20 != 0,
        ))
    }
}

fn unpadded(body: &[u8]) -> Result<&[u8]> {
    let count = usize::from(*body.last().ok_or(Error::Padding)?);
    let len = body
        .len()
        .checked_sub(count)
        .filter(|_| count != 0)
        .ok_or(Error::Padding)?;
    body.get(..len).ok_or(Error::Padding)
}

impl<'a> Iterator for Compound<'a> {
    type Item = Result<Block<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        Some(match self.frame() {
            Ok((packet, false)) => Block::parse(packet),
            Ok((packet, true)) => {
                unpadded(packet.body).and_then(|body| Block::parse(Unknown { body, ..packet }))
            }
            Err(error) => {
                self.rest = &[];
                Err(error)
            }
        })
    }
}

impl FusedIterator for Compound<'_> {}

impl<'a> Block<'a> {
    fn parse(packet: Unknown<'a>) -> Result<Self> {
        let Unknown { kind, count, body } = packet;
        Ok(match (kind, count) {
            (kind::SENDER_REPORT, _) => Self::SenderReport(SenderReport::parse(count, body)?),
            (kind::RECEIVER_REPORT, _) => Self::ReceiverReport(ReceiverReport::parse(count, body)?),
            (kind::SOURCE_DESCRIPTION, _) => Self::SourceDescription(SourceDescription::new(count, body)),
            (kind::BYE, _) => Self::Bye(Bye::parse(count, body)?),
            (kind::TRANSPORT_FEEDBACK, format::NACK) => Self::Nack(Nack::parse(body)?),
            (kind::TRANSPORT_FEEDBACK, format::TWCC) => Self::TransportFeedback(twcc::Feedback::parse(body)?),
            (kind::PAYLOAD_FEEDBACK, format::PLI) => Self::Pli(Pli::parse(body)?),
            (kind::PAYLOAD_FEEDBACK, format::FIR) => Self::Fir(Fir::parse(body)?),
            (kind::PAYLOAD_FEEDBACK, format::APPLICATION) if Remb::is_in(body) => {
                Self::Remb(Remb::parse(body)?)
            }
            _ => Self::Unknown(packet),
        })
    }
}
