//! JPEG files as three functions: of pixels, smaller, and back.

use hubbub_jpeg::Error;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// See `_native.pyi`.
#[pyfunction]
pub fn shrink_jpeg<'py>(py: Python<'py>, jpeg: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    told(py, py.detach(|| hubbub_jpeg::shrink(jpeg)))
}

/// See `_native.pyi`.
#[pyfunction]
pub fn restore_jpeg<'py>(py: Python<'py>, small: &[u8], most: usize) -> PyResult<Bound<'py, PyBytes>> {
    told(py, py.detach(|| hubbub_jpeg::restore(small, most)))
}

/// See `_native.pyi`.
#[pyfunction]
pub fn encode_jpeg<'py>(
    py: Python<'py>,
    width: u16,
    height: u16,
    rgb: &[u8],
    quality: u8,
) -> PyResult<Bound<'py, PyBytes>> {
    told(py, py.detach(|| hubbub_jpeg::encode(width, height, rgb, quality)))
}

fn told(py: Python<'_>, made: Result<Vec<u8>, Error>) -> PyResult<Bound<'_, PyBytes>> {
    match made {
        Ok(bytes) => Ok(PyBytes::new(py, &bytes)),
        Err(problem) => Err(PyValueError::new_err(problem.to_string())),
    }
}
