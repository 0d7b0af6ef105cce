//! The sandbox as a Python class.

use hubbub_sandbox::Policy;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::pack;

/// See `_native.pyi`.
#[pyclass(frozen, module = "hubbub.native._native")]
pub struct Sandbox(hubbub_sandbox::Sandbox);

#[pymethods]
impl Sandbox {
    #[staticmethod]
    fn prepare() -> Self {
        Self(hubbub_sandbox::Sandbox::prepare())
    }

    fn enter<'py>(&self, py: Python<'py>, policy: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let policy: Policy = pack::read(policy)?;
        pack::write(py, &self.0.enter(&policy))
    }
}
