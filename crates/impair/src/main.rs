//! A bad network between real browsers and a real server.
//!
//! A relay of UDP: it listens where the server says that it is reached, and hands packets on to where the server really
//! listens, each client from a socket of its own, after what `hubbub-netem` did to them. Clients are known by the ICE
//! user name fragment in their first check, so that one of several pages can be given a worse network than the others.
//! Needs no privileges: a second loopback address does.

#![allow(
    clippy::disallowed_methods,
    reason = "it lives by the machine's clock; nothing here is simulated"
)]

mod client;
mod control;
mod relay;

use std::io::{self, BufRead};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use control::Problem;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("hubbub-impair: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Problem> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, to, seed] = arguments.as_slice() else {
        return Err(Problem::Arguments);
    };
    let parse = |text: &str| text.parse::<SocketAddr>().map_err(|_| Problem::Arguments);
    let seed = seed.parse().map_err(|_| Problem::Arguments)?;
    let (orders, pending) = mpsc::sync_channel(64);
    let mut relay = relay::Relay::new(parse(listen)?, parse(to)?, seed, pending)?;
    let waker = relay.waker();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            let order = serde_json::from_str(&line).map_err(|cause| Problem::Order { line, cause });
            if orders.send(order).is_err() || waker.wake().is_err() {
                return;
            }
        }
        // Dropping the sender ends the relay when its test has gone.
        drop(orders);
        let _ = waker.wake();
    });
    relay.run()
}
