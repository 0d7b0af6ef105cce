//! Sender and receiver reports. Source: RFC 3550 §6.4.

use crate::Result;
use crate::cursor::{Reader, Writer};

const BLOCK_LEN: usize = 24;

/// How one source's packets arrived, seen by a receiver. Source: RFC 3550 §6.4.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source reported on.
    pub ssrc: u32,
    /// Share of packets lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the start; duplicates can make it negative. 24 bits: -8,388,608 to 8,388,607.
    pub cumulative_lost: i32,
    /// Highest sequence number received, with its count of wraps in the high 16 bits.
    pub highest_sequence: u32,
    /// Variation of the arrival times, in units of the media clock.
    pub jitter: u32,
    /// The middle 32 bits of the NTP time in the last sender report received; zero when there was none.
    pub last_sr: u32,
    /// Time since that report arrived, in 1/65,536 s; zero when there was none.
    pub delay_since_last_sr: u32,
}

impl ReportBlock {
    fn parse(bytes: &[u8; BLOCK_LEN]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let ssrc = reader.u32()?;
        let fraction_lost = reader.u8()?;
        let lost = reader.u24()?;
        Ok(Self {
            ssrc,
            fraction_lost,
            // Up and down again extends the sign.
            cumulative_lost: (lost << 8).cast_signed() >> 8,
            highest_sequence: reader.u32()?,
            jitter: reader.u32()?,
            last_sr: reader.u32()?,
            delay_since_last_sr: reader.u32()?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) -> Result<()> {
        writer.u32(self.ssrc)?;
        writer.u8(self.fraction_lost)?;
        // §6.4.1 has the count stick at its ends instead of wrapping.
        writer.u24(
            self.cumulative_lost
                .clamp(-0x0080_0000, 0x007F_FFFF)
                .cast_unsigned(),
        )?;
        writer.u32(self.highest_sequence)?;
        writer.u32(self.jitter)?;
        writer.u32(self.last_sr)?;
        writer.u32(self.delay_since_last_sr)
    }
}

/// The report blocks of one packet, at most 31.
#[derive(Clone, Copy, Debug)]
struct ReportBlocks<'a>(&'a [[u8; BLOCK_LEN]]);

impl<'a> ReportBlocks<'a> {
    /// `count` blocks; a profile's own bytes may follow and are left alone.
    fn parse(count: u8, reader: &mut Reader<'a>) -> Result<Self> {
        let bytes = reader.take(usize::from(count).saturating_mul(BLOCK_LEN))?;
        Ok(Self(bytes.as_chunks().0))
    }

    fn iter(self) -> impl Iterator<Item = ReportBlock> + use<'a> {
        self.0.iter().flat_map(ReportBlock::parse)
    }
}

/// What a sender has sent so far, tied to its clocks. Source: RFC 3550 §6.4.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// Wall clock time: seconds since 1900 in the high 32 bits, their fraction in the low 32 bits.
    pub ntp: u64,
    /// The media time at that moment, in units of the media clock.
    pub rtp_timestamp: u32,
    /// Packets sent; wraps.
    pub packet_count: u32,
    /// Payload bytes sent; wraps.
    pub octet_count: u32,
}

impl SenderInfo {
    /// The middle 32 bits of the NTP time, as [`ReportBlock::last_sr`] gives them back.
    #[must_use]
    pub const fn ntp_middle(&self) -> u32 {
        ((self.ntp >> 16) & 0xFFFF_FFFF) as u32
    }
}

/// A report by somebody who sends.
#[derive(Clone, Copy, Debug)]
pub struct SenderReport<'a> {
    ssrc: u32,
    info: SenderInfo,
    blocks: ReportBlocks<'a>,
}

impl<'a> SenderReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        Ok(Self {
            ssrc: reader.u32()?,
            info: SenderInfo {
                ntp: reader.u64()?,
                rtp_timestamp: reader.u32()?,
                packet_count: reader.u32()?,
                octet_count: reader.u32()?,
            },
            blocks: ReportBlocks::parse(count, &mut reader)?,
        })
    }

    /// The sender.
    #[must_use]
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// What it has sent.
    #[must_use]
    pub const fn info(&self) -> SenderInfo {
        self.info
    }

    /// What it has received, at most 31 blocks.
    pub fn reports(&self) -> impl Iterator<Item = ReportBlock> + use<'a> {
        self.blocks.iter()
    }
}

/// A report by somebody who only receives.
#[derive(Clone, Copy, Debug)]
pub struct ReceiverReport<'a> {
    ssrc: u32,
    blocks: ReportBlocks<'a>,
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        Ok(Self {
            ssrc: reader.u32()?,
            blocks: ReportBlocks::parse(count, &mut reader)?,
        })
    }

    /// Who reports.
    #[must_use]
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// What it has received, at most 31 blocks.
    pub fn reports(&self) -> impl Iterator<Item = ReportBlock> + use<'a> {
        self.blocks.iter()
    }
}
