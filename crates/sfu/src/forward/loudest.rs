//! The loudest voices of a room, and who speaks.
//!
//! In a large room most voices are silent, and a listener can follow few at a time; forwarding the loudest alone
//! bounds each subscriber's load. Levels come from the header extension, so end-to-end encrypted audio works too.
//!
//! When a voice loses its place, pause the forwarders of its track, and give them their target back when it is heard
//! again: numbers then run on, where packets merely withheld would look lost.
//!
//! Source: RFC 6464 (levels), RFC 7667 section 3.7 (selection in a middlebox). The smoothing and hysteresis are ours.

use std::time::{Duration, Instant};

/// Scores are in 1/256 dB above -127 dBov.
const DECIBEL: i32 = 256;

/// Level that means digital silence (RFC 6464 section 3).
const SILENCE: u8 = 127;

/// Share of a rise taken per packet: 1/4 reaches two thirds in 80 ms of 20 ms packets, a short syllable.
const ATTACK: i32 = 4;

/// Share of a fall taken per packet: 1/16 bridges the pauses between words.
const RELEASE: i32 = 16;

/// Decay of a voice whose packets stopped, in scores per millisecond: 40 dB a second.
const DECAY_PER_MS: i32 = 40 * DECIBEL / 1000;

/// Packets may pause this long before decay begins; longer than any packet, shorter than a word.
const GRACE: Duration = Duration::from_millis(60);

/// How to select.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Voices in the room, at most.
    pub voices_max: usize,
    /// Voices forwarded at once, at most. Work per packet grows with this number only.
    pub audible_max: usize,
    /// A voice quieter than this is not let in; dB below overload, 0 to 127.
    pub floor_dbov: u8,
    /// How much louder than the weakest a voice must be to replace it; dB.
    pub margin_db: u8,
    /// A voice let in stays at least this long against louder ones, so that it is not cut within a word.
    pub hold: Duration,
    /// A voice quiet for this long gives its place up.
    pub quiet: Duration,
    /// Speech for the active speaker is louder than this; dB below overload.
    pub speech_dbov: u8,
    /// The active speaker changes when another was louder for this long.
    pub speaker_hold: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            voices_max: 1024,
            audible_max: 6,
            floor_dbov: 75,
            margin_db: 4,
            hold: Duration::from_millis(600),
            quiet: Duration::from_secs(2),
            speech_dbov: 45,
            speaker_hold: Duration::from_millis(400),
        }
    }
}

/// A voice's place in its room; given anew after [`Loudest::leave`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VoiceId(usize);

/// What to do with a voice's packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Forward it.
    pub forward: bool,
    /// A voice that lost its place to this one.
    pub replaced: Option<VoiceId>,
}

#[derive(Clone, Copy, Debug)]
struct Voice {
    present: bool,
    score: i32,
    /// Smoothed slowly both ways, for the active speaker.
    speech: i32,
    last: Option<Instant>,
    /// When it was let in.
    audible_since: Option<Instant>,
    /// When it last was above the floor.
    loud_at: Option<Instant>,
}

const ABSENT: Voice = Voice {
    present: false,
    score: 0,
    speech: 0,
    last: None,
    audible_since: None,
    loud_at: None,
};

/// Selects the loudest voices.
#[derive(Clone, Debug)]
pub struct Loudest {
    settings: Settings,
    voices: Box<[Voice]>,
    free: Vec<usize>,
    audible: Vec<usize>,
    speaker: Option<usize>,
    challenger: Option<(usize, Instant)>,
}

impl Loudest {
    /// An empty room. All memory is taken here: about 100 bytes per voice.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            voices: vec![ABSENT; settings.voices_max].into(),
            free: (0..settings.voices_max).rev().collect(),
            audible: Vec::with_capacity(settings.audible_max),
            speaker: None,
            challenger: None,
        }
    }

    /// Let a voice into the room; `None` when the room is full.
    pub fn join(&mut self) -> Option<VoiceId> {
        let index = self.free.pop()?;
        *self.voices.get_mut(index)? = Voice {
            present: true,
            ..ABSENT
        };
        Some(VoiceId(index))
    }

    /// Take a voice out of the room.
    pub fn leave(&mut self, voice: VoiceId) {
        let Some(place) = self.voices.get_mut(voice.0) else {
            return;
        };
        if !std::mem::replace(place, ABSENT).present {
            return;
        }
        self.audible.retain(|&index| index != voice.0);
        self.free.push(voice.0);
        self.speaker = self.speaker.filter(|&speaker| speaker != voice.0);
        self.challenger = self.challenger.filter(|&(challenger, _)| challenger != voice.0);
    }

    /// Take in a packet's level (RFC 6464: 0 loudest, 127 silence; larger counts as silence).
    pub fn observe(&mut self, now: Instant, voice: VoiceId, level_dbov: u8) -> Heard {
        let no = Heard {
            forward: false,
            replaced: None,
        };
        let floor = self.settings.floor_dbov;
        let level = level_dbov.min(SILENCE);
        let Some(place) = self.voices.get_mut(voice.0).filter(|place| place.present) else {
            return no;
        };
        place.hear(now, level);
        if level <= floor {
            place.loud_at = Some(now);
        }
        let score = place.score;
        if place.audible_since.is_some() {
            let quiet = place
                .loud_at
                .is_none_or(|at| now.saturating_duration_since(at) > self.settings.quiet);
            if quiet {
                place.audible_since = None;
                self.audible.retain(|&index| index != voice.0);
            }
            return Heard {
                forward: !quiet,
                replaced: None,
            };
        }
        if level > floor {
            return no;
        }
        if self.audible.len() < self.settings.audible_max {
            self.admit(now, voice.0);
            return Heard {
                forward: true,
                replaced: None,
            };
        }
        match self.weakest(now, score) {
            None => no,
            Some(weakest) => {
                self.audible.retain(|&index| index != weakest);
                if let Some(place) = self.voices.get_mut(weakest) {
                    place.audible_since = None;
                }
                self.admit(now, voice.0);
                Heard {
                    forward: true,
                    replaced: Some(VoiceId(weakest)),
                }
            }
        }
    }

    /// Who speaks. Call it regularly, some ten times a second; work grows with `audible_max` only.
    pub fn speaker(&mut self, now: Instant) -> Option<VoiceId> {
        let speech = |index: usize| self.voices.get(index).map_or(0, |voice| voice.speech_at(now));
        let floor = score_of(self.settings.speech_dbov);
        let loudest = self.audible.iter().copied().max_by_key(|&index| speech(index));
        let loudest = loudest.filter(|&index| speech(index) >= floor);
        let margin = i32::from(self.settings.margin_db).saturating_mul(DECIBEL);
        let rival = match (loudest, self.speaker) {
            (Some(loudest), Some(speaker)) if loudest != speaker => {
                let ahead = speech(loudest).saturating_sub(speech(speaker));
                (ahead > margin || speech(speaker) < floor).then_some(loudest)
            }
            (Some(loudest), None) => Some(loudest),
            _ => None,
        };
        let still = self.speaker.is_some_and(|speaker| speech(speaker) > 0);
        if !still {
            self.speaker = None;
        }
        self.challenger = match (rival, self.challenger) {
            (None, _) => None,
            (Some(rival), Some((same, since))) if rival == same => Some((rival, since)),
            (Some(rival), _) => Some((rival, now)),
        };
        if let Some((rival, since)) = self.challenger {
            // Nobody spoke: no reason to wait.
            let is_due = now.saturating_duration_since(since) >= self.settings.speaker_hold;
            if is_due || self.speaker.is_none() {
                self.speaker = Some(rival);
                self.challenger = None;
            }
        }
        self.speaker.map(VoiceId)
    }

    /// Voices forwarded now, in no order.
    pub fn audible(&self) -> impl Iterator<Item = VoiceId> {
        self.audible.iter().map(|&index| VoiceId(index))
    }

    /// A voice's smoothed loudness in dB above silence, 0 to 127.
    #[must_use]
    pub fn loudness_db(&self, now: Instant, voice: VoiceId) -> u8 {
        let speech = self.voices.get(voice.0).map_or(0, |voice| voice.speech_at(now));
        u8::try_from(speech.checked_div(DECIBEL).unwrap_or(0)).unwrap_or(0)
    }

    fn admit(&mut self, now: Instant, index: usize) {
        if let Some(voice) = self.voices.get_mut(index) {
            voice.audible_since = Some(now);
            self.audible.push(index);
        }
    }

    /// The weakest audible voice, if a voice with `score` may replace it.
    fn weakest(&self, now: Instant, score: i32) -> Option<usize> {
        let known = |index: usize| self.voices.get(index).map(|voice| (index, voice));
        let all = self.audible.iter().filter_map(|&index| known(index));
        let (index, voice) = all.min_by_key(|(_, voice)| voice.score_at(now))?;
        let margin = i32::from(self.settings.margin_db).saturating_mul(DECIBEL);
        let held = voice
            .audible_since
            .map_or(Duration::MAX, |since| now.saturating_duration_since(since));
        let louder = score > voice.score_at(now).saturating_add(margin);
        (louder && held >= self.settings.hold).then_some(index)
    }
}

impl Voice {
    fn hear(&mut self, now: Instant, level: u8) {
        let heard = score_of(level);
        let score = self.score_at(now);
        let speech = self.speech_at(now);
        let share = if heard > score { ATTACK } else { RELEASE };
        self.score = approach(score, heard, share);
        self.speech = approach(speech, heard, RELEASE);
        self.last = Some(now);
    }

    fn score_at(&self, now: Instant) -> i32 {
        self.score.saturating_sub(self.decay(now)).max(0)
    }

    fn speech_at(&self, now: Instant) -> i32 {
        self.speech.saturating_sub(self.decay(now)).max(0)
    }

    fn decay(&self, now: Instant) -> i32 {
        let silent = self
            .last
            .map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        let ms = silent.saturating_sub(GRACE).as_millis();
        i32::try_from(ms).unwrap_or(i32::MAX).saturating_mul(DECAY_PER_MS)
    }
}

fn approach(from: i32, to: i32, share: i32) -> i32 {
    from.saturating_add(to.saturating_sub(from).checked_div(share).unwrap_or(0))
}

fn score_of(level_dbov: u8) -> i32 {
    i32::from(SILENCE.saturating_sub(level_dbov)).saturating_mul(DECIBEL)
}
