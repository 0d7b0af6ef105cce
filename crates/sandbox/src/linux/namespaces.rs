//! Namespaces of its own: no network, no shared memory of others, and rights over nothing outside.

use nix::sched::{CloneFlags, unshare};

/// What was entered.
pub(super) struct Entered {
    /// Whether the process has a user namespace of its own.
    pub user: bool,
    /// In words.
    pub detail: &'static str,
}

/// Leave the network and the others' IPC.
///
/// With a user namespace where that is allowed, which takes no rights at all; root may do without. No user is mapped into
/// it, so no name outside stands for this process any more.
pub(super) fn leave() -> Result<Entered, String> {
    let shared = CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC;
    let Err(refusal) = unshare(CloneFlags::CLONE_NEWUSER | shared) else {
        return Ok(Entered {
            user: true,
            detail: "user, network and IPC",
        });
    };
    match unshare(shared) {
        Ok(()) => Ok(Entered {
            user: false,
            detail: "network and IPC; the kernel refuses user namespaces",
        }),
        Err(_) => Err(format!("the kernel refuses user namespaces: {refusal}")),
    }
}
