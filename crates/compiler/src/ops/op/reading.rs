//! What the reader of a graph must know of an operator before its attributes are parsed.

use std::ops::RangeInclusive;

/// The domain of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    /// The default one.
    Default,
    /// `ai.onnx.ml`.
    Ml,
}

impl Domain {
    /// The domain with this name, if its operators are known.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "" | "ai.onnx" => Some(Self::Default),
            "ai.onnx.ml" => Some(Self::Ml),
            _ => None,
        }
    }
}

/// Versions of the default ONNX operator set that are read.
pub(crate) const OPSETS: RangeInclusive<i64> = 7..=27;

/// How an operator differs from others for the reader of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Its first output holds the values of its first input, in another shape or element type.
    Passes,
    /// Its first output is its first input where that is a softmax.
    Normalizes,
    /// Its first output is the class that its first input gives the largest score.
    Class,
    /// The output with this index may be a softmax, which is left to the reader of the network where it is the last
    /// step.
    Softmax(usize),
    /// An empty list as an input is as good as none.
    EmptyIsAbsent,
    /// With an empty list behind its first input it is this operator of that input alone.
    EmptyIs(&'static str),
}
