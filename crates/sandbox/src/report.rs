//! Which layers hold.

use serde::Serialize;

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// Its name: `limits`, `namespaces`, `capabilities`, `privileges`, `landlock` or `seccomp`.
    pub name: &'static str,
    /// Whether it holds.
    pub held: bool,
    /// What of it holds, or why it does not.
    pub detail: String,
}

/// What came of entering: a line for each layer, in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The layers.
    pub layers: Vec<Layer>,
}

impl Report {
    /// Note what came of the layer `name`: what of it holds, or why it does not.
    pub(crate) fn note(&mut self, name: &'static str, outcome: Result<String, String>) {
        let held = outcome.is_ok();
        let detail = outcome.unwrap_or_else(|reason| reason);
        self.layers.push(Layer { name, held, detail });
    }
}
