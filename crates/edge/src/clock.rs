//! The one place that asks the system for the time: cores are given it.
#![expect(
    clippy::disallowed_methods,
    reason = "somebody must read the clocks that cores are given"
)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The monotonic clock.
pub fn now() -> Instant {
    Instant::now()
}

/// One moment by both clocks: monotonic, and since 1970 (UTC). Zero when the system's clock stands before that.
pub fn anchor() -> (Instant, Duration) {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH);
    (Instant::now(), unix.unwrap_or_default())
}
