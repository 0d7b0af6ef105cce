//! Sealing what we send.

use super::cipher::{Cipher, Kind};
use super::layout::{RTCP_HEADER_LEN, rtcp_ssrc, rtp_layout};
use super::{Error, Profile};

/// RTP packet indices are 48 bits wide: rollover count and sequence number.
pub(super) const RTP_INDEX_MAX: u64 = (1 << 48) - 1;
/// RTCP packet indices are 31 bits wide.
const RTCP_INDEX_MAX: u32 = (1 << 31) - 1;

/// Seals all streams of one connection.
///
/// RTP keeps no state here: the packet index comes from the forwarder's 64-bit sequence. Sealing two different
/// packets with the same SSRC and index betrays both, and in GCM the authentication key too.
pub struct Outbound {
    profile: Profile,
    rtp: Cipher,
    rtcp: Cipher,
    /// One counter for all SSRCs: nonces differ whichever SSRC reports, and nothing is looked up.
    rtcp_index: u32,
}

impl Outbound {
    /// Derive session keys from a master key and salt.
    ///
    /// # Errors
    /// [`Error::KeyingMaterial`] when a length is not the profile's.
    pub fn new(profile: Profile, master_key: &[u8], master_salt: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            profile,
            rtp: Cipher::derived(profile, master_key, master_salt, Kind::Rtp)?,
            rtcp: Cipher::derived(profile, master_key, master_salt, Kind::Rtcp)?,
            rtcp_index: 0,
        })
    }

    #[cfg(test)]
    pub(super) fn with_ciphers(profile: Profile, media: Cipher, control: Cipher, rtcp_index: u32) -> Self {
        Self {
            profile,
            rtp: media,
            rtcp: control,
            rtcp_index,
        }
    }

    /// The profile in use.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Seal the RTP packet in the first `len` bytes of `buffer`, where it lies; return its new length.
    ///
    /// `index` is the 64-bit sequence of the stream; it starts under 2^16 and its last 16 bits stand in the header.
    /// `buffer` has [`Profile::tag_len`] bytes of room behind the packet.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::NoRoom`], [`Error::IndexMismatch`], [`Error::KeyExhausted`]; the packet is then
    /// untouched.
    pub fn seal_rtp(&self, index: u64, buffer: &mut [u8], len: usize) -> Result<usize, Error> {
        let layout = rtp_layout(buffer.get(..len).ok_or(Error::Malformed)?)?;
        check_index(index, layout.sequence)?;
        let (packet, room) = buffer.split_at_mut_checked(len).ok_or(Error::Malformed)?;
        let (header, payload) = packet
            .split_at_mut_checked(layout.header_len)
            .ok_or(Error::Malformed)?;
        let tag = self.tag_place(room, len)?;
        self.rtp.seal_rtp(layout.ssrc, index, header, payload, tag)?;
        Ok(len.saturating_add(self.profile.tag_len()))
    }

    /// Seal `payload` behind the RTP header that stands in the first `header_len` bytes of `buffer`; return the
    /// packet's length.
    ///
    /// So one received payload goes to many receivers without a copy before each sealing. As for [`Self::seal_rtp`]
    /// otherwise.
    ///
    /// # Errors
    /// As [`Self::seal_rtp`]; [`Error::Malformed`] also when the header does not end at `header_len`.
    pub fn seal_rtp_from(
        &self,
        index: u64,
        buffer: &mut [u8],
        header_len: usize,
        payload: &[u8],
    ) -> Result<usize, Error> {
        let len = header_len.saturating_add(payload.len());
        let (header, rest) = buffer.split_at_mut_checked(header_len).ok_or(Error::Malformed)?;
        let layout = rtp_layout(header)?;
        if layout.header_len != header_len {
            return Err(Error::Malformed);
        }
        check_index(index, layout.sequence)?;
        let needed = len.saturating_add(self.profile.tag_len());
        let (sealed, room) = rest
            .split_at_mut_checked(payload.len())
            .ok_or(Error::NoRoom { needed })?;
        let tag = self.tag_place(room, len)?;
        self.rtp
            .seal_rtp_from(layout.ssrc, index, header, payload, sealed, tag)?;
        Ok(needed)
    }

    /// Seal the compound RTCP packet in the first `len` bytes of `buffer`; return its new length.
    ///
    /// `buffer` has [`Profile::rtcp_overhead`] bytes of room behind the packet.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::NoRoom`], [`Error::KeyExhausted`]; the packet is then untouched.
    pub fn seal_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, Error> {
        let index = self.rtcp_index;
        if index > RTCP_INDEX_MAX {
            return Err(Error::KeyExhausted);
        }
        let overhead = self.profile.rtcp_overhead();
        let needed = len.saturating_add(overhead);
        let (packet, room) = buffer.split_at_mut_checked(len).ok_or(Error::Malformed)?;
        let ssrc = rtcp_ssrc(packet)?;
        let (header, body) = packet
            .split_first_chunk_mut::<RTCP_HEADER_LEN>()
            .ok_or(Error::Malformed)?;
        let trailer = room.get_mut(..overhead).ok_or(Error::NoRoom { needed })?;
        self.rtcp.seal_rtcp(ssrc, index, *header, body, trailer)?;
        self.rtcp_index = index.saturating_add(1);
        Ok(needed)
    }

    fn tag_place<'a>(&self, room: &'a mut [u8], len: usize) -> Result<&'a mut [u8], Error> {
        let tag_len = self.profile.tag_len();
        room.get_mut(..tag_len).ok_or(Error::NoRoom {
            needed: len.saturating_add(tag_len),
        })
    }
}

fn check_index(index: u64, sequence: u16) -> Result<(), Error> {
    if index > RTP_INDEX_MAX {
        return Err(Error::KeyExhausted);
    }
    if index & 0xffff == u64::from(sequence) {
        Ok(())
    } else {
        Err(Error::IndexMismatch)
    }
}
