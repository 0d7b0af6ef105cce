//! All transports, their clock and the orders that change them.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use hubbub_sfu::dtls::{Endpoint, Settings};
use hubbub_sfu::ice::Credentials;
use hubbub_sfu::random::RandomSource;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::control::{Counted, Id, Order, Problem, Told};
use crate::peer::{BATCH, Peer, ROOM};

const ORDERS: Token = Token(usize::MAX);
const EVENTS: usize = 256;
/// The longest sleep: so that a missed wake costs no more than this.
const SLEEP_MAX: Duration = Duration::from_millis(100);

struct System;

impl RandomSource for System {
    fn fill(&mut self, buffer: &mut [u8]) {
        // What fails leaves zeros: credentials that are easily guessed, for a load nobody attacks.
        let _ = rand::fill(buffer);
    }
}

/// Everything that there is.
pub struct World {
    poll: Poll,
    waker: Arc<Waker>,
    orders: Receiver<Result<Order, Problem>>,
    endpoint: Endpoint,
    peers: BTreeMap<Id, Peer>,
    origin: Instant,
    counting_since: Instant,
    told: Vec<Told>,
}

impl World {
    /// A world that obeys `orders`.
    pub fn new(orders: Receiver<Result<Order, Problem>>) -> Result<Self, Problem> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), ORDERS)?);
        let now = Instant::now();
        Ok(Self {
            poll,
            waker,
            orders,
            endpoint: Endpoint::generate(Settings::default())?,
            peers: BTreeMap::new(),
            origin: now,
            counting_since: now,
            told: Vec::new(),
        })
    }

    /// What wakes it when an order was given.
    pub fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// Live until the orders end.
    pub fn run(&mut self) -> Result<(), Problem> {
        let mut events = Events::with_capacity(EVENTS);
        let mut buffers = vec![vec![0; ROOM]; BATCH];
        let mut buffer = vec![0; ROOM];
        loop {
            self.poll_sockets(&mut events)?;
            for event in &events {
                let id = Id::try_from(event.token().0).ok();
                if let Some(peer) = id.and_then(|id| self.peers.get_mut(&id)) {
                    peer.receive(self.origin, &mut buffers, &mut self.told)?;
                }
            }
            if !self.obey()? {
                return Ok(());
            }
            let now = Instant::now();
            for peer in self.peers.values_mut() {
                if peer.deadline().is_some_and(|deadline| deadline <= now) {
                    peer.handle_timeout(self.origin, now, &mut buffer, &mut self.told);
                }
            }
            self.tell()?;
        }
    }

    fn poll_sockets(&mut self, events: &mut Events) -> Result<(), Problem> {
        let now = Instant::now();
        let due = self.peers.values().filter_map(Peer::deadline).min();
        let wait = due.map_or(SLEEP_MAX, |due| due.saturating_duration_since(now));
        match self.poll.poll(events, Some(wait.min(SLEEP_MAX))) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => Ok(other?),
        }
    }

    /// Take all orders that wait; false when there will be no more.
    fn obey(&mut self) -> Result<bool, Problem> {
        loop {
            match self.orders.try_recv() {
                Ok(order) => self.order(order?)?,
                Err(TryRecvError::Empty) => return Ok(true),
                Err(TryRecvError::Disconnected) => return Ok(false),
            }
        }
    }

    fn order(&mut self, order: Order) -> Result<(), Problem> {
        let now = Instant::now();
        match order {
            Order::Open { id, bind } => {
                let credentials = Credentials::draw(&mut System);
                let mut peer = Peer::open(id, SocketAddr::new(bind, 0), credentials, now)?;
                let token = Token(usize::try_from(id).unwrap_or(usize::MAX));
                self.poll
                    .registry()
                    .register(&mut peer.socket, token, Interest::READABLE)?;
                let (local, port) = peer.reach()?;
                self.told.push(Told::Opened {
                    id,
                    ufrag: local.ufrag().to_owned(),
                    pwd: local.password().to_owned(),
                    fingerprint: self.endpoint.fingerprint().to_string(),
                    port,
                });
                self.peers.insert(id, peer);
            }
            Order::Connect(order) => {
                let peer = self.peers.get_mut(&order.id).ok_or(Problem::Unknown(order.id))?;
                peer.connect(now, &self.endpoint, &order)?;
            }
            Order::Renumber { id, transport_cc } => {
                let peer = self.peers.get_mut(&id).ok_or(Problem::Unknown(id))?;
                peer.transport_cc = transport_cc;
            }
            Order::Publish(order) => {
                let peer = self.peers.get_mut(&order.id).ok_or(Problem::Unknown(order.id))?;
                peer.publish(now, order);
            }
            Order::Misuse(order) => {
                let peer = self.peers.get_mut(&order.id).ok_or(Problem::Unknown(order.id))?;
                peer.misuse(&order);
            }
            Order::Silence { id } => {
                let peer = self.peers.get_mut(&id).ok_or(Problem::Unknown(id))?;
                peer.silent = true;
            }
            Order::Reset => {
                self.counting_since = now;
                for peer in self.peers.values_mut() {
                    peer.sent = 0;
                    peer.sink.reset();
                }
            }
            Order::Report => self.told.push(Told::Counted(self.count(now))),
            Order::Close { id } => {
                if let Some(mut peer) = self.peers.remove(&id) {
                    self.poll.registry().deregister(&mut peer.socket)?;
                }
            }
        }
        Ok(())
    }

    fn count(&self, now: Instant) -> Counted {
        let mut counted = Counted {
            seconds: now.saturating_duration_since(self.counting_since).as_secs_f64(),
            ..Counted::default()
        };
        let mut delays = Vec::new();
        for peer in self.peers.values() {
            counted.sent = counted.sent.saturating_add(peer.sent);
            peer.sink.add_to(&mut counted, &mut delays);
        }
        delays.sort_by(f64::total_cmp);
        counted.delay_p50_ms = percentile(&delays, 50);
        counted.delay_p99_ms = percentile(&delays, 99);
        counted.delays = u64::try_from(delays.len()).unwrap_or(u64::MAX);
        counted
    }

    fn tell(&mut self) -> Result<(), Problem> {
        if self.told.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        for told in self.told.drain(..) {
            let line = serde_json::to_string(&told).map_err(io::Error::from)?;
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        Ok(())
    }
}

/// The value that `percent` of the sorted values do not exceed; zero when there are none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let place = sorted.len().saturating_mul(percent) / 100;
    let last = sorted.len().saturating_sub(1);
    sorted.get(place.min(last)).copied().unwrap_or(0.0)
}
