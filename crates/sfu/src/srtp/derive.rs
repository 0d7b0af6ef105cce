//! Session keys from a master key.

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use super::Error;

/// What a derived key is for: the labels of RFC 3711 section 4.3.1.
#[derive(Clone, Copy)]
pub(super) enum Label {
    RtpKey = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpKey = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
}

/// Fill `out` with the key of `label`.
///
/// The function is AES in counter mode over zeros, its counter block the master salt with the label added at octet 7
/// (RFC 3711 section 4.3.3). Salts of 12 octets, as GCM has them, are taken as 14 with zeros behind.
pub(super) fn derive(
    master_key: &[u8],
    master_salt: &[u8],
    label: Label,
    out: &mut [u8],
) -> Result<(), Error> {
    let algorithm = match master_key.len() {
        16 => &AES_128,
        32 => &AES_256,
        _ => return Err(Error::KeyingMaterial),
    };
    let mut block = [0_u8; 16];
    block
        .get_mut(..master_salt.len())
        .ok_or(Error::KeyingMaterial)?
        .copy_from_slice(master_salt);
    if let Some(octet) = block.get_mut(7) {
        *octet ^= label as u8;
    }
    let key = UnboundCipherKey::new(algorithm, master_key)
        .and_then(EncryptingKey::ctr)
        .map_err(|_| Error::KeyingMaterial)?;
    out.fill(0);
    key.less_safe_encrypt(out, EncryptionContext::Iv128(FixedLength::from(&block)))
        .map_err(|_| Error::KeyingMaterial)?;
    Ok(())
}
