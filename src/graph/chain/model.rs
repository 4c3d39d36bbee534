//! The integer chain that is proved.
//!
//! A tensor is a list of unsigned *codes*; real = `zero + code · step` with a zero and a step per element, which the
//! consumer's wide integer weights absorb. Layer: `Y_o = Σ_j K_oj · code_j + bias_o`, an exact integer, then an
//! [`Activation`] that turns `Y` into the next codes.

use serde::{Deserialize, Serialize};

use super::{Digits, Port};

/// A row-major matrix of integer weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntMatrix {
    /// Number of rows (outputs).
    pub rows: usize,
    /// Number of columns (inputs).
    pub cols: usize,
    /// `rows * cols` values, row after row.
    pub data: Vec<i64>,
}

impl IntMatrix {
    /// Row `row`: the weights of one output.
    pub fn row(&self, row: usize) -> &[i64] {
        &self.data[row * self.cols..(row + 1) * self.cols]
    }

    /// The weight of input `col` in output `row`.
    pub fn at(&self, row: usize, col: usize) -> i64 {
        self.data[row * self.cols + col]
    }
}

/// An odd function (up to a constant) as straight segments over |Y|.
///
/// With L limbs in a row and `j = |Y| >> low_bits` (cut off at the last segment), `f` the limb below `j`:
/// `code = 2^(output_bits − 1) ± (base[j] + slope[j] · f)`, sign of Y. The last segment has slope 0: it is the
/// saturated value of everything beyond.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentTable {
    /// Value at the start of each segment; the first is 0, so that both signs of Y = 0 give one code.
    pub base: Vec<u32>,
    /// Rise per unit of `f`.
    pub slope: Vec<u32>,
    /// Bits of an output code, at most 31.
    pub output_bits: u32,
}

impl SegmentTable {
    /// Index of the saturated segment.
    pub fn last(&self) -> usize {
        self.base.len().saturating_sub(1)
    }
}

/// What turns the accumulators Y of a layer into codes. b, s and the limb sizes are those of [`Digits`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// `Y = code · 2^s + r`, `0 ≤ r < 2^s`, `0 ≤ code < 2^b`: rounding and zero point are in the bias.
    Requantize,
    /// `|Y| + 2^(s−1) − 1 = a · 2^s + r`, `0 ≤ r < 2^s`; the code is `a` where Y > 0, else 0. Ties round towards 0, so
    /// that both signs of a small Y give code 0 and no Y has two codes.
    Relu,
    /// The model's [`SegmentTable`] on Y; |Y| is below [`Digits::segment_limit`].
    Segments,
    /// Code 1 where Y > 0, else 0. Weights are even and biases odd, so that Y is never 0. |Y| is below `2^row_bits`.
    Threshold,
    /// The code of element o is 1 while o is below the index of the first largest Y, else 0.
    /// Differences between the largest Y and any other are below `2^row_bits`.
    ArgMax,
}

impl Activation {
    /// Its name for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Requantize => "none",
            Self::Relu => "Relu",
            Self::Segments => "Sigmoid",
            Self::Threshold => "threshold",
            Self::ArgMax => "ArgMax",
        }
    }
}

/// `activation(weights · codes + bias)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Name of the ONNX node that errors about this layer name.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// Outputs × inputs.
    pub weights: IntMatrix,
    /// One value per output.
    pub bias: Vec<i64>,
    /// What follows.
    pub activation: Activation,
}

/// The input tensor and its quantization: `code = round((x − min) / step)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Name and shape.
    pub port: Port,
    /// Smallest value accepted, per element.
    pub min: Vec<f64>,
    /// Width of one code, per element; the largest value accepted is `min + step · (2^b − 1)`.
    pub step: Vec<f64>,
    /// Whether the input codes are part of the public instance.
    pub public: bool,
}

/// The output tensor and how its codes are read: `value = zero + code · step`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Name and shape.
    pub port: Port,
    /// Value of code 0, per element of the last layer.
    pub zero: Vec<f64>,
    /// Value of one code, per element of the last layer.
    pub step: Vec<f64>,
    /// What the float network's output was compared with, when the publisher asked for a decision only.
    pub threshold: Option<f64>,
}

/// The integer chain that is proved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Name of the graph.
    pub name: String,
    /// Limb sizes, the same in the whole circuit.
    pub digits: Digits,
    /// Fixed columns that hold public weights.
    pub lanes: usize,
    /// The input.
    pub input: Input,
    /// At least one layer; only the last may be `Requantize`, `Threshold` or `ArgMax`.
    pub layers: Vec<Layer>,
    /// The table of all `Segments` layers, when there is one.
    pub segments: Option<SegmentTable>,
    /// The public output.
    pub output: Output,
}
