//! What a subscriber gets is well formed: numbers, retransmissions, redundancy, reports.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a test may panic"
)]

mod downlink;

use std::collections::BTreeSet;
use std::time::Duration;

use downlink::{MEDIA_ID, OPUS, RED, RTX, TRANSPORT_SEQUENCE, VP8, World, extensions};
use hubbub_netem::Config;
use hubbub_sfu::forward::Ntp;
use hubbub_sfu::send::{Event, Preference};
use hubbub_sfu::shard::command::{Extension, Ssrcs};
use hubbub_wire::rtcp::{Block, Compound, Writer};
use hubbub_wire::{rtx, vp8};
use proptest::prelude::*;

fn nack(ssrc: u32, lost: &[u16]) -> Vec<u8> {
    let mut buffer = [0; 1_400];
    let mut writer = Writer::new(&mut buffer);
    writer.nack(1, ssrc, lost.iter().copied()).unwrap();
    let len = writer.position();
    buffer[..len].to_vec()
}

fn meeting() -> (World, Ssrcs, Ssrcs) {
    let mut world = World::plain();
    let now = world.clock.now();
    let (voice, camera) = (world.stage.audio(now), world.stage.video(now, &[150]));
    let sound = world.subscribe(voice, 0, true);
    let pictures = world.subscribe(camera, 3, true);
    world.speaking.push(voice);
    world.showing.push(camera);
    (world, sound, pictures)
}

#[test]
fn numbers_run_on_and_transport_numbers_follow_the_order_of_leaving() {
    let (mut world, sound, pictures) = meeting();
    world.run(Duration::from_secs(2));
    for (ssrc, kind) in [(sound.media, OPUS), (pictures.media, VP8)] {
        let packets: Vec<_> = world.peer.of(ssrc).collect();
        assert!(packets.len() > 50, "{} packets", packets.len());
        for pair in packets.windows(2) {
            assert_eq!(pair[1].index, pair[0].index + 1);
            assert!(pair[1].timestamp.wrapping_sub(pair[0].timestamp) < 10_000);
        }
        assert!(packets.iter().all(|one| one.payload_type == kind));
        assert!(packets[0].index < 1 << 15);
        assert_eq!(packets[0].mid.as_deref(), Some(b"7".as_slice()));
        assert_eq!(packets.last().unwrap().mid, None, "a report came");
    }
    let numbers: Vec<u16> = world
        .peer
        .received
        .iter()
        .map(|one| one.transport_sequence.unwrap())
        .collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)));
}

#[test]
fn what_was_lost_comes_again_in_the_retransmission_stream() {
    let (mut world, _, pictures) = meeting();
    world.run(Duration::from_secs(1));
    let lost = world.peer.of(pictures.media).nth(20).unwrap().clone();
    let before = world.peer.received.len();
    world.rtcp(&nack(pictures.media, &[lost.sequence]));
    world.run(Duration::from_millis(20));
    let copies: Vec<_> = world.peer.received[before..]
        .iter()
        .filter(|one| one.ssrc == pictures.rtx && !one.payload.is_empty())
        .collect();
    let copy = copies
        .iter()
        .find(|copy| rtx::split(&copy.payload).unwrap().0 == lost.sequence)
        .unwrap();
    assert_eq!(copy.payload_type, RTX);
    assert_eq!((copy.timestamp, copy.marker), (lost.timestamp, lost.marker));
    assert_eq!(rtx::split(&copy.payload).unwrap().1, lost.payload);
}

#[test]
fn sound_without_retransmission_stream_comes_again_as_it_was() {
    let mut world = World::plain();
    let voice = world.stage.audio(world.clock.now());
    let ssrcs = world.subscribe(voice, 1, false);
    world.speaking.push(voice);
    world.run(Duration::from_millis(100));
    // The first request makes it keep datagrams.
    let old = world.peer.of(ssrcs.media).last().unwrap().sequence;
    world.rtcp(&nack(ssrcs.media, &[old]));
    let known = world.peer.received.len();
    world.forward = hubbub_netem::Link::new(Config::default(), 9);
    let first = world.clock.elapsed();
    while world.clock.elapsed() < first + Duration::from_millis(21) {
        // One packet is lost on the way.
        world.run(Duration::from_millis(1));
    }
    let lost = world.peer.received[known..].last().unwrap().clone();
    world.rtcp(&nack(ssrcs.media, &[lost.sequence, old]));
    let mut again = downlink::Collector::default();
    world.poll(&mut again);
    assert_eq!(
        again.datagrams.len(),
        1,
        "the other left before datagrams were kept"
    );
    assert_eq!(again.datagrams[0].len(), lost.len);
    let number = u16::from_be_bytes([again.datagrams[0][2], again.datagrams[0][3]]);
    assert_eq!(number, lost.sequence);
}

#[test]
fn picture_numbers_run_on_over_a_pause() {
    let (mut world, _, pictures) = meeting();
    let camera = world.showing[0];
    world.run(Duration::from_secs(1));
    world.subscriber.prefer(
        camera,
        Preference {
            paused: true,
            ..Preference::default()
        },
    );
    world.run(Duration::from_secs(1));
    world.subscriber.prefer(camera, Preference::default());
    world.run(Duration::from_secs(1));
    let packets: Vec<_> = world.peer.of(pictures.media).collect();
    let mut ids = Vec::new();
    for pair in packets.windows(2) {
        assert_eq!(pair[1].index, pair[0].index + 1);
        let id = vp8::Descriptor::parse(&pair[0].payload)
            .unwrap()
            .picture_id
            .unwrap();
        ids.push(id.value());
    }
    ids.dedup();
    assert!(ids.len() > 50);
    assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1), "{ids:?}");
    let paused = packets
        .windows(2)
        .map(|pair| pair[1].at - pair[0].at)
        .max()
        .unwrap();
    assert!(paused >= Duration::from_secs(1));
    let needs: Vec<_> = world
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::NeedsChanged { was, is, .. } => Some((*was, *is)),
            _ => None,
        })
        .collect();
    assert_eq!(needs, [(0, 1), (1, 0), (0, 1)]);
}

#[test]
fn quiet_voices_are_paused_without_a_gap() {
    let (mut world, sound, _) = meeting();
    let voice = world.speaking[0];
    for audible in [false, true, false, true] {
        world.run(Duration::from_millis(200));
        world.subscriber.set_audible(voice, audible);
    }
    world.run(Duration::from_millis(200));
    let packets: Vec<_> = world.peer.of(sound.media).collect();
    assert!((25..=35).contains(&packets.len()), "{}", packets.len());
    for pair in packets.windows(2) {
        assert_eq!(pair[1].index, pair[0].index + 1);
        let elapsed = pair[1].at - pair[0].at;
        let ticks = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert_eq!(u128::from(ticks), elapsed.as_millis() * 48);
    }
}

#[test]
fn redundancy_appears_with_loss_and_repeats_what_was_sent() {
    let (mut world, sound, _) = meeting();
    world.run(Duration::from_secs(1));
    assert!(world.peer.of(sound.media).all(|one| one.payload_type == OPUS));
    let mut report = world.peer.report(world.clock.now());
    for block in report[8..].chunks_exact_mut(24) {
        block[4] = 51; // a fifth is lost
    }
    world.rtcp(&report);
    world.run(Duration::from_secs(1));
    let redundant: Vec<_> = world
        .peer
        .of(sound.media)
        .filter(|one| one.payload_type == RED)
        .collect();
    assert!(!redundant.is_empty());
    for packet in &redundant {
        let payload = hubbub_wire::red::Payload::parse(&packet.payload).unwrap();
        let primary = u32::from_be_bytes(*payload.primary().data.first_chunk().unwrap());
        assert_eq!(payload.primary().payload_type, OPUS);
        let earlier: Vec<_> = payload.redundant().collect();
        for (block, back) in earlier.iter().rev().zip(1_u32..) {
            assert_eq!(u32::from(block.timestamp_offset), 960 * back);
            assert_eq!(block.data[..4], (primary - back).to_be_bytes());
        }
        assert_eq!(earlier.len(), 3);
    }
}

#[test]
fn reports_tie_the_publishers_clock_to_our_timestamps() {
    let (mut world, sound, pictures) = meeting();
    world.run(Duration::from_millis(500));
    assert!(world.peer.reports.is_empty(), "the publisher's clock is unknown");
    let ntp = Ntp(0xe000_0000_0000_0000);
    let told = world.clock.now();
    for double in world.stage.doubles.values_mut() {
        double.report(told, ntp);
    }
    world.run(Duration::from_secs(4));
    for (ssrcs, rate) in [(sound, 48_000.0), (pictures, 90_000.0)] {
        let reports: Vec<_> = world
            .peer
            .reports
            .iter()
            .filter(|one| one.ssrc == ssrcs.media)
            .collect();
        assert!((2..=5).contains(&reports.len()), "{}", reports.len());
        for report in &reports {
            let elapsed = (report.ntp - ntp.0) as f64 / 4_294_967_296.0;
            assert!((elapsed - (report.at - told).as_secs_f64()).abs() < 0.002);
            // The newest packet before it was sampled as long ago as its timestamp says.
            let newest = world
                .peer
                .of(ssrcs.media)
                .filter(|one| one.at <= report.at)
                .last()
                .unwrap();
            let ahead = report.timestamp.wrapping_sub(newest.timestamp) as i32;
            let since = (report.at - newest.at).as_secs_f64();
            assert!((f64::from(ahead) / rate - since).abs() < 0.04, "{ahead} {since}");
            let sent = world
                .peer
                .of(ssrcs.media)
                .filter(|one| one.at <= report.at)
                .count();
            assert!((sent as i64 - i64::from(report.packets)).abs() <= 2);
        }
        assert!(world.peer.names.contains(&(ssrcs.media, "PA_alice".to_owned())));
    }
    assert!(world.subscriber.round_trip().is_some());
}

#[test]
fn a_slot_is_used_again_under_another_ssrc_and_never_repeats_a_number() {
    let mut world = World::plain();
    let now = world.clock.now();
    let (first, second) = (world.stage.audio(now), world.stage.audio(now));
    world.speaking = vec![first, second];
    let one = world.subscribe_as(first, 0x0001_0004, true, &extensions());
    world.run(Duration::from_millis(300));
    world.subscriber.unsubscribe(first);
    world.run(Duration::from_millis(100));
    let two = world.subscribe_as(second, 0x0002_0004, true, &extensions());
    world.run(Duration::from_millis(300));
    // Control says the same again, and then puts another track under the same SSRC.
    world.subscribe_as(second, 0x0002_0004, true, &extensions());
    world.run(Duration::from_millis(300));
    world.subscribe_as(first, 0x0002_0004, true, &extensions());
    world.run(Duration::from_millis(300));
    assert!(world.peer.of(one.media).count() >= 14);
    let indices: Vec<u64> = world.peer.of(two.media).map(|packet| packet.index).collect();
    assert!(indices.len() >= 42, "{}", indices.len());
    assert!(indices.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[test]
fn a_codec_that_the_subscriber_lacks_is_not_sent() {
    let mut world = World::plain();
    let camera = world.stage.video(world.clock.now(), &[150]);
    world.subscribe(camera, 0, true);
    world.stage.doubles.get_mut(&camera).unwrap().codec = hubbub_sfu::receive::Codec::Av1;
    world.showing.push(camera);
    world.run(Duration::from_secs(1));
    assert!(world.peer.received.is_empty());
    assert!(world.subscriber.unsendable(camera) > 20);
}

#[test]
fn extensions_that_were_not_negotiated_stay_away() {
    let mut world = World::plain();
    let voice = world.stage.audio(world.clock.now());
    let only = [Extension {
        id: MEDIA_ID,
        uri: hubbub_wire::extension::uri::MEDIA_ID.into(),
    }];
    let ssrcs = world.subscribe_as(voice, 0x0001_0000, true, &only);
    world.speaking.push(voice);
    world.run(Duration::from_millis(100));
    let packet = world.peer.of(ssrcs.media).next().unwrap();
    assert_eq!((packet.transport_sequence, TRANSPORT_SEQUENCE), (None, 3));
    assert_eq!(packet.mid.as_deref(), Some(b"7".as_slice()));
}

#[test]
fn many_requests_are_answered_within_bounds() {
    let (mut world, _, pictures) = meeting();
    world.run(Duration::from_secs(1));
    let all: Vec<u16> = world
        .peer
        .of(pictures.media)
        .map(|one| one.sequence)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let before: usize = world.peer.of(pictures.rtx).map(|one| one.len).sum();
    for _ in 0..200 {
        world.rtcp(&nack(pictures.media, &all));
        world.run(Duration::from_millis(5));
    }
    let after: usize = world.peer.of(pictures.rtx).map(|one| one.len).sum();
    // A second at 1 Mbit/s and what was saved before, were the estimate so high.
    assert!(after - before < 300_000, "{}", after - before);
    assert!(world.events.iter().any(|(_, event)| matches!(
        event,
        Event::Noticed {
            notice: hubbub_sfu::shard::event::Notice::NackBurst,
            ..
        }
    )));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_rtcp_breaks_the_downlink(
        garbage in proptest::collection::vec((0_u8..32, 200_u8..207, proptest::collection::vec(any::<u8>(), 0..120)), 1..20),
        right_ssrc: bool,
    ) {
        let (mut world, sound, pictures) = meeting();
        world.run(Duration::from_millis(150));
        for (count, kind, mut body) in garbage {
            body.resize(body.len().next_multiple_of(4), 0);
            if right_ssrc && body.len() >= 8 {
                let ssrc = if count & 1 == 0 { sound.media } else { pictures.media };
                body[4..8].copy_from_slice(&ssrc.to_be_bytes());
            }
            let mut packet = vec![0x80 | count, kind, 0, (body.len() / 4) as u8];
            packet.extend_from_slice(&body);
            for block in Compound::new(&packet).flatten() {
                if let Block::Nack(nack) = &block {
                    prop_assert!(nack.lost().count() <= 17 * body.len());
                }
                world.subscriber.rtcp(world.clock.now(), &block, &world.stage);
            }
            world.run(Duration::from_millis(2));
        }
        world.run(Duration::from_millis(50));
        let mut seen = BTreeSet::new();
        for one in &world.peer.received {
            prop_assert!(seen.insert((one.ssrc, one.index)), "one index, two packets");
        }
    }
}
