//! What an output of an operator may be in normal form.

use hushproof_core::graph::{FloatActivation, Map};

use super::{affine::Affine, grid::Grid, trees::Form};

/// An operator in normal form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lowered {
    /// The first input with its values in the same order.
    Reshape,
    /// The sum of affine maps, each of the input with the given index.
    Affine(Vec<(usize, Affine)>),
    /// The index of the first largest value of the first input.
    ArgMax,
    /// 1 where the input is at least (or, if `strict`, above) `at`, else 0.
    Threshold {
        /// Index of the private input.
        input: usize,
        /// Compares the negated input instead.
        negate: bool,
        /// What the (negated) input is compared with.
        at: f64,
        /// Whether equality gives 0.
        strict: bool,
    },
    /// A linear map of the first input as [`planes`](super::planes), and what it adds to each channel of the output.
    Map {
        /// The map.
        map: Map<f64>,
        /// One value per output channel.
        bias: Vec<f64>,
    },
    /// Single values of the inputs.
    Gather {
        /// Input and its flat element for each value; none where there is a constant only.
        sources: Vec<Option<(u32, u32)>>,
        /// What is added to each value; empty if that is 0.
        shift: Vec<f64>,
    },
    /// An elementwise function of the first input, whose channels are those of [`planes`](super::planes).
    Function(FloatActivation),
    /// The largest values of windows over the first input as [`planes`](super::planes).
    MaxPool(Grid),
    /// The products of the first two inputs, value by value: the flat element of either for each value of the output.
    Multiply {
        /// Of the first and of the second input.
        elements: [Vec<u32>; 2],
    },
    /// Products of the matrices that the first two inputs hold.
    Contract(Contraction),
    /// The softmax of all values of the first input.
    Softmax,
    /// Sums over the leaves of decision trees that the first input reaches.
    Forest(Form),
    /// The codes of the first input's values.
    Quantize(Codes),
}

/// Products of matrices that two private tensors hold: value (g, i, j) is `weight · Σ_l a[g, i, l] · b[g, l, j]`, and
/// what `sum` adds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contraction {
    /// Number of products.
    pub(crate) groups: usize,
    /// Products that a value sums.
    pub(crate) inner: usize,
    /// Rows of a.
    pub(crate) rows: usize,
    /// Columns of b.
    pub(crate) columns: usize,
    /// What every product is multiplied by.
    pub(crate) weight: f64,
    /// The flat elements of a at (g, l, i), and of b at (g, l, j).
    pub(crate) elements: [Vec<u32>; 2],
    /// What is added.
    pub(crate) sum: Option<Addend>,
}

/// What is added to a product of matrices.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Addend {
    /// A number for each value.
    Constant(Vec<f64>),
    /// A map of the input with this index.
    Private(usize, Affine),
}

/// How values become codes: `clamp(round(x / scale) + zero, limits)`, ties to even.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Codes {
    /// Of each value, above 0.
    pub(crate) scale: Vec<f64>,
    /// The code of 0.
    pub(crate) zero: f64,
    /// Least and largest code.
    pub(crate) limits: [f64; 2],
}

impl Codes {
    /// The codes of values.
    pub(crate) fn eval(&self, values: &[f64]) -> Vec<f64> {
        let [low, high] = self.limits;
        let code = |(x, scale): (&f64, &f64)| ((x / scale).round_ties_even() + self.zero).clamp(low, high);
        values.iter().zip(&self.scale).map(code).collect()
    }
}
