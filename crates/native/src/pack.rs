//! `MessagePack` to and from Rust's types.

use pyo3::PyResult;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::{Deserialize, Serialize};

use crate::error;

/// Read `bytes`; addresses are text, as Python has them.
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> PyResult<T> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes).with_human_readable();
    T::deserialize(&mut reader).map_err(|error| error::of_decoding(&error))
}

/// Write `value`, its fields by name.
pub fn write<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = rmp_serde::to_vec_named(value).map_err(|error| error::of_encoding(&error))?;
    Ok(PyBytes::new(py, &bytes))
}
