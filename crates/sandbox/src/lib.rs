//! What a process gives up before it reads bytes that strangers sent.
//!
//! [`Sandbox::prepare`] compiles what can be compiled ahead; [`Sandbox::enter`] is called once, in a process that was just
//! forked, has one thread, and will do one job. From then on the process, whatever takes it over, has what its [`Policy`]
//! leaves: the descriptors it holds, the paths it is given, memory, threads and time within bounds. There is no way back.
//!
//! Each layer stands alone: one that the kernel refuses is told in the [`Report`], and the others hold.
#![forbid(unsafe_code)]

mod policy;
mod report;

// Numbers of system calls are known for these processors alone.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
#[path = "linux/mod.rs"]
mod layers;
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
#[path = "elsewhere.rs"]
mod layers;

pub use layers::Sandbox;
pub use policy::{Limits, Policy, Reach};
pub use report::{Layer, Report};
