//! What sending needs to know of a track.

use crate::cc;
use crate::forward::{Arrived, Clocks, Numbering, Ring, Structure};
use crate::receive::{Codec, Track, TrackKey, Tracks};

/// A published track, as its subscribers see it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// In which codec it comes now.
    pub codec: Codec,
    /// How it offers its qualities.
    pub structure: Structure,
    /// What omitted frames do to picture numbers.
    pub numbering: Numbering,
    /// Packets kept, one ring for each encoding, lowest first.
    pub rings: &'a [Ring],
    /// Its clocks.
    pub clocks: &'a Clocks,
    /// What came since the last flush, in order of arrival.
    pub fresh: &'a [Arrived],
    /// Bit mask of the encodings whose source began anew since the last flush.
    pub replaced: u8,
    /// Measured rates of the layers that come, lowest first.
    pub layers: &'a [cc::Layer],
    /// The highest encoding or spatial layer for each quality by `LiveKit`'s names: low, medium, high.
    pub spatial_of: [u8; 3],
    /// Whether nothing is to be forwarded.
    pub muted: bool,
}

/// Finds tracks.
pub trait Sources {
    /// The track of that key, if it is still published.
    fn source(&self, key: TrackKey) -> Option<Source<'_>>;

    /// Its packets kept, by encoding.
    fn rings(&self, key: TrackKey) -> Option<&[Ring]>;
}

impl<'a> From<&'a Track> for Source<'a> {
    fn from(track: &'a Track) -> Self {
        Self {
            codec: track.codec(),
            structure: track.structure(),
            numbering: track.numbering(),
            rings: track.rings(),
            clocks: track.clocks(),
            fresh: track.fresh(),
            replaced: track.replaced(),
            layers: track.layers(),
            spatial_of: [0, 1, 2].map(|quality| track.spatial_of(quality)),
            muted: track.is_muted(),
        }
    }
}

impl Sources for Tracks {
    fn source(&self, key: TrackKey) -> Option<Source<'_>> {
        self.get(key).map(Source::from)
    }

    fn rings(&self, key: TrackKey) -> Option<&[Ring]> {
        self.get(key).map(Track::rings)
    }
}
