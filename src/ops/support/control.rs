//! Control flow. A circuit has no branches and no loops: graphs inside a node are repeated as often as constants say, which
//! the importer does, as it alone knows them.

use std::ops::RangeInclusive;

/// Which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// One of two graphs.
    If,
    /// A graph again and again.
    Loop,
    /// A graph for each slice of some tensors.
    Scan,
}

/// An operator that holds graphs.
#[derive(Debug)]
pub(crate) struct ControlDef {
    /// ONNX name.
    pub(crate) onnx: &'static str,
    /// Operator set versions in which it exists and is read.
    pub(crate) opsets: RangeInclusive<i64>,
    /// Number of inputs; optional ones count.
    pub(crate) inputs: RangeInclusive<usize>,
    /// What it computes and what limits it has, for the documentation.
    pub(crate) summary: &'static str,
    /// Which.
    pub(crate) control: Control,
}
