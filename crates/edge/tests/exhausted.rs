//! A process without descriptors: connections wait, and the thread does not spin for them. A file of its own, because
//! nothing else in the process can open anything meanwhile.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unsafe_code,
    reason = "a test may fail; the limit of descriptors is set through the C library"
)]

mod double;

use std::fs::File;
use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

use double::{loopback, open, start, wait_for};
use socket2::{Domain, Socket, Type};

/// Descriptors of the process: few, so that they are soon used up.
const DESCRIPTORS: libc::rlim_t = 128;
/// Turns of a thread that waits for this long between tries, with much to spare.
const TURNS_MAX: u64 = 50;

#[test]
fn a_process_without_descriptors_lets_connections_wait() {
    let edge = start(&loopback());
    let server = open(&edge, 1, "tcp");
    let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: both calls get a valid structure, and keep nothing of it.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        limit.rlim_cur = DESCRIPTORS.min(limit.rlim_max);
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
    }
    let all: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(!all.is_empty());
    client.connect(&server.into()).unwrap();
    let before = edge.counters().shards[0].wait_calls;
    thread::sleep(Duration::from_millis(500));
    let counters = edge.counters().shards[0];
    assert_eq!(counters.connections, 0);
    assert!(counters.wait_calls - before < TURNS_MAX, "{counters:?}");
    drop(all);
    wait_for("the connection", || {
        (edge.counters().shards[0].connections == 1).then_some(())
    });
    assert_eq!(
        client.local_addr().unwrap().as_socket_ipv4().unwrap().ip(),
        &Ipv4Addr::LOCALHOST
    );
}
