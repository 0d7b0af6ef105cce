//! All clients, and the loop that moves their packets.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use hubbub_netem::Config;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::client::Client;
use crate::control::{Order, Problem, Told, Way};

const ORDERS: Token = Token(usize::MAX);
const LISTENER: Token = Token(usize::MAX - 1);
const ROOM: usize = 65_536;
const SLEEP_MAX: Duration = Duration::from_millis(100);

/// The relay.
pub struct Relay {
    poll: Poll,
    waker: Arc<Waker>,
    orders: Receiver<Result<Order, Problem>>,
    listener: UdpSocket,
    server: SocketAddr,
    seed: u64,
    clients: Vec<Client>,
    by_address: HashMap<SocketAddr, usize>,
    ways: (Config, Config),
}

impl Relay {
    /// A relay between clients of `listen` and `server`.
    pub fn new(
        listen: SocketAddr,
        server: SocketAddr,
        seed: u64,
        orders: Receiver<Result<Order, Problem>>,
    ) -> Result<Self, Problem> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), ORDERS)?);
        let mut listener = UdpSocket::bind(listen)?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            waker,
            orders,
            listener,
            server,
            seed,
            clients: Vec::new(),
            by_address: HashMap::new(),
            ways: (Config::default(), Config::default()),
        })
    }

    /// What wakes it when an order was given.
    pub fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// Relay until the orders end.
    pub fn run(&mut self) -> Result<(), Problem> {
        let mut events = Events::with_capacity(256);
        let mut buffer = vec![0; ROOM];
        tell(&Told::Ready)?;
        loop {
            self.wait(&mut events)?;
            for event in &events {
                match event.token() {
                    ORDERS => {}
                    LISTENER => self.take_from_clients(&mut buffer)?,
                    Token(number) => {
                        if let Some(client) = self.clients.get_mut(number) {
                            client.take_from_server(Instant::now(), &mut buffer);
                        }
                    }
                }
            }
            if !self.obey()? {
                return Ok(());
            }
            let now = Instant::now();
            for client in &mut self.clients {
                client.deliver(now, self.server, &self.listener);
            }
        }
    }

    fn wait(&mut self, events: &mut Events) -> Result<(), Problem> {
        let due = self.clients.iter().filter_map(Client::deadline).min();
        let wait = due.map_or(SLEEP_MAX, |due| due.saturating_duration_since(Instant::now()));
        match self.poll.poll(events, Some(wait.min(SLEEP_MAX))) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => Ok(other?),
        }
    }

    fn take_from_clients(&mut self, buffer: &mut [u8]) -> Result<(), Problem> {
        while let Ok((len, address)) = self.listener.recv_from(buffer) {
            let number = match self.by_address.get(&address) {
                Some(number) => *number,
                None => self.admit(address)?,
            };
            if let Some(client) = self.clients.get_mut(number) {
                client.take_from_client(Instant::now(), buffer.get(..len).unwrap_or_default());
            }
        }
        Ok(())
    }

    fn admit(&mut self, address: SocketAddr) -> Result<usize, Problem> {
        let number = self.clients.len();
        self.seed = self.seed.wrapping_add(2);
        let bind = unspecified_port(self.server.ip());
        let mut client = Client::new(address, bind, self.ways, self.seed)?;
        self.poll
            .registry()
            .register(&mut client.socket, Token(number), Interest::READABLE)?;
        self.clients.push(client);
        self.by_address.insert(address, number);
        Ok(number)
    }

    /// Carry out all orders that wait; false when there will be no more.
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
            Order::Set { client, up, down } => {
                let (up, down) = (up.map(Way::config), down.map(Way::config));
                if client.is_none() {
                    self.ways = (up.unwrap_or(self.ways.0), down.unwrap_or(self.ways.1));
                }
                for each in &mut self.clients {
                    if client.as_ref().is_none_or(|ufrag| *ufrag == each.ufrag) {
                        each.set(now, up, down);
                    }
                }
            }
            Order::Rebind { client } => {
                let bind = unspecified_port(self.server.ip());
                for (number, each) in self.clients.iter_mut().enumerate() {
                    if each.ufrag == client {
                        self.poll.registry().deregister(&mut each.socket)?;
                        each.socket = UdpSocket::bind(bind)?;
                        self.poll
                            .registry()
                            .register(&mut each.socket, Token(number), Interest::READABLE)?;
                    }
                }
            }
            Order::Report => return tell(&Told::Report(self.clients.iter().map(Client::fared).collect())),
        }
        tell(&Told::Done)
    }
}

fn unspecified_port(address: IpAddr) -> SocketAddr {
    SocketAddr::new(address, 0)
}

fn tell(told: &Told) -> Result<(), Problem> {
    let line = serde_json::to_string(told).map_err(io::Error::from)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
