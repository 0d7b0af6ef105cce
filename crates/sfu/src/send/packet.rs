//! Writing a packet where it will be sent from: header, extensions, payload, seal.

use std::time::Instant;

use hubbub_wire::extension::{AbsoluteSendTime, ONE_BYTE_PROFILE};
use hubbub_wire::rtp::{self, HeaderFields};
use hubbub_wire::{descriptor, rtx, vp8, vp9};

use super::copies::Copies;
use super::terms::Ids;
use crate::cc::{ClusterId, Controller, Label};
use crate::forward::{Picture, Ring, red};
use crate::ice::Path;
use crate::receive::{Codec, Content, ExtensionKind};
use crate::shard::Transmit;
use crate::srtp::Outbound;

/// Bytes of IPv4 and UDP around each datagram, counted because the path's bottleneck counts them.
pub(super) const OVERHEAD: u32 = 28;
/// A packet of sound with redundancy stays within this, bytes before sealing.
const REDUNDANT_MAX: usize = 1_150;
/// Extensions in one header at most: ours and those that are forwarded.
const EXTENSIONS_MAX: usize = 8;
/// Fixed header and the extension block's own header.
const HEADER_LEN: usize = 16;
/// Largest extension value.
const VALUE_MAX: usize = 255;

/// What follows the header.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body<'a> {
    /// The payload as the publisher sent it.
    Plain(&'a [u8]),
    /// The payload with other picture numbers in its descriptor.
    Numbered(&'a [u8], Codec, Picture),
    /// A retransmission: the original number, then the payload as it was sent.
    Again(u16, &'a [u8], Codec, Option<Picture>),
    /// Sound with earlier sound before it.
    Redundant {
        /// Payload type of the blocks.
        payload_type: u8,
        /// The publisher's number and timestamp.
        source: (u64, u64),
        /// The primary block.
        payload: &'a [u8],
        /// Earlier blocks at most.
        depth: usize,
        /// Where they lie.
        ring: &'a Ring,
    },
    /// Padding alone, 1 to 255 bytes.
    Padding(u8),
}

impl Body<'_> {
    fn len_max(&self) -> usize {
        match self {
            Self::Plain(payload) | Self::Numbered(payload, ..) => payload.len(),
            Self::Again(_, payload, ..) => payload.len().saturating_add(rtx::PREFIX_LEN),
            Self::Redundant { payload, .. } => payload.len().saturating_add(1).max(REDUNDANT_MAX),
            Self::Padding(len) => usize::from(*len),
        }
    }

    /// Write it, but for [`Body::Plain`], which is sealed from where it lies.
    fn write(&self, out: &mut [u8]) -> Option<usize> {
        match *self {
            Self::Plain(payload) => Some(payload.len()),
            Self::Numbered(payload, codec, picture) => {
                let out = out.get_mut(..payload.len())?;
                out.copy_from_slice(payload);
                renumber(out, codec, picture);
                Some(payload.len())
            }
            Self::Again(sequence, payload, codec, picture) => {
                let len = rtx::write(out, sequence, payload).ok()?;
                if let Some(picture) = picture {
                    renumber(out.get_mut(rtx::PREFIX_LEN..len)?, codec, picture);
                }
                Some(len)
            }
            Self::Redundant {
                payload_type,
                source: (sequence, timestamp),
                payload,
                depth,
                ring,
            } => {
                let earlier = |back| {
                    let stored = ring.get(sequence.checked_sub(back)?)?;
                    Some((stored.arrived.timestamp, Content::of(stored).payload()))
                };
                let room = out.len().min(self.len_max());
                let out = out.get_mut(..room)?;
                red::build((payload_type, timestamp, payload), depth, earlier, out).ok()
            }
            Self::Padding(len) => rtp::write_padding(out, len).ok(),
        }
    }
}

/// Overwrite picture numbers. A descriptor that cannot be read was not read at receipt either, and bears none.
fn renumber(payload: &mut [u8], codec: Codec, picture: Picture) {
    let _unreadable = match codec {
        Codec::Vp8 => vp8::rewrite(
            payload,
            &vp8::Rewrite {
                picture_id: Some(picture.id),
                tl0_picture_index: picture.base,
                key_index: picture.key,
            },
        ),
        Codec::Vp9 => vp9::rewrite(
            payload,
            &vp9::Rewrite {
                picture_id: Some(picture.id),
                tl0_picture_index: picture.base,
            },
        ),
        Codec::Opus | Codec::H264 | Codec::Av1 => Ok(()),
    };
}

/// Which extensions a packet gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamps<'a> {
    pub(super) ids: &'a Ids,
    /// The section's name, while the receiver may still need it.
    pub(super) media_id: Option<&'a str>,
    /// The packet whose extensions go along, and its picture number.
    pub(super) kept: Option<(Content<'a>, Option<Picture>)>,
    /// The probe that it serves.
    pub(super) cluster: Option<ClusterId>,
    /// What is to be known of it when feedback speaks of it.
    pub(super) label: Label,
}

/// Extensions in the order of writing.
struct List<'a> {
    items: [(u8, &'a [u8]); EXTENSIONS_MAX],
    len: usize,
    bytes: usize,
}

impl<'a> List<'a> {
    fn push(&mut self, id: u8, value: &'a [u8]) {
        if id != 0
            && let Some(item) = self.items.get_mut(self.len)
        {
            *item = (id, value);
            self.len = self.len.saturating_add(1);
            self.bytes = self.bytes.saturating_add(value.len()).saturating_add(2);
        }
    }

    fn items(&self) -> &[(u8, &'a [u8])] {
        self.items.get(..self.len).unwrap_or(&[])
    }
}

/// Where packets leave.
pub(super) struct Exit<'a> {
    pub(super) now: Instant,
    /// The wall clock of send times counts from here.
    pub(super) epoch: Instant,
    pub(super) path: Path,
    pub(super) outbound: &'a mut Outbound,
    pub(super) controller: &'a mut Controller,
    pub(super) out: &'a mut dyn Transmit,
}

impl Exit<'_> {
    /// Write, stamp and seal one packet; its length, `None` when it could not leave.
    ///
    /// `index` is its 64-bit number. The sealed datagram is kept in `copies`, if given.
    pub(super) fn packet(
        &mut self,
        fields: &HeaderFields<'_>,
        index: u64,
        stamps: Option<&Stamps<'_>>,
        body: &Body<'_>,
        copies: Option<&mut Copies>,
    ) -> Option<usize> {
        let sent_at =
            AbsoluteSendTime::from_duration(self.now.saturating_duration_since(self.epoch)).to_bytes();
        let mut value = [0; VALUE_MAX];
        let list = stamps.map(|stamps| list(stamps, &sent_at, &mut value));
        let extensions = list.as_ref().map_or(&[][..], List::items);
        let room = HEADER_LEN
            .saturating_add(list.as_ref().map_or(0, |list| list.bytes.saturating_add(3)))
            .saturating_add(body.len_max())
            .saturating_add(self.outbound.profile().tag_len());
        let room = self.out.reserve(self.path, room)?;
        let header_len = rtp::write_header(room, fields, extensions).ok()?;
        let body_len = body.write(room.get_mut(header_len..)?)?;
        let len = header_len
            .saturating_add(body_len)
            .saturating_add(self.outbound.profile().tag_len());
        if let Some(stamps) = stamps.filter(|stamps| stamps.ids.transport_sequence != 0) {
            let size = u32::try_from(len).unwrap_or(u32::MAX).saturating_add(OVERHEAD);
            let number = self.controller.sent(self.now, size, stamps.cluster, stamps.label);
            stamp(room, number)?;
        }
        let sealed = match body {
            Body::Plain(payload) => self.outbound.seal_rtp_from(index, room, header_len, payload),
            _ => self
                .outbound
                .seal_rtp(index, room, header_len.saturating_add(body_len)),
        };
        let len = sealed.ok()?;
        if let Some(copies) = copies {
            copies.keep(self.now, index, room.get(..len)?);
        }
        self.out.commit(len);
        Some(len)
    }
}

/// The transport-wide number comes first, so that its place is known. See [`stamp`].
fn list<'a>(stamps: &Stamps<'a>, sent_at: &'a [u8], value: &'a mut [u8; VALUE_MAX]) -> List<'a> {
    let mut list = List {
        items: [(0, &[]); EXTENSIONS_MAX],
        len: 0,
        bytes: 0,
    };
    list.push(stamps.ids.transport_sequence, &[0, 0]);
    list.push(stamps.ids.send_time, sent_at);
    if let Some(media_id) = stamps.media_id.filter(|media_id| !media_id.is_empty()) {
        list.push(stamps.ids.media_id, media_id.as_bytes());
    }
    let Some((content, picture)) = stamps.kept else {
        return list;
    };
    let mut rewritten = None;
    for (kind, kept) in content.extensions() {
        if kind == ExtensionKind::DependencyDescriptor
            && let Some(picture) = picture
        {
            rewritten = Some((stamps.ids.kept(kind), kept, picture));
        } else {
            list.push(stamps.ids.kept(kind), kept);
        }
    }
    if let Some((id, kept, picture)) = rewritten
        && let Some(room) = value.get_mut(..kept.len())
    {
        room.copy_from_slice(kept);
        if descriptor::set_frame_number(room, picture.id).is_ok() {
            list.push(id, room);
        }
    }
    list
}

/// Overwrite the transport-wide number, the first extension of the packet.
fn stamp(packet: &mut [u8], number: u16) -> Option<()> {
    let profile = packet.get(12..14)?;
    let at = if profile == ONE_BYTE_PROFILE.to_be_bytes() {
        17
    } else {
        18_usize
    };
    let place = packet.get_mut(at..at.saturating_add(2))?;
    place.copy_from_slice(&number.to_be_bytes());
    Some(())
}
