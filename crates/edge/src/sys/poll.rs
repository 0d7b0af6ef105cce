//! Waiting for descriptors.

use std::io;
use std::os::fd::RawFd;
use std::time::Duration;

/// A descriptor, what of it is waited for, and what came of that.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Interest(libc::pollfd);

impl Interest {
    /// An interest in reading, and in writing too if asked.
    pub const fn new(descriptor: RawFd, write: bool) -> Self {
        let events = if write {
            libc::POLLIN | libc::POLLOUT
        } else {
            libc::POLLIN
        };
        Self(libc::pollfd {
            fd: descriptor,
            events,
            revents: 0,
        })
    }

    /// Whether there is something to read, if only an error.
    pub const fn is_readable(self) -> bool {
        self.0.revents & (libc::POLLIN | libc::POLLERR | libc::POLLHUP) != 0
    }

    /// Whether it can be written to.
    pub const fn is_writable(self) -> bool {
        self.0.revents & libc::POLLOUT != 0
    }
}

/// Wait until one of `interests` is ready or `timeout` has passed; `None` waits as long as it takes. A signal ends it
/// early.
pub fn poll(interests: &mut [Interest], timeout: Option<Duration>) -> io::Result<()> {
    let count = libc::nfds_t::try_from(interests.len()).unwrap_or(libc::nfds_t::MAX);
    if wait(interests, count, timeout) < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
        for interest in interests {
            interest.0.revents = 0;
        }
    }
    Ok(())
}

/// To the nanosecond, as pacing asks for less than a millisecond.
#[cfg(target_os = "linux")]
fn wait(interests: &mut [Interest], count: libc::nfds_t, timeout: Option<Duration>) -> libc::c_int {
    let timeout = timeout.map(|timeout| libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: `interests` is a live array of `count` records, transparent ones, that the call may write; `timeout` is null or points to
    // a live record; a null signal mask leaves the mask alone. Nothing is kept after the call.
    unsafe { libc::ppoll(interests.as_mut_ptr().cast(), count, timeout, std::ptr::null()) }
}

/// Rounded up to milliseconds.
#[cfg(not(target_os = "linux"))]
fn wait(interests: &mut [Interest], count: libc::nfds_t, timeout: Option<Duration>) -> libc::c_int {
    let timeout = timeout.map_or(-1, |timeout| {
        libc::c_int::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX)
    });
    // SAFETY: `interests` is a live array of `count` records, transparent ones, that the call may write. Nothing is kept after the call.
    unsafe { libc::poll(interests.as_mut_ptr().cast(), count, timeout) }
}
