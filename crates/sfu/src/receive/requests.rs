//! What a publisher is asked for: lost packets and keyframes.

use std::time::{Duration, Instant};

use hubbub_wire::rtcp::{FirEntry, Writer};

use super::track::Track;

/// Who reports: a receiver that sends no media needs no SSRC of its own (RFC 4585 section 4.1 lets any serve).
pub(super) const REPORTER: u32 = 1;
/// Numbers in one NACK at most.
const NACK_MAX: usize = 64;

/// Ask for what is missing. Returns how many packets.
pub(super) fn write_nacks(
    now: Instant,
    round_trip: Duration,
    track: &mut Track,
    writer: &mut Writer<'_>,
) -> u32 {
    let answers = track.answers_nack() && !track.is_muted();
    let mut asked = 0_u32;
    for (_, source) in track.sources_mut() {
        if source.gaps.deadline().is_none_or(|deadline| deadline > now) {
            continue;
        }
        let mut due = [0_u64; NACK_MAX];
        let count = source.gaps.poll(now, round_trip, &mut due);
        if count == 0 || !answers {
            continue;
        }
        let lost = due
            .iter()
            .take(count)
            .map(|number| u16::try_from(number & 0xffff).unwrap_or(0));
        if writer.nack(REPORTER, source.ssrc, lost).is_ok() {
            let count = u32::try_from(count).unwrap_or(0);
            source.counts.nacks = source.counts.nacks.saturating_add(count);
            asked = asked.saturating_add(count);
        }
    }
    asked
}

/// Ask for the keyframes that are needed.
pub(super) fn write_keyframe_requests(
    now: Instant,
    track: &mut Track,
    fir_sequence: &mut u8,
    writer: &mut Writer<'_>,
) {
    if track
        .keyframes
        .deadline(now)
        .is_none_or(|deadline| deadline > now)
    {
        return;
    }
    let mask = track.keyframes.poll(now);
    let takes_pli = track.answers_pli();
    let muted = track.is_muted();
    for (encoding, source) in track.sources_mut() {
        if mask >> (encoding & 7) & 1 == 0 || muted {
            continue;
        }
        let written = if takes_pli {
            writer.pli(REPORTER, source.ssrc)
        } else {
            *fir_sequence = fir_sequence.wrapping_add(1);
            let entry = FirEntry {
                ssrc: source.ssrc,
                sequence: *fir_sequence,
            };
            writer.fir(REPORTER, &[entry])
        };
        if written.is_ok() {
            source.counts.plis = source.counts.plis.saturating_add(1);
        }
    }
}
