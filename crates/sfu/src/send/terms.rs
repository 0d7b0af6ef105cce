//! What one section of a subscriber's session settled: payload types and numbers of header extensions.

use hubbub_wire::extension::uri;

use crate::receive::{Codec, ExtensionKind};
use crate::shard::command;

/// Numbers of header extensions; zero is not negotiated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids {
    pub(super) media_id: u8,
    pub(super) transport_sequence: u8,
    pub(super) send_time: u8,
    audio_level: u8,
    orientation: u8,
    playout_delay: u8,
    descriptor: u8,
}

impl Ids {
    fn of(extensions: &[command::Extension]) -> Self {
        let mut ids = Self::default();
        for extension in extensions {
            let place = match extension.uri.as_str() {
                uri::MEDIA_ID => &mut ids.media_id,
                uri::TRANSPORT_SEQUENCE => &mut ids.transport_sequence,
                uri::ABSOLUTE_SEND_TIME => &mut ids.send_time,
                uri::AUDIO_LEVEL => &mut ids.audio_level,
                uri::VIDEO_ORIENTATION => &mut ids.orientation,
                uri::PLAYOUT_DELAY => &mut ids.playout_delay,
                uri::DEPENDENCY_DESCRIPTOR => &mut ids.descriptor,
                _ => continue,
            };
            *place = extension.id;
        }
        ids
    }

    /// The number under which a kept extension goes on.
    pub(super) fn kept(self, kind: ExtensionKind) -> u8 {
        match kind {
            ExtensionKind::AudioLevel => self.audio_level,
            ExtensionKind::VideoOrientation => self.orientation,
            ExtensionKind::PlayoutDelay => self.playout_delay,
            ExtensionKind::DependencyDescriptor => self.descriptor,
        }
    }
}

/// A codec as the subscriber numbered it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload {
    pub(super) codec: Codec,
    pub(super) media: u8,
    pub(super) rtx: Option<u8>,
    pub(super) red: Option<u8>,
    pub(super) nack: bool,
    pub(super) clock_rate: u32,
}

/// One section's terms.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) media_id: Box<str>,
    pub(super) ids: Ids,
    payloads: Box<[Payload]>,
}

impl Terms {
    pub(super) fn new(
        media_id: &str,
        codecs: &[command::Codec],
        extensions: &[command::Extension],
        with_rtx: bool,
    ) -> Self {
        let payloads = codecs.iter().filter_map(|codec| {
            Some(Payload {
                codec: Codec::of_name(&codec.name)?,
                media: codec.payload_type & 0x7f,
                rtx: codec.rtx_payload_type.filter(|kind| with_rtx && *kind <= 0x7f),
                red: codec.red_payload_type.filter(|kind| *kind <= 0x7f),
                nack: codec.feedback.iter().any(|feedback| feedback == "nack"),
                clock_rate: codec.clock_rate,
            })
        });
        Self {
            media_id: media_id.into(),
            ids: Ids::of(extensions),
            payloads: payloads.collect(),
        }
    }

    /// How a codec is sent; `None` when the subscriber lacks it.
    pub(super) fn payload(&self, codec: Codec) -> Option<Payload> {
        self.payloads
            .iter()
            .find(|payload| payload.codec == codec)
            .copied()
    }
}
