//! A shard with callers around it, on virtual time, with an emulated network between them.
#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::struct_excessive_bools,
    clippy::unwrap_used,
    reason = "the operands are the test's own, and what is not as expected is to fail it"
)]

mod caller;
mod media;
#[path = "../network/mod.rs"]
mod network;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use caller::Caller;
use hubbub_netem::{Clock, Config, Random};
use hubbub_sfu::dtls;
use hubbub_sfu::forward::Ntp;
use hubbub_sfu::ice::{Credentials, Path};
use hubbub_sfu::shard::command::{Codec, Extension, Layer, Ssrcs};
use hubbub_sfu::shard::{Command, Event, Kind, Open, Settings, Shard, TransportId};

pub use media::{Camera, Voice};
pub use network::*;

pub const SECOND: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(1);

pub const OPUS: u8 = 111;
pub const RED: u8 = 63;
pub const VP8: u8 = 96;
pub const RTX: u8 = 97;
pub const MID: u8 = 1;
pub const RID: u8 = 2;
pub const REPAIRED: u8 = 3;
pub const SEQUENCE: u8 = 4;
pub const LEVEL: u8 = 5;

pub fn endpoint(seed: u64) -> Arc<dtls::Endpoint> {
    let settings = dtls::Settings {
        seed: Some(seed),
        ..dtls::Settings::default()
    };
    Arc::new(dtls::Endpoint::generate(settings).unwrap())
}

pub struct World {
    pub clock: Clock,
    pub shard: Shard,
    pub endpoint: Arc<dtls::Endpoint>,
    pub callers: Vec<Caller>,
    pub events: Vec<Event>,
    pub random: Random,
    /// Flushes in which one subscriber's datagrams did not stand together.
    pub torn: usize,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let clock = Clock::new();
        let endpoint = endpoint(seed);
        let settings = Settings::new((clock.now(), Ntp(3_900_000_000 << 32)));
        let random = Box::new(Seeded(Random::new(seed)));
        Self {
            shard: Shard::new(clock.now(), settings, Arc::clone(&endpoint), random),
            clock,
            endpoint,
            callers: Vec::new(),
            events: Vec::new(),
            random: Random::new(seed + 1),
            torn: 0,
        }
    }

    pub fn command(&mut self, command: Command) {
        self.shard.command(self.clock.now(), command);
    }

    /// Add a caller, and have the shard know of it. Returns its place.
    pub fn join(&mut self, room: &str, link: Config) -> usize {
        let place = self.callers.len();
        let host = u8::try_from(place + 1).unwrap();
        let id = TransportId(u64::from(host));
        let seed = u64::from(host) * 100;
        let credentials = Credentials::draw(&mut Seeded(self.random.clone()));
        self.random.bits();
        let caller = Caller::new(
            self.clock.now(),
            id,
            host,
            &credentials,
            &self.endpoint,
            link,
            seed,
        );
        self.command(Command::Open(Box::new(Open {
            transport: id,
            room: room.to_owned(),
            participant: format!("PA_{host}"),
            data_channels: Vec::new(),
            credentials,
        })));
        self.command(Command::SetRemote {
            transport_id: id,
            remote: caller.remote(),
        });
        self.callers.push(caller);
        place
    }

    /// As [`World::join`] for many, all connected.
    pub fn connected(seed: u64, callers: usize, link: Config) -> Self {
        let mut world = Self::new(seed);
        for _ in 0..callers {
            world.join("RM_1", link);
        }
        assert!(world.run_until(10 * SECOND, |world| {
            world.callers.iter().all(Caller::is_connected)
        }));
        world.run(SECOND / 2);
        world
    }

    /// A second ago.
    pub fn recently(&self) -> Instant {
        self.clock.now().checked_sub(SECOND).unwrap()
    }

    pub fn run(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Let time pass until `done` or for at most `limit`; tell whether it was done.
    pub fn run_until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.clock.now() + limit;
        while self.clock.now() < end {
            if done(self) {
                return true;
            }
            self.clock.advance(STEP);
            self.step();
        }
        done(self)
    }

    fn step(&mut self) {
        let now = self.clock.now();
        let mut wire = Wire::default();
        for caller in &mut self.callers {
            caller.work(now);
            while let Some(delivery) = caller.up.poll(now) {
                let mut datagram = delivery.item;
                self.shard
                    .receive(now, path(caller.host), &mut datagram, &mut wire);
            }
        }
        if self.shard.deadline().is_some_and(|deadline| deadline <= now) {
            self.shard.handle_timeout(now, &mut wire);
        }
        self.carry(wire, false);
        let mut wire = Wire::default();
        self.shard.flush(now, &mut wire);
        self.carry(wire, true);
        while let Some(event) = self.shard.poll_event() {
            self.events.push(event);
        }
        for caller in &mut self.callers {
            while let Some(delivery) = caller.down.poll(now) {
                caller.receive(now, delivery.item);
            }
        }
    }

    fn carry(&mut self, wire: Wire, checks: bool) {
        let now = self.clock.now();
        let is_media =
            |datagram: &[u8]| matches!(datagram, [128..=191, second, ..] if !(192..=223).contains(second));
        let mut order: Vec<Path> = Vec::new();
        for (path, datagram) in wire.datagrams {
            if is_media(&datagram) && order.last() != Some(&path) {
                self.torn += usize::from(checks && order.contains(&path));
                order.push(path);
            }
            let caller = self
                .callers
                .iter_mut()
                .find(|caller| self::path(caller.host) == path);
            if let Some(caller) = caller {
                caller.down.send(now, datagram.len(), datagram);
            }
        }
    }

    /// Publish a track of sound from a caller.
    pub fn publish_voice(&mut self, place: usize, sid: &str) {
        let caller = &mut self.callers[place];
        let voice = Voice::new(u32::from(caller.host) << 8);
        let ssrc = voice.ssrc;
        let transport_id = caller.id;
        caller.voice = Some(voice);
        self.command(Command::PublishTrack {
            transport_id,
            track: sid.to_owned(),
            kind: Kind::Audio,
            mid: "0".to_owned(),
            codecs: vec![opus()],
            extensions: extensions(),
            rids: Vec::new(),
            sources: vec![Ssrcs { media: ssrc, rtx: 0 }],
            layers: Vec::new(),
            muted: false,
        });
    }

    /// Publish a track of pictures in three encodings from a caller.
    pub fn publish_camera(&mut self, place: usize, sid: &str) {
        let caller = &mut self.callers[place];
        let transport_id = caller.id;
        caller.camera = Some(Camera::new((u32::from(caller.host) << 8) + 0x10));
        let layer = |quality: u8| Layer {
            quality,
            width: 320 << quality,
            height: 180 << quality,
            bitrate: 0,
            rid: String::new(),
            ssrc: 0,
            spatial: 0,
        };
        self.command(Command::PublishTrack {
            transport_id,
            track: sid.to_owned(),
            kind: Kind::Video,
            mid: "1".to_owned(),
            codecs: vec![vp8()],
            extensions: extensions(),
            rids: ["q", "h", "f"].map(str::to_owned).to_vec(),
            sources: Vec::new(),
            layers: (0..3).map(layer).collect(),
            muted: false,
        });
    }

    /// Subscribe a caller to a track in a slot.
    pub fn subscribe(&mut self, place: usize, sid: &str, slot: u16, kind: Kind) {
        let media = 0x5000_0000 | u32::from(slot) << 1;
        let codec = match kind {
            Kind::Audio => opus(),
            Kind::Video => vp8(),
        };
        self.command(Command::Subscribe {
            transport_id: self.callers[place].id,
            track: sid.to_owned(),
            mid: slot.to_string(),
            ssrcs: Ssrcs {
                media,
                rtx: if kind == Kind::Audio { 0 } else { media | 1 },
            },
            codecs: vec![codec],
            extensions: extensions(),
        });
    }

    /// Whether an event like this came.
    pub fn told(&self, like: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(like)
    }
}

pub fn opus() -> Codec {
    Codec {
        name: "opus".to_owned(),
        payload_type: OPUS,
        clock_rate: 48_000,
        channels: 2,
        parameters: String::new(),
        feedback: vec!["transport-cc".to_owned(), "nack".to_owned()],
        rtx_payload_type: None,
        red_payload_type: Some(RED),
    }
}

pub fn vp8() -> Codec {
    Codec {
        name: "VP8".to_owned(),
        payload_type: VP8,
        clock_rate: 90_000,
        channels: 1,
        parameters: String::new(),
        feedback: ["nack", "nack pli", "transport-cc"].map(str::to_owned).to_vec(),
        rtx_payload_type: Some(RTX),
        red_payload_type: None,
    }
}

pub fn extensions() -> Vec<Extension> {
    use hubbub_wire::extension::uri;
    let known = [
        (MID, uri::MEDIA_ID),
        (RID, uri::STREAM_ID),
        (REPAIRED, uri::REPAIRED_STREAM_ID),
        (SEQUENCE, uri::TRANSPORT_SEQUENCE),
        (LEVEL, uri::AUDIO_LEVEL),
    ];
    let named = known.map(|(id, uri)| Extension {
        id,
        uri: uri.to_owned(),
    });
    named.to_vec()
}

/// A wire with this delay and chance of loss each way.
pub fn link(delay_ms: u64, loss: f64) -> Config {
    Config {
        delay: Duration::from_millis(delay_ms),
        loss: hubbub_netem::Loss::Independent { chance: loss },
        ..Config::default()
    }
}
