//! Rights that a process may hold or gain.

use caps::CapSet;
use nix::sys::{prctl, signal::Signal};

/// Drop every capability, those over a user namespace of its own too.
pub(super) fn drop_capabilities() -> Result<String, String> {
    // What is inherited falls first; the effective ones must fall before those permitted.
    for set in [
        CapSet::Ambient,
        CapSet::Inheritable,
        CapSet::Effective,
        CapSet::Permitted,
    ] {
        caps::clear(None, set).map_err(|error| error.to_string())?;
    }
    Ok("none is left".to_owned())
}

/// Gain none by executing a program, be no other's to trace or read, and end with the process that forked this one.
pub(super) fn pin() -> Result<String, String> {
    prctl::set_no_new_privs().map_err(|refusal| format!("no_new_privs: {refusal}"))?;
    prctl::set_dumpable(false).map_err(|refusal| format!("dumpable: {refusal}"))?;
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|refusal| format!("pdeathsig: {refusal}"))?;
    Ok("none can be gained".to_owned())
}
