//! Events on their way to control: in order, bounded, and never at the expense of what control must know.

use std::collections::VecDeque;
use std::mem;
use std::os::fd::RawFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hubbub_sfu::shard::Event;
use hubbub_sfu::shard::TransportId;
use hubbub_sfu::shard::event::{Notice, Speaker};

use crate::Error;
use crate::wake::Wake;

/// Events that may wait before telemetry gives way: some seconds of a busy server.
const TELEMETRY_MAX: usize = 8_192;
/// Bytes of messages that may wait: a peer must not fill our memory by talking faster than control listens.
const MESSAGES_MAX: usize = 32 << 20;

/// The queue between the shards' threads and control.
#[derive(Debug)]
pub struct News {
    wake: Wake,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Event>,
    message_bytes: usize,
}

impl News {
    /// An empty queue.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            wake: Wake::new()?,
            waiting: Mutex::default(),
        })
    }

    /// Append events; tell how many gave way.
    pub fn tell(&self, events: &mut Vec<Event>) -> u64 {
        if events.is_empty() {
            return 0;
        }
        let mut waiting = self.lock();
        let lost = events.drain(..).map(|event| waiting.push(event)).sum();
        drop(waiting);
        self.wake.ring();
        lost
    }

    /// Take at most `most` events.
    pub fn take(&self, most: usize) -> Vec<Event> {
        self.wake.answer();
        let mut waiting = self.lock();
        let count = most.min(waiting.events.len());
        let events: Vec<Event> = waiting.events.drain(..count).collect();
        let taken = events.iter().map(message_len).sum();
        waiting.message_bytes = waiting.message_bytes.saturating_sub(taken);
        let more = !waiting.events.is_empty();
        drop(waiting);
        if more {
            self.wake.ring();
        }
        events
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.lock().events.len()
    }

    /// Readable when there are any.
    pub fn descriptor(&self) -> RawFd {
        self.wake.descriptor()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Append an event; tell how many gave way.
    fn push(&mut self, event: Event) -> u64 {
        let len = message_len(&event);
        if len > 0 {
            let sum = self.message_bytes.saturating_add(len);
            // Lossy messages give way first.
            let room = if matches!(event, Event::DataReceived { reliable: true, .. }) {
                MESSAGES_MAX
            } else {
                MESSAGES_MAX / 2
            };
            if sum > room {
                return 1;
            }
            self.message_bytes = sum;
        }
        if event.is_telemetry() && self.events.len() >= TELEMETRY_MAX {
            return self.squeeze_in(event);
        }
        self.events.push_back(event);
        0
    }

    /// Let telemetry of the same thing give way to the newer one, or else the newer one itself.
    fn squeeze_in(&mut self, event: Event) -> u64 {
        let Some(topic) = Topic::of(&event) else {
            return 1;
        };
        let older = self
            .events
            .iter()
            .rposition(|each| Topic::of(each).as_ref() == Some(&topic));
        if let Some(older) = older.and_then(|place| self.events.get_mut(place)) {
            replace(older, event);
        }
        1
    }
}

/// What telemetry is about.
#[derive(PartialEq, Eq)]
enum Topic<'a> {
    Quality(TransportId),
    Speakers(&'a str),
    Noticed(TransportId, &'a str, Notice),
}

impl<'a> Topic<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        match event {
            Event::QualitySample { transport_id, .. } => Some(Self::Quality(*transport_id)),
            Event::Speakers { room, .. } => Some(Self::Speakers(room)),
            Event::Noticed {
                transport_id,
                track,
                notice,
                ..
            } => Some(Self::Noticed(*transport_id, track, *notice)),
            _ => None,
        }
    }
}

/// Put `newer` in the place of `older`. Speakers tell only changes, so they are joined.
fn replace(older: &mut Event, newer: Event) {
    let before = mem::replace(older, newer);
    if let (Event::Speakers { speakers, .. }, Event::Speakers { speakers: before, .. }) = (older, before) {
        let untold: Vec<Speaker> = before
            .into_iter()
            .filter(|each| speakers.iter().all(|speaker| speaker.track != each.track))
            .collect();
        speakers.extend(untold);
    }
}

fn message_len(event: &Event) -> usize {
    match event {
        Event::DataReceived { payload, .. } => payload.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubbub_sfu::refusal::Refusals;

    fn sample(transport: u64, estimate: u64) -> Event {
        Event::QualitySample {
            transport_id: TransportId(transport),
            rtt_ms: -1.0,
            estimate,
            refused: Refusals::default(),
            legs: Vec::new(),
        }
    }

    fn speakers(tracks: &[(&str, f32)]) -> Event {
        let speakers = tracks.iter().map(|(track, level)| Speaker {
            track: (*track).to_owned(),
            level: *level,
            active: *level > 0.0,
        });
        Event::Speakers {
            room: "RM_a".to_owned(),
            speakers: speakers.collect(),
        }
    }

    fn closed(transport: u64) -> Event {
        Event::Closed {
            transport_id: TransportId(transport),
        }
    }

    fn message(reliable: bool, len: usize) -> Event {
        Event::DataReceived {
            transport_id: TransportId(1),
            reliable,
            payload: vec![0; len],
        }
    }

    fn full() -> Waiting {
        let mut waiting = Waiting::default();
        waiting.push(speakers(&[("TR_a", 0.5), ("TR_b", 0.5)]));
        waiting.push(sample(1, 10));
        for transport in 0..TELEMETRY_MAX {
            waiting.push(sample(u64::try_from(transport).unwrap().saturating_add(2), 1));
        }
        waiting
    }

    #[test]
    fn a_full_queue_keeps_the_latest_telemetry_and_all_that_control_must_know() {
        let mut waiting = full();
        let before = waiting.events.len();
        assert_eq!(waiting.push(sample(1, 20)), 1);
        assert_eq!(waiting.push(closed(1)), 0);
        assert_eq!(waiting.events.len(), before + 1);
        assert_eq!(waiting.events[1], sample(1, 20));
        assert_eq!(waiting.events.back(), Some(&closed(1)));
    }

    #[test]
    fn a_full_queue_forgets_no_speaker() {
        let mut waiting = full();
        assert_eq!(waiting.push(speakers(&[("TR_a", 0.0)])), 1);
        assert_eq!(waiting.events[0], speakers(&[("TR_a", 0.0), ("TR_b", 0.5)]));
    }

    #[test]
    fn messages_are_bounded_by_their_bytes_the_lossy_ones_first() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.push(message(false, MESSAGES_MAX / 2)), 0);
        assert_eq!(waiting.push(message(false, 1)), 1);
        assert_eq!(waiting.push(message(true, MESSAGES_MAX / 2)), 0);
        assert_eq!(waiting.push(message(true, 1)), 1);
    }

    #[test]
    fn the_descriptor_stays_readable_until_all_is_taken() {
        let news = News::new().unwrap();
        let readable = || {
            let mut interests = [crate::sys::Interest::new(news.descriptor(), false)];
            crate::sys::poll(&mut interests, Some(std::time::Duration::ZERO)).unwrap();
            interests[0].is_readable()
        };
        assert!(!readable());
        news.tell(&mut vec![closed(1), closed(2), closed(3)]);
        assert!(readable());
        assert_eq!(news.take(2), [closed(1), closed(2)]);
        assert!(readable());
        assert_eq!(news.take(2), [closed(3)]);
        assert!(!readable());
        news.tell(&mut vec![closed(4)]);
        assert!(readable());
    }
}
