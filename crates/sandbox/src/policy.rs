//! What is left to a process that enters.

use std::path::PathBuf;

use serde::Deserialize;

/// Bounds and paths; nothing else of the system is left. The default leaves no path at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// What it may use.
    pub limits: Limits,
    /// Files, and folders with all in them, that may be read; what is not there is passed over.
    pub read: Vec<PathBuf>,
    /// As `read`, and may be written, made and removed.
    pub write: Vec<PathBuf>,
    /// Programs that may be executed, and the loader that starts them. Empty: none.
    pub execute: Vec<PathBuf>,
}

/// What a process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Processor time in seconds, 1 or more; beyond it comes SIGXCPU.
    pub cpu_s: u64,
    /// Address space in bytes, what is mapped already included; beyond it allocations fail.
    pub address_space_bytes: u64,
    /// Size of each file written, in bytes.
    pub file_bytes: u64,
    /// Open descriptors; those above it that are open stay.
    pub open_files: u64,
    /// Threads. Held to where the kernel counts them for a user namespace of its own; elsewhere the address space
    /// bounds them.
    pub threads: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_s: 10,
            address_space_bytes: 1 << 30,
            file_bytes: 256 << 20,
            open_files: 64,
            threads: 64,
        }
    }
}

/// How far a policy reaches beyond what is held open: which calls of the system it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Descriptors alone: nothing is opened by name.
    Descriptors,
    /// Files are opened by name.
    Files,
    /// Another program takes the process over.
    Program,
}

impl Policy {
    /// Return how far this policy reaches.
    #[must_use]
    pub fn reach(&self) -> Reach {
        if !self.execute.is_empty() {
            Reach::Program
        } else if self.read.is_empty() && self.write.is_empty() {
            Reach::Descriptors
        } else {
            Reach::Files
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_without_paths_opens_nothing() {
        assert_eq!(Policy::default().reach(), Reach::Descriptors);
    }

    #[test]
    fn a_path_lets_files_be_opened_and_a_program_be_executed_only_when_named() {
        let folder = vec![PathBuf::from("/work")];
        let reading = Policy {
            read: folder.clone(),
            ..Policy::default()
        };
        let writing = Policy {
            write: folder.clone(),
            ..Policy::default()
        };
        let executing = Policy {
            execute: folder,
            ..Policy::default()
        };
        assert_eq!([reading.reach(), writing.reach()], [Reach::Files; 2]);
        assert_eq!(executing.reach(), Reach::Program);
    }
}
