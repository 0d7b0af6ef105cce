//! What a subscriber tells the shard.

use crate::receive::TrackKey;
use crate::shard::event::Notice;

/// Something to be done or told elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A keyframe is needed of an encoding; the track throttles the requests of all its subscribers.
    KeyframeWanted {
        /// Of which track.
        track: TrackKey,
        /// Of which encoding.
        encoding: u8,
    },
    /// Other encodings or spatial layers may be asked for than before: feed both bit masks to
    /// [`crate::forward::Demand::change`].
    NeedsChanged {
        /// Of which track.
        track: TrackKey,
        /// What was told last; 0 at first.
        was: u8,
        /// What holds now; 0 at the end.
        is: u8,
    },
    /// Congestion made us pause a track, or its end made it go on.
    Paused {
        /// Which track.
        track: TrackKey,
        /// Which of the two.
        paused: bool,
    },
    /// Something for the timeline.
    Noticed {
        /// The track, if it is about one.
        track: Option<TrackKey>,
        /// What.
        notice: Notice,
        /// As its documentation says.
        value: i64,
    },
}
