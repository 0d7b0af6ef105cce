//! Header extensions by meaning, whatever their numbers.

use hubbub_wire::extension::uri;
use hubbub_wire::rtp::Header;

use crate::shard::command::Extension;

/// Header extensions of a packet that matter to us, by meaning.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Values<'a> {
    pub(super) mid: Option<&'a [u8]>,
    pub(super) rid: Option<&'a [u8]>,
    pub(super) repaired_rid: Option<&'a [u8]>,
    pub(super) level: Option<&'a [u8]>,
    pub(super) transport_sequence: Option<&'a [u8]>,
    pub(super) descriptor: Option<&'a [u8]>,
    pub(super) orientation: Option<&'a [u8]>,
    pub(super) playout_delay: Option<&'a [u8]>,
}

/// Numbers of the extensions on one transport; zero where there is none. All sections of a bundle share them
/// (RFC 8843 section 9.2).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids {
    mid: u8,
    rid: u8,
    repaired_rid: u8,
    level: u8,
    transport_sequence: u8,
    descriptor: u8,
    orientation: u8,
    playout_delay: u8,
}

impl Ids {
    pub(super) fn learn(&mut self, extensions: &[Extension]) {
        for Extension { id, uri } in extensions {
            let place = match uri.as_str() {
                uri::MEDIA_ID => &mut self.mid,
                uri::STREAM_ID => &mut self.rid,
                uri::REPAIRED_STREAM_ID => &mut self.repaired_rid,
                uri::AUDIO_LEVEL => &mut self.level,
                uri::TRANSPORT_SEQUENCE => &mut self.transport_sequence,
                uri::DEPENDENCY_DESCRIPTOR => &mut self.descriptor,
                uri::VIDEO_ORIENTATION => &mut self.orientation,
                uri::PLAYOUT_DELAY => &mut self.playout_delay,
                _ => continue,
            };
            *place = *id;
        }
    }

    pub(super) fn read<'a>(self, header: &Header<'a>) -> Values<'a> {
        let mut values = Values::default();
        for extension in header.extensions() {
            let id = extension.id;
            let place = if id == self.transport_sequence {
                &mut values.transport_sequence
            } else if id == self.level {
                &mut values.level
            } else if id == self.mid {
                &mut values.mid
            } else if id == self.rid {
                &mut values.rid
            } else if id == self.repaired_rid {
                &mut values.repaired_rid
            } else if id == self.descriptor {
                &mut values.descriptor
            } else if id == self.orientation {
                &mut values.orientation
            } else if id == self.playout_delay {
                &mut values.playout_delay
            } else {
                continue;
            };
            *place = Some(extension.value);
        }
        values
    }
}
