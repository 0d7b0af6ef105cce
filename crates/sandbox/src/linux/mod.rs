//! The layers on Linux.

mod files;
mod filter;
mod limits;
mod namespaces;
mod privileges;
mod syscalls;

use crate::{Policy, Report};
use filter::Filters;

/// What was compiled ahead; a zygote holds one for all its children.
#[derive(Debug)]
pub struct Sandbox {
    filters: Result<Filters, String>,
}

impl Sandbox {
    /// Compile the filters. Where that fails, as on processors that are not known, `enter` tells it.
    #[must_use]
    pub fn prepare() -> Self {
        Self {
            filters: Filters::compile().map_err(|error| error.to_string()),
        }
    }

    /// Give up all but what `policy` leaves, for good.
    ///
    /// The order matters: namespaces before the rights that making them takes are dropped, Landlock while paths can
    /// still be opened, the filter of system calls last.
    #[must_use]
    pub fn enter(&self, policy: &Policy) -> Report {
        let mut report = Report::default();
        let namespaces = namespaces::leave();
        let own_user = namespaces.as_ref().is_ok_and(|entered| entered.user);
        report.note("namespaces", namespaces.map(|entered| entered.detail.to_owned()));
        report.note("limits", limits::set(&policy.limits, own_user));
        report.note("capabilities", privileges::drop_capabilities());
        report.note("privileges", privileges::pin());
        report.note("landlock", files::restrict(policy));
        let filtered = self.filters.as_ref().map_err(Clone::clone);
        report.note(
            "seccomp",
            filtered.and_then(|filters| filters.apply(policy.reach())),
        );
        report
    }
}
