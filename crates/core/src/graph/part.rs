//! What a network's outputs are to whoever reads them.

use serde::Serialize;

use super::ValueInfo;

/// What the values of an output are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// Numbers.
    Values,
    /// Probabilities: from 0 to 1, and of several the largest is that of the class.
    Probabilities,
    /// A number for each class, of which the largest names it.
    Scores,
    /// The same, where nothing but the differences count: what a softmax takes or the logarithm of what it gives.
    Logits,
    /// Classes, indices and truth values: whole numbers, each right or wrong.
    Integers,
}

impl Meaning {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Probabilities => "probabilities",
            Self::Scores => "scores",
            Self::Logits => "logits",
            Self::Integers => "integers",
        }
    }
}

/// One of a network's outputs: as many of its values as the shape says, behind those of the parts before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPart {
    /// Name in the ONNX graph, and its shape there.
    pub value_info: ValueInfo,
    /// What its values are.
    pub meaning: Meaning,
}
