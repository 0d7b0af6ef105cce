//! How a packet's bytes are kept in a [`Ring`](crate::forward::Ring): header extensions that are forwarded, each as
//! kind, length and value, and then the payload, whose length is `Arrived::payload_len`.
//!
//! Numbers of extensions differ between transports, so the kept form has kinds instead.

use crate::forward::Stored;

/// Most bytes that kept extensions take; a dependency descriptor with its structure is the largest.
pub const EXTENSIONS_LEN_MAX: usize = 512;

/// Header extensions that are forwarded, as their kept form names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExtensionKind {
    /// `hubbub_wire::extension::uri::AUDIO_LEVEL`.
    AudioLevel = 1,
    /// `hubbub_wire::extension::uri::VIDEO_ORIENTATION`.
    VideoOrientation = 2,
    /// `hubbub_wire::extension::uri::PLAYOUT_DELAY`.
    PlayoutDelay = 3,
    /// `hubbub_wire::extension::uri::DEPENDENCY_DESCRIPTOR`; kept for AV1 alone, since other codecs' receivers get
    /// along without it and its frame numbers would need rewriting. With it, the packet's picture number is the
    /// descriptor's frame number.
    DependencyDescriptor = 4,
}

impl ExtensionKind {
    /// The kind of that number.
    #[must_use]
    pub const fn of(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::AudioLevel,
            2 => Self::VideoOrientation,
            3 => Self::PlayoutDelay,
            4 => Self::DependencyDescriptor,
            _ => return None,
        })
    }

    /// The kind of that name.
    #[must_use]
    pub fn of_uri(uri: &str) -> Option<Self> {
        use hubbub_wire::extension::uri as uris;
        Some(match uri {
            uris::AUDIO_LEVEL => Self::AudioLevel,
            uris::VIDEO_ORIENTATION => Self::VideoOrientation,
            uris::PLAYOUT_DELAY => Self::PlayoutDelay,
            uris::DEPENDENCY_DESCRIPTOR => Self::DependencyDescriptor,
            _ => return None,
        })
    }
}

/// A kept packet's bytes, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    extensions: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Content<'a> {
    /// Take a stored packet apart.
    #[must_use]
    pub fn of(stored: Stored<'a>) -> Self {
        Self::split(stored.bytes, usize::from(stored.arrived.payload_len))
    }

    /// Take bytes apart that end with `payload_len` bytes of payload.
    #[must_use]
    pub fn split(bytes: &'a [u8], payload_len: usize) -> Self {
        let at = bytes.len().saturating_sub(payload_len);
        let (extensions, payload) = bytes.split_at_checked(at).unwrap_or((&[], bytes));
        Self { extensions, payload }
    }

    /// The payload, without padding and as the publisher sent it.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The kept extensions.
    #[must_use]
    pub const fn extensions(&self) -> Extensions<'a> {
        Extensions {
            rest: self.extensions,
        }
    }

    /// The value of one extension.
    #[must_use]
    pub fn extension(&self, kind: ExtensionKind) -> Option<&'a [u8]> {
        self.extensions()
            .find(|(found, _)| *found == kind)
            .map(|(_, value)| value)
    }
}

/// Walks kept extensions.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (ExtensionKind, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[kind, len], rest) = self.rest.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_at_checked(usize::from(len))?;
        self.rest = rest;
        Some((ExtensionKind::of(kind)?, value))
    }
}

/// Writes the kept form of a packet.
#[derive(Debug)]
pub(super) struct Keeper {
    bytes: Vec<u8>,
}

impl Keeper {
    /// An empty one, with room for a packet.
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(2048),
        }
    }

    /// Begin a packet.
    pub(super) fn begin(&mut self) {
        self.bytes.clear();
    }

    /// Keep an extension, unless it is too long.
    pub(super) fn extension(&mut self, kind: ExtensionKind, value: &[u8]) {
        let total = self.bytes.len().saturating_add(value.len()).saturating_add(2);
        if let Ok(len) = u8::try_from(value.len())
            && total <= EXTENSIONS_LEN_MAX
        {
            self.bytes.extend_from_slice(&[kind as u8, len]);
            self.bytes.extend_from_slice(value);
        }
    }

    /// End the packet with its payload.
    pub(super) fn finish(&mut self, payload: &[u8]) -> &[u8] {
        self.bytes.extend_from_slice(payload);
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_taken_apart_again() {
        let mut keeper = Keeper::new();
        keeper.begin();
        keeper.extension(ExtensionKind::AudioLevel, &[0x85]);
        keeper.extension(ExtensionKind::DependencyDescriptor, &[1, 2, 3]);
        keeper.extension(ExtensionKind::PlayoutDelay, &[0; 300]);
        let bytes = keeper.finish(b"sound").to_vec();
        let content = Content::split(&bytes, 5);
        assert_eq!(content.payload(), b"sound");
        assert_eq!(
            content.extension(ExtensionKind::AudioLevel),
            Some([0x85].as_slice())
        );
        assert_eq!(content.extensions().count(), 2);
        assert_eq!(content.extension(ExtensionKind::PlayoutDelay), None);
    }

    #[test]
    fn nonsense_is_borne() {
        assert_eq!(Content::split(&[1, 200, 3], 0).extensions().count(), 0);
        assert_eq!(Content::split(&[1, 2], 9).payload().len(), 2);
    }
}
