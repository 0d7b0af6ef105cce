//! Media peers by the hundred, driven by lines of JSON.
//!
//! A benchmark does the signalling and tells this program, on standard input, which transports to open, what to
//! publish and when to measure; what happened comes back on standard output. All peers share one thread, and receivers
//! read headers only, so that the load costs little beside the server that it measures.
//!
//! With the argument `floor` it prints what the machine itself takes for a packet, and ends.
//!
//! Not part of the server: it knows no rooms, and trusts whoever drives it.

#![allow(
    clippy::disallowed_methods,
    reason = "it lives by the machine's clock; nothing here is simulated"
)]

mod control;
mod floor;
mod ice;
mod peer;
mod sink;
mod source;
mod world;

use std::io::{self, BufRead};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use control::Problem;

fn main() -> ExitCode {
    let measures_floor = std::env::args().nth(1).as_deref() == Some("floor");
    let done = if measures_floor { floor::print() } else { run() };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("hubbub-load: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Problem> {
    let (orders, pending) = mpsc::sync_channel(1_024);
    let mut world = world::World::new(pending)?;
    let waker = world.waker();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            let order = serde_json::from_str(&line).map_err(|cause| Problem::Order { line, cause });
            if orders.send(order).is_err() || waker.wake().is_err() {
                return;
            }
        }
        // Dropping the sender ends the world when its caller has gone.
        drop(orders);
        let _ = waker.wake();
    });
    world.run()
}
