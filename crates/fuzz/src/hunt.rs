//! The hunt for inputs that break a target.

use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::chance::Chance;
use crate::mutation::mutate;
use crate::target::{Subject, Target, outcome};

/// Most inputs kept to go on from.
const POOL_MAX: usize = 4_096;

/// Most attempts to make a breaking input shorter.
const SHORTENINGS_MAX: usize = 4_000;

thread_local! {
    /// What the panic hook heard on this thread while an input was fed; `None` while none is.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// An input that broke a promise.
#[derive(Clone, Debug)]
pub struct Breach {
    /// The input, made as short as it still breaks.
    pub input: Vec<u8>,
    /// What the panic said, and where.
    pub said: String,
}

impl Breach {
    /// A number for the input, to name a file by.
    #[must_use]
    pub fn number(&self) -> u64 {
        outcome(&self.input)
    }
}

/// A run over one target.
pub struct Hunt {
    subject: Box<dyn Subject>,
    chance: Chance,
    pool: Vec<Vec<u8>>,
    outcomes: HashSet<u64>,
    fed: u64,
}

impl Hunt {
    /// A run over `target`; the same `seed` makes the same run.
    #[must_use]
    pub fn new(target: &Target, seed: u64) -> Self {
        let subject = (target.open)();
        let pool = subject.seeds();
        Self {
            subject,
            chance: Chance::new(seed),
            pool,
            outcomes: HashSet::new(),
            fed: 0,
        }
    }

    /// How many inputs were fed.
    #[must_use]
    pub const fn fed(&self) -> u64 {
        self.fed
    }

    /// How many different outcomes there were.
    #[must_use]
    pub fn outcomes(&self) -> usize {
        self.outcomes.len()
    }

    /// Feed the seeds.
    ///
    /// # Errors
    /// The one that broke the target.
    pub fn feed_seeds(&mut self) -> Result<(), Breach> {
        for input in self.pool.clone() {
            self.feed(input)?;
        }
        Ok(())
    }

    /// Feed `count` inputs made from those known.
    ///
    /// # Errors
    /// The first that broke the target.
    pub fn feed_many(&mut self, count: u64) -> Result<(), Breach> {
        for _ in 0..count {
            let mut input = self.pool[self.chance.below(self.pool.len())].clone();
            mutate(&mut self.chance, &mut input, &self.pool);
            self.feed(input)?;
        }
        Ok(())
    }

    fn feed(&mut self, input: Vec<u8>) -> Result<(), Breach> {
        self.fed = self.fed.saturating_add(1);
        let outcome = feed(self.subject.as_ref(), &input).map_err(|breach| self.shorten(breach))?;
        if self.outcomes.insert(outcome) {
            if self.pool.len() < POOL_MAX {
                self.pool.push(input);
            } else {
                let at = self.chance.below(POOL_MAX);
                self.pool[at] = input;
            }
        }
        Ok(())
    }

    /// The breach with ever smaller parts left out, as long as it remains one.
    fn shorten(&self, mut breach: Breach) -> Breach {
        let mut attempts = 0;
        let mut part = breach.input.len().next_power_of_two();
        while part > 0 {
            let mut at = 0;
            while at < breach.input.len() && attempts < SHORTENINGS_MAX {
                attempts += 1;
                let mut shorter = breach.input.clone();
                shorter.drain(at..(at + part).min(breach.input.len()));
                match feed(self.subject.as_ref(), &shorter) {
                    Err(still) => breach = still,
                    Ok(_) => at += part,
                }
            }
            part /= 2;
        }
        breach
    }
}

/// Feed one input.
///
/// # Errors
/// It broke the target.
pub fn feed(subject: &dyn Subject, input: &[u8]) -> Result<u64, Breach> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = take_hook();
        set_hook(Box::new(move |panic| {
            let quiet = HEARD.with_borrow_mut(|heard| heard.as_mut().map(|heard| *heard = panic.to_string()));
            if quiet.is_none() {
                loud(panic);
            }
        }));
    });
    HEARD.set(Some(String::new()));
    let fed = catch_unwind(AssertUnwindSafe(|| subject.feed(input)));
    let said = HEARD.take().unwrap_or_default();
    fed.map_err(|_| Breach {
        input: input.to_vec(),
        said,
    })
}
