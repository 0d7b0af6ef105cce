//! The edge as a Python class.

use std::os::fd::RawFd;

use hubbub_edge::Settings;
use hubbub_sfu::shard::{Command, TransportId};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;

use crate::{error, pack};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    transport_id: TransportId,
    room: String,
    participant: String,
    data_channels: Vec<String>,
}

/// See `_native.pyi`.
#[pyclass(frozen, module = "hubbub.native._native")]
pub struct Edge(hubbub_edge::Edge);

#[pymethods]
impl Edge {
    #[staticmethod]
    fn start(py: Python<'_>, settings: &[u8]) -> PyResult<Self> {
        let settings: Settings = pack::read(settings)?;
        let started = py.detach(|| hubbub_edge::Edge::start(&settings));
        started.map(Self).map_err(|error| error::of_edge(&error))
    }

    fn open_transport<'py>(&self, py: Python<'py>, spec: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let spec: Spec = pack::read(spec)?;
        let opened = self
            .0
            .open(spec.transport_id, spec.room, spec.participant, spec.data_channels);
        pack::write(py, &opened.map_err(|error| error::of_edge(&error))?)
    }

    fn restart_ice<'py>(&self, py: Python<'py>, transport_id: u64) -> PyResult<Bound<'py, PyBytes>> {
        let restarted = self.0.restart_ice(TransportId(transport_id));
        pack::write(py, &restarted.map_err(|error| error::of_edge(&error))?)
    }

    fn perform(&self, command: &[u8]) -> PyResult<()> {
        let command: Command = pack::read(command)?;
        self.0.perform(command).map_err(|error| error::of_edge(&error))
    }

    fn events<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyBytes>> {
        pack::write(py, &self.0.events(most))
    }

    fn fileno(&self) -> RawFd {
        self.0.descriptor()
    }

    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        pack::write(py, &self.0.counters())
    }

    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.0.stop());
    }
}
