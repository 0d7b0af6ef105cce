//! User name fragments and passwords.

use std::fmt;

use crate::random::RandomSource;

/// 48 random bits: enough to serve as key of a session; RFC 8445 section 5.3 asks for 24.
const UFRAG_LEN: usize = 8;
/// 144 random bits; RFC 8445 section 5.3 asks for 128.
const PASSWORD_LEN: usize = 24;

/// The 64 characters that both may consist of. RFC 8839 section 5.4.
const CHARACTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// One end's user name fragment and password for one generation of ICE.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    ufrag: String,
    password: String,
}

impl Credentials {
    /// Draw new ones.
    pub fn draw(random: &mut impl RandomSource) -> Self {
        Self {
            ufrag: draw_text::<UFRAG_LEN>(random),
            password: draw_text::<PASSWORD_LEN>(random),
        }
    }

    /// The user name fragment, public.
    #[must_use]
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// The password, which proves that a check comes from who has seen our description.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("ufrag", &self.ufrag)
            .finish_non_exhaustive()
    }
}

fn draw_text<const LEN: usize>(random: &mut impl RandomSource) -> String {
    let mut octets = [0_u8; LEN];
    random.fill(&mut octets);
    let characters = octets
        .iter()
        .filter_map(|octet| CHARACTERS.get(usize::from(octet & 63)));
    characters.map(|character| char::from(*character)).collect()
}
