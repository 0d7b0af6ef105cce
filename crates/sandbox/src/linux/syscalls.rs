//! Which calls of the system decoding takes, and which only an attacker would make.
//!
//! What stands in no list is answered with EPERM: libraries ask for much that they can do without.

use crate::Reach;

/// What every policy allows: bytes through descriptors that are open, memory, threads, time.
const ALWAYS: &[libc::c_long] = &[
    // Descriptors.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_fstatfs,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_pipe2,
    libc::SYS_eventfd2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    // Memory; mapping code is looked at more closely.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_mincore,
    libc::SYS_brk,
    libc::SYS_membarrier,
    // Threads and their end.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_rseq,
    libc::SYS_set_tid_address,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_getattr,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_restart_syscall,
    // Signals; to itself alone.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sigaltstack,
    libc::SYS_tgkill,
    // Who and when.
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getcwd,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getrusage,
    libc::SYS_times,
    libc::SYS_getrandom,
    libc::SYS_gettimeofday,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getitimer,
    libc::SYS_setitimer,
    libc::SYS_getcpu,
];

/// Older forms of the same, which this processor's C library still makes.
#[cfg(target_arch = "x86_64")]
const ALWAYS_OLDER: &[libc::c_long] = &[
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_time,
    libc::SYS_arch_prctl,
    libc::SYS_getrlimit,
];
#[cfg(not(target_arch = "x86_64"))]
const ALWAYS_OLDER: &[libc::c_long] = &[];

/// Opening by name; which names, Landlock says.
const FILES: &[libc::c_long] = &[
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_truncate,
    libc::SYS_statfs,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_utimensat,
    libc::SYS_umask,
    libc::SYS_fchmod,
    libc::SYS_flock,
];

#[cfg(target_arch = "x86_64")]
const FILES_OLDER: &[libc::c_long] = &[
    libc::SYS_open,
    libc::SYS_creat,
    libc::SYS_access,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_readlink,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_renameat,
];
#[cfg(not(target_arch = "x86_64"))]
const FILES_OLDER: &[libc::c_long] = &[];

/// Another program in place of this one; which, Landlock says.
const PROGRAM: &[libc::c_long] = &[libc::SYS_execve];

/// What no decoder asks for: the process ends with SIGSYS, and its file is refused.
const DEADLY: &[libc::c_long] = &[
    // Sockets.
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_execveat,
    // The file system as such.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_open_by_handle_at,
    libc::SYS_swapon,
    // Namespaces.
    libc::SYS_setns,
    libc::SYS_unshare,
    // The parts of the kernel where most holes were found.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
];

/// Calls that are allowed whatever their arguments.
pub(super) fn allowed(reach: Reach) -> Vec<libc::c_long> {
    let lists: &[&[libc::c_long]] = match reach {
        Reach::Descriptors => &[ALWAYS, ALWAYS_OLDER],
        Reach::Files => &[ALWAYS, ALWAYS_OLDER, FILES, FILES_OLDER],
        Reach::Program => &[ALWAYS, ALWAYS_OLDER, FILES, FILES_OLDER, PROGRAM],
    };
    lists.concat()
}

/// Calls that end the process.
pub(super) fn deadly(reach: Reach) -> Vec<libc::c_long> {
    match reach {
        Reach::Program => DEADLY.to_vec(),
        Reach::Descriptors | Reach::Files => [DEADLY, PROGRAM].concat(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_call_is_both_allowed_and_deadly() {
        for reach in [Reach::Descriptors, Reach::Files, Reach::Program] {
            let allowed: BTreeSet<_> = allowed(reach).into_iter().collect();
            assert!(
                deadly(reach).iter().all(|call| !allowed.contains(call)),
                "{reach:?}"
            );
        }
    }

    #[test]
    fn files_are_opened_and_programs_executed_only_where_the_policy_reaches_that_far() {
        assert!(!allowed(Reach::Descriptors).contains(&libc::SYS_openat));
        assert!(allowed(Reach::Files).contains(&libc::SYS_openat));
        assert!(deadly(Reach::Files).contains(&libc::SYS_execve));
        assert!(allowed(Reach::Program).contains(&libc::SYS_execve));
    }
}
