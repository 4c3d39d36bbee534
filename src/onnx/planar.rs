//! Planar form.

use super::Graph;
use crate::{Error, Result, graph::planar::Network};

impl Graph {
    /// The graph as a network of planes.
    pub(crate) fn planar(&self) -> Result<Network> {
        Err(Error::Graph { node: self.name.clone(), reason: "no planar form yet".into() })
    }
}
