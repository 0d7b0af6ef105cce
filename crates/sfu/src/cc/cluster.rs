//! Packets sent faster than the estimate, to ask the path for more.

use super::bitrate::Bitrate;

/// Names a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(pub u32);

/// A burst to be sent at `rate`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cluster {
    /// Its name; every packet of it carries the name into [`super::Controller::sent`].
    pub id: ClusterId,
    /// The rate to send at.
    pub rate: Bitrate,
    /// Bytes it needs to be long enough to measure.
    pub bytes_min: u32,
    /// Packets it needs for its spacing to be measurable.
    pub packets_min: u32,
}
