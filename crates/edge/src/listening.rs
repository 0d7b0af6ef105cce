//! The ports of one shard: the same number on every address, for UDP and TCP.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use crate::udp::Port;
use crate::{Error, Settings, tcp};

/// Draws of a free port number before giving up: UDP's choice may be taken on another address or for TCP.
const DRAWS: usize = 32;

/// What a shard listens at.
pub struct Listening {
    /// The port's number.
    pub port: u16,
    /// One for each address.
    pub ports: Vec<Port>,
    /// One for each address, or none.
    pub listeners: Vec<TcpListener>,
}

impl Listening {
    /// The addresses that could be had.
    pub fn addresses(&self) -> Vec<IpAddr> {
        self.ports.iter().map(|port| port.local().ip()).collect()
    }

    /// Listen at `port` on all addresses of the settings; zero draws a free one.
    pub fn open(settings: &Settings, port: u16) -> Result<Self, Error> {
        let mut drawn = Self::try_open(settings, port);
        for _ in 1..DRAWS {
            match drawn {
                Err(Error::Bind { ref source, .. })
                    if port == 0 && source.kind() == io::ErrorKind::AddrInUse =>
                {
                    drawn = Self::try_open(settings, port);
                }
                other => return other,
            }
        }
        drawn
    }

    fn try_open(settings: &Settings, port: u16) -> Result<Self, Error> {
        let mut opened = Self {
            port,
            ports: Vec::new(),
            listeners: Vec::new(),
        };
        for &ip in &settings.bind {
            if let Err(error) = opened.add(settings, ip) {
                let last = Some(&ip) == settings.bind.last();
                if !(is_without_v6(&error, ip) && !(last && opened.ports.is_empty())) {
                    return Err(error);
                }
            }
        }
        Ok(opened)
    }

    fn add(&mut self, settings: &Settings, ip: IpAddr) -> Result<(), Error> {
        let failed = |address: SocketAddr| move |source| Error::Bind { address, source };
        let address = SocketAddr::new(ip, self.port);
        let port = Port::bind(address, settings.socket_buffer).map_err(failed(address))?;
        let address = port.local();
        if settings.tcp {
            self.listeners
                .push(tcp::listen(address).map_err(failed(address))?);
        }
        self.port = address.port();
        self.ports.push(port);
        Ok(())
    }
}

/// Whether all that is wrong is that this machine has no IPv6.
fn is_without_v6(error: &Error, ip: IpAddr) -> bool {
    let codes = [libc::EAFNOSUPPORT, libc::EADDRNOTAVAIL, libc::EPROTONOSUPPORT];
    let Error::Bind { source, .. } = error else {
        return false;
    };
    ip.is_ipv6() && ip.is_unspecified() && source.raw_os_error().is_some_and(|code| codes.contains(&code))
}
