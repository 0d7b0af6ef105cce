//! Agreement with libsrtp, and what must hold for all packets.

#![allow(clippy::arithmetic_side_effects, reason = "the operands are the test's own")]

use proptest::prelude::*;

use super::cipher::{Cipher, Kind};
use super::vector_tests::hex;
use super::{Error, Inbound, Outbound, Profile, Role, Settings, pair};

const PROFILES: [Profile; 3] = [
    Profile::AeadAes256Gcm,
    Profile::AeadAes128Gcm,
    Profile::AesCm128HmacSha1_80,
];

struct Example {
    profile: Profile,
    kind: Kind,
    index: u64,
    key: Vec<u8>,
    salt: Vec<u8>,
    plain: Vec<u8>,
    sealed: Vec<u8>,
}

/// What libsrtp made; the file says how to read it.
fn examples() -> Vec<Example> {
    let lines = include_str!("vectors/libsrtp.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [profile, kind, index, key, salt, plain, sealed] =
                line.split(' ').collect::<Vec<_>>().try_into().unwrap();
            Example {
                profile: match profile {
                    "gcm256" => Profile::AeadAes256Gcm,
                    "gcm128" => Profile::AeadAes128Gcm,
                    _ => Profile::AesCm128HmacSha1_80,
                },
                kind: if kind == "rtp" { Kind::Rtp } else { Kind::Rtcp },
                index: index.parse().unwrap(),
                key: hex(key),
                salt: hex(salt),
                plain: hex(plain),
                sealed: hex(sealed),
            }
        })
        .collect()
}

fn contexts(profile: Profile, settings: Settings) -> (Outbound, Inbound) {
    let material: Vec<u8> = (0..profile.material_len())
        .map(|octet| u8::try_from(octet).unwrap())
        .collect();
    let (outbound, _) = pair(profile, &material, Role::Client, settings).unwrap();
    let (_, inbound) = pair(profile, &material, Role::Server, settings).unwrap();
    (outbound, inbound)
}

fn rtp(sequence: u16, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 111];
    packet.extend(sequence.to_be_bytes());
    packet.extend([0; 4]);
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

fn sealed_rtp(outbound: &Outbound, index: u64, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = rtp(u16::try_from(index & 0xffff).unwrap(), ssrc, payload);
    let len = packet.len();
    packet.resize(len + outbound.profile().tag_len(), 0);
    outbound.seal_rtp(index, &mut packet, len).unwrap();
    packet
}

#[test]
fn libsrtp_would_seal_the_same() {
    let examples = examples();
    assert_eq!(examples.len(), 27);
    for Example {
        profile,
        kind,
        index,
        key,
        salt,
        plain,
        sealed,
    } in examples
    {
        let mut buffer = plain.clone();
        buffer.resize(plain.len() + profile.rtcp_overhead(), 0);
        let media = Cipher::derived(profile, &key, &salt, Kind::Rtp).unwrap();
        let control = Cipher::derived(profile, &key, &salt, Kind::Rtcp).unwrap();
        let next = u32::try_from(index).unwrap();
        let mut outbound = Outbound::with_ciphers(profile, media, control, next);
        let len = match kind {
            Kind::Rtp => outbound.seal_rtp(index, &mut buffer, plain.len()),
            Kind::Rtcp => outbound.seal_rtcp(&mut buffer, plain.len()),
        };
        assert_eq!(buffer[..len.unwrap()], sealed);
    }
}

#[test]
fn what_libsrtp_sealed_is_opened() {
    for profile in PROFILES {
        let examples: Vec<_> = examples()
            .into_iter()
            .filter(|example| example.profile == profile)
            .collect();
        let first = &examples[0];
        let mut inbound = Inbound::new(profile, &first.key, &first.salt, Settings::default()).unwrap();
        for mut example in examples {
            let len = match example.kind {
                Kind::Rtp => {
                    let opened = inbound.open_rtp(&mut example.sealed).unwrap();
                    assert_eq!(opened.index, example.index, "the rollover is followed");
                    opened.len
                }
                Kind::Rtcp => inbound.open_rtcp(&mut example.sealed).unwrap(),
            };
            assert_eq!(example.sealed[..len], example.plain);
        }
    }
}

#[test]
fn each_end_opens_what_the_other_sealed() {
    for profile in PROFILES {
        let material = vec![7; profile.material_len()];
        let (client_out, mut client_in) =
            pair(profile, &material, Role::Client, Settings::default()).unwrap();
        let (mut server_out, mut server_in) =
            pair(profile, &material, Role::Server, Settings::default()).unwrap();
        assert!(
            server_in
                .open_rtp(&mut sealed_rtp(&client_out, 1, 9, b"up"))
                .is_ok()
        );
        assert!(
            client_in
                .open_rtp(&mut sealed_rtp(&server_out, 1, 9, b"down"))
                .is_ok()
        );
        let mut report = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
        report.resize(8 + profile.rtcp_overhead(), 0);
        server_out.seal_rtcp(&mut report, 8).unwrap();
        assert_eq!(client_in.open_rtcp(&mut report), Ok(8));
        assert_eq!(
            pair(profile, &material[1..], Role::Client, Settings::default()).err(),
            Some(Error::KeyingMaterial)
        );
    }
}

#[test]
fn a_lost_rollover_and_late_packets_are_followed() {
    for profile in PROFILES {
        let (outbound, mut inbound) = contexts(profile, Settings::default());
        for index in [
            65_000,
            65_800,
            65_500,
            98_000,
            130_000,
            131_500,
            131_000,
            200_000 - 40_000,
        ] {
            let mut packet = sealed_rtp(&outbound, index, 5, b"x");
            assert_eq!(
                inbound.open_rtp(&mut packet).map(|opened| opened.index),
                Ok(index),
                "{profile:?}"
            );
        }
    }
}

#[test]
fn replayed_and_stale_packets_are_refused() {
    let settings = Settings {
        window: 128,
        ..Settings::default()
    };
    for profile in PROFILES {
        let (mut outbound, mut inbound) = contexts(profile, settings);
        let first = sealed_rtp(&outbound, 300, 5, b"x");
        assert!(inbound.open_rtp(&mut first.clone()).is_ok());
        assert_eq!(inbound.open_rtp(&mut first.clone()), Err(Error::Replayed));
        assert!(inbound.open_rtp(&mut sealed_rtp(&outbound, 427, 5, b"x")).is_ok());
        assert_eq!(inbound.open_rtp(&mut first.clone()), Err(Error::Replayed));
        assert!(inbound.open_rtp(&mut sealed_rtp(&outbound, 428, 5, b"x")).is_ok());
        assert_eq!(inbound.open_rtp(&mut first.clone()), Err(Error::Stale));

        let mut report = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
        report.resize(8 + profile.rtcp_overhead(), 0);
        outbound.seal_rtcp(&mut report, 8).unwrap();
        assert!(inbound.open_rtcp(&mut report.clone()).is_ok());
        assert_eq!(inbound.open_rtcp(&mut report), Err(Error::Replayed));
    }
}

#[test]
fn a_forged_packet_changes_nothing() {
    for profile in PROFILES {
        let settings = Settings {
            streams_max: 1,
            ..Settings::default()
        };
        let (outbound, mut inbound) = contexts(profile, settings);
        let mut forged = sealed_rtp(&outbound, 40_000, 1, b"x");
        forged[12] ^= 0x80;
        assert_eq!(inbound.open_rtp(&mut forged), Err(Error::Unauthentic));
        assert!(
            inbound.open_rtp(&mut sealed_rtp(&outbound, 3, 2, b"x")).is_ok(),
            "no place was taken"
        );
        assert_eq!(
            inbound.open_rtp(&mut sealed_rtp(&outbound, 3, 1, b"x")),
            Err(Error::TooManyStreams)
        );
        inbound.forget(2);
        assert!(inbound.open_rtp(&mut sealed_rtp(&outbound, 3, 1, b"x")).is_ok());
    }
}

#[test]
fn a_wrong_index_and_a_small_buffer_are_refused() {
    let (mut outbound, _) = contexts(Profile::AeadAes128Gcm, Settings::default());
    let mut packet = rtp(7, 1, b"payload");
    let len = packet.len();
    packet.resize(len + 16, 0);
    assert_eq!(outbound.seal_rtp(8, &mut packet, len), Err(Error::IndexMismatch));
    assert_eq!(
        outbound.seal_rtp((1 << 48) + 7, &mut packet, len),
        Err(Error::KeyExhausted)
    );
    assert_eq!(
        outbound.seal_rtp(7, &mut packet[..len + 15], len),
        Err(Error::NoRoom { needed: len + 16 })
    );
    assert_eq!(outbound.seal_rtp(7, &mut packet, 11), Err(Error::Malformed));
    assert_eq!(outbound.seal_rtp(7, &mut packet, len + 17), Err(Error::Malformed));
    assert_eq!(
        outbound.seal_rtcp(&mut [0x80; 27], 8),
        Err(Error::NoRoom { needed: 28 })
    );
    let cipher = |kind| Cipher::derived(Profile::AeadAes128Gcm, &[0; 16], &[0; 12], kind).unwrap();
    let mut spent = Outbound::with_ciphers(
        Profile::AeadAes128Gcm,
        cipher(Kind::Rtp),
        cipher(Kind::Rtcp),
        1 << 31,
    );
    assert_eq!(spent.seal_rtcp(&mut [0x80; 64], 8), Err(Error::KeyExhausted));
}

proptest! {
    /// Sealing from elsewhere equals sealing in place, and opening restores the packet.
    #[test]
    fn opening_undoes_sealing(
        profile in prop::sample::select(&PROFILES[..]),
        payload in prop::collection::vec(any::<u8>(), 0..1_300),
        start in 0_u64..0x8000,
        ssrc: u32,
        csrcs in 0_u8..16,
    ) {
        let (outbound, mut inbound) = contexts(profile, Settings::default());
        let mut header = rtp(u16::try_from(start & 0xffff).unwrap(), ssrc, &[]);
        header[0] |= csrcs;
        header.resize(12 + 4 * usize::from(csrcs), 0xc5);
        let mut arena = header.clone();
        arena.resize(2_000, 0);
        let len = outbound.seal_rtp_from(start, &mut arena, header.len(), &payload).unwrap();

        let plain = [header.clone(), payload].concat();
        let mut in_place = plain.clone();
        in_place.resize(2_000, 0);
        prop_assert_eq!(outbound.seal_rtp(start, &mut in_place, plain.len()), Ok(len));
        prop_assert_eq!(&in_place, &arena);

        let opened = inbound.open_rtp(&mut arena[..len]).unwrap();
        prop_assert_eq!((opened.header_len, opened.index), (header.len(), start));
        prop_assert_eq!(&arena[..opened.len], &plain[..]);
    }

    /// No single flipped bit passes.
    #[test]
    fn a_flipped_bit_is_noticed(
        profile in prop::sample::select(&PROFILES[..]),
        payload in prop::collection::vec(any::<u8>(), 0..64),
        place: prop::sample::Index,
    ) {
        let (mut outbound, mut inbound) = contexts(profile, Settings::default());
        let mut packet = sealed_rtp(&outbound, 77, 3, &payload);
        let bit = place.index(packet.len() * 8);
        packet[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(inbound.open_rtp(&mut packet).is_err());

        let mut report = [vec![0x80, 201, 0, 1, 0, 0, 0, 9], payload].concat();
        let len = report.len();
        report.resize(len + profile.rtcp_overhead(), 0);
        outbound.seal_rtcp(&mut report, len).unwrap();
        let bit = place.index(report.len() * 8);
        report[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(inbound.open_rtcp(&mut report).is_err());
    }

    /// Random bytes are refused and never panic.
    #[test]
    fn random_bytes_are_refused(
        profile in prop::sample::select(&PROFILES[..]),
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let (mut outbound, mut inbound) = contexts(profile, Settings::default());
        prop_assert!(inbound.open_rtp(&mut bytes.clone()).is_err());
        prop_assert!(inbound.open_rtcp(&mut bytes.clone()).is_err());
        let len = bytes.len() / 2;
        let _ = outbound.seal_rtp(1, &mut bytes.clone(), len);
        let _ = outbound.seal_rtp_from(1, &mut bytes.clone(), len, &[0; 9]);
        let _ = outbound.seal_rtcp(&mut bytes, len);
    }
}
