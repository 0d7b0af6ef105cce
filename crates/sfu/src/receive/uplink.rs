//! A transport's incoming streams: whose packets they are, and what is reported to their sender.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hubbub_wire::extension::{AudioLevel, TransportSequence, media_id, stream_id};
use hubbub_wire::rtcp::{Block, ReportBlock, Writer};
use hubbub_wire::rtp::Packet;
use hubbub_wire::rtx;

use super::naming::{Ids, Values};
use super::publication::Role;
use super::requests::{REPORTER, write_keyframe_requests, write_nacks};
use super::track::Track;
use super::tracks::{TrackKey, Tracks};
use crate::cc::{Arrivals, ArrivalsSettings};
use crate::forward::Ntp;
use crate::refusal::Refusal;

/// Streams of one transport at most. A participant with camera and screen in three encodings each, their
/// retransmissions and two sounds has 14.
pub const SOURCES_MAX: usize = 128;
/// Bytes that a compound may take before it is sealed.
const COMPOUND_LEN: usize = 1_200;
/// Receiver reports go out this often.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// A round trip before any was measured.
const ROUND_TRIP: Duration = Duration::from_millis(60);
/// More packets asked for again within a second than this are a burst.
const BURST_MIN: u32 = 20;
const BURST_SPAN: Duration = Duration::from_secs(1);
/// Reports in one packet at most; their count is 5 bits wide.
const REPORTS_MAX: usize = 31;

/// What an SSRC stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Binding {
    track: TrackKey,
    encoding: u8,
    repeats: bool,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is nobody's, broken, or of a kind that was not agreed on.
    Dropped(Refusal),
    /// It belongs to this track, and says this of its loudness.
    Track {
        /// Whose it is.
        track: TrackKey,
        /// Its level, when it carries sound and says so.
        level: Option<AudioLevel>,
    },
}

/// The receiving side of one transport.
#[derive(Debug)]
pub struct Uplink {
    ids: Ids,
    /// Tracks published on this transport.
    tracks: Vec<TrackKey>,
    bindings: HashMap<u32, Binding>,
    arrivals: Arrivals,
    /// An SSRC of this transport, for feedback on the whole.
    any_ssrc: u32,
    report_due: Option<Instant>,
    round_trip: Duration,
    fir_sequence: u8,
    dropped: u64,
    /// SSRCs that others took the place of.
    retired: Vec<u32>,
    /// Packets asked for again since that moment.
    asked: Option<(Instant, u32)>,
}

impl Uplink {
    /// No tracks yet. `now` becomes the origin of feedback's times.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            ids: Ids::default(),
            tracks: Vec::new(),
            bindings: HashMap::new(),
            arrivals: Arrivals::new(now, ArrivalsSettings::default()),
            any_ssrc: 0,
            report_due: None,
            round_trip: ROUND_TRIP,
            fir_sequence: 0,
            dropped: 0,
            retired: Vec::new(),
            asked: None,
        }
    }

    /// Whether nothing is published, so that there is nothing to report.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.tracks.is_empty() && self.arrivals.deadline().is_none()
    }

    /// The tracks published here.
    #[must_use]
    pub fn tracks(&self) -> &[TrackKey] {
        &self.tracks
    }

    /// Packets dropped so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The round trip to the publisher, measured by whoever can.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = round_trip;
    }

    /// Take a track's packets from now on; call it again after the track was republished.
    pub fn publish(&mut self, key: TrackKey, track: &mut Track) {
        let publication = track.publication().clone();
        self.ids.learn(&publication.extensions);
        if !self.tracks.contains(&key) {
            self.tracks.push(key);
        }
        for (encoding, ssrcs) in (0_u8..).zip(&publication.sources) {
            self.bind(key, track, encoding, ssrcs.media, false);
            if ssrcs.rtx != 0 {
                self.bind(key, track, encoding, ssrcs.rtx, true);
            }
        }
    }

    /// Take no more of a track. Returns its SSRCs.
    pub fn unpublish(&mut self, key: TrackKey) -> Vec<u32> {
        self.tracks.retain(|known| *known != key);
        let gone = self.bindings.extract_if(|_, binding| binding.track == key);
        gone.map(|(ssrc, _)| ssrc).collect()
    }

    /// An SSRC that was replaced by another and will not come again; call it after [`Uplink::receive`] and
    /// [`Uplink::publish`].
    pub fn poll_retired(&mut self) -> Option<u32> {
        self.retired.pop()
    }

    /// How many packets were asked for again within a second, once the second is over and if they were many.
    pub fn take_burst(&mut self, now: Instant) -> Option<i64> {
        let (since, asked) = self.asked?;
        if now.saturating_duration_since(since) < BURST_SPAN {
            return None;
        }
        self.asked = None;
        (asked > BURST_MIN).then(|| i64::from(asked))
    }

    /// Take an opened packet.
    pub fn receive(&mut self, now: Instant, bytes: &[u8], tracks: &mut Tracks) -> Received {
        let Ok(packet) = Packet::parse(bytes) else {
            return self.drop_packet(Refusal::Malformed);
        };
        match self.accept(now, &packet, tracks) {
            Some(received) => received,
            None => self.drop_packet(Refusal::Unknown),
        }
    }

    /// Take a block of an opened compound; those about what we send are not for here.
    pub fn rtcp(&mut self, now: Instant, block: &Block<'_>, tracks: &mut Tracks) {
        match block {
            Block::SenderReport(report) => {
                if let Some(binding) = self
                    .bindings
                    .get(&report.ssrc())
                    .filter(|binding| !binding.repeats)
                    && let Some(track) = tracks.get_mut(binding.track)
                {
                    let info = report.info();
                    track.sender_report(now, binding.encoding, Ntp(info.ntp), info.rtp_timestamp);
                }
            }
            Block::Bye(bye) => {
                // Browsers also say goodbye when they pause an encoding, and go on with the same SSRC without naming
                // it again: so it stays bound.
                for ssrc in bye.ssrcs() {
                    let binding = self.bindings.get(&ssrc).filter(|binding| !binding.repeats);
                    if let Some(binding) = binding
                        && let Some(track) = tracks.get_mut(binding.track)
                    {
                        track.end(binding.encoding);
                    }
                }
            }
            _ => {}
        }
    }

    /// Write the next compound that is due into `out`; `None` when nothing is. Call until `None`.
    ///
    /// `out` is at least 1,200 bytes long.
    pub fn poll_transmit(&mut self, now: Instant, tracks: &mut Tracks, out: &mut [u8]) -> Option<usize> {
        let len = out.len().min(COMPOUND_LEN);
        let mut writer = Writer::new(out.get_mut(..len)?);
        self.write_reports(now, tracks, &mut writer);
        for key in &self.tracks {
            let Some(track) = tracks.get_mut(*key) else {
                continue;
            };
            track.measure(now);
            let asked = write_nacks(now, self.round_trip, track, &mut writer);
            if asked > 0 {
                let (_, total) = self.asked.get_or_insert((now, 0));
                *total = total.saturating_add(asked);
            }
            track.mend();
            write_keyframe_requests(now, track, &mut self.fir_sequence, &mut writer);
        }
        if writer.position() < len / 2
            && let Some(feedback) = self.arrivals.poll(now)
        {
            // What does not fit is lost feedback, which senders bear.
            let _ = writer.transport_feedback(&feedback.report(REPORTER, self.any_ssrc));
        }
        let written = writer.position();
        (written > 0).then_some(written)
    }

    /// When [`Uplink::poll_transmit`] is due.
    #[must_use]
    pub fn deadline(&self, now: Instant, tracks: &Tracks) -> Option<Instant> {
        let tracks = self.tracks.iter().filter_map(|key| tracks.get(*key));
        tracks
            .filter_map(|track| track.deadline(now))
            .chain(self.report_due)
            .chain(self.arrivals.deadline())
            .min()
    }

    fn drop_packet(&mut self, why: Refusal) -> Received {
        self.dropped = self.dropped.saturating_add(1);
        Received::Dropped(why)
    }

    fn accept(&mut self, now: Instant, packet: &Packet<'_>, tracks: &mut Tracks) -> Option<Received> {
        let values = self.ids.read(packet);
        if let Some(value) = values.transport_sequence
            && let Ok(number) = TransportSequence::parse(value)
        {
            self.arrivals.record(now, number.sequence);
            self.any_ssrc = packet.ssrc();
        }
        let binding = match self.bindings.get(&packet.ssrc()) {
            Some(binding) => *binding,
            None => self.find(packet, &values, tracks)?,
        };
        self.report_due.get_or_insert_with(|| later(now, REPORT_INTERVAL));
        let track = tracks.get_mut(binding.track)?;
        if binding.repeats {
            // Retransmission streams also carry padding that probes the path.
            if let Ok(original) = rtx::split(packet.payload()) {
                track.repeated(now, binding.encoding, packet, original, &values);
            }
        } else {
            track.media(now, binding.encoding, packet, &values);
        }
        let level = values.level.and_then(|value| AudioLevel::parse(value).ok());
        Some(Received::Track {
            track: binding.track,
            level: level.filter(|_| track.codec().is_audio() && !track.is_muted()),
        })
    }

    /// Bind an SSRC that comes for the first time, by what its packet says.
    ///
    /// Source: RFC 8852 section 3; RFC 8843 section 9.2.
    fn find(&mut self, packet: &Packet<'_>, values: &Values<'_>, tracks: &mut Tracks) -> Option<Binding> {
        let mid = media_id(values.mid?).ok()?;
        let key = *self.tracks.iter().find(|key| {
            let publication = tracks.get(**key).map(Track::publication);
            publication.is_some_and(|publication| publication.mid == mid)
        })?;
        let track = tracks.get_mut(key)?;
        let role = track.role(packet.payload_type())?;
        let repeats = role == Role::Repeat || values.repaired_rid.is_some();
        let rids = &track.publication().rids;
        let encoding = if rids.is_empty() {
            0
        } else {
            let rid = stream_id(values.repaired_rid.or(values.rid)?).ok()?;
            rids.iter().position(|known| known == rid)?
        };
        let encoding = u8::try_from(encoding).ok()?;
        self.bind(key, track, encoding, packet.ssrc(), repeats);
        self.bindings.get(&packet.ssrc()).copied()
    }

    fn bind(&mut self, key: TrackKey, track: &mut Track, encoding: u8, ssrc: u32, repeats: bool) {
        let binding = Binding {
            track: key,
            encoding,
            repeats,
        };
        if self.bindings.get(&ssrc) == Some(&binding) {
            return;
        }
        // A source that began anew takes the former one's place.
        let former = self.bindings.extract_if(|_, known| *known == binding);
        self.retired.extend(former.map(|(ssrc, _)| ssrc));
        if self.bindings.len() >= SOURCES_MAX {
            return;
        }
        self.bindings.insert(ssrc, binding);
        if !repeats {
            track.begin(encoding, ssrc);
        }
    }

    fn write_reports(&mut self, now: Instant, tracks: &mut Tracks, writer: &mut Writer<'_>) {
        if self.report_due.is_none_or(|due| due > now) {
            return;
        }
        let mut reports = Vec::new();
        for key in &self.tracks {
            let Some(track) = tracks.get_mut(*key) else {
                continue;
            };
            for (_, source) in track.sources_mut() {
                if let Some(block) = source.reception.block(now) {
                    reports.push(ReportBlock {
                        ssrc: source.ssrc,
                        fraction_lost: block.fraction_lost,
                        cumulative_lost: block.cumulative_lost,
                        highest_sequence: block.highest_sequence,
                        jitter: block.jitter,
                        last_sr: block.last_report,
                        delay_since_last_sr: block.delay_since_last_report,
                    });
                }
            }
        }
        reports.truncate(REPORTS_MAX);
        self.report_due = if reports.is_empty() {
            None
        } else {
            Some(later(now, REPORT_INTERVAL))
        };
        if !reports.is_empty() {
            let _ = writer.receiver_report(REPORTER, &reports);
        }
    }
}

fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait).unwrap_or(now)
}
