//! What a publisher sends once SRTP has opened it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hubbub_sfu::receive::{Codec, Publication, TrackKey, Tracks, Uplink};
use hubbub_sfu::shard::command::{Codec as Agreed, Extension, Ssrcs};
use hubbub_sfu::shard::{Kind, TransportId};
use hubbub_wire::extension::uri;
use hubbub_wire::rtcp::{Block, Compound, SenderInfo, Writer};
use hubbub_wire::rtp::{HeaderFields, write_header};

use super::{Subject, about, hex, join, outcome, split, video};

/// The codecs that are published, each as a track of its own, with payload types from 96 on and SSRCs from 10 on.
const CODECS: [Codec; 5] = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];

/// Retransmissions have the codec's payload type and this, and its SSRC and this; redundancy has 120.
const REPAIR: u8 = 10;
const RED: u8 = 120;

const EXTENSIONS: [(u8, &str); 6] = [
    (1, uri::AUDIO_LEVEL),
    (2, uri::ABSOLUTE_SEND_TIME),
    (3, uri::TRANSPORT_SEQUENCE),
    (4, uri::MEDIA_ID),
    (5, uri::STREAM_ID),
    (6, uri::DEPENDENCY_DESCRIPTOR),
];

/// Packets and reports of one publisher, each behind a byte: milliseconds since the one before, doubled, and one more
/// for RTCP.
pub(super) struct Publisher {
    now: Instant,
}

impl Publisher {
    pub(super) fn new() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "some instant to count from; inputs say how time goes on"
        )]
        let now = Instant::now();
        Self { now }
    }

    fn publish(&self) -> (Uplink, Tracks, Vec<TrackKey>) {
        let (mut uplink, mut tracks) = (Uplink::new(self.now), Tracks::new());
        let keys: Vec<_> = (0_u8..)
            .zip(CODECS)
            .filter_map(|(at, codec)| tracks.insert(self.now, publication(at, codec)))
            .collect();
        for key in &keys {
            let track = tracks.get_mut(*key).expect("it was just published");
            uplink.publish(*key, track);
        }
        (uplink, tracks, keys)
    }
}

fn publication(at: u8, codec: Codec) -> Publication {
    let audio = codec.is_audio();
    let ssrc = u32::from(at) + 10;
    Publication {
        sid: format!("TR_{at}"),
        transport: TransportId(1),
        kind: if audio { Kind::Audio } else { Kind::Video },
        mid: format!("{at}"),
        codecs: vec![Agreed {
            name: codec.name().to_owned(),
            payload_type: 96 + at,
            clock_rate: if audio { 48_000 } else { 90_000 },
            channels: if audio { 2 } else { 1 },
            parameters: String::new(),
            feedback: ["nack", "nack pli", "transport-cc"].map(str::to_owned).to_vec(),
            rtx_payload_type: (!audio).then_some(96 + at + REPAIR),
            red_payload_type: audio.then_some(RED),
        }],
        extensions: EXTENSIONS
            .map(|(id, uri)| Extension {
                id,
                uri: uri.to_owned(),
            })
            .to_vec(),
        // VP8 comes in layers that tell themselves by mid and rid.
        rids: if codec == Codec::Vp8 {
            ["q", "h", "f"].map(str::to_owned).to_vec()
        } else {
            Vec::new()
        },
        sources: if codec == Codec::Vp8 {
            Vec::new()
        } else {
            vec![Ssrcs {
                media: ssrc,
                rtx: if audio { 0 } else { ssrc + u32::from(REPAIR) },
            }]
        },
        layers: Vec::new(),
        muted: false,
    }
}

/// A packet of the `at`-th codec, 10 ms after the one before.
fn packet(at: u8, sequence: u16, extensions: &[(u8, &[u8])], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 1_400];
    let fields = HeaderFields {
        marker: true,
        payload_type: 96 + at,
        sequence,
        timestamp: u32::from(sequence) * 480,
        ssrc: u32::from(at) + 10,
        ..HeaderFields::default()
    };
    let len = write_header(&mut bytes, &fields, extensions).expect("it fits");
    bytes.truncate(len);
    bytes.extend(payload);
    bytes.insert(0, 20);
    bytes
}

fn seeds_of(at: u8, extensions: &[(u8, &[u8])], payloads: &[Vec<u8>]) -> Vec<u8> {
    // A number is missing, and one comes twice.
    let numbered = [100, 101, 103, 103, 104].into_iter().zip(payloads.iter().cycle());
    let packets: Vec<_> = numbered
        .map(|(sequence, payload)| packet(at, sequence, extensions, payload))
        .collect();
    join(packets.iter().map(Vec::as_slice))
}

impl Subject for Publisher {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let descriptor = hex(video::KEYFRAME);
        let sound: &[(u8, &[u8])] = &[(1, &[0x85]), (3, &[0, 7])];
        let layer: &[(u8, &[u8])] = &[(3, &[0, 7]), (4, b"1"), (5, b"q")];
        let frame: &[(u8, &[u8])] = &[(3, &[0, 7]), (6, &descriptor)];
        let payloads = |texts: &[&str]| texts.iter().map(|text| hex(text)).collect::<Vec<_>>();
        let mut report = vec![0; 64];
        let mut writer = Writer::new(&mut report);
        let written = writer.sender_report(
            10,
            &SenderInfo {
                ntp: 1 << 40,
                ..SenderInfo::default()
            },
            &[],
        );
        let len = writer.position();
        written.expect("it fits");
        report.truncate(len);
        report.insert(0, 21);
        vec![
            seeds_of(0, sound, &payloads(&["78aabbcc"])),
            seeds_of(
                1,
                layer,
                &payloads(&["90e0812345603f9d012a80026801", "90e0812346610faabb"]),
            ),
            seeds_of(
                2,
                &sound[1..],
                &payloads(&["8c8123aa", "ae812301052201401c02d00203040c08aa"]),
            ),
            seeds_of(
                3,
                &sound[1..],
                &payloads(&["780004674200aa000268ee000365aabb", "41aabb"]),
            ),
            seeds_of(4, frame, &payloads(&["180a0b0000", "00020a0b0332aabb"])),
            join([report.as_slice()]),
        ]
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let (mut uplink, mut tracks, keys) = self.publish();
        let (mut now, mut kept, mut asked) = (self.now, BTreeSet::new(), BTreeSet::new());
        let mut out = vec![0; 1_400];
        for part in split(input).take(64) {
            let Some((mode, bytes)) = part.split_first() else {
                continue;
            };
            now += Duration::from_millis(u64::from(mode >> 1));
            if mode & 1 == 1 {
                for block in Compound::new(bytes).flatten() {
                    uplink.rtcp(now, &block, &mut tracks);
                }
            } else {
                let _ = uplink.receive(now, bytes, &mut tracks);
            }
            for (at, key) in keys.iter().enumerate() {
                let track = tracks.get_mut(*key).expect("nobody unpublished it");
                assert!(track.fresh().len() <= 64, "one packet brings few");
                if !track.fresh().is_empty() {
                    kept.insert(at);
                }
                track.need_keyframe(0);
                track.flushed();
            }
            let mut sent = 0;
            while let Some(len) = uplink.poll_transmit(now, &mut tracks, &mut out) {
                sent += 1;
                assert!(sent < 100, "reports end");
                for block in Compound::new(&out[..len]) {
                    asked.insert(kind_of(&block.expect("our own reports can be read")));
                }
            }
        }
        outcome((
            kept,
            asked,
            about(usize::try_from(uplink.dropped()).unwrap_or_default()),
        ))
    }
}

/// What a publisher is told.
const fn kind_of(block: &Block<'_>) -> u8 {
    match block {
        Block::ReceiverReport(_) => 0,
        Block::Nack(_) => 1,
        Block::Pli(_) => 2,
        Block::TransportFeedback(_) => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genuine_packets_of_every_codec_are_kept() {
        let target = Publisher::new();
        for (at, seed) in target.seeds().iter().take(CODECS.len()).enumerate() {
            let (mut uplink, mut tracks, keys) = target.publish();
            for part in split(seed) {
                uplink.receive(target.now, &part[1..], &mut tracks);
            }
            assert!(
                !tracks.get(keys[at]).expect("it is published").fresh().is_empty(),
                "codec {at}"
            );
        }
    }
}
