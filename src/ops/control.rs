//! Control flow: [If](https://onnx.ai/onnx/operators/onnx__If.html), [Loop](https://onnx.ai/onnx/operators/onnx__Loop.html)
//! and [Scan](https://onnx.ai/onnx/operators/onnx__Scan.html). A circuit has no branches and no loops: bodies are repeated as
//! often as constants say, which the importer does, as it alone knows the graphs inside a node.

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

/// The branch of a constant condition; of a private one both, and a choice of each value.
pub(super) const IF: ControlDef = ControlDef {
    onnx: "If",
    opsets: 7..=27,
    inputs: 1..=1,
    summary: "the branch of a constant condition; of a private one both branches, then Where",
    control: Control::If,
};

/// As often as a constant trip count, or a condition that follows from constants, says.
pub(super) const LOOP: ControlDef = ControlDef {
    onnx: "Loop",
    opsets: 7..=27,
    inputs: 2..=256,
    summary: "unrolled; how often follows from constants",
    control: Control::Loop,
};

/// Once for each slice, forwards or backwards.
pub(super) const SCAN: ControlDef = ControlDef {
    onnx: "Scan",
    opsets: 9..=27,
    inputs: 1..=256,
    summary: "unrolled; any number of states and scanned tensors, axes and directions",
    control: Control::Scan,
};
