//! The Rust core as Python's module `hubbub.native._native`; `_native.pyi` beside it documents each name.
//!
//! What crosses is `MessagePack`: settings, specifications and commands in, our end of a transport, batches of events
//! and counters out, so that Python's types and Rust's meet in one place, serde. No logic here.

mod edge;
mod error;
mod jpeg;
mod pack;
mod sandbox;

/// The module. Its names are documented in `_native.pyi`.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use super::edge::Edge;
    #[pymodule_export]
    use super::jpeg::{encode_jpeg, restore_jpeg, shrink_jpeg};
    #[pymodule_export]
    use super::sandbox::Sandbox;
}
