//! The filters of system calls.
//!
//! Several, of which the kernel takes the strictest answer: one that allows and answers EPERM to the rest, one that ends
//! the process, and one that says ENOSYS where the C library has another way.
//!
//! Source: seccomp(2); Linux, Documentation/userspace-api/seccomp_filter.rst.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use super::syscalls;
use crate::Reach;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

const EPERM: u32 = libc::EPERM.cast_unsigned();
const ENOSYS: u32 = libc::ENOSYS.cast_unsigned();

/// What C libraries and Python ask of what they open: TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX.
///
/// In figures, as C libraries disagree on their type.
const IOCTLS: [u64; 5] = [0x5401, 0x541B, 0x5421, 0x5451, 0x5450];

/// The programs for each reach.
#[derive(Debug)]
pub(super) struct Filters {
    descriptors: [BpfProgram; 3],
    files: [BpfProgram; 3],
    program: [BpfProgram; 3],
}

impl Filters {
    /// Compile all, once for all processes that will enter.
    pub(super) fn compile() -> Result<Self, BackendError> {
        Ok(Self {
            descriptors: compile(Reach::Descriptors)?,
            files: compile(Reach::Files)?,
            program: compile(Reach::Program)?,
        })
    }

    /// Apply those for `reach` to this thread and all that it starts.
    pub(super) fn apply(&self, reach: Reach) -> Result<String, String> {
        let programs = match reach {
            Reach::Descriptors => &self.descriptors,
            Reach::Files => &self.files,
            Reach::Program => &self.program,
        };
        let own = own_process(std::process::id()).map_err(|error| error.to_string())?;
        for program in std::iter::once(&own).chain(programs) {
            apply_filter(program).map_err(|error| error.to_string())?;
        }
        Ok(match reach {
            Reach::Descriptors => "open descriptors, memory, threads".to_owned(),
            Reach::Files => "files, memory, threads".to_owned(),
            Reach::Program => "files, memory, threads, execution".to_owned(),
        })
    }
}

/// In the order in which they are applied: the first allow what the last does not, another filter.
fn compile(reach: Reach) -> Result<[BpfProgram; 3], BackendError> {
    Ok([
        // Its arguments lie in memory, where a filter cannot look; without it the C library makes a `clone`.
        program(
            any(&[libc::SYS_clone3]),
            SeccompAction::Allow,
            SeccompAction::Errno(ENOSYS),
        )?,
        program(
            any(&syscalls::deadly(reach)),
            SeccompAction::Allow,
            SeccompAction::KillProcess,
        )?,
        program(allow(reach)?, SeccompAction::Errno(EPERM), SeccompAction::Allow)?,
    ])
}

fn program(
    rules: Rules,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, otherwise, matched, arch)?.try_into()
}

fn allow(reach: Reach) -> Result<Rules, BackendError> {
    let mut rules = any(&syscalls::allowed(reach));
    // Allowed here, so that the answer of the other filter stands.
    rules.insert(libc::SYS_clone3, Vec::new());
    let thread = flag(libc::CLONE_THREAD);
    rules.insert(
        libc::SYS_clone,
        vec![when(0, SeccompCmpOp::MaskedEq(thread), thread)?],
    );
    rules.insert(
        libc::SYS_prctl,
        vec![when(0, SeccompCmpOp::Eq, flag(libc::PR_SET_NAME))?],
    );
    // Bounds may be read; lowering them further harms nobody else.
    rules.insert(libc::SYS_prlimit64, vec![when(0, SeccompCmpOp::Eq, 0)?]);
    let ioctls: Result<Vec<_>, _> = IOCTLS
        .iter()
        .map(|&request| when(1, SeccompCmpOp::Eq, request))
        .collect();
    rules.insert(libc::SYS_ioctl, ioctls?);
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        // A loader maps code; a decoder has all of it already, so new code would be an attacker's.
        let data = vec![when(2, SeccompCmpOp::MaskedEq(flag(libc::PROT_EXEC)), 0)?];
        rules.insert(call, if reach == Reach::Program { Vec::new() } else { data });
    }
    Ok(rules)
}

/// Signals go to this process alone: others of its user are as near as it is to them.
fn own_process(process: u32) -> Result<BpfProgram, BackendError> {
    let others = when(0, SeccompCmpOp::Ne, process.into())?;
    let rules = Rules::from([(libc::SYS_tgkill, vec![others])]);
    program(rules, SeccompAction::Allow, SeccompAction::Errno(EPERM))
}

/// These calls, whatever their arguments.
fn any(calls: &[libc::c_long]) -> Rules {
    calls.iter().map(|&call| (call, Vec::new())).collect()
}

/// Where an argument, 32 bits of it, compares so.
fn when(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(
        argument,
        SeccompCmpArgLen::Dword,
        operator,
        value,
    )?])
}

fn flag(value: libc::c_int) -> u64 {
    value.cast_unsigned().into()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;
    use std::process::Command;
    use std::thread;

    use super::*;

    /// Most instructions of one program (`BPF_MAXINSNS`).
    const INSTRUCTIONS_MAX: usize = 4096;

    #[test]
    fn every_program_fits_the_kernel() {
        let filters = Filters::compile().expect("this processor is known");
        for programs in [&filters.descriptors, &filters.files, &filters.program] {
            assert!(
                programs
                    .iter()
                    .all(|program| (1..=INSTRUCTIONS_MAX).contains(&program.len()))
            );
        }
    }

    #[test]
    fn a_thread_that_is_filtered_computes_and_starts_threads_and_opens_and_forks_nothing() {
        let filtered = thread::spawn(|| {
            let filters = Filters::compile().expect("this processor is known");
            filters.apply(Reach::Descriptors).expect("the kernel filters");
            let computed = thread::spawn(|| vec![1_u8; 1 << 20].len())
                .join()
                .expect("a thread starts");
            let opened = File::open("/etc/passwd").map_err(|error| error.kind());
            (
                computed,
                opened.is_err_and(|kind| kind == io::ErrorKind::PermissionDenied),
            )
        });
        assert_eq!(filtered.join().expect("the thread lives"), (1 << 20, true));
    }

    #[test]
    fn no_process_is_made_where_files_alone_are_allowed() {
        let forked = thread::spawn(|| {
            let filters = Filters::compile().expect("this processor is known");
            filters.apply(Reach::Files).expect("the kernel filters");
            Command::new("/bin/true").spawn().is_err()
        });
        assert!(forked.join().expect("the thread lives"));
    }
}
