//! A track as its publisher's packets make it: bound, mended, read and kept.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the operands are the test's own"
)]

use std::time::Duration;

use hubbub_netem::Clock;
use hubbub_sfu::forward::Structure;
use hubbub_sfu::receive::{
    Codec, Content, ExtensionKind, Publication, Received, Track, TrackKey, Tracks, Uplink,
};
use hubbub_sfu::refusal::Refusal;
use hubbub_sfu::shard::command::{self, Extension, Layer, Ssrcs};
use hubbub_sfu::shard::{Kind, TransportId};
use hubbub_wire::extension::uri;
use hubbub_wire::rtcp::{Block, Compound, SenderInfo, Writer};
use hubbub_wire::rtp::{HeaderFields, write_header};
use hubbub_wire::{descriptor, red, rtx};

const MS: Duration = Duration::from_millis(1);
const EXTENSIONS: [(u8, &str); 6] = [
    (1, uri::MEDIA_ID),
    (2, uri::STREAM_ID),
    (3, uri::REPAIRED_STREAM_ID),
    (4, uri::TRANSPORT_SEQUENCE),
    (5, uri::AUDIO_LEVEL),
    (6, uri::DEPENDENCY_DESCRIPTOR),
];

fn codec(name: &str) -> command::Codec {
    command::Codec {
        name: name.to_owned(),
        payload_type: 96,
        clock_rate: if name == "opus" { 48_000 } else { 90_000 },
        channels: 1,
        parameters: String::new(),
        feedback: ["nack", "nack pli"].map(str::to_owned).to_vec(),
        rtx_payload_type: Some(97),
        red_payload_type: (name == "opus").then_some(63),
    }
}

fn publication(name: &str, rids: &[&str], sources: &[Ssrcs]) -> Publication {
    let extension = |(id, uri): (u8, &str)| Extension {
        id,
        uri: uri.to_owned(),
    };
    Publication {
        sid: "TR_1".to_owned(),
        transport: TransportId(1),
        kind: if name == "opus" { Kind::Audio } else { Kind::Video },
        mid: "m".to_owned(),
        codecs: vec![codec(name)],
        extensions: EXTENSIONS.map(extension).to_vec(),
        rids: rids.iter().map(|rid| (*rid).to_owned()).collect(),
        sources: sources.to_vec(),
        layers: Vec::new(),
        muted: false,
    }
}

struct Bench {
    clock: Clock,
    tracks: Tracks,
    uplink: Uplink,
    key: TrackKey,
}

impl Bench {
    fn new(publication: Publication) -> Self {
        let clock = Clock::new();
        let mut tracks = Tracks::new();
        let key = tracks.insert(clock.now(), publication).unwrap();
        let mut uplink = Uplink::new(clock.now());
        uplink.publish(key, tracks.get_mut(key).unwrap());
        Self {
            clock,
            tracks,
            uplink,
            key,
        }
    }

    fn track(&self) -> &Track {
        self.tracks.get(self.key).unwrap()
    }

    fn send(&mut self, fields: &HeaderFields, extensions: &[(u8, &[u8])], payload: &[u8]) -> Received {
        let mut packet = vec![0; 1_400];
        let len = write_header(&mut packet, fields, extensions).unwrap();
        packet[len..len + payload.len()].copy_from_slice(payload);
        packet.truncate(len + payload.len());
        self.uplink.receive(self.clock.now(), &packet, &mut self.tracks)
    }

    /// Sequence numbers that came since the last time, in order, the low 16 bits.
    fn fresh(&mut self) -> Vec<u64> {
        let track = self.tracks.get_mut(self.key).unwrap();
        let fresh = track.fresh().iter().map(|arrived| arrived.sequence & 0xffff);
        let fresh = fresh.collect();
        track.flushed();
        fresh
    }

    /// What is reported now, as text.
    fn reports(&mut self) -> Vec<String> {
        let mut out = [0; 1_200];
        let mut told = Vec::new();
        while let Some(len) = self
            .uplink
            .poll_transmit(self.clock.now(), &mut self.tracks, &mut out)
        {
            told.extend(Compound::new(&out[..len]).map(|block| match block.unwrap() {
                Block::Nack(nack) => format!("nack {:?}", nack.lost().collect::<Vec<_>>()),
                Block::Pli(pli) => format!("pli {}", pli.media_ssrc),
                Block::ReceiverReport(report) => {
                    let blocks = report.reports().map(|block| (block.ssrc, block.cumulative_lost));
                    format!("report {:?}", blocks.collect::<Vec<_>>())
                }
                Block::TransportFeedback(_) => "feedback".to_owned(),
                other => format!("{other:?}"),
            }));
        }
        told
    }
}

fn fields(payload_type: u8, ssrc: u32, sequence: u16, timestamp: u32) -> HeaderFields<'static> {
    HeaderFields {
        payload_type,
        marker: true,
        sequence,
        timestamp,
        ssrc,
        ..HeaderFields::default()
    }
}

/// VP8 with a picture number.
fn vp8(picture: u8, key: bool) -> [u8; 12] {
    [
        0x90,
        0xe0,
        0x80,
        picture,
        picture,
        0,
        u8::from(!key),
        9,
        9,
        9,
        9,
        9,
    ]
}

const PLAIN: [Ssrcs; 1] = [Ssrcs { media: 10, rtx: 11 }];

#[test]
fn redundancy_is_undone_and_mends_gaps() {
    let mut bench = Bench::new(publication("opus", &[], &[Ssrcs { media: 10, rtx: 0 }]));
    let block = |back: u16, data: &'static [u8]| red::Block {
        payload_type: 96,
        timestamp_offset: back * 960,
        data,
    };
    let mut payload = [0; 64];
    let len = red::write(&mut payload, &[], &block(0, b"one")).unwrap();
    bench.send(&fields(63, 10, 1, 960), &[(5, &[30])], &payload[..len]);
    let len = red::write(
        &mut payload,
        &[block(2, b"two"), block(1, b"three")],
        &block(0, b"four"),
    )
    .unwrap();
    bench.send(&fields(63, 10, 4, 4 * 960), &[(5, &[30])], &payload[..len]);
    assert_eq!(bench.fresh(), [1, 2, 3, 4], "in order, as if nothing was lost");
    let track = bench.track();
    let content = |number: u64| {
        let stored = track.rings()[0].get(0x1_0000 + number).unwrap();
        assert_eq!(stored.arrived.timestamp & 0xffff_ffff, number * 960);
        Content::of(stored)
    };
    assert_eq!(content(3).payload(), b"three");
    assert_eq!(content(4).payload(), b"four");
    assert_eq!(
        content(4).extension(ExtensionKind::AudioLevel),
        Some([30].as_slice())
    );
    assert_eq!(track.codec(), Codec::Opus);
    // The packets themselves, late.
    let len = red::write(&mut payload, &[], &block(0, b"three")).unwrap();
    bench.send(&fields(63, 10, 3, 3 * 960), &[], &payload[..len]);
    assert!(bench.fresh().is_empty());
}

#[test]
fn gaps_are_asked_for_and_retransmissions_undone() {
    let mut bench = Bench::new(publication("VP8", &[], &PLAIN));
    bench.send(&fields(96, 10, 65_534, 0), &[], &vp8(1, true));
    bench.send(&fields(96, 10, 1, 3_000), &[], &vp8(4, false));
    assert_eq!(bench.fresh(), [65_534, 1]);
    assert!(bench.reports().is_empty(), "they may only be late");
    bench.clock.advance(6 * MS);
    assert_eq!(bench.reports(), ["nack [65535, 0]"]);
    let mut payload = [0; 64];
    let len = rtx::write(&mut payload, 0, &vp8(3, false)).unwrap();
    bench.send(&fields(97, 11, 500, 2_000), &[], &payload[..len]);
    // A second copy, and one that nobody asked for.
    bench.send(&fields(97, 11, 501, 2_000), &[], &payload[..len]);
    let len = rtx::write(&mut payload, 7, &vp8(9, false)).unwrap();
    bench.send(&fields(97, 11, 502, 9_000), &[], &payload[..len]);
    // A probe: nothing but padding.
    bench.send(&fields(97, 11, 503, 2_000), &[], &[]);
    assert_eq!(bench.fresh(), [0]);
    bench.clock.advance(100 * MS);
    assert_eq!(bench.reports(), ["nack [65535]"]);
    bench.clock.advance(Duration::from_secs(1));
    let reports = bench.reports();
    assert!(reports.contains(&"report [(10, 2)]".to_owned()), "{reports:?}");
    let sample = bench.tracks.get_mut(bench.key).unwrap().sample();
    assert_eq!((sample.expected, sample.packets, sample.recovered), (4, 2, 1));
}

#[test]
fn encodings_are_found_by_mid_and_rid_and_their_repairs_too() {
    let mut bench = Bench::new(publication("VP8", &["q", "h", "f"], &[]));
    for (ssrc, rid) in [(30, b"f"), (10, b"q")] {
        let received = bench.send(&fields(96, ssrc, 5, 0), &[(1, b"m"), (2, rid)], &vp8(1, true));
        assert!(matches!(received, Received::Track { .. }));
    }
    // Later ones need not say it again.
    bench.send(&fields(96, 30, 7, 6_000), &[], &vp8(3, false));
    let fresh: Vec<u8> = bench
        .track()
        .fresh()
        .iter()
        .map(|arrived| arrived.encoding)
        .collect();
    assert_eq!(fresh, [2, 0, 2]);
    let mut payload = [0; 64];
    let len = rtx::write(&mut payload, 6, &vp8(2, false)).unwrap();
    bench.send(
        &fields(97, 31, 1, 3_000),
        &[(1, b"m"), (3, b"f")],
        &payload[..len],
    );
    assert_eq!(
        bench.track().fresh().last().map(|arrived| arrived.encoding),
        Some(2)
    );
    // Neither mid, nor a known one, nor a known rid, nor a known payload type: nobody's.
    for (payload_type, extensions) in [
        (96, [].as_slice()),
        (96, [(1, b"x".as_slice()), (2, b"q")].as_slice()),
        (96, [(1, b"m".as_slice()), (2, b"z")].as_slice()),
        (98, [(1, b"m".as_slice()), (2, b"q")].as_slice()),
    ] {
        let received = bench.send(&fields(payload_type, 77, 5, 0), extensions, &vp8(1, true));
        assert_eq!(received, Received::Dropped(Refusal::Unknown));
    }
    assert_eq!(bench.uplink.dropped(), 4);
}

#[test]
fn a_source_that_begins_anew_replaces_the_former() {
    let mut bench = Bench::new(publication("VP8", &["q"], &[]));
    bench.send(&fields(96, 10, 60_000, 0), &[(1, b"m"), (2, b"q")], &vp8(1, true));
    assert_eq!(bench.fresh(), [60_000]);
    bench.send(&fields(96, 10, 60_001, 3_000), &[], &vp8(2, false));
    bench.send(&fields(96, 12, 7, 500), &[(1, b"m"), (2, b"q")], &vp8(90, true));
    let track = bench.track();
    assert_eq!(track.replaced(), 1);
    assert_eq!(bench.fresh(), [7], "what the former sent is of no more use");
    assert_eq!(bench.track().replaced(), 0);
    assert_eq!(
        (bench.uplink.poll_retired(), bench.uplink.poll_retired()),
        (Some(10), None)
    );
    let received = bench.send(&fields(96, 10, 60_002, 6_000), &[], &vp8(3, false));
    assert_eq!(received, Received::Dropped(Refusal::Unknown));
}

#[test]
fn muted_tracks_count_but_forward_nothing() {
    let mut bench = Bench::new(publication("opus", &[], &PLAIN));
    bench.send(&fields(96, 10, 1, 960), &[(5, &[20])], b"sound");
    bench.tracks.get_mut(bench.key).unwrap().mute(true);
    let received = bench.send(&fields(96, 10, 2, 1_920), &[(5, &[20])], b"sound");
    assert!(matches!(received, Received::Track { level: None, .. }));
    assert!(bench.fresh().is_empty());
    bench.tracks.get_mut(bench.key).unwrap().mute(false);
    bench.send(&fields(96, 10, 3, 2_880), &[(5, &[20])], b"sound");
    assert_eq!(bench.fresh(), [3]);
    let sample = bench.tracks.get_mut(bench.key).unwrap().sample();
    assert_eq!((sample.expected, sample.packets), (3, 3));
}

#[test]
fn keyframes_are_asked_for_now_and_then_until_one_comes() {
    let mut bench = Bench::new(publication("VP8", &[], &PLAIN));
    bench.send(&fields(96, 10, 1, 0), &[], &vp8(1, false));
    for _ in 0..3 {
        bench.tracks.get_mut(bench.key).unwrap().need_keyframe(0);
        let mut reports = bench.reports();
        reports.retain(|report| report.starts_with("pli"));
        assert_eq!(reports, ["pli 10"]);
        bench.tracks.get_mut(bench.key).unwrap().need_keyframe(0);
        assert!(bench.reports().is_empty());
        bench.clock.advance(500 * MS);
    }
    bench.send(&fields(96, 10, 2, 3_000), &[], &vp8(2, true));
    assert!(!bench.reports().iter().any(|report| report.starts_with("pli")));
}

#[test]
fn reports_set_the_clock_and_a_goodbye_may_be_a_pause() {
    let mut bench = Bench::new(publication("VP8", &[], &PLAIN));
    bench.send(&fields(96, 10, 1, 90_000), &[], &vp8(1, true));
    let info = SenderInfo {
        ntp: 7 << 32,
        rtp_timestamp: 91_000,
        ..SenderInfo::default()
    };
    let mut out = [0; 200];
    let mut writer = Writer::new(&mut out);
    writer.sender_report(10, &info, &[]).unwrap();
    writer.bye(&[10], "").unwrap();
    let len = writer.position();
    let now = bench.clock.now();
    for block in Compound::new(&out[..len]) {
        bench.uplink.rtcp(now, &block.unwrap(), &mut bench.tracks);
    }
    let moment = bench.track().clocks().moment(0).unwrap();
    assert_eq!((moment.ntp.0, moment.timestamp & 0xffff_ffff), (7 << 32, 91_000));
    bench.fresh();
    bench.clock.advance(Duration::from_secs(5));
    bench.send(&fields(96, 10, 2, 540_000), &[], &vp8(2, true));
    assert_eq!(bench.fresh(), [2]);
    let sample = bench.tracks.get_mut(bench.key).unwrap().sample();
    assert_eq!(sample.freezes, 0);
}

/// A structure of two spatial and two temporal layers, as Chromium's `L2T2` has it, and packets that name it.
fn scalable() -> descriptor::Structure {
    use descriptor::{Dependencies, Indication, Layer};
    let mut structure = descriptor::Structure::new(0, 4, 0, &[]).unwrap();
    for (spatial, temporal, indications) in [(0, 0, "SSSS"), (0, 1, "-D-R"), (1, 0, "--SS"), (1, 1, "---D")] {
        let mut template = Dependencies::new(Layer { spatial, temporal });
        for (target, indication) in indications.chars().enumerate() {
            let indication = match indication {
                'S' => Indication::Switch,
                'R' => Indication::Required,
                'D' => Indication::Discardable,
                _ => Indication::NotPresent,
            };
            template.set_indication(target, indication).unwrap();
        }
        structure.add_template(&template).unwrap();
    }
    structure
}

#[test]
fn av1_layers_come_from_the_descriptor_whatever_the_payload() {
    let mut bench = Bench::new(publication("AV1", &[], &PLAIN));
    let structure = scalable();
    let describe = |template: u8, number: u16, attached: bool| {
        let dependencies = *structure.template(template).unwrap();
        let frame = descriptor::Frame {
            start_of_frame: true,
            end_of_frame: true,
            template_id: template,
            number,
            carries_structure: attached,
            active_decode_targets: None,
            dependencies,
            resolution: None,
        };
        let mut value = vec![0; 255];
        let len = descriptor::write(&mut value, &frame, &structure).unwrap();
        value.truncate(len);
        value
    };
    // Encrypted end to end: the payload is noise.
    let noise = [0xa7; 40];
    let key = describe(0, 100, true);
    bench.send(&fields(96, 10, 1, 0), &[(6, &key)], &noise);
    bench.send(&fields(96, 10, 2, 0), &[(6, &describe(2, 101, false))], &noise);
    bench.send(
        &fields(96, 10, 3, 3_000),
        &[(6, &describe(1, 102, false))],
        &noise,
    );
    let track = bench.track();
    assert_eq!(track.structure(), Structure::Scalable);
    let layers: Vec<_> = track
        .fresh()
        .iter()
        .map(|arrived| {
            (
                arrived.frame.spatial,
                arrived.frame.temporal,
                arrived.frame.keyframe,
            )
        })
        .collect();
    assert_eq!(layers, [(0, 0, true), (1, 0, true), (0, 1, false)]);
    let picture = track.fresh()[2].frame.picture.unwrap();
    assert_eq!((picture.id, picture.bits), (102, 16));
    let stored = track.rings()[0].get(track.fresh()[0].sequence).unwrap();
    let kept = Content::of(stored);
    assert_eq!(
        kept.extension(ExtensionKind::DependencyDescriptor),
        Some(key.as_slice())
    );
    assert_eq!(kept.payload(), noise);
}

#[test]
fn qualities_are_found_among_what_was_published() {
    let layer = |quality, spatial| Layer {
        quality,
        width: 0,
        height: 0,
        bitrate: 0,
        rid: String::new(),
        ssrc: 0,
        spatial,
    };
    let mut published = publication("VP8", &["q", "h"], &[]);
    let qualities = |publication: &Publication| {
        let bench = Bench::new(publication.clone());
        [0, 1, 2].map(|quality| bench.track().spatial_of(quality))
    };
    assert_eq!(qualities(&published), [0, 1, 1]);
    published.layers = vec![layer(1, 0), layer(2, 1)];
    assert_eq!(qualities(&published), [0, 0, 1]);
    published.layers = vec![layer(2, 0)];
    published.rids.clear();
    assert_eq!(qualities(&published), [0, 0, 0]);
}
