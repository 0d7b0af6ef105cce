//! Certificate fingerprints, as SDP carries them.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::{constant_time, digest};

/// A hash function for fingerprints.
///
/// SHA-1 and MD5 are left out: RFC 8122 section 5 forbids MD5, and nobody who speaks `WebRTC` needs SHA-1 (RFC 8827
/// section 6.5 demands SHA-256). The order is that of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashFunction {
    /// `sha-256`, 32 bytes.
    Sha256,
    /// `sha-384`, 48 bytes.
    Sha384,
    /// `sha-512`, 64 bytes.
    Sha512,
}

impl HashFunction {
    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }
}

/// Why the value of an `a=fingerprint` line was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    /// The hash function is none of [`HashFunction`]: skip the line.
    #[error("the hash function is not supported")]
    UnsupportedHash,
    /// The digest is not as many pairs of hex digits as the function yields.
    #[error("the digest is malformed")]
    Malformed,
}

/// The hash of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    function: HashFunction,
    digest: Vec<u8>,
}

impl Fingerprint {
    /// The fingerprint of `certificate` (DER).
    #[must_use]
    pub fn of(certificate: &[u8], function: HashFunction) -> Self {
        Self {
            function,
            digest: digest::digest(function.algorithm(), certificate)
                .as_ref()
                .to_vec(),
        }
    }

    /// The hash function.
    #[must_use]
    pub fn function(&self) -> HashFunction {
        self.function
    }

    /// Whether it is `certificate`'s.
    #[must_use]
    pub fn matches(&self, certificate: &[u8]) -> bool {
        let actual = digest::digest(self.function.algorithm(), certificate);
        constant_time::verify_slices_are_equal(actual.as_ref(), &self.digest).is_ok()
    }

    /// Whether one of `expected` is `certificate`'s. Of several hash functions only the strongest counts.
    ///
    /// Source: RFC 8122 section 5.
    #[must_use]
    pub fn any_matches(expected: &[Self], certificate: &[u8]) -> bool {
        let strongest = expected.iter().map(Self::function).max();
        let mut candidates = expected
            .iter()
            .filter(|fingerprint| Some(fingerprint.function) == strongest);
        candidates.any(|fingerprint| fingerprint.matches(certificate))
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Read `sha-256 4A:AD:…`; upper and lower case are one, as senders disagree.
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let (name, hex) = text.trim().split_once(' ').ok_or(FingerprintError::Malformed)?;
        let functions = [HashFunction::Sha256, HashFunction::Sha384, HashFunction::Sha512];
        let function = functions
            .into_iter()
            .find(|function| function.name().eq_ignore_ascii_case(name));
        let function = function.ok_or(FingerprintError::UnsupportedHash)?;
        let octet = |pair: &str| match pair.as_bytes() {
            [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => u8::from_str_radix(pair, 16).ok(),
            _ => None,
        };
        // One pair more than the digest has is enough to see that there are too many.
        let pairs = hex
            .trim()
            .split(':')
            .take(function.algorithm().output_len().saturating_add(1));
        let digest: Option<Vec<u8>> = pairs.map(octet).collect();
        let digest = digest.filter(|digest| digest.len() == function.algorithm().output_len());
        Ok(Self {
            function,
            digest: digest.ok_or(FingerprintError::Malformed)?,
        })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.function.name())?;
        let mut separator = ' ';
        for octet in &self.digest {
            write!(formatter, "{separator}{octet:02X}")?;
            separator = ':';
        }
        Ok(())
    }
}
