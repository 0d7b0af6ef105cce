//! People come and go, publish and subscribe as chance wills, over bad networks. Whatever happens, who hears hears
//! without tears in the numbers, and at the end nothing is left.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the operands are the test's own"
)]

mod shard;

use std::collections::BTreeSet;
use std::time::Duration;

use hubbub_netem::Random;
use hubbub_sfu::shard::{Command, Event, Kind};
use shard::{SECOND, World, link};

const STEPS: u32 = 120;
const CALLERS_MAX: usize = 14;

struct Simulation {
    world: World,
    random: Random,
    open: BTreeSet<usize>,
    published: Vec<(usize, String, Kind)>,
    serial: u32,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        Self {
            world: World::new(seed + 500),
            random: Random::new(seed),
            open: BTreeSet::new(),
            published: Vec::new(),
            serial: 0,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.below(u64::try_from(bound).unwrap())).unwrap()
    }

    fn somebody(&mut self) -> Option<usize> {
        let index = self.below(self.open.len().max(1));
        self.open.iter().nth(index).copied()
    }

    fn some_track(&mut self) -> Option<(usize, String, Kind)> {
        let index = self.below(self.published.len().max(1));
        self.published.get(index).cloned()
    }

    fn step(&mut self) {
        match self.random.below(12) {
            0..=2 => self.join(),
            3 => self.leave(),
            4..=5 => self.publish(),
            6..=8 => self.subscribe(),
            9 => self.unpublish_or_mute(),
            _ => self.prefer_or_limit(),
        }
        let wait = Duration::from_millis(20 + self.random.below(200));
        self.world.run(wait);
    }

    fn join(&mut self) {
        if self.world.callers.len() < CALLERS_MAX {
            let delay = 1 + self.random.below(60);
            let loss = [0.0, 0.02, 0.1][self.below(3)];
            let room = ["RM_1", "RM_2"][self.below(2)];
            let place = self.world.join(room, link(delay, loss));
            self.open.insert(place);
        }
    }

    fn leave(&mut self) {
        let Some(place) = self.somebody() else { return };
        self.open.remove(&place);
        self.published.retain(|(of, ..)| *of != place);
        if self.random.chance(0.5) {
            let transport_id = self.world.callers[place].id;
            self.world.command(Command::CloseTransport { transport_id });
        } else {
            self.world.callers[place].closed = true;
        }
    }

    fn publish(&mut self) {
        let Some(place) = self.somebody() else { return };
        self.serial += 1;
        let sid = format!("TR_{}", self.serial);
        let kind = if self.random.chance(0.5) {
            Kind::Audio
        } else {
            Kind::Video
        };
        let caller = &self.world.callers[place];
        let busy = match kind {
            Kind::Audio => caller.voice.is_some(),
            Kind::Video => caller.camera.is_some(),
        };
        if busy {
            return;
        }
        match kind {
            Kind::Audio => self.world.publish_voice(place, &sid),
            Kind::Video => self.world.publish_camera(place, &sid),
        }
        self.published.push((place, sid, kind));
    }

    fn subscribe(&mut self) {
        let (Some(place), Some((of, sid, kind))) = (self.somebody(), self.some_track()) else {
            return;
        };
        // One slot for each track that there may be.
        let slot = u16::try_from(of * 2 + usize::from(kind == Kind::Video)).unwrap();
        self.world.subscribe(place, &sid, slot, kind);
        if self.random.chance(0.2) {
            let transport_id = self.world.callers[place].id;
            self.world.command(Command::Unsubscribe {
                transport_id,
                track: sid,
            });
        }
    }

    fn unpublish_or_mute(&mut self) {
        let Some((of, track, kind)) = self.some_track() else {
            return;
        };
        if self.random.chance(0.3) {
            self.published.retain(|(_, sid, _)| *sid != track);
            match kind {
                Kind::Audio => self.world.callers[of].voice = None,
                Kind::Video => self.world.callers[of].camera = None,
            }
            self.world.command(Command::UnpublishTrack { track });
        } else {
            let muted = self.random.chance(0.5);
            self.world.command(Command::MuteTrack { track, muted });
        }
    }

    fn prefer_or_limit(&mut self) {
        let (Some(place), Some((_, track, _))) = (self.somebody(), self.some_track()) else {
            return;
        };
        let transport_id = self.world.callers[place].id;
        let command = match self.random.below(4) {
            0 => Command::LimitBandwidth {
                transport_id,
                bits_per_second: self.random.below(2_000_000),
            },
            1 => Command::MoveTransport {
                transport_id,
                room: ["RM_1", "RM_2", "RM_3"][self.below(3)].to_owned(),
            },
            _ => Command::Prefer {
                transport_id,
                track,
                paused: self.random.chance(0.2),
                quality: u8::try_from(self.random.below(3)).unwrap(),
                fps: 0,
                priority: 0,
            },
        };
        self.world.command(command);
    }

    /// Numbers of one stream never stand still for long while others pass: what is lost is mended or filled.
    fn check(&mut self) {
        for place in self.open.clone() {
            let caller = &mut self.world.callers[place];
            for (ssrc, heard) in &caller.heard {
                let lost = heard.missing(200);
                let all = heard.packets.len();
                // Callers do not repeat their voices, so what is lost on the way up stays lost.
                let share = if ssrc >> 1 & 1 == 0 { 4 } else { 10 };
                assert!(
                    lost * share <= all,
                    "{place}/{ssrc:x}: {lost} of {all} never came"
                );
            }
        }
        let shard = &self.world.shard;
        assert!(shard.rooms() <= 3 && shard.tracks() <= 2 * CALLERS_MAX);
    }
}

#[test]
fn chance_leaves_nothing_behind() {
    for seed in 0..12 {
        let mut simulation = Simulation::new(seed);
        for _ in 0..STEPS {
            simulation.step();
        }
        simulation.check();
        for place in std::mem::take(&mut simulation.open) {
            let transport_id = simulation.world.callers[place].id;
            simulation.world.command(Command::CloseTransport { transport_id });
        }
        // Those that merely fell silent are given up in time.
        simulation.world.run(60 * SECOND);
        let shard = &simulation.world.shard;
        assert_eq!(
            (shard.transports(), shard.tracks(), shard.rooms()),
            (0, 0, 0),
            "seed {seed}: {shard:?}"
        );
        let now = simulation.world.clock.now();
        assert!(shard.deadline().is_none_or(|deadline| deadline > now));
        let closed = |event: &&Event| matches!(event, Event::Closed { .. });
        let count = simulation.world.events.iter().filter(closed).count();
        assert_eq!(count, simulation.world.callers.len(), "seed {seed}");
    }
}
