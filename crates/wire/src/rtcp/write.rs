//! Making compounds.

use super::description::{CNAME, END};
use super::feedback::{FirEntry, REMB, Remb};
use super::report::{ReportBlock, SenderInfo};
use super::{HEADER_LEN, format, kind};
use crate::cursor;
use crate::{Error, Result, twcc};

/// Appends packets to a compound in the caller's buffer.
///
/// A packet that does not fit leaves the compound as it was, so the caller can send it and begin the next.
#[derive(Debug)]
pub struct Writer<'a> {
    bytes: cursor::Writer<'a>,
}

impl<'a> Writer<'a> {
    /// An empty compound in `out`.
    #[must_use]
    pub const fn new(out: &'a mut [u8]) -> Self {
        Self {
            bytes: cursor::Writer::new(out),
        }
    }

    /// Bytes written so far, always a multiple of four.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.bytes.position()
    }

    /// Append what a sender has sent and received; at most 31 reports.
    pub fn sender_report(&mut self, ssrc: u32, info: &SenderInfo, reports: &[ReportBlock]) -> Result<()> {
        self.packet(kind::SENDER_REPORT, counted(reports.len())?, |bytes| {
            bytes.u32(ssrc)?;
            bytes.u64(info.ntp)?;
            bytes.u32(info.rtp_timestamp)?;
            bytes.u32(info.packet_count)?;
            bytes.u32(info.octet_count)?;
            reports.iter().try_for_each(|report| report.write(bytes))
        })
    }

    /// Append what a receiver has received; at most 31 reports.
    pub fn receiver_report(&mut self, ssrc: u32, reports: &[ReportBlock]) -> Result<()> {
        self.packet(kind::RECEIVER_REPORT, counted(reports.len())?, |bytes| {
            bytes.u32(ssrc)?;
            reports.iter().try_for_each(|report| report.write(bytes))
        })
    }

    /// Append canonical names: pairs of source and name, at most 31, names of at most 255 bytes.
    pub fn source_description(&mut self, names: &[(u32, &str)]) -> Result<()> {
        self.packet(kind::SOURCE_DESCRIPTION, counted(names.len())?, |bytes| {
            for (ssrc, name) in names {
                let len = u8::try_from(name.len()).map_err(|_| Error::OutOfRange("CNAME"))?;
                bytes.u32(*ssrc)?;
                bytes.put(&[CNAME, len])?;
                bytes.put(name.as_bytes())?;
                bytes.u8(END)?;
                align(bytes)?;
            }
            Ok(())
        })
    }

    /// Append the leaving of sources, at most 31, with a reason of at most 255 bytes; an empty reason is left
    /// out.
    pub fn bye(&mut self, ssrcs: &[u32], reason: &str) -> Result<()> {
        let len = u8::try_from(reason.len()).map_err(|_| Error::OutOfRange("reason"))?;
        self.packet(kind::BYE, counted(ssrcs.len())?, |bytes| {
            ssrcs.iter().try_for_each(|ssrc| bytes.u32(*ssrc))?;
            if len > 0 {
                bytes.u8(len)?;
                bytes.put(reason.as_bytes())?;
            }
            align(bytes)
        })
    }

    /// Append a request for lost packets, given in rising order (which may wrap); at least one.
    pub fn nack(
        &mut self,
        sender_ssrc: u32,
        media_ssrc: u32,
        lost: impl IntoIterator<Item = u16>,
    ) -> Result<()> {
        self.packet(kind::TRANSPORT_FEEDBACK, format::NACK, |bytes| {
            bytes.u32(sender_ssrc)?;
            bytes.u32(media_ssrc)?;
            let mut lost = lost.into_iter();
            let mut packet_id = lost.next().ok_or(Error::OutOfRange("NACK list"))?;
            let mut bitmask = 0_u16;
            for sequence in lost {
                // Anything not among the 16 behind the first, going back included, opens a new pair.
                match sequence.wrapping_sub(packet_id).wrapping_sub(1) {
                    bit @ 0..16 => bitmask |= 1 << bit,
                    u16::MAX => {}
                    _ => {
                        bytes.u16(packet_id)?;
                        bytes.u16(bitmask)?;
                        (packet_id, bitmask) = (sequence, 0);
                    }
                }
            }
            bytes.u16(packet_id)?;
            bytes.u16(bitmask)
        })
    }

    /// Append a request for a keyframe.
    pub fn pli(&mut self, sender_ssrc: u32, media_ssrc: u32) -> Result<()> {
        self.packet(kind::PAYLOAD_FEEDBACK, format::PLI, |bytes| {
            bytes.u32(sender_ssrc)?;
            bytes.u32(media_ssrc)
        })
    }

    /// Append numbered requests for keyframes; at least one.
    pub fn fir(&mut self, sender_ssrc: u32, entries: &[FirEntry]) -> Result<()> {
        if entries.is_empty() {
            return Err(Error::OutOfRange("FIR list"));
        }
        self.packet(kind::PAYLOAD_FEEDBACK, format::FIR, |bytes| {
            bytes.u32(sender_ssrc)?;
            bytes.u32(0)?;
            for entry in entries {
                bytes.u32(entry.ssrc)?;
                bytes.put(&[entry.sequence, 0, 0, 0])?;
            }
            Ok(())
        })
    }

    /// Append the most the receiver can take, in bits per second, rounded down to 18 significant bits.
    pub fn remb(&mut self, sender_ssrc: u32, bitrate_bps: u64, ssrcs: &[u32]) -> Result<()> {
        let count = u8::try_from(ssrcs.len()).map_err(|_| Error::OutOfRange("SSRC count"))?;
        self.packet(kind::PAYLOAD_FEEDBACK, format::APPLICATION, |bytes| {
            bytes.u32(sender_ssrc)?;
            bytes.u32(0)?;
            bytes.put(&REMB)?;
            bytes.u8(count)?;
            bytes.u24(Remb::pack(bitrate_bps))?;
            ssrcs.iter().try_for_each(|ssrc| bytes.u32(*ssrc))
        })
    }

    /// Append arrival times; see [`twcc::Report`] for what happens when not all of them fit.
    pub fn transport_feedback(&mut self, report: &twcc::Report<'_>) -> Result<twcc::Written> {
        let mut written = None;
        self.packet(kind::TRANSPORT_FEEDBACK, format::TWCC, |bytes| {
            written = Some(report.write(bytes)?);
            Ok(())
        })?;
        written.ok_or(Error::NoRoom)
    }

    fn packet(
        &mut self,
        kind: u8,
        count: u8,
        body: impl FnOnce(&mut cursor::Writer<'a>) -> Result<()>,
    ) -> Result<()> {
        let start = self.bytes.position();
        let written = self.framed(start, kind, count, body);
        if written.is_err() {
            self.bytes.rewind(start);
        }
        written
    }

    fn framed(
        &mut self,
        start: usize,
        kind: u8,
        count: u8,
        body: impl FnOnce(&mut cursor::Writer<'a>) -> Result<()>,
    ) -> Result<()> {
        self.bytes.zeroes(HEADER_LEN)?;
        body(&mut self.bytes)?;
        let body_len = self
            .bytes
            .position()
            .saturating_sub(start)
            .saturating_sub(HEADER_LEN);
        let words = u16::try_from(body_len / 4).map_err(|_| Error::OutOfRange("packet length"))?;
        let [high, low] = words.to_be_bytes();
        self.bytes.patch(start, &[0x80 | count, kind, high, low])
    }
}

fn counted(len: usize) -> Result<u8> {
    u8::try_from(len)
        .ok()
        .filter(|count| *count <= 31)
        .ok_or(Error::OutOfRange("count"))
}

/// Zeroes up to the next word; packets begin at words, so positions tell.
fn align(bytes: &mut cursor::Writer<'_>) -> Result<()> {
    let position = bytes.position();
    bytes.zeroes(position.next_multiple_of(4).saturating_sub(position))
}
