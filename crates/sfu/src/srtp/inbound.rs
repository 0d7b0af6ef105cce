//! Opening what we receive.

use super::cipher::{Cipher, ENCRYPTED, Kind};
use super::layout::{RTCP_HEADER_LEN, rtcp_ssrc, rtp_layout};
use super::outbound::RTP_INDEX_MAX;
use super::window::{WINDOW_MAX, WINDOW_MIN, Window, guess_index};
use super::{Error, Profile};

/// Bounds of an [`Inbound`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Replay window in packets, brought into [`WINDOW_MIN`]..=[`WINDOW_MAX`]. The default of 1,024 is what browsers
    /// keep: at 1,000 packets a second it covers a second of reordering, 128 would cover an eighth.
    pub window: u16,
    /// Most SSRCs that the peer may use at a time, for RTP and RTCP each. The default of 64 leaves room for a camera
    /// and a screen with three layers and their repair streams several times over.
    pub streams_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: 1_024,
            streams_max: 64,
        }
    }
}

/// An RTP packet that was opened where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedRtp {
    /// The stream.
    pub ssrc: u32,
    /// The 48-bit packet index: rollover count and sequence number.
    pub index: u64,
    /// Where the payload begins, in bytes.
    pub header_len: usize,
    /// Where the packet ends, in bytes; the tag lay behind.
    pub len: usize,
}

/// Opens all streams of one connection.
///
/// Only packets that proved authentic change anything here.
pub struct Inbound {
    profile: Profile,
    settings: Settings,
    rtp: Cipher,
    rtcp: Cipher,
    rtp_streams: Streams,
    rtcp_streams: Streams,
}

impl Inbound {
    /// Derive session keys from a master key and salt.
    ///
    /// # Errors
    /// [`Error::KeyingMaterial`] when a length is not the profile's.
    pub fn new(
        profile: Profile,
        master_key: &[u8],
        master_salt: &[u8],
        settings: Settings,
    ) -> Result<Self, Error> {
        let media = Cipher::derived(profile, master_key, master_salt, Kind::Rtp)?;
        let control = Cipher::derived(profile, master_key, master_salt, Kind::Rtcp)?;
        Ok(Self::with_ciphers(profile, media, control, settings))
    }

    pub(super) fn with_ciphers(profile: Profile, media: Cipher, control: Cipher, settings: Settings) -> Self {
        let settings = Settings {
            window: settings.window.clamp(WINDOW_MIN, WINDOW_MAX),
            ..settings
        };
        Self {
            profile,
            settings,
            rtp: media,
            rtcp: control,
            rtp_streams: Streams::default(),
            rtcp_streams: Streams::default(),
        }
    }

    /// The profile in use.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Verify and decrypt the RTP packet in `packet`, where it lies.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Replayed`], [`Error::Stale`], [`Error::Unauthentic`],
    /// [`Error::TooManyStreams`], [`Error::KeyExhausted`]. The contents of `packet` are then undefined.
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Result<OpenedRtp, Error> {
        let len = packet
            .len()
            .checked_sub(self.profile.tag_len())
            .ok_or(Error::Malformed)?;
        let (plain, tag) = packet.split_at_mut_checked(len).ok_or(Error::Malformed)?;
        let layout = rtp_layout(plain)?;
        let (header, payload) = plain
            .split_at_mut_checked(layout.header_len)
            .ok_or(Error::Malformed)?;
        let place = self.rtp_streams.find(layout.ssrc);
        if place.is_none() && self.rtp_streams.len() >= self.settings.streams_max {
            return Err(Error::TooManyStreams);
        }
        let highest = self.rtp_streams.window(place).map(Window::highest);
        let index = guess_index(highest, layout.sequence);
        if index > RTP_INDEX_MAX {
            return Err(Error::KeyExhausted);
        }
        self.rtp_streams.check(place, index, self.settings.window)?;
        self.rtp.open_rtp(layout.ssrc, index, header, payload, tag)?;
        self.rtp_streams.accept(place, layout.ssrc, index);
        Ok(OpenedRtp {
            ssrc: layout.ssrc,
            index,
            header_len: layout.header_len,
            len,
        })
    }

    /// Verify and decrypt the compound RTCP packet in `packet`, where it lies; return its length without trailer.
    ///
    /// # Errors
    /// As [`Self::open_rtp`].
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Error> {
        let len = packet
            .len()
            .checked_sub(self.profile.rtcp_overhead())
            .ok_or(Error::Malformed)?;
        if len < RTCP_HEADER_LEN {
            return Err(Error::Malformed);
        }
        let ssrc = rtcp_ssrc(packet)?;
        let word = self.rtcp.rtcp_word(packet.get(len..).ok_or(Error::Malformed)?)?;
        let index = u64::from(word & !ENCRYPTED);
        let place = self.rtcp_streams.find(ssrc);
        if place.is_none() && self.rtcp_streams.len() >= self.settings.streams_max {
            return Err(Error::TooManyStreams);
        }
        self.rtcp_streams.check(place, index, self.settings.window)?;
        self.rtcp.open_rtcp(ssrc, word, packet, len)?;
        self.rtcp_streams.accept(place, ssrc, index);
        Ok(len)
    }

    /// Forget a stream whose track has ended, to make room under [`Settings::streams_max`].
    ///
    /// Old packets of it can then be replayed: call it only where packets of `ssrc` go nowhere any more.
    pub fn forget(&mut self, ssrc: u32) {
        self.rtp_streams.forget(ssrc);
        self.rtcp_streams.forget(ssrc);
    }
}

/// Replay windows by SSRC. The numbers stand together, since a scan over a few dozen beats a hash.
#[derive(Default)]
struct Streams {
    ssrcs: Vec<u32>,
    windows: Vec<Window>,
}

impl Streams {
    fn len(&self) -> usize {
        self.ssrcs.len()
    }

    fn find(&self, ssrc: u32) -> Option<usize> {
        self.ssrcs.iter().position(|known| *known == ssrc)
    }

    fn window(&self, place: Option<usize>) -> Option<&Window> {
        self.windows.get(place?)
    }

    fn check(&self, place: Option<usize>, index: u64, size: u16) -> Result<(), Error> {
        self.window(place)
            .map_or(Ok(()), |window| window.check(index, size))
    }

    fn accept(&mut self, place: Option<usize>, ssrc: u32, index: u64) {
        if let Some(window) = place.and_then(|place| self.windows.get_mut(place)) {
            window.accept(index);
        } else {
            self.ssrcs.push(ssrc);
            self.windows.push(Window::new(index));
        }
    }

    fn forget(&mut self, ssrc: u32) {
        if let Some(place) = self.find(ssrc) {
            self.ssrcs.swap_remove(place);
            self.windows.swap_remove(place);
        }
    }
}
