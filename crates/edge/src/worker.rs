//! A shard's thread: waits, hands the engine what came, sends what it made of it.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use hubbub_sfu::shard::{self, Command, Event, TransportId};

use crate::clock;
use crate::counters::{Board, sum};
use crate::engine::Engine;
use crate::inbox::Inbox;
use crate::news::News;
use crate::outbox::Outbox;
use crate::sys::{self, Interest};
use crate::tcp::frame;
use crate::wake::Wake;

/// Commands carried out in one turn, so that a burst of them holds up packets for some milliseconds at most.
const COMMANDS_MAX: usize = 256;
/// Batches received from one port in one turn, so that a flood leaves time for the rest.
const BATCHES_MAX: usize = 8;
/// Pause after breaking down, so that one that breaks down at once again and again leaves the CPU to others.
const RECOVERY: Duration = Duration::from_millis(20);
/// Why the transports of a shard that broke down have failed.
const BROKE_DOWN: &str = "The media thread broke down and began anew.";

/// What a thread shares with its owner.
#[derive(Debug)]
pub struct Shared {
    /// Rung when commands wait, or to stop.
    pub wake: Wake,
    /// Whether to stop.
    pub stop: AtomicBool,
    /// Counters for others to read.
    pub board: Board,
}

/// The thread's own.
pub struct Worker<E, F> {
    make: F,
    engine: E,
    commands: Receiver<Command>,
    shared: Arc<Shared>,
    news: Arc<News>,
    inbox: Inbox,
    out: Outbox,
    scratch: Vec<u8>,
    interests: Vec<Interest>,
    /// Transports that the engine has, so that somebody knows when it breaks down.
    open: HashSet<TransportId>,
    told: Vec<Event>,
    /// What engines that broke down had counted.
    earlier: shard::Counters,
    events_lost: u64,
}

impl<E: Engine, F: Fn() -> E> Worker<E, F> {
    /// With an engine of `make`'s, now and after each breakdown.
    pub fn new(
        make: F,
        commands: Receiver<Command>,
        shared: Arc<Shared>,
        news: Arc<News>,
        out: Outbox,
    ) -> Self {
        Self {
            engine: make(),
            make,
            commands,
            shared,
            news,
            inbox: Inbox::new(),
            out,
            scratch: Vec::new(),
            interests: Vec::new(),
            open: HashSet::new(),
            told: Vec::new(),
            earlier: shard::Counters::default(),
            events_lost: 0,
        }
    }

    /// Go on until told to stop.
    pub fn run(mut self) {
        while !self.shared.stop.load(Ordering::Acquire) {
            // The state that a panic leaves behind is thrown away, so nothing broken is seen afterwards.
            if catch_unwind(AssertUnwindSafe(|| self.turn())).is_err() && !self.recover() {
                return;
            }
            self.report();
        }
        let _ = catch_unwind(AssertUnwindSafe(|| self.end()));
        self.report();
        // A transport lingers until its peer has heard the goodbye, which nobody does here any more.
        for transport_id in self.take_open() {
            self.told.push(Event::Closed { transport_id });
        }
        self.news.tell(&mut self.told);
    }

    fn turn(&mut self) {
        self.wait();
        let now = clock::now();
        self.perform(now);
        let lanes = self.out.lanes.len();
        let mut ready = std::mem::take(&mut self.interests);
        let (ports, streams) = ready.split_at(lanes.saturating_add(1));
        for (lane, interest) in ports.iter().skip(1).enumerate() {
            if interest.is_writable()
                && let Some(lane) = self.out.lanes.get_mut(lane)
            {
                lane.depart(&mut self.out.counters);
            }
            if interest.is_readable() {
                self.receive(lane);
            }
        }
        self.serve_streams(now, streams);
        ready.clear();
        self.interests = ready;
        let now = clock::now();
        self.out.tcp.handle_timeout(now, &mut self.out.counters);
        if self.engine.deadline().is_some_and(|due| due <= now) {
            self.engine.handle_timeout(now, &mut self.out);
        }
        self.engine.flush(now, &mut self.out);
        self.out.depart();
    }

    /// Wait until something comes, can go, or is due. Interests: the wake-up, ports, listeners, connections.
    fn wait(&mut self) {
        let out = &self.out;
        self.interests.clear();
        self.interests
            .push(Interest::new(self.shared.wake.descriptor(), false));
        let ports = out
            .lanes
            .iter()
            .map(|lane| Interest::new(lane.port.descriptor(), lane.blocked));
        self.interests.extend(ports);
        let listeners = out.tcp.listeners();
        self.interests
            .extend(listeners.map(|descriptor| Interest::new(descriptor, false)));
        let connections = out.tcp.connections();
        self.interests
            .extend(connections.map(|(_, descriptor, write)| Interest::new(descriptor, write)));
        let due = [self.engine.deadline(), out.tcp.deadline()];
        let due = due.into_iter().flatten().min();
        let timeout = due.map(|due| due.saturating_duration_since(clock::now()));
        if sys::poll(&mut self.interests, timeout).is_err() {
            // Out of memory, at worst: try again when there may be some.
            thread::sleep(RECOVERY);
        }
        self.out.counters.wait_calls = self.out.counters.wait_calls.saturating_add(1);
    }

    fn perform(&mut self, now: Instant) {
        if !self
            .interests
            .first()
            .is_some_and(|interest| interest.is_readable())
        {
            return;
        }
        self.shared.wake.answer();
        let mut left = COMMANDS_MAX;
        while let Ok(command) = self.commands.try_recv() {
            self.carry_out(now, command);
            left = left.saturating_sub(1);
            if left == 0 {
                self.shared.wake.ring();
                break;
            }
        }
    }

    fn carry_out(&mut self, now: Instant, command: Command) {
        if let Command::Open(open) = &command {
            self.open.insert(open.transport);
        }
        self.engine.command(now, command);
        self.out.counters.commands = self.out.counters.commands.saturating_add(1);
    }

    /// Receive from a port; what each batch leads to leaves at once.
    fn receive(&mut self, place: usize) {
        for _ in 0..BATCHES_MAX {
            let Some(lane) = self.out.lanes.get(place) else {
                return;
            };
            let local = lane.port.local();
            let filled = match self.inbox.fill(&lane.port) {
                Ok(filled) => filled,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            let now = clock::now();
            let Self {
                engine, inbox, out, ..
            } = self;
            out.counters.receive_calls = out.counters.receive_calls.saturating_add(1);
            inbox.drain(filled, local, |path, datagram| {
                count_received(out, datagram);
                engine.receive(now, path, datagram, out);
            });
            engine.flush(now, out);
            out.depart();
            if filled < quinn_udp::BATCH_SIZE {
                return;
            }
        }
    }

    /// Accept connections and take what came on them; `ready` are the listeners' and connections' interests.
    fn serve_streams(&mut self, now: Instant, ready: &[Interest]) {
        let listeners = self.out.tcp.listeners().count();
        let (listening, connected) = ready.split_at(listeners.min(ready.len()));
        // Slots stay while connections are served; those accepted now have their turn next.
        let slots: Vec<usize> = if connected.is_empty() {
            Vec::new()
        } else {
            self.out.tcp.connections().map(|(slot, ..)| slot).collect()
        };
        for (slot, _) in slots
            .into_iter()
            .zip(connected)
            .filter(|(_, interest)| interest.is_readable())
        {
            self.serve_stream(now, slot);
        }
        for (index, _) in listening
            .iter()
            .enumerate()
            .filter(|(_, interest)| interest.is_readable())
        {
            self.out.tcp.accept(now, index, &mut self.out.counters);
        }
    }

    fn serve_stream(&mut self, now: Instant, slot: usize) {
        let Self {
            engine, out, scratch, ..
        } = self;
        out.counters.receive_calls = out.counters.receive_calls.saturating_add(1);
        let Some(path) = out.tcp.read(now, slot, scratch, &mut out.counters) else {
            return;
        };
        let used = frame::split(scratch, |datagram| {
            let admitted = out.tcp.admits(slot, datagram);
            if admitted {
                count_received(out, datagram);
                engine.receive(now, path, datagram, out);
            }
            admitted
        });
        let rest = used.ok().and_then(|used| scratch.get(used..));
        out.tcp.keep(slot, rest, &mut out.counters);
    }

    /// Tell control what happened, and leave the counters.
    fn report(&mut self) {
        // A poll may panic as any call of the engine may.
        let gathered = catch_unwind(AssertUnwindSafe(|| {
            while let Some(event) = self.engine.poll_event() {
                if let Event::Closed { transport_id } = &event {
                    self.open.remove(transport_id);
                }
                self.told.push(event);
            }
        }));
        if gathered.is_err() {
            self.recover();
        }
        let lost = self.news.tell(&mut self.told);
        let counters = &mut self.out.counters;
        self.events_lost = self.events_lost.saturating_add(lost);
        counters.take(&sum(&self.earlier, &self.engine.counters()), self.events_lost);
        counters.transports_open = u64::try_from(self.open.len()).unwrap_or(u64::MAX);
        counters.connections_open = u64::try_from(self.out.tcp.len()).unwrap_or(u64::MAX);
        self.shared.board.post(counters);
    }

    /// Begin anew after a breakdown: the transports have failed, the port and the thread live on. False when not even
    /// that works.
    fn recover(&mut self) -> bool {
        for transport_id in self.take_open() {
            self.told.push(Event::Failed {
                transport_id,
                reason: BROKE_DOWN.to_owned(),
            });
            self.told.push(Event::Closed { transport_id });
        }
        self.out.clear();
        self.out.counters.panics = self.out.counters.panics.saturating_add(1);
        thread::sleep(RECOVERY);
        let Ok(fresh) = catch_unwind(AssertUnwindSafe(|| (self.make)())) else {
            self.news.tell(&mut self.told);
            self.shared.board.post(&self.out.counters);
            return false;
        };
        self.earlier = sum(&self.earlier, &self.engine.counters());
        let broken = std::mem::replace(&mut self.engine, fresh);
        // Dropping what is broken may panic again, which changes nothing.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(broken)));
        true
    }

    fn take_open(&mut self) -> Vec<TransportId> {
        let mut open: Vec<TransportId> = self.open.drain().collect();
        open.sort_unstable();
        open
    }

    /// Say goodbye to all peers, whatever is still queued for them.
    fn end(&mut self) {
        let now = clock::now();
        while let Ok(command) = self.commands.try_recv() {
            self.carry_out(now, command);
        }
        for &transport_id in &self.open {
            self.engine.command(now, Command::CloseTransport { transport_id });
        }
        self.engine.flush(now, &mut self.out);
        self.out.depart();
    }
}

fn count_received(out: &mut Outbox, datagram: &[u8]) {
    let counters = &mut out.counters;
    counters.datagrams_in = counters.datagrams_in.saturating_add(1);
    let bytes = u64::try_from(datagram.len()).unwrap_or(u64::MAX);
    counters.bytes_in = counters.bytes_in.saturating_add(bytes);
}
