//! The voices of a room: which are forwarded, and when to look who speaks.

use std::time::{Duration, Instant};

use super::event::Speaker;
use super::speech::Speech;
use crate::forward::{Loudest, VoiceId, loudest};
use crate::receive::TrackKey;

/// Voices that a new room has places for; more double it.
const VOICES: usize = 16;
/// Voices of a room at most; those beyond are forwarded without being measured.
const VOICES_MAX: usize = 4_096;
/// Between two looks at who speaks: while levels change, and when somebody begins, which must not wait.
const TICK: Duration = Duration::from_millis(300);
const TICK_SOON: Duration = Duration::from_millis(100);
/// A room whose voices said nothing for this long is not looked at.
const REST: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Voice {
    track: TrackKey,
    id: VoiceId,
    audible: bool,
    speech: Speech,
    /// Its packets tell their level. Who does not say how loud it is cannot be chosen among, and is always forwarded.
    tells: bool,
}

/// A voice's fate changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) track: TrackKey,
    pub(super) audible: bool,
}

/// A room.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) sid: String,
    /// Transports that are counted to it.
    pub(super) peers: usize,
    audible_max: usize,
    small: usize,
    loudest: Loudest,
    places: usize,
    /// In the order of tracks.
    voices: Vec<Voice>,
    heard: Option<Instant>,
    /// When it was seen last who speaks.
    looked: Option<Instant>,
    /// Somebody began to speak since.
    begins: bool,
}

impl Room {
    /// An empty one. Up to `small` voices are all forwarded; of more, `audible_max`, where zero is all.
    pub(super) fn new(sid: &str, small: usize, audible_max: usize) -> Self {
        Self {
            sid: sid.to_owned(),
            peers: 0,
            audible_max,
            small,
            loudest: Loudest::new(settings(VOICES, small, audible_max)),
            places: VOICES,
            voices: Vec::new(),
            heard: None,
            looked: None,
            begins: false,
        }
    }

    /// Let a track of sound in. Returns whose fate that changes.
    pub(super) fn join(&mut self, track: TrackKey) -> Vec<Change> {
        let Err(place) = self.place(track) else {
            return Vec::new();
        };
        let id = self.loudest.join().or_else(|| self.grow());
        let Some(id) = id else { return Vec::new() };
        let voice = Voice {
            track,
            id,
            audible: true,
            speech: Speech::default(),
            tells: false,
        };
        self.voices.insert(place, voice);
        self.settle()
    }

    /// Take a track out. Returns whose fate that changes, and what clients are to be told.
    pub(super) fn leave(&mut self, track: TrackKey) -> (Vec<Change>, bool) {
        let Ok(place) = self.place(track) else {
            return (Vec::new(), false);
        };
        let voice = self.voices.remove(place);
        self.loudest.leave(voice.id);
        (self.settle(), voice.speech.is_active())
    }

    /// Take in a packet's level; `changed` is called for each track whose fate that changes.
    pub(super) fn observe(
        &mut self,
        now: Instant,
        track: TrackKey,
        level: u8,
        mut changed: impl FnMut(Change),
    ) {
        let selects = self.selects();
        let place = self.place(track);
        let Some(voice) = place.ok().and_then(|place| self.voices.get_mut(place)) else {
            return;
        };
        self.heard = Some(now);
        voice.tells = true;
        self.begins |= voice.speech.hear(now, level);
        let heard = self.loudest.observe(now, voice.id, level);
        if !selects {
            return;
        }
        if voice.audible != heard.forward {
            voice.audible = heard.forward;
            changed(Change {
                track,
                audible: heard.forward,
            });
        }
        let replaced = heard.replaced;
        if let Some(other) = self.voices.iter_mut().find(|voice| Some(voice.id) == replaced)
            && std::mem::take(&mut other.audible)
        {
            changed(Change {
                track: other.track,
                audible: false,
            });
        }
    }

    /// Whether a track of the room is forwarded.
    pub(super) fn is_audible(&self, track: TrackKey) -> bool {
        let place = self.place(track).ok();
        place
            .and_then(|place| self.voices.get(place))
            .is_none_or(|voice| voice.audible)
    }

    /// Who began, went on at another level, or ceased to speak since the last call.
    pub(super) fn speakers(&mut self, now: Instant) -> Vec<(TrackKey, f32, bool)> {
        self.looked = Some(now);
        self.begins = false;
        let voices = self.voices.iter_mut();
        let news = voices.filter_map(|voice| {
            let (level, active) = voice.speech.poll(now)?;
            Some((voice.track, level, active))
        });
        news.collect()
    }

    /// When [`Room::speakers`] is due.
    pub(super) fn next_tick(&self, now: Instant) -> Option<Instant> {
        let rests = self
            .heard
            .is_none_or(|heard| now.saturating_duration_since(heard) > REST);
        if rests {
            return None;
        }
        let pause = if self.begins { TICK_SOON } else { TICK };
        let due = self.looked.map_or(Some(now), |looked| looked.checked_add(pause));
        due.map(|due| due.max(now))
    }

    fn place(&self, track: TrackKey) -> Result<usize, usize> {
        self.voices.binary_search_by_key(&track, |voice| voice.track)
    }

    /// Whether voices are chosen among.
    fn selects(&self) -> bool {
        self.audible_max > 0 && self.voices.len() > self.small
    }

    /// The room's size changed: choose, or choose no longer.
    fn settle(&mut self) -> Vec<Change> {
        let selects = self.selects();
        let audible: Vec<VoiceId> = self.loudest.audible().collect();
        let mut changes = Vec::new();
        for voice in &mut self.voices {
            let is = !selects || !voice.tells || audible.contains(&voice.id);
            if is != voice.audible {
                voice.audible = is;
                changes.push(Change {
                    track: voice.track,
                    audible: is,
                });
            }
        }
        changes
    }

    /// Make room for more voices. What was known of loudness is learnt anew within a second.
    fn grow(&mut self) -> Option<VoiceId> {
        if self.places >= VOICES_MAX {
            return None;
        }
        self.places = self.places.saturating_mul(2);
        self.loudest = Loudest::new(settings(self.places, self.small, self.audible_max));
        for voice in &mut self.voices {
            voice.id = self.loudest.join()?;
        }
        self.loudest.join()
    }
}

fn settings(voices_max: usize, small: usize, audible_max: usize) -> loudest::Settings {
    loudest::Settings {
        voices_max,
        audible_max: if audible_max == 0 {
            small.max(1)
        } else {
            audible_max
        },
        ..loudest::Settings::default()
    }
}

/// What clients are told of a track.
pub(super) fn speaker(track: &str, level: f32, active: bool) -> Speaker {
    Speaker {
        track: track.to_owned(),
        level,
        active,
    }
}
