//! What leaves: everything the pacer releases, written one packet after another.

use std::time::Instant;

use hubbub_wire::rtp::HeaderFields;

use super::copies::Copies;
use super::heard::marks;
use super::packet::{Body, Exit, OVERHEAD, Stamps};
use super::repair::again;
use super::slot::{Slot, number_of};
use super::source::Sources;
use super::subscriber::Subscriber;
use super::subscription::{Item, Media, Subscription, What};
use crate::cc::{ClusterId, Label, Released};
use crate::forward::{Ring, Stored};
use crate::ice::Path;
use crate::receive::{Codec, Content};
use crate::shard::Transmit;
use crate::shard::command::Kind;
use crate::srtp::Outbound;

/// Old packets that are tried to probe with; the newest mend most.
const BACK_MAX: u64 = 16;
/// Padding is nobody's: what becomes of it tells only of the path.
const NOBODY: Label = Label {
    timestamp: 0,
    stream: u16::MAX,
    number: 0,
    marks: 0,
};
/// Bytes of padding in one packet.
const PADDING: u8 = 224;

impl Subscriber {
    /// Write everything that may leave now to `out`, reports first.
    pub fn poll_transmit(
        &mut self,
        now: Instant,
        path: Path,
        outbound: &mut Outbound,
        sources: &impl Sources,
        out: &mut dyn Transmit,
    ) {
        self.now = now;
        let ticks = self.is_due(now);
        self.tick(now, sources);
        if ticks {
            self.report(now, path, outbound, sources, out);
        }
        let epoch = self.settings.epoch;
        while let Some(released) = self.pacer.poll(now) {
            let mut exit = Exit {
                now,
                epoch,
                path,
                outbound,
                controller: &mut self.bandwidth.controller,
                out,
            };
            match released {
                Released::Packet { item, cluster, .. } => {
                    let slot = self.slots.get_mut(usize::from(item.slot));
                    let subscription = slot.and_then(|slot| slot.subscription.as_deref_mut());
                    let Some(subscription) = subscription.filter(|one| one.ssrcs.media == item.ssrc) else {
                        continue;
                    };
                    let rings = sources.rings(subscription.track).unwrap_or(&[]);
                    let depth = self.redundancy.depth();
                    let len = subscription.leave(&mut exit, &item, cluster, rings, depth);
                    if subscription.kind == Kind::Audio
                        && let Some(len) = len
                    {
                        let overhead = usize::try_from(OVERHEAD).unwrap_or(0);
                        self.audio.add(len.saturating_add(overhead));
                    }
                }
                Released::Padding { bytes, cluster } => {
                    let request = (bytes, cluster);
                    if !pad(&mut self.slots, &mut exit, request, sources, &mut self.pad_back) {
                        self.pacer.postpone_probe(now, cluster, bytes);
                    }
                }
            }
        }
    }
}

/// Send about so many bytes for a probe, best in a retransmission stream; whether any left.
fn pad(
    slots: &mut [Slot],
    exit: &mut Exit<'_>,
    (bytes, cluster): (u32, ClusterId),
    sources: &impl Sources,
    back: &mut u64,
) -> bool {
    if let Some(prober) = pictures(slots).find(|one| one.rtx().is_some()) {
        let rings = sources.rings(prober.track).unwrap_or(&[]);
        return prober.pad(exit, bytes, cluster, rings, back);
    }
    pictures(slots).any(|one| one.pad_media(exit, bytes, cluster))
}

/// Subscriptions that send pictures.
fn pictures(slots: &mut [Slot]) -> impl Iterator<Item = &mut Subscription> {
    slots
        .iter_mut()
        .filter_map(|slot| slot.subscription.as_deref_mut())
        .filter(|one| one.kind == Kind::Video && one.payload.is_some())
}

impl Subscription {
    /// Write one queued packet; its length.
    fn leave(
        &mut self,
        exit: &mut Exit<'_>,
        item: &Item,
        cluster: Option<ClusterId>,
        rings: &[Ring],
        depth: usize,
    ) -> Option<usize> {
        match item.what {
            What::Media(media) => match stored(rings, &media) {
                Some(stored) => self.leave_media(exit, &media, stored, cluster, rings, depth),
                // It waited so long that the ring went round: its number must not look lost.
                None => self.leave_fill(exit, media.sequence, media.timestamp),
            },
            What::Again(media, number) => {
                self.leave_again(exit, &media, number, stored(rings, &media)?, cluster)
            }
            What::Fill(sequence, timestamp) => self.leave_fill(exit, sequence, timestamp),
            What::Copy(sequence) => {
                let datagram = self.copies.as_ref()?.get(sequence)?;
                exit.out.send(exit.path, datagram);
                Some(datagram.len())
            }
        }
    }

    fn leave_media(
        &mut self,
        exit: &mut Exit<'_>,
        media: &Media,
        stored: Stored<'_>,
        cluster: Option<ClusterId>,
        rings: &[Ring],
        depth: usize,
    ) -> Option<usize> {
        let payload = self.payload?;
        let content = Content::of(stored);
        let mut payload_type = payload.media;
        let mut carried = 0;
        let before = usize::try_from(media.source.saturating_sub(self.joined_at)).unwrap_or(usize::MAX);
        let ring = rings.get(usize::from(media.encoding))?;
        let body = match (payload.red, media.picture) {
            (Some(red), None) if depth.min(before) > 0 && payload.codec == Codec::Opus => {
                payload_type = red;
                carried = depth.min(before);
                Body::Redundant {
                    payload_type: payload.media,
                    source: (media.source, stored.arrived.timestamp),
                    payload: content.payload(),
                    depth: carried,
                    ring,
                }
            }
            (_, Some(picture))
                if is_rewritten(payload.codec) && media.picture != stored.arrived.frame.picture =>
            {
                Body::Numbered(content.payload(), payload.codec, picture)
            }
            _ => Body::Plain(content.payload()),
        };
        let fields = HeaderFields {
            marker: media.marker,
            payload_type,
            sequence: low_quarter(media.sequence),
            timestamp: media.timestamp,
            ssrc: self.ssrcs.media,
            ..HeaderFields::default()
        };
        let stamps = Stamps {
            ids: &self.terms.ids,
            media_id: (!self.known).then_some(&self.terms.media_id),
            kept: Some((content, media.picture)),
            cluster,
            label: self.label(media, stored, carried),
        };
        let copies = self.copies.as_mut();
        self.left = self.left.max(media.sequence);
        let len = exit.packet(&fields, media.sequence, Some(&stamps), &body, copies)?;
        self.sending.sent(content.payload().len());
        self.counters.sent(len);
        Some(len)
    }

    /// Send a packet in the retransmission stream. Source: RFC 4588 section 4.
    fn leave_again(
        &mut self,
        exit: &mut Exit<'_>,
        media: &Media,
        number: u64,
        stored: Stored<'_>,
        cluster: Option<ClusterId>,
    ) -> Option<usize> {
        let payload = self.payload?;
        // The receiver has this number now, whether or not the packet itself left.
        self.left = self.left.max(media.sequence);
        let content = Content::of(stored);
        let picture = media.picture.filter(|_| is_rewritten(payload.codec));
        let body = Body::Again(
            low_quarter(media.sequence),
            content.payload(),
            payload.codec,
            picture,
        );
        let fields = HeaderFields {
            marker: media.marker,
            payload_type: payload.rtx?,
            sequence: low_quarter(number),
            timestamp: media.timestamp,
            ssrc: self.ssrcs.rtx,
            ..HeaderFields::default()
        };
        let stamps = Stamps {
            ids: &self.terms.ids,
            media_id: (!self.known).then_some(&self.terms.media_id),
            kept: Some((content, media.picture)),
            cluster,
            label: Label {
                marks: marks::AGAIN,
                ..self.label(media, stored, 0)
            },
        };
        exit.packet(&fields, number, Some(&stamps), &body, None)
    }

    /// What is to be known of a packet when feedback speaks of it.
    fn label(&self, media: &Media, stored: Stored<'_>, carried: usize) -> Label {
        let frame = stored.arrived.frame;
        let mut marks = u8::try_from(carried).unwrap_or(0) & marks::DEPTH;
        if media.marker {
            marks |= marks::ENDS;
        }
        if frame.keyframe {
            marks |= marks::KEY;
        }
        if frame.temporal > 0 {
            marks |= marks::DROPPABLE;
        }
        Label {
            timestamp: media.timestamp,
            stream: number_of(self.ssrcs.media),
            number: low_quarter(media.sequence),
            marks,
        }
    }

    /// Fill a number with padding: the same bits whenever it is asked for, so without extensions.
    fn leave_fill(&mut self, exit: &mut Exit<'_>, sequence: u64, timestamp: u32) -> Option<usize> {
        let media = self.payload?.media;
        let fields = HeaderFields {
            padding: true,
            payload_type: *self.fill_type.get_or_insert(media),
            sequence: low_quarter(sequence),
            timestamp,
            ssrc: self.ssrcs.media,
            ..HeaderFields::default()
        };
        self.left = self.left.max(sequence);
        exit.packet(&fields, sequence, None, &Body::Padding(1), self.copies.as_mut())
    }

    /// Send at least `bytes` for a probe: old packets again, and padding in the retransmission stream for what is left.
    /// Whether any left.
    fn pad(
        &mut self,
        exit: &mut Exit<'_>,
        bytes: u32,
        cluster: ClusterId,
        rings: &[Ring],
        back: &mut u64,
    ) -> bool {
        let wanted = usize::try_from(bytes).unwrap_or(0);
        let mut written = 0_usize;
        for _ in 0..BACK_MAX {
            if written >= wanted {
                return true;
            }
            *back = back.wrapping_add(1) % BACK_MAX;
            // Small packets would make a probe of headers.
            let Some(resend) = self.forwarder.repeat(*back, wanted / 3, rings) else {
                continue;
            };
            let What::Again(media, number) = again(&resend) else {
                continue;
            };
            let len = self.leave_again(exit, &media, number, resend.stored, Some(cluster));
            written = written.saturating_add(len.unwrap_or(0));
        }
        while written < wanted {
            let Some(len) = self.leave_padding(exit, cluster) else {
                break;
            };
            written = written.saturating_add(len);
        }
        written > 0
    }

    /// Send at least `bytes` of padding among the pictures, for a probe of who has no retransmission stream. Whether any
    /// left: none may within a picture.
    fn pad_media(&mut self, exit: &mut Exit<'_>, bytes: u32, cluster: ClusterId) -> bool {
        let wanted = usize::try_from(bytes).unwrap_or(0);
        let mut written = 0_usize;
        while written < wanted {
            let Some(len) = self.leave_media_padding(exit, cluster) else {
                break;
            };
            written = written.saturating_add(len);
        }
        written > 0
    }

    /// Send a packet of padding under the next number of the pictures; its length. The datagram is kept, for its
    /// receiver asks for it if it is lost, and it could not be made again just so.
    ///
    /// Source: RFC 3550 section 5.1 (padding bit).
    fn leave_media_padding(&mut self, exit: &mut Exit<'_>, cluster: ClusterId) -> Option<usize> {
        let payload_type = self.payload?.media;
        let (number, timestamp) = self.forwarder.pad(exit.now)?;
        let fields = HeaderFields {
            padding: true,
            payload_type,
            sequence: low_quarter(number),
            timestamp: u32::try_from(timestamp & u64::from(u32::MAX)).unwrap_or(0),
            ssrc: self.ssrcs.media,
            ..HeaderFields::default()
        };
        let stamps = Stamps {
            ids: &self.terms.ids,
            media_id: (!self.known).then_some(&self.terms.media_id),
            kept: None,
            cluster: Some(cluster),
            label: NOBODY,
        };
        self.left = self.left.max(number);
        let copies = self.copies.get_or_insert_with(|| Copies::new(Kind::Video));
        exit.packet(
            &fields,
            number,
            Some(&stamps),
            &Body::Padding(PADDING),
            Some(copies),
        )
    }

    /// Send a packet of padding in the retransmission stream; its length.
    fn leave_padding(&mut self, exit: &mut Exit<'_>, cluster: ClusterId) -> Option<usize> {
        let payload_type = self.rtx()?;
        let (number, timestamp) = self.forwarder.pad_rtx();
        let fields = HeaderFields {
            padding: true,
            payload_type,
            sequence: low_quarter(number),
            timestamp,
            ssrc: self.ssrcs.rtx,
            ..HeaderFields::default()
        };
        let stamps = Stamps {
            ids: &self.terms.ids,
            media_id: (!self.known).then_some(&self.terms.media_id),
            kept: None,
            cluster: Some(cluster),
            label: NOBODY,
        };
        exit.packet(&fields, number, Some(&stamps), &Body::Padding(PADDING), None)
    }
}

/// Whether the codec's payload descriptor bears picture numbers; AV1's stand in a header extension.
fn is_rewritten(codec: Codec) -> bool {
    matches!(codec, Codec::Vp8 | Codec::Vp9)
}

fn stored<'a>(rings: &'a [Ring], media: &Media) -> Option<Stored<'a>> {
    rings.get(usize::from(media.encoding))?.get(media.source)
}

/// The low 16 bits.
fn low_quarter(number: u64) -> u16 {
    u16::try_from(number & 0xffff).unwrap_or(0)
}
