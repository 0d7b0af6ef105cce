//! JPEG files as four functions: pixels to and fro, and lossless recompression.

use hubbub_jpeg::{Error, Pixels};
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
pub fn decode_jpeg<'py>(py: Python<'py>, jpeg: &[u8]) -> PyResult<(u16, u16, Bound<'py, PyBytes>)> {
    let pixels = py.detach(|| hubbub_jpeg::decode(jpeg)).map_err(value_error)?;
    Ok((pixels.width, pixels.height, PyBytes::new(py, &pixels.rgb)))
}

/// See `_native.pyi`.
#[pyfunction]
pub fn encode_jpeg<'py>(
    py: Python<'py>,
    width: u16,
    height: u16,
    rgb: &[u8],
    quality: u8,
    progressive: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let rgb = rgb.to_vec();
    let pixels = Pixels { width, height, rgb };
    told(
        py,
        py.detach(|| hubbub_jpeg::encode(&pixels, quality, progressive)),
    )
}

fn told(py: Python<'_>, made: Result<Vec<u8>, Error>) -> PyResult<Bound<'_, PyBytes>> {
    match made {
        Ok(bytes) => Ok(PyBytes::new(py, &bytes)),
        Err(problem) => Err(value_error(problem)),
    }
}

fn value_error(problem: Error) -> PyErr {
    PyValueError::new_err(problem.to_string())
}
