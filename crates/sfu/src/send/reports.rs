//! Reports: ours of what was sent, theirs of what came.

use std::time::{Duration, Instant};

use hubbub_wire::rtcp::{Block, ReportBlock, SenderInfo, Writer};

use super::event::Event;
use super::slot::find;
use super::source::Sources;
use super::subscriber::Subscriber;
use super::subscription::Subscription;
use crate::forward::report::ReceptionBlock;
use crate::ice::Path;
use crate::shard::Transmit;
use crate::shard::command::Kind;
use crate::srtp::Outbound;

/// Between two sender reports on one stream. Pictures need them often, to stay with the sound from the beginning.
const INTERVAL_VIDEO: Duration = Duration::from_secs(1);
const INTERVAL_AUDIO: Duration = Duration::from_millis(2_500);
/// A compound stays within this, bytes.
const COMPOUND_MAX: usize = 1_180;
/// Reports in one compound, each with its name.
const REPORTS_MAX: usize = 8;

impl Subscriber {
    /// Take in one block of the subscriber's RTCP.
    pub fn rtcp(&mut self, now: Instant, block: &Block<'_>, sources: &impl Sources) {
        self.now = now;
        match block {
            Block::ReceiverReport(report) => report.reports().for_each(|block| self.reported(now, &block)),
            Block::SenderReport(report) => report.reports().for_each(|block| self.reported(now, &block)),
            Block::Nack(nack) => self.nack(now, nack, sources),
            Block::Pli(pli) => self.keyframe_wanted(pli.media_ssrc),
            Block::Fir(fir) => fir
                .entries()
                .take(REPORTS_MAX)
                .for_each(|entry| self.keyframe_wanted(entry.ssrc)),
            Block::Remb(remb) => self.bandwidth.fallback.told(now, remb.bitrate_bps),
            Block::TransportFeedback(feedback) => {
                let (slots, epoch) = (&mut self.slots, self.settings.epoch);
                let controller = &mut self.bandwidth.controller;
                controller.report(now, feedback.reference_ticks(), feedback.statuses(), |result| {
                    let slot = slots.get_mut(usize::from(result.label.stream));
                    if let Some(subscription) = slot.and_then(|slot| slot.subscription.as_deref_mut()) {
                        subscription.became(epoch, result);
                    }
                });
                self.poll_bandwidth(now);
            }
            _ => {}
        }
    }

    fn reported(&mut self, now: Instant, block: &ReportBlock) {
        let Some((_, subscription)) = find(&mut self.slots, block.ssrc) else {
            return;
        };
        subscription.known = true;
        subscription.counters.reported(block);
        let reception = ReceptionBlock {
            fraction_lost: block.fraction_lost,
            cumulative_lost: block.cumulative_lost,
            highest_sequence: block.highest_sequence,
            jitter: block.jitter,
            last_report: block.last_sr,
            delay_since_last_report: block.delay_since_last_sr,
        };
        let round_trip = subscription.sending.receiver_report(now, &reception);
        let smoothed = subscription.sending.round_trip();
        self.reported_round_trip = smoothed.or(self.reported_round_trip);
        let lost = f64::from(block.fraction_lost) / 256.0;
        self.bandwidth.fallback.reported_loss(now, lost, round_trip);
    }

    fn keyframe_wanted(&mut self, ssrc: u32) {
        let Some((_, subscription)) = find(&mut self.slots, ssrc) else {
            return;
        };
        if subscription.kind == Kind::Audio {
            return;
        }
        subscription.counters.plis = subscription.counters.plis.saturating_add(1);
        let selector = subscription.forwarder.selector();
        // What is sent now is what the picture broke in; an encoding still waited for is asked for anyway.
        if let Some(encoding) = selector.source().or(selector.awaits_keyframe()) {
            let track = subscription.track;
            self.events.push_back(Event::KeyframeWanted { track, encoding });
        }
    }

    /// Write the sender reports that are due.
    pub(super) fn report(
        &mut self,
        now: Instant,
        path: Path,
        outbound: &mut Outbound,
        sources: &impl Sources,
        out: &mut dyn Transmit,
    ) {
        let mut due = self
            .slots
            .iter_mut()
            .filter_map(|slot| slot.subscription.as_deref_mut())
            .filter(|subscription| subscription.report_at <= now)
            .peekable();
        let overhead = outbound.profile().rtcp_overhead();
        while due.peek().is_some() {
            let Some(room) = out.reserve(path, COMPOUND_MAX.saturating_add(overhead)) else {
                return;
            };
            let (packets, _) = room.split_at_mut(COMPOUND_MAX.min(room.len()));
            let mut writer = Writer::new(packets);
            let mut names = [(0, ""); REPORTS_MAX];
            let mut count = 0_usize;
            for subscription in due.by_ref().take(REPORTS_MAX) {
                let Some(info) = report_of(now, subscription, sources) else {
                    continue;
                };
                if let Some(name) = names.get_mut(count)
                    && writer.sender_report(subscription.ssrcs.media, &info, &[]).is_ok()
                {
                    *name = (subscription.ssrcs.media, &subscription.cname);
                    count = count.saturating_add(1);
                }
            }
            if count == 0 {
                continue;
            }
            let _long = writer.source_description(names.get(..count).unwrap_or(&[]));
            let len = writer.position();
            if let Ok(len) = outbound.seal_rtcp(room, len) {
                out.commit(len);
            }
        }
    }
}

/// What to report of a stream; `None` when nothing is sent, or while the publisher's clock is not
/// known.
fn report_of(now: Instant, subscription: &mut Subscription, sources: &impl Sources) -> Option<SenderInfo> {
    let interval = match subscription.kind {
        Kind::Audio => INTERVAL_AUDIO,
        Kind::Video => INTERVAL_VIDEO,
    };
    let source = sources.source(subscription.track)?;
    subscription.forwarder.selector().target()?;
    let moment = subscription.forwarder.moment(now, source.clocks)?;
    subscription.report_at = now.checked_add(interval).unwrap_or(now);
    let block = subscription.sending.block(now, moment);
    Some(SenderInfo {
        ntp: block.ntp.0,
        rtp_timestamp: block.timestamp,
        packet_count: block.packets,
        octet_count: block.octets,
    })
}
