//! The two transforms, keyed once and used in place.
//!
//! Counter mode takes AES from aws-lc-rs and HMAC-SHA1 from `RustCrypto`: of the four combinations this was the
//! fastest (AMD EPYC with VAES and SHA-NI, 100 and 1,200 bytes: AES 61/155 ns against 110/302 of the `ctr` crate;
//! HMAC 153/716 ns against 242/810 of aws-lc-rs, whose keyed context is dear to copy).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::derive::{Label, derive};
use super::layout::RTCP_HEADER_LEN;
use super::{Error, Profile};

/// Length of the word behind an SRTCP packet: whether it is encrypted, and its index.
pub(super) const INDEX_WORD_LEN: usize = 4;
/// Set in the index word of an encrypted SRTCP packet. RFC 3711 section 3.4.
pub(super) const ENCRYPTED: u32 = 1 << 31;

const GCM_TAG_LEN: usize = 16;
const SHA1_TAG_LEN: usize = 10;

/// Which of a direction's two contexts is meant.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Rtp,
    Rtcp,
}

/// A cipher with its session keys; serves all streams of one direction.
pub(super) enum Cipher {
    Gcm(Gcm),
    CounterMode(Box<CounterMode>),
}

pub(super) struct Gcm {
    key: LessSafeKey,
    salt: [u8; 12],
}

pub(super) struct CounterMode {
    key: EncryptingKey,
    salt: [u8; 14],
    /// Keyed state that each packet copies.
    mac: Hmac<Sha1>,
}

impl Cipher {
    /// Derive the session keys of `kind` and set the cipher up.
    pub(super) fn derived(profile: Profile, key: &[u8], salt: &[u8], kind: Kind) -> Result<Self, Error> {
        if key.len() != profile.key_len() || salt.len() != profile.salt_len() {
            return Err(Error::KeyingMaterial);
        }
        let (key_label, authentication_label, salt_label) = match kind {
            Kind::Rtp => (Label::RtpKey, Label::RtpAuthentication, Label::RtpSalt),
            Kind::Rtcp => (Label::RtcpKey, Label::RtcpAuthentication, Label::RtcpSalt),
        };
        let mut session_key = [0_u8; 32];
        let session_key = session_key
            .get_mut(..profile.key_len())
            .ok_or(Error::KeyingMaterial)?;
        derive(key, salt, key_label, session_key)?;
        let mut session_salt = [0_u8; 14];
        let session_salt = session_salt
            .get_mut(..profile.salt_len())
            .ok_or(Error::KeyingMaterial)?;
        derive(key, salt, salt_label, session_salt)?;
        let mut authentication_key = [0_u8; 20];
        derive(key, salt, authentication_label, &mut authentication_key)?;
        Self::with_session_keys(profile, session_key, session_salt, &authentication_key)
    }

    /// Set the cipher up with session keys; GCM has no use for `authentication_key`.
    pub(super) fn with_session_keys(
        profile: Profile,
        key: &[u8],
        salt: &[u8],
        authentication_key: &[u8],
    ) -> Result<Self, Error> {
        let gcm = |algorithm| -> Result<Self, Error> {
            let key = UnboundKey::new(algorithm, key).map_err(|_| Error::KeyingMaterial)?;
            let salt = salt.try_into().map_err(|_| Error::KeyingMaterial)?;
            Ok(Self::Gcm(Gcm {
                key: LessSafeKey::new(key),
                salt,
            }))
        };
        match profile {
            Profile::AeadAes256Gcm => gcm(&AES_256_GCM),
            Profile::AeadAes128Gcm => gcm(&AES_128_GCM),
            Profile::AesCm128HmacSha1_80 => {
                let key = UnboundCipherKey::new(&AES_128, key)
                    .and_then(EncryptingKey::ctr)
                    .map_err(|_| Error::KeyingMaterial)?;
                let salt = salt.try_into().map_err(|_| Error::KeyingMaterial)?;
                let mac = Hmac::new_from_slice(authentication_key).map_err(|_| Error::KeyingMaterial)?;
                Ok(Self::CounterMode(Box::new(CounterMode { key, salt, mac })))
            }
        }
    }

    /// Seal an RTP payload where it lies and write the tag. `tag` has the profile's length.
    pub(super) fn seal_rtp(
        &self,
        ssrc: u32,
        index: u64,
        header: &[u8],
        payload: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        match self {
            Self::Gcm(gcm) => gcm.seal(ssrc, index, header, payload, tag),
            Self::CounterMode(cm) => {
                cm.apply(ssrc, index, payload)?;
                cm.sign(&[header, payload, &rollover(index)], tag)
            }
        }
    }

    /// Seal `plain` into `sealed`, of the same length, and write the tag.
    pub(super) fn seal_rtp_from(
        &self,
        ssrc: u32,
        index: u64,
        header: &[u8],
        plain: &[u8],
        sealed: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        match self {
            Self::Gcm(gcm) => gcm
                .key
                .seal_out_of_place_scatter(gcm.nonce(ssrc, index), Aad::from(header), plain, sealed, &[], tag)
                .map_err(|_| Error::Malformed),
            Self::CounterMode(_) => {
                sealed.copy_from_slice(plain);
                self.seal_rtp(ssrc, index, header, sealed, tag)
            }
        }
    }

    /// Verify an RTP packet, then decrypt its payload where it lies.
    pub(super) fn open_rtp(
        &self,
        ssrc: u32,
        index: u64,
        header: &[u8],
        payload: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        match self {
            Self::Gcm(gcm) => gcm.open(ssrc, index, header, payload, tag),
            Self::CounterMode(cm) => {
                cm.verify(&[header, payload, &rollover(index)], tag)?;
                cm.apply(ssrc, index, payload)
            }
        }
    }

    /// Seal an RTCP packet. `trailer` has the profile's [`Profile::rtcp_overhead`].
    pub(super) fn seal_rtcp(
        &self,
        ssrc: u32,
        index: u32,
        header: [u8; RTCP_HEADER_LEN],
        body: &mut [u8],
        trailer: &mut [u8],
    ) -> Result<(), Error> {
        let word = (index | ENCRYPTED).to_be_bytes();
        match self {
            Self::Gcm(gcm) => {
                let (tag, word_place) = trailer
                    .split_at_mut_checked(GCM_TAG_LEN)
                    .ok_or(Error::Malformed)?;
                word_place.copy_from_slice(&word);
                gcm.seal(ssrc, u64::from(index), &rtcp_associated(header, word), body, tag)
            }
            Self::CounterMode(cm) => {
                let (word_place, tag) = trailer
                    .split_at_mut_checked(INDEX_WORD_LEN)
                    .ok_or(Error::Malformed)?;
                word_place.copy_from_slice(&word);
                cm.apply(ssrc, u64::from(index), body)?;
                cm.sign(&[&header, body, &word], tag)
            }
        }
    }

    /// The index word of a sealed RTCP packet: behind the tag in GCM, before it in counter mode.
    pub(super) fn rtcp_word(&self, trailer: &[u8]) -> Result<u32, Error> {
        let word = match self {
            Self::Gcm(_) => trailer.last_chunk::<INDEX_WORD_LEN>(),
            Self::CounterMode(_) => trailer.first_chunk::<INDEX_WORD_LEN>(),
        };
        word.map(|word| u32::from_be_bytes(*word)).ok_or(Error::Malformed)
    }

    /// Verify an RTCP packet whose trailer begins at `body_end`, and decrypt it if its index word says so.
    pub(super) fn open_rtcp(
        &self,
        ssrc: u32,
        word: u32,
        packet: &mut [u8],
        body_end: usize,
    ) -> Result<(), Error> {
        let index = u64::from(word & !ENCRYPTED);
        let encrypted = word & ENCRYPTED != 0;
        let (plain, trailer) = packet.split_at_mut_checked(body_end).ok_or(Error::Malformed)?;
        match self {
            Self::Gcm(gcm) if encrypted => {
                let (header, body) = plain.split_first_chunk_mut().ok_or(Error::Malformed)?;
                let (tag, word) = trailer
                    .split_first_chunk::<GCM_TAG_LEN>()
                    .ok_or(Error::Malformed)?;
                let word = word.try_into().map_err(|_| Error::Malformed)?;
                gcm.open(ssrc, index, &rtcp_associated(*header, word), body, tag)
            }
            Self::Gcm(gcm) => {
                // What is authenticated ends with the word, which lies behind the tag: bring it before.
                let tag = *trailer.first_chunk::<GCM_TAG_LEN>().ok_or(Error::Malformed)?;
                let word_place = trailer
                    .first_chunk_mut::<INDEX_WORD_LEN>()
                    .ok_or(Error::Malformed)?;
                *word_place = word.to_be_bytes();
                let associated = packet
                    .get(..body_end.saturating_add(INDEX_WORD_LEN))
                    .ok_or(Error::Malformed)?;
                gcm.open(ssrc, index, associated, &mut [], &tag)
            }
            Self::CounterMode(cm) => {
                let (word, tag) = trailer
                    .split_first_chunk::<INDEX_WORD_LEN>()
                    .ok_or(Error::Malformed)?;
                cm.verify(&[plain, word], tag)?;
                let body = plain.get_mut(RTCP_HEADER_LEN..).ok_or(Error::Malformed)?;
                if encrypted {
                    cm.apply(ssrc, index, body)
                } else {
                    Ok(())
                }
            }
        }
    }
}

impl Gcm {
    /// Source: RFC 7714 sections 8.1 and 9.1, which lay out SSRC and index alike.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let [s0, s1, s2, s3] = ssrc.to_be_bytes();
        let [_, _, i0, i1, i2, i3, i4, i5] = index.to_be_bytes();
        let mut nonce = [0, 0, s0, s1, s2, s3, i0, i1, i2, i3, i4, i5];
        for (octet, salt) in nonce.iter_mut().zip(self.salt) {
            *octet ^= salt;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(
        &self,
        ssrc: u32,
        index: u64,
        associated: &[u8],
        text: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        self.key
            .seal_in_place_scatter(self.nonce(ssrc, index), Aad::from(associated), text, &[], tag)
            .map_err(|_| Error::Malformed)
    }

    fn open(
        &self,
        ssrc: u32,
        index: u64,
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        self.key
            .open_in_place_separate_tag(self.nonce(ssrc, index), Aad::from(associated), tag, text)
            .map(|_| ())
            .map_err(|_| Error::Unauthentic)
    }
}

impl CounterMode {
    /// Encrypt or decrypt, which is the same. Source: RFC 3711 section 4.1.1.
    fn apply(&self, ssrc: u32, index: u64, text: &mut [u8]) -> Result<(), Error> {
        let [s0, s1, s2, s3] = ssrc.to_be_bytes();
        let [_, _, i0, i1, i2, i3, i4, i5] = index.to_be_bytes();
        let mut block = [0, 0, 0, 0, s0, s1, s2, s3, i0, i1, i2, i3, i4, i5, 0, 0];
        for (octet, salt) in block.iter_mut().zip(self.salt) {
            *octet ^= salt;
        }
        self.key
            .less_safe_encrypt(text, EncryptionContext::Iv128(FixedLength::from(&block)))
            .map(|_| ())
            .map_err(|_| Error::Malformed)
    }

    fn sign(&self, parts: &[&[u8]], tag: &mut [u8]) -> Result<(), Error> {
        let whole = self.mac_of(parts).finalize().into_bytes();
        let left = whole.first_chunk::<SHA1_TAG_LEN>().ok_or(Error::Malformed)?;
        tag.copy_from_slice(left);
        Ok(())
    }

    fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> Result<(), Error> {
        self.mac_of(parts)
            .verify_truncated_left(tag)
            .map_err(|_| Error::Unauthentic)
    }

    fn mac_of(&self, parts: &[&[u8]]) -> Hmac<Sha1> {
        let mut mac = self.mac.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

/// The rollover count, which counter mode authenticates with each RTP packet. RFC 3711 section 4.2.
fn rollover(index: u64) -> [u8; 4] {
    let [_, _, r0, r1, r2, r3, _, _] = index.to_be_bytes();
    [r0, r1, r2, r3]
}

/// What GCM authenticates beside the text of an encrypted RTCP packet. RFC 7714 section 9.2.
fn rtcp_associated(header: [u8; RTCP_HEADER_LEN], word: [u8; INDEX_WORD_LEN]) -> [u8; 12] {
    let [h0, h1, h2, h3, h4, h5, h6, h7] = header;
    let [w0, w1, w2, w3] = word;
    [h0, h1, h2, h3, h4, h5, h6, h7, w0, w1, w2, w3]
}
