//! Paths: those of the policy, and no others.
//!
//! Source: Linux, Documentation/userspace-api/landlock.rst.

use landlock::{
    ABI, Access, AccessFs, AccessNet, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use crate::Policy;

/// What is asked for, of which older kernels grant a part: files since 5.13, TCP since 6.7, and since 6.12 signals and
/// abstract sockets.
const ASKED: ABI = ABI::V6;

/// Restrict this thread, the only one, to the paths of `policy`; no TCP, no signals and no abstract sockets to others.
pub(super) fn restrict(policy: &Policy) -> Result<String, String> {
    let status = apply(policy).map_err(|error| error.to_string())?;
    match status.ruleset {
        RulesetStatus::FullyEnforced => Ok("files, TCP, signals".to_owned()),
        RulesetStatus::PartiallyEnforced => Ok("files; the kernel is too old for the rest".to_owned()),
        RulesetStatus::NotEnforced => Err("the kernel has no Landlock, or it is switched off".to_owned()),
    }
}

fn apply(policy: &Policy) -> Result<RestrictionStatus, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = AccessFs::from_write(ASKED) | read;
    let execute = AccessFs::ReadFile | AccessFs::Execute;
    Ruleset::default()
        .handle_access(AccessFs::from_all(ASKED))?
        .handle_access(AccessNet::from_all(ASKED))?
        .scope(Scope::from_all(ASKED))?
        .create()?
        .add_rules(path_beneath_rules(&policy.read, read))?
        .add_rules(path_beneath_rules(&policy.write, write))?
        .add_rules(path_beneath_rules(&policy.execute, execute))?
        .restrict_self()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_that_is_restricted_reads_what_the_policy_names_and_nothing_else() {
        let read = thread::spawn(|| {
            let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
            let policy = Policy {
                read: vec![manifest.into()],
                ..Policy::default()
            };
            let outcome = restrict(&policy);
            (
                outcome.is_ok(),
                fs::read(manifest).is_ok(),
                fs::read("/etc/passwd").is_ok(),
            )
        });
        let (held, named, other) = read.join().expect("the thread ends");
        assert!(named);
        assert_eq!(
            other, !held,
            "what is not named is closed wherever Landlock holds"
        );
    }
}
