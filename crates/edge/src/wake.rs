//! A descriptor that becomes readable when there is something to fetch.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;

/// Wakes who polls [`Wake::descriptor`]. A pair of sockets rather than an eventfd: it is the same everywhere, costs a
/// system call as well, and only when nobody has rung since the last answer.
#[derive(Debug)]
pub struct Wake {
    rung: AtomicBool,
    near: UnixStream,
    far: UnixStream,
}

impl Wake {
    /// Make one.
    pub fn new() -> Result<Self, Error> {
        let make = || {
            let (near, far) = UnixStream::pair()?;
            near.set_nonblocking(true)?;
            far.set_nonblocking(true)?;
            Ok((near, far))
        };
        let (near, far) = make().map_err(|source| Error::System {
            what: "make a wake-up descriptor",
            source,
        })?;
        Ok(Self {
            rung: AtomicBool::new(false),
            near,
            far,
        })
    }

    /// Make the descriptor readable. Call this after that which is to be fetched is there.
    pub fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // One byte at a time is in the pipe, so it never is full; a closed one has nobody to wake.
            let _ = (&self.far).write(&[1]);
        }
    }

    /// Make it unreadable. Call this before fetching.
    pub fn answer(&self) {
        let mut bytes = [0; 8];
        loop {
            match (&self.near).read(&mut bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => break,
            }
        }
        self.rung.store(false, Ordering::Release);
    }

    /// What to poll.
    pub fn descriptor(&self) -> RawFd {
        self.near.as_raw_fd()
    }
}
