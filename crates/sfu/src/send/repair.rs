//! Sending again: what was asked for, within bounds; and old packets or padding to probe with.

use std::time::{Duration, Instant};

use hubbub_wire::rtcp::Nack;

use super::allowance::Allowance;
use super::copies::Copies;
use super::event::Event;
use super::slot::find;
use super::source::Sources;
use super::subscriber::Subscriber;
use super::subscription::{Item, Media, Subscription, What};
use crate::cc::{Bitrate, Class};
use crate::forward::{Answer, Resend, Ring};
use crate::shard::command::Kind;
use crate::shard::event::Notice;

/// Lost numbers of one message that are looked at; more were lost than repairs could mend.
const LOST_MAX: usize = 512;
/// Retransmissions may take this share of the target: at 30 % loss repairs and repairs of repairs take 43 %.
const SHARE: f64 = 0.75;
/// And at least this, so that a path thought narrow is still mended.
const RATE_MIN_KBPS: u32 = 200;
/// While a queue stands on the path it is the path's own lack that loses packets; sending all of them again would keep
/// it standing, and the pictures after them late.
const SHARE_FULL: f64 = 0.2;
const RATE_MIN_FULL_KBPS: u32 = 30;
/// Assumed until a round trip is measured.
const ROUND_TRIP: Duration = Duration::from_millis(60);

impl Subscriber {
    /// Answer a request for lost packets.
    pub(super) fn nack(&mut self, now: Instant, nack: &Nack<'_>, sources: &impl Sources) {
        let path = self.bandwidth.controller.estimate(now);
        let full = self.bandwidth.has_feedback() && path.full;
        let rtt = self.round_trip().unwrap_or(ROUND_TRIP);
        // Reports lag behind a queue; feedback tells of it at once.
        let rtt = path
            .round_trip
            .filter(|_| full)
            .map_or(rtt, |queued| rtt.max(queued));
        let rate = repair_rate(self.bandwidth.target(), full);
        // More of the same would only lengthen a queue.
        let twice = !full && self.redundancy.repairs_twice();
        let mut repairs: Vec<(u32, Item)> = Vec::new();
        let Some((number, subscription)) = find(&mut self.slots, nack.media_ssrc) else {
            return;
        };
        let mut asked = 0_u32;
        for lost in nack.lost().take(LOST_MAX) {
            asked = asked.saturating_add(1);
            let mut budget = Budget {
                now,
                rtt,
                rate,
                allowance: &mut self.allowance,
            };
            let (what, class, size) = match subscription.repair(&mut budget, lost, sources) {
                Repair::Send(what, class, size) => (what, class, size),
                Repair::Nothing => continue,
                Repair::Enough => break,
            };
            subscription.counters.mended = subscription.counters.mended.saturating_add(1);
            let item = Item {
                slot: number,
                ssrc: subscription.ssrcs.media,
                what,
            };
            let size = u32::try_from(size).unwrap_or(u32::MAX);
            let _full = self.pacer.push(now, class, size, item);
            if twice && matches!(what, What::Again(..)) {
                repairs.push((size, item));
            }
        }
        // Behind all others, for losses come in runs.
        for (size, item) in repairs {
            let bytes = usize::try_from(size).unwrap_or(usize::MAX);
            if !self.allowance.take(now, rate, bytes) {
                break;
            }
            let item = subscription.again(item);
            let _full = self.pacer.push(now, Class::Retransmission, size, item);
        }
        subscription.counters.nacks = subscription.counters.nacks.saturating_add(asked);
        if let Some(packets) = self.burst.count(now, asked) {
            self.events.push_back(Event::Noticed {
                track: Some(subscription.track),
                notice: Notice::NackBurst,
                value: i64::from(packets),
            });
        }
    }
}

/// What one answer may cost.
struct Budget<'a> {
    now: Instant,
    rtt: Duration,
    rate: Bitrate,
    allowance: &'a mut Allowance,
}

impl Budget<'_> {
    /// Whether `bytes` may still be spent, which they then are.
    fn take(&mut self, bytes: usize) -> bool {
        self.allowance.take(self.now, self.rate, bytes)
    }
}

/// What becomes of one lost number.
enum Repair {
    /// This is sent, of about so many bytes.
    Send(What, Class, usize),
    /// Nothing can be done for it.
    Nothing,
    /// Nor for those after it.
    Enough,
}

impl Subscription {
    fn repair(&mut self, budget: &mut Budget<'_>, lost: u16, sources: &impl Sources) -> Repair {
        if self.rtx().is_some() {
            match sources.rings(self.track) {
                Some(rings) => self.repair_in_stream(budget, lost, rings),
                None => Repair::Enough,
            }
        } else if self.payload.is_some_and(|payload| payload.nack) {
            self.repair_by_copy(budget, lost)
        } else {
            Repair::Nothing
        }
    }

    /// In the retransmission stream.
    fn repair_in_stream(&mut self, budget: &mut Budget<'_>, lost: u16, rings: &[Ring]) -> Repair {
        // The allowance goes first, for an answer counts as sent.
        if !budget.take(0) {
            return Repair::Enough;
        }
        match self.forwarder.answer(budget.now, budget.rtt, lost, rings) {
            Answer::Resend(resend) => {
                let size = resend.stored.bytes.len().saturating_add(64);
                budget.take(size);
                Repair::Send(again(&resend), Class::Retransmission, size)
            }
            Answer::Fill { sequence, timestamp } => {
                Repair::Send(What::Fill(sequence, timestamp), Class::Retransmission, 64)
            }
            _ => Repair::Nothing,
        }
    }

    /// By the same datagram once more.
    fn repair_by_copy(&mut self, budget: &mut Budget<'_>, lost: u16) -> Repair {
        let kind = self.kind;
        // Sound is never held up, and little; pictures are both.
        if kind == Kind::Video && !budget.take(0) {
            return Repair::Enough;
        }
        let copies = self.copies.get_or_insert_with(|| Copies::new(kind));
        let Some(sequence) = copies.answer(budget.now, budget.rtt, lost) else {
            return Repair::Nothing;
        };
        let size = copies.get(sequence).map_or(0, <[u8]>::len).saturating_add(28);
        if kind == Kind::Audio {
            return Repair::Send(What::Copy(sequence), Class::Audio, size);
        }
        budget.take(size);
        Repair::Send(What::Copy(sequence), Class::Retransmission, size)
    }
}

/// What retransmissions may take.
fn repair_rate(target: Bitrate, full: bool) -> Bitrate {
    let (share, min) = if full {
        (SHARE_FULL, RATE_MIN_FULL_KBPS)
    } else {
        (SHARE, RATE_MIN_KBPS)
    };
    target.times(share).max(Bitrate::from_kbps(min))
}

/// The handle of a packet to be sent again.
pub(super) fn again(resend: &Resend<'_>) -> What {
    let media = Media {
        encoding: resend.stored.arrived.encoding,
        source: resend.stored.arrived.sequence,
        sequence: resend.sequence,
        timestamp: resend.timestamp,
        marker: resend.marker,
        picture: resend.picture,
    };
    What::Again(media, resend.rtx_sequence)
}
