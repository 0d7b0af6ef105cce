//! A seeded network emulator on virtual time, for tests.
#![forbid(unsafe_code)]
