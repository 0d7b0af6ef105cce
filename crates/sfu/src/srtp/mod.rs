//! Secure RTP: keys its contexts once, seals and opens packets where they lie.
//!
//! A peer connection has one [`Outbound`] and one [`Inbound`], made by [`pair`] from what DTLS exported. The cipher
//! contexts are set up then and serve every stream, so no packet allocates or schedules a key.
//!
//! Two promises are the caller's: an outbound packet index is never used twice with other contents (the forwarder's
//! 64-bit sequence serves as index), and a buffer whose opening failed is thrown away, for it may be half decrypted.
//!
//! Source: RFC 3711 (framework, AES-CM, HMAC-SHA1), RFC 7714 (AES-GCM), RFC 5764 section 4.2 (keys from DTLS). No
//! MKI, no rekeying and a key derivation rate of zero, as `WebRTC` uses it (RFC 8827 section 6.5).

mod cipher;
mod derive;
mod inbound;
mod layout;
mod outbound;
mod window;

#[cfg(test)]
mod differential_tests;
#[cfg(test)]
mod vector_tests;

pub use inbound::{Inbound, OpenedRtp, Settings};
pub use outbound::Outbound;
pub use window::{WINDOW_MAX, WINDOW_MIN};

/// What protects the packets: the DTLS-SRTP protection profiles we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `SRTP_AEAD_AES_256_GCM`, 16-byte tag. RFC 7714 section 14.2.
    AeadAes256Gcm,
    /// `SRTP_AEAD_AES_128_GCM`, 16-byte tag. RFC 7714 section 14.2.
    AeadAes128Gcm,
    /// `SRTP_AES128_CM_HMAC_SHA1_80`, 10-byte tag. RFC 5764 section 4.1.2.
    AesCm128HmacSha1_80,
}

impl Profile {
    /// Length of the master key in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm => 32,
            Self::AeadAes128Gcm | Self::AesCm128HmacSha1_80 => 16,
        }
    }

    /// Length of the master salt in bytes.
    #[must_use]
    pub const fn salt_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::AeadAes128Gcm => 12,
            Self::AesCm128HmacSha1_80 => 14,
        }
    }

    /// Length of the authentication tag in bytes; what sealing adds to an RTP packet.
    #[must_use]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::AeadAes128Gcm => 16,
            Self::AesCm128HmacSha1_80 => 10,
        }
    }

    /// What sealing adds to an RTCP packet, in bytes: the tag and the word with the index.
    #[must_use]
    pub const fn rtcp_overhead(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::AeadAes128Gcm => 20,
            Self::AesCm128HmacSha1_80 => 14,
        }
    }

    /// Length of what DTLS exports for both directions, in bytes. RFC 5764 section 4.2.
    #[must_use]
    pub const fn material_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm => 88,
            Self::AeadAes128Gcm => 56,
            Self::AesCm128HmacSha1_80 => 60,
        }
    }
}

/// Which end of the DTLS handshake we were; it decides whose keys are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We sent the `ClientHello`.
    Client,
    /// We answered it.
    Server,
}

/// Why a packet was not sealed or opened, or why no context could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is too short for its own header and tag, or no version 2 packet.
    #[error("the packet is malformed")]
    Malformed,
    /// The buffer has no room for tag and index.
    #[error("the buffer needs {needed} bytes")]
    NoRoom {
        /// Bytes that the sealed packet takes.
        needed: usize,
    },
    /// The header's sequence number is not the end of the given index.
    #[error("index and sequence number disagree")]
    IndexMismatch,
    /// All packet indices of the key are used: 2^48 for RTP, 2^31 for RTCP. RFC 3711 section 9.2.
    #[error("the key has no packet index left")]
    KeyExhausted,
    /// This index has been opened before.
    #[error("the packet was replayed")]
    Replayed,
    /// The index lies before the replay window.
    #[error("the packet is older than the replay window")]
    Stale,
    /// The tag is not the sender's.
    #[error("the packet is not authentic")]
    Unauthentic,
    /// The peer uses more SSRCs than it may.
    #[error("the peer uses too many streams")]
    TooManyStreams,
    /// Keys or salts have another length than the profile's.
    #[error("the keying material has a wrong length")]
    KeyingMaterial,
}

/// Make both contexts of a connection from what DTLS exported.
///
/// # Errors
/// [`Error::KeyingMaterial`] when `material` is not [`Profile::material_len`] bytes.
///
/// Source: RFC 5764 section 4.2, which lays out client key, server key, client salt, server salt.
pub fn pair(
    profile: Profile,
    material: &[u8],
    role: Role,
    settings: Settings,
) -> Result<(Outbound, Inbound), Error> {
    if material.len() != profile.material_len() {
        return Err(Error::KeyingMaterial);
    }
    let take = |bytes: &mut &[u8], len: usize| -> Result<Vec<u8>, Error> {
        let (head, tail) = bytes.split_at_checked(len).ok_or(Error::KeyingMaterial)?;
        *bytes = tail;
        Ok(head.to_vec())
    };
    let mut rest = material;
    let client_key = take(&mut rest, profile.key_len())?;
    let server_key = take(&mut rest, profile.key_len())?;
    let client_salt = take(&mut rest, profile.salt_len())?;
    let server_salt = take(&mut rest, profile.salt_len())?;
    let client = (client_key, client_salt);
    let server = (server_key, server_salt);
    let (ours, theirs) = match role {
        Role::Client => (client, server),
        Role::Server => (server, client),
    };
    Ok((
        Outbound::new(profile, &ours.0, &ours.1)?,
        Inbound::new(profile, &theirs.0, &theirs.1, settings)?,
    ))
}
