//! Sealed media.

use hubbub_sfu::srtp::{Inbound, Outbound, Profile, Settings};

use super::{Subject, outcome};

const PROFILES: [Profile; 3] = [
    Profile::AeadAes256Gcm,
    Profile::AeadAes128Gcm,
    Profile::AesCm128HmacSha1_80,
];
const KEY: [u8; 32] = [0x3C; 32];
const SALT: [u8; 14] = [0xA5; 14];

/// Packets that claim to be sealed with the session's keys. The first byte of an input chooses the profile, and
/// whether it is RTP or RTCP.
pub(super) struct Sealed {
    genuine: Vec<Vec<u8>>,
}

impl Sealed {
    pub(super) fn new() -> Self {
        let genuine = (0..6).map(sealed).collect();
        Self { genuine }
    }
}

fn keys(profile: Profile) -> (&'static [u8], &'static [u8]) {
    (&KEY[..profile.key_len()], &SALT[..profile.salt_len()])
}

fn chosen(mode: u8) -> (Profile, bool) {
    (PROFILES[usize::from(mode % 6) / 2], mode.is_multiple_of(2))
}

/// A genuine packet behind its mode.
fn sealed(mode: u8) -> Vec<u8> {
    let (profile, media) = chosen(mode);
    let (key, salt) = keys(profile);
    let mut outbound = Outbound::new(profile, key, salt).expect("the keys are as long as the profile wants");
    let mut buffer = vec![0; 128];
    let len = if media {
        let plain = [
            0x90, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 1, 0x10, 9, 0, 0, 1, 2, 3, 4, 5,
        ];
        buffer[..plain.len()].copy_from_slice(&plain);
        outbound.seal_rtp(1, &mut buffer, plain.len())
    } else {
        let plain = [0x81, 206, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4];
        buffer[..plain.len()].copy_from_slice(&plain);
        outbound.seal_rtcp(&mut buffer, plain.len())
    };
    buffer.truncate(len.expect("it fits"));
    buffer.insert(0, mode);
    buffer
}

impl Subject for Sealed {
    fn seeds(&self) -> Vec<Vec<u8>> {
        self.genuine.clone()
    }

    fn feed(&self, input: &[u8]) -> u64 {
        let Some((mode, packet)) = input.split_first() else {
            return 0;
        };
        let (profile, media) = chosen(*mode);
        let (key, salt) = keys(profile);
        let mut inbound = Inbound::new(profile, key, salt, Settings::default()).expect("the keys fit");
        let mut buffer = packet.to_vec();
        let opened = if media {
            inbound.open_rtp(&mut buffer).map(|opened| opened.header_len)
        } else {
            inbound.open_rtcp(&mut buffer)
        };
        if opened.is_ok() {
            let genuine = self
                .genuine
                .iter()
                .any(|genuine| genuine[0] % 6 == mode % 6 && genuine[1..] == *packet);
            assert!(genuine, "a forged packet was opened");
            let mut again = packet.to_vec();
            let replayed = if media {
                inbound.open_rtp(&mut again).is_ok()
            } else {
                inbound.open_rtcp(&mut again).is_ok()
            };
            assert!(!replayed, "a packet was opened twice");
        }
        outcome((mode % 6, opened.map_err(|error| error.to_string())))
    }
}
