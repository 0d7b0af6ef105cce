//! The handle that control holds.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};
use hubbub_sfu::dtls;
use hubbub_sfu::forward::Ntp;
use hubbub_sfu::ice::Credentials;
use hubbub_sfu::shard::{self, Command, Event, Open, TransportId};
use serde::Serialize;

use crate::address::{self, Candidate};
use crate::counters::{Board, Snapshot};
use crate::listening::Listening;
use crate::news::News;
use crate::outbox::{Lane, Outbox};
use crate::placement::{Placement, Route};
use crate::random::{Drawn, System};
use crate::tcp::Tcp;
use crate::wake::Wake;
use crate::worker::{Shared, Worker};
use crate::{Engine, Error, Settings, clock};

/// Commands that may wait for one shard; who joins a large room causes some hundreds.
const COMMANDS_MAX: usize = 16_384;
/// 1970 in NTP's seconds, which count from 1900. RFC 5905 section 6.
const UNIX_EPOCH_NTP_S: u64 = 2_208_988_800;
/// Why a transport failed that control wanted in a room elsewhere.
const APART: &str = "The room is on another media thread, which has another port.";

/// Our end of a transport, as descriptions tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Local {
    /// ICE user name fragment.
    pub ufrag: String,
    /// ICE password.
    pub pwd: String,
    /// Of the process's certificate.
    pub fingerprint: Fingerprint,
    /// Where the transport's shard is reached, best first.
    pub candidates: Vec<Candidate>,
}

/// Hash of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    /// `sha-256`.
    pub algorithm: String,
    /// Hexadecimal octets joined by colons.
    pub value: String,
}

/// What an engine is made of, besides what it is told.
#[derive(Clone)]
pub struct Birth {
    /// The process's certificate.
    pub endpoint: Arc<dtls::Endpoint>,
    /// One moment by the monotonic clock and since 1970.
    pub anchor: (Instant, Duration),
    /// The present.
    pub now: Instant,
}

struct Shard {
    commands: Sender<Command>,
    shared: Arc<Shared>,
    candidates: Vec<Candidate>,
}

/// The shards of a process, each with its thread and its port.
pub struct Edge {
    shards: Vec<Shard>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    news: Arc<News>,
    placement: Mutex<Placement>,
    fingerprint: Fingerprint,
    transports_max: usize,
}

impl Edge {
    /// Listen, and start a thread for each shard.
    ///
    /// # Errors
    /// A setting makes no sense, or an address cannot be had; nothing is left running.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        Self::start_with(settings, Birth::shard)
    }

    /// Listen, and start a thread for each shard that drives an engine of `make`'s.
    ///
    /// # Errors
    /// A setting makes no sense, or an address cannot be had; nothing is left running.
    pub fn start_with<E: Engine>(
        settings: &Settings,
        make: impl Fn(&Birth) -> E + Clone + Send + 'static,
    ) -> Result<Self, Error> {
        settings.check()?;
        let endpoint = Arc::new(dtls::Endpoint::generate(dtls::Settings::default())?);
        let mut edge = Self {
            shards: Vec::new(),
            threads: Mutex::default(),
            news: Arc::new(News::new()?),
            placement: Mutex::new(Placement::new(settings.shards)),
            fingerprint: fingerprint_of(&endpoint),
            transports_max: settings.transports_max,
        };
        let anchor = clock::anchor();
        for number in 0..settings.shards {
            let (endpoint, make) = (Arc::clone(&endpoint), make.clone());
            edge.add_shard(settings, number, move || {
                make(&Birth {
                    endpoint: Arc::clone(&endpoint),
                    anchor,
                    now: clock::now(),
                })
            })?;
        }
        Ok(edge)
    }

    fn add_shard<E: Engine>(
        &mut self,
        settings: &Settings,
        number: usize,
        make: impl Fn() -> E + Send + 'static,
    ) -> Result<(), Error> {
        let port = match (settings.port, u16::try_from(number)) {
            (0, _) | (_, Err(_)) => 0,
            (base, Ok(number)) => base.saturating_add(number),
        };
        let listening = Listening::open(settings, port)?;
        let addresses = address::advertised(settings, &listening.addresses())?;
        let (commands, queue) = crossbeam_channel::bounded(COMMANDS_MAX);
        let shared = Arc::new(Shared {
            wake: Wake::new()?,
            stop: AtomicBool::new(false),
            board: Board::default(),
        });
        self.shards.push(Shard {
            commands,
            shared: Arc::clone(&shared),
            candidates: address::candidates(&addresses, listening.port, settings.tcp),
        });
        let news = Arc::clone(&self.news);
        let thread = thread::Builder::new()
            .name(format!("hubbub-shard-{number}"))
            .spawn(move || {
                let lanes = listening.ports.into_iter().map(Lane::new).collect();
                let out = Outbox::new(lanes, Tcp::new(clock::now(), listening.listeners));
                Worker::new(make, queue, shared, news, out).run();
            });
        let thread = thread.map_err(|source| Error::System {
            what: "start a thread",
            source,
        })?;
        lock(&self.threads).push(thread);
        Ok(())
    }

    /// Open a transport and return our end of it, at once: its shard hears of it before any datagram can come.
    ///
    /// # Errors
    /// There are as many as there may be, or the shard is too busy.
    pub fn open(
        &self,
        transport: TransportId,
        room: String,
        participant: String,
        data_channels: Vec<String>,
    ) -> Result<Local, Error> {
        let credentials = Credentials::draw(&mut Drawn::draw()?);
        let mut placement = lock(&self.placement);
        if placement.len() >= self.transports_max {
            return Err(Error::Full(self.transports_max));
        }
        if placement.shard_of(transport).is_some() {
            return Err(Error::Known(transport));
        }
        let shard = placement.open(transport, &room);
        let opened = self.send(
            shard,
            Command::Open(Box::new(Open {
                transport,
                room,
                participant,
                data_channels,
                credentials: credentials.clone(),
            })),
        );
        if opened.is_err() {
            placement.close(transport);
        }
        opened.map(|()| self.local(shard, &credentials))
    }

    /// Take new ICE credentials for a transport and return our end of it.
    ///
    /// # Errors
    /// There is no such transport, or the shard is too busy.
    pub fn restart_ice(&self, transport: TransportId) -> Result<Local, Error> {
        let credentials = Credentials::draw(&mut Drawn::draw()?);
        let shard = lock(&self.placement)
            .shard_of(transport)
            .ok_or(Error::Unknown(transport))?;
        let restart = Command::RestartIce {
            transport,
            credentials: credentials.clone(),
        };
        self.send(shard, restart)?;
        Ok(self.local(shard, &credentials))
    }

    /// Queue a command; one for what is gone changes nothing.
    ///
    /// # Errors
    /// The shard is too busy.
    pub fn perform(&self, command: Command) -> Result<(), Error> {
        // Held until the command is queued, so that all shards see commands in the order in which they came.
        let mut placement = lock(&self.placement);
        match placement.route(&command) {
            Route::To(shard) => self.send(shard, command),
            Route::Nowhere => Ok(()),
            Route::Apart(transport_id, shard) => {
                self.news.tell(&mut vec![Event::Failed {
                    transport_id,
                    reason: APART.to_owned(),
                }]);
                self.send(shard, Command::CloseTransport { transport_id })
            }
        }
    }

    /// Take at most `most` events.
    pub fn events(&self, most: usize) -> Vec<Event> {
        let events = self.news.take(most);
        let closed = events.iter().filter_map(|event| match event {
            Event::Closed { transport_id } => Some(*transport_id),
            _ => None,
        });
        let mut placement = None;
        for transport in closed {
            placement
                .get_or_insert_with(|| lock(&self.placement))
                .close(transport);
        }
        drop(placement);
        events
    }

    /// Readable when there are events; for polling only.
    pub fn descriptor(&self) -> RawFd {
        self.news.descriptor()
    }

    /// What was counted until now.
    pub fn counters(&self) -> Snapshot {
        Snapshot {
            shards: self
                .shards
                .iter()
                .map(|shard| shard.shared.board.read())
                .collect(),
            events_waiting: u64::try_from(self.news.len()).unwrap_or(u64::MAX),
        }
    }

    /// Close all transports, end the threads and free the ports. Events that were told stay to be taken.
    pub fn stop(&self) {
        for shard in &self.shards {
            shard.shared.stop.store(true, Ordering::Release);
            shard.shared.wake.ring();
        }
        for thread in lock(&self.threads).drain(..) {
            // A thread that panicked has ended as well.
            let _ = thread.join();
        }
    }

    fn send(&self, shard: usize, command: Command) -> Result<(), Error> {
        let shard = self.shards.get(shard).ok_or(Error::Stopped)?;
        shard.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Stopped,
        })?;
        shard.shared.wake.ring();
        Ok(())
    }

    fn local(&self, shard: usize, credentials: &Credentials) -> Local {
        let candidates = self.shards.get(shard).map(|shard| shard.candidates.clone());
        Local {
            ufrag: credentials.ufrag().to_owned(),
            pwd: credentials.password().to_owned(),
            fingerprint: self.fingerprint.clone(),
            candidates: candidates.unwrap_or_default(),
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Birth {
    /// The engine that there is outside tests.
    #[must_use]
    pub fn shard(&self) -> shard::Shard {
        let (moment, since_1970) = self.anchor;
        let ntp = Ntp(UNIX_EPOCH_NTP_S << 32).after(since_1970);
        let settings = shard::Settings::new((moment, ntp));
        shard::Shard::new(self.now, settings, Arc::clone(&self.endpoint), Box::new(System))
    }
}

fn fingerprint_of(endpoint: &dtls::Endpoint) -> Fingerprint {
    let written = endpoint.fingerprint().to_string();
    let (algorithm, value) = written.split_once(' ').unwrap_or_default();
    Fingerprint {
        algorithm: algorithm.to_owned(),
        value: value.to_owned(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the lock guards is consistent between calls, none of which can panic half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
