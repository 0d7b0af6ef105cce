//! Bounds that the kernel counts for each process.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::Limits;

/// Seconds from SIGXCPU, which is told as a lack of time, to SIGKILL for what ignores it.
const CPU_GRACE_S: u64 = 1;

/// Set all; `own_user` says that processes are counted for this process's own user namespace.
pub(super) fn set(limits: &Limits, own_user: bool) -> Result<String, String> {
    let mut bounds = vec![
        ("processor time", Resource::RLIMIT_CPU, limits.cpu_s, CPU_GRACE_S),
        (
            "address space",
            Resource::RLIMIT_AS,
            limits.address_space_bytes,
            0,
        ),
        ("file size", Resource::RLIMIT_FSIZE, limits.file_bytes, 0),
        ("open files", Resource::RLIMIT_NOFILE, limits.open_files, 0),
        ("core file", Resource::RLIMIT_CORE, 0, 0),
    ];
    if own_user {
        // Elsewhere all processes of the user would count, and one busy neighbour would keep threads from starting.
        bounds.push(("threads", Resource::RLIMIT_NPROC, limits.threads, 0));
    }
    let refused: Vec<String> = bounds
        .iter()
        .filter_map(|&(name, resource, bound, grace)| {
            let refusal = lower(resource, bound, grace).err()?;
            Some(format!("{name}: {refusal}"))
        })
        .collect();
    let names: Vec<&str> = bounds.iter().map(|bound| bound.0).collect();
    if refused.is_empty() {
        Ok(names.join(", "))
    } else {
        Err(refused.join(", "))
    }
}

/// Lower a bound; one that is lower already stays.
fn lower(resource: Resource, bound: u64, grace: u64) -> nix::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    setrlimit(resource, bound.min(hard), bound.saturating_add(grace).min(hard))
}
