//! The examples of the standards.

#![allow(clippy::arithmetic_side_effects, reason = "the operands are the test's own")]

use super::cipher::Cipher;
use super::derive::{Label, derive};
use super::{Error, Inbound, Outbound, Profile, Settings};

/// The RTP packet of RFC 7714 section 16.
const RTP: &str = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
                   61727465 73207472 6573";
/// The RTCP packet of RFC 7714 section 17.
const RTCP: &str = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
                    deadbeef deadbeef deadbeef";
const KEY_128: &str = "000102030405060708090a0b0c0d0e0f";
const KEY_256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// "Quid pro quo".
const SALT: &str = "517569642070726f2071756f";

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|char| !char.is_whitespace())
        .map(|char| u8::try_from(char.to_digit(16).expect("a digit")).expect("small"))
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| (pair[0] << 4) | pair[1])
        .collect()
}

fn gcm_cipher(profile: Profile) -> Cipher {
    let key = if profile == Profile::AeadAes128Gcm {
        KEY_128
    } else {
        KEY_256
    };
    Cipher::with_session_keys(profile, &hex(key), &hex(SALT), &[]).unwrap()
}

fn gcm_outbound(profile: Profile, rtcp_index: u32) -> Outbound {
    Outbound::with_ciphers(profile, gcm_cipher(profile), gcm_cipher(profile), rtcp_index)
}

fn gcm_inbound(profile: Profile) -> Inbound {
    Inbound::with_ciphers(
        profile,
        gcm_cipher(profile),
        gcm_cipher(profile),
        Settings::default(),
    )
}

#[test]
fn rfc3711_b3_session_keys_are_derived() {
    let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
    let salt = hex("0EC675AD498AFEEBB6960B3AABE6");
    let derived = |label, len| {
        let mut out = vec![0; len];
        derive(&key, &salt, label, &mut out).unwrap();
        out
    };
    assert_eq!(
        derived(Label::RtpKey, 16),
        hex("C61E7A93744F39EE10734AFE3FF7A087")
    );
    assert_eq!(derived(Label::RtpSalt, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(
        derived(Label::RtpAuthentication, 94),
        hex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098
             6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2")
    );
}

#[test]
fn rfc6188_aes256_session_keys_are_derived() {
    let key = hex("F0F04914B513F2763A1B1FA130F10E29 98F6F6E43E4309D1E622A0E332B9F1B6");
    let salt = hex("3B04803DE51EE7C96423AB5B78D2");
    let mut out = [0; 32];
    derive(&key, &salt, Label::RtpKey, &mut out).unwrap();
    assert_eq!(
        out[..],
        hex("5BA1064E30EC51613CAD926C5A28EF73 1EC7FB397F70A960653CAF06554CD8C4")
    );
}

/// RFC 3711 appendix B.2: the first blocks of the key stream for an index and SSRC of zero.
#[test]
fn rfc3711_b2_key_stream_is_made() {
    let profile = Profile::AesCm128HmacSha1_80;
    let key = hex("2B7E151628AED2A6ABF7158809CF4F3C");
    let salt = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
    let cipher = Cipher::with_session_keys(profile, &key, &salt, &[0; 20]).unwrap();
    let mut text = [0; 48];
    cipher.seal_rtp(0, 0, &[], &mut text, &mut [0; 10]).unwrap();
    assert_eq!(
        text[..],
        hex(
            "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0"
        )
    );
}

#[test]
fn rfc7714_16_rtp_is_sealed_and_opened() {
    let sealed_128 =
        "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
                      51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce";
    let sealed_256 =
        "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02
                      76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13";
    for (profile, sealed) in [
        (Profile::AeadAes128Gcm, sealed_128),
        (Profile::AeadAes256Gcm, sealed_256),
    ] {
        let plain = hex(RTP);
        let mut buffer = plain.clone();
        buffer.resize(plain.len() + 16, 0);
        let len = gcm_outbound(profile, 0)
            .seal_rtp(0xf17b, &mut buffer, plain.len())
            .unwrap();
        assert_eq!(buffer[..len], hex(sealed));

        let opened = gcm_inbound(profile).open_rtp(&mut buffer).unwrap();
        assert_eq!(
            (opened.ssrc, opened.index, opened.header_len),
            (0x5501_a0b2, 0xf17b, 12)
        );
        assert_eq!(buffer[..opened.len], plain);
    }
}

#[test]
fn rfc7714_17_encrypted_rtcp_is_sealed_and_opened() {
    let sealed_128 =
        "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
                      4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4";
    let sealed_256 =
        "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be
                      8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4";
    for (profile, sealed) in [
        (Profile::AeadAes128Gcm, sealed_128),
        (Profile::AeadAes256Gcm, sealed_256),
    ] {
        let plain = hex(RTCP);
        let mut buffer = plain.clone();
        buffer.resize(plain.len() + 20, 0);
        let len = gcm_outbound(profile, 0x5d4)
            .seal_rtcp(&mut buffer, plain.len())
            .unwrap();
        assert_eq!(buffer[..len], hex(sealed));

        let len = gcm_inbound(profile).open_rtcp(&mut buffer).unwrap();
        assert_eq!(buffer[..len], plain);
    }
}

#[test]
fn rfc7714_17_tagged_rtcp_is_opened() {
    let tagged_128 = "841dd968 3dd78ec9 2ae58790 125f62b3 000005d4";
    let tagged_256 = "91db4afb feee5a97 8fab4393 ed2615fe 000005d4";
    for (profile, trailer) in [
        (Profile::AeadAes128Gcm, tagged_128),
        (Profile::AeadAes256Gcm, tagged_256),
    ] {
        let sealed = [hex(RTCP), hex(trailer)].concat();
        let mut inbound = gcm_inbound(profile);
        let mut packet = sealed.clone();
        let len = inbound.open_rtcp(&mut packet).unwrap();
        assert_eq!(packet[..len], hex(RTCP));
        assert_eq!(inbound.open_rtcp(&mut sealed.clone()), Err(Error::Replayed));

        let mut forged = sealed;
        forged[20] ^= 1;
        assert_eq!(
            gcm_inbound(profile).open_rtcp(&mut forged),
            Err(Error::Unauthentic)
        );
    }
}
