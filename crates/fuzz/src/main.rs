//! `cargo run --release -p hubbub-fuzz -- [--seconds N] [--seed N] [TARGET…]`: hunts, and keeps what it finds.

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs};

use hubbub_fuzz::{Breach, Hunt, TARGETS, Target, folder_of};

/// Seconds for each target, unless the command line says.
const SECONDS: u64 = 60;

/// Inputs between two looks at the clock.
const STRIDE: u64 = 256;

struct Asked {
    seconds: u64,
    seed: u64,
    targets: Vec<&'static Target>,
}

fn main() -> ExitCode {
    let asked = match parse(env::args().skip(1)) {
        Ok(asked) => asked,
        Err(sentence) => {
            eprintln!("{sentence}\n\nUsage: hubbub-fuzz [--seconds N] [--seed N] [TARGET…]");
            for target in TARGETS {
                eprintln!("  {:<6} {}", target.name, target.about);
            }
            return ExitCode::from(2);
        }
    };
    let broken = asked
        .targets
        .iter()
        .filter(|target| !withstands(target, &asked))
        .count();
    if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked {
        seconds: SECONDS,
        seed: fresh_seed(),
        targets: Vec::new(),
    };
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().unwrap_or_default();
            value
                .parse()
                .map_err(|_| format!("{word} takes a number, not {value:?}."))
        };
        match word.as_str() {
            "--seconds" => asked.seconds = number()?,
            "--seed" => asked.seed = number()?,
            name => {
                let target = TARGETS.iter().find(|target| target.name == name);
                asked
                    .targets
                    .push(target.ok_or(format!("There is no target called {name:?}."))?);
            }
        }
    }
    if asked.targets.is_empty() {
        asked.targets.extend(TARGETS);
    }
    Ok(asked)
}

#[expect(
    clippy::disallowed_methods,
    reason = "each hunt on demand shall go another way, and says which"
)]
fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the command line bounds the hunt by the clock"
)]
fn withstands(target: &Target, asked: &Asked) -> bool {
    let started = Instant::now();
    let end = Duration::from_secs(asked.seconds);
    let mut hunt = Hunt::new(target, asked.seed);
    let mut result = hunt.feed_seeds();
    while result.is_ok() && started.elapsed() < end {
        result = hunt.feed_many(STRIDE);
    }
    let (name, fed, outcomes) = (target.name, hunt.fed(), hunt.outcomes());
    println!("{name}: {fed} inputs, {outcomes} outcomes, seed {}", asked.seed);
    let Err(breach) = result else { return true };
    println!(
        "{name} broke: {}\nInput: {:02x?}\n{}",
        breach.said,
        breach.input,
        keep(target, &breach)
    );
    false
}

/// Write a finding down, for `cargo test` to feed from now on.
fn keep(target: &Target, breach: &Breach) -> String {
    let folder = folder_of(target);
    let name = format!("{:016x}", breach.number());
    let path = folder.join(name);
    let kept = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, &breach.input));
    match kept {
        Ok(()) => format!("Kept as {}; commit it with its repair.", path.display()),
        Err(error) => format!("It cannot be kept in {}: {error}.", folder.display()),
    }
}
