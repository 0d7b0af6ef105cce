//! Names of sources and their leaving. Source: RFC 3550 §6.5 and §6.6.

use core::iter::FusedIterator;

use crate::Result;
use crate::cursor::Reader;

/// Item types. Source: RFC 3550 §6.5.
pub(super) const END: u8 = 0;
pub(super) const CNAME: u8 = 1;

/// Descriptions of sources.
#[derive(Clone, Copy, Debug)]
pub struct SourceDescription<'a> {
    count: u8,
    body: &'a [u8],
}

impl<'a> SourceDescription<'a> {
    pub(super) const fn new(count: u8, body: &'a [u8]) -> Self {
        Self { count, body }
    }

    /// One chunk per source, at most 31; the walk ends at the first broken one.
    #[must_use]
    pub const fn chunks(&self) -> Chunks<'a> {
        Chunks {
            left: self.count,
            rest: self.body,
        }
    }
}

/// What is said about one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The source.
    pub ssrc: u32,
    items: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Pairs of item type and text, in UTF-8 if the sender keeps to the rules.
    pub fn items(&self) -> impl Iterator<Item = (u8, &'a [u8])> + use<'a> {
        let mut reader = Reader::new(self.items);
        core::iter::from_fn(move || item(&mut reader).ok().flatten())
    }

    /// The canonical name, the same for all sources of one participant.
    #[must_use]
    pub fn cname(&self) -> Option<&'a [u8]> {
        self.items()
            .find(|(kind, _)| *kind == CNAME)
            .map(|(_, text)| text)
    }
}

/// The next item, or `None` at the end mark, which is taken too.
fn item<'a>(reader: &mut Reader<'a>) -> Result<Option<(u8, &'a [u8])>> {
    let kind = reader.u8()?;
    if kind == END {
        return Ok(None);
    }
    let len = reader.u8()?;
    Ok(Some((kind, reader.take(usize::from(len))?)))
}

/// Walks the chunks of a source description.
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    left: u8,
    rest: &'a [u8],
}

impl<'a> Chunks<'a> {
    fn chunk(&mut self) -> Result<Chunk<'a>> {
        let mut reader = Reader::new(self.rest);
        let ssrc = reader.u32()?;
        let items = reader.rest();
        while item(&mut reader)?.is_some() {}
        let used = self.rest.len().saturating_sub(reader.rest().len());
        // The end mark is repeated up to the next word of the chunk.
        let mut whole = Reader::new(self.rest);
        whole.take(used.next_multiple_of(4))?;
        self.rest = whole.rest();
        Ok(Chunk { ssrc, items })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let chunk = self.chunk().ok();
        if chunk.is_none() {
            self.left = 0;
        }
        chunk
    }
}

impl FusedIterator for Chunks<'_> {}

/// Sources that leave.
#[derive(Clone, Copy, Debug)]
pub struct Bye<'a> {
    ssrcs: &'a [u8],
    reason: Option<&'a [u8]>,
}

impl<'a> Bye<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body);
        let ssrcs = reader.take(usize::from(count).saturating_mul(4))?;
        let reason = match reader.u8() {
            Ok(len) => Some(reader.take(usize::from(len))?),
            Err(_) => None,
        };
        Ok(Self { ssrcs, reason })
    }

    /// The sources, at most 31.
    pub fn ssrcs(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.ssrcs
            .as_chunks()
            .0
            .iter()
            .map(|ssrc| u32::from_be_bytes(*ssrc))
    }

    /// Why, at most 255 bytes, in UTF-8 if the sender keeps to the rules.
    #[must_use]
    pub const fn reason(&self) -> Option<&'a [u8]> {
        self.reason
    }
}
