//! What the reader of a graph must know of an operator before its attributes are parsed.

use std::ops::RangeInclusive;

/// The domain of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    /// The default one.
    Default,
    /// `ai.onnx.ml`.
    Ml,
    /// `com.microsoft`.
    Microsoft,
}

impl Domain {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Default, Self::Ml, Self::Microsoft];

    /// The domain with this name, if its operators are known.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "" | "ai.onnx" => Some(Self::Default),
            "ai.onnx.ml" => Some(Self::Ml),
            "com.microsoft" => Some(Self::Microsoft),
            _ => None,
        }
    }
}

/// Versions of the default ONNX operator set that are read.
pub(crate) const OPSETS: RangeInclusive<i64> = 1..=27;

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
    /// Its first output holds probabilities.
    Probabilities,
    /// Its first output holds logarithms of probabilities.
    Logits,
    /// Its first output holds whole numbers that stand for reals.
    Codes,
    /// An empty list as an input is as good as none.
    EmptyIsAbsent,
    /// Constant inputs may be empty, as lists of sizes and axes are.
    TakesEmpty,
}
