//! Errors, converted once.

use std::error::Error as _;
use std::io;

use hubbub_edge::Error;
use pyo3::PyErr;
use pyo3::exceptions::{PyBlockingIOError, PyLookupError, PyOSError, PyRuntimeError, PyValueError};

/// As Python's exceptions, causes in the sentence; a bound that is reached is what would block elsewhere.
pub fn of_edge(error: &Error) -> PyErr {
    let sentence = sentence_of(error);
    match error {
        Error::Setting { .. } => PyValueError::new_err(sentence),
        Error::Bind { source, .. } | Error::System { source, .. } => of_system(source, sentence),
        Error::Full(_) | Error::Busy => PyBlockingIOError::new_err(sentence),
        Error::Known(_) | Error::Unknown(_) => PyLookupError::new_err(sentence),
        Error::Certificate(_) | Error::Random | Error::Stopped => PyRuntimeError::new_err(sentence),
    }
}

/// What Python packed is not what the core reads.
pub fn of_decoding(error: &rmp_serde::decode::Error) -> PyErr {
    PyValueError::new_err(format!("the core cannot read this: {error}"))
}

/// What the core tells cannot be packed, which only a lack of memory explains.
pub fn of_encoding(error: &rmp_serde::encode::Error) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

fn of_system(source: &io::Error, sentence: String) -> PyErr {
    match source.raw_os_error() {
        Some(code) => PyOSError::new_err((code, sentence)),
        None => PyOSError::new_err(sentence),
    }
}

fn sentence_of(error: &Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        sentence.push_str(": ");
        sentence.push_str(&error.to_string());
        cause = error.source();
    }
    sentence
}
