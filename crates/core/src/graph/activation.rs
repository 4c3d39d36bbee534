//! What follows a linear map: of floats, and as the states and limbs of the circuit.

use serde::{Deserialize, Serialize};

use super::{Function, Shape, Term};

/// What follows a linear map in the float network.
#[derive(Debug, Clone, PartialEq)]
pub enum FloatActivation {
    /// Nothing.
    Linear,
    /// max(y, 0).
    Relu,
    /// y where y ≥ 0, else slope · y; one slope per channel. Also LeakyRelu.
    PRelu {
        /// One per channel.
        slope: Vec<f64>,
    },
    /// clamp(y, 0, max).
    Clip {
        /// Largest value, above 0.
        max: f64,
    },
    /// The nearest integer to max(y, 0), ties to the even one (the odd one, if `odd`): a code that the graph itself
    /// defines, so that the scale of the tensor is 1.
    Quantize {
        /// Which way ties go.
        odd: bool,
    },
    /// An elementwise function by table.
    Table(Function),
    /// 1 where y ≥ `at`, else 0.
    Threshold {
        /// The threshold on y.
        at: f64,
    },
    /// Index of the largest y, the first one of equals; only as the last layer.
    ArgMax,
    /// y times the sum of these maps, value by value; never the last layer. The layer has no bias, and its maps, like
    /// these, only move or copy values: convolutions of one tap with weights 0 and 1, at most one 1 for each value.
    Product {
        /// At least one.
        times: Vec<Term<f64>>,
    },
}

impl FloatActivation {
    /// The activation of values of the given shape; a single value for [`Self::ArgMax`], and the first factors for
    /// [`Self::Product`].
    pub fn apply(&self, shape: Shape, mut y: Vec<f64>) -> Vec<f64> {
        match self {
            Self::Linear | Self::Product { .. } => {}
            Self::Relu => y.iter_mut().for_each(|y| *y = y.max(0.0)),
            Self::PRelu { slope } => {
                for (plane, slope) in y.chunks_exact_mut(shape.plane()).zip(slope) {
                    plane.iter_mut().filter(|y| **y < 0.0).for_each(|y| *y *= slope);
                }
            }
            Self::Clip { max } => y.iter_mut().for_each(|y| *y = y.max(0.0).min(*max)),
            Self::Quantize { odd } => {
                let shift = f64::from(*odd);
                y.iter_mut().for_each(|y| *y = ((*y - shift).round_ties_even() + shift).max(0.0));
            }
            Self::Table(function) => y.iter_mut().for_each(|y| *y = function.eval(*y)),
            Self::Threshold { at } => y.iter_mut().for_each(|y| *y = f64::from(*y >= *at)),
            Self::ArgMax => {
                let best = y.iter().enumerate().fold(0, |best, (i, v)| if *v > y[best] { i } else { best });
                y = vec![best as f64];
            }
        }
        y
    }
}

/// What turns the accumulators Y of a layer into codes.
///
/// With s remainder bits and `c = 2^(s−1) − 1`, every element has a `state`, an upper part `0 ≤ a < 2^b` and a lower
/// part `0 ≤ r < 2^s`, and `U = a · 2^s + r`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// `Y = (2·state − 1) · (U − c)`, that is `U = |Y| + c` with state 1 where Y > 0, else 0; the code is
    /// `(2·state − 1) · a`. Ties round towards 0, so that both states of a small Y give code 0.
    Linear,
    /// As `Linear`; the code is `state · a`.
    Relu,
    /// As `Linear`; the code is `state · a`, and the negative part `(1 − state) · a`.
    PRelu,
    /// As `Relu` while a fits; else state 2, `Y = U + (2^b − 1) · 2^s − c` and code `2^b − 1`.
    Clip,
    /// `Y = U − zero`; the code is that of the table with this index, by U's two highest limbs.
    Table(usize),
    /// `Y = (2·state − 1) · U`, code `state`. Weights are even and biases odd, so that Y is never 0. Where weights are
    /// private: `Y = (2·state − 1) · U + state − 1`, which has one state for every Y. As the last layer or an inner
    /// one.
    Threshold,
    /// The code of element o is 1 while o is below the index of the first largest Y, else 0; `U = max − Y − code`.
    ArgMax,
    /// Nothing is cut: the code is Y times the sum of these maps, value by value. The layer has no bias, and all maps
    /// are convolutions of one tap.
    Product {
        /// At least one.
        times: Vec<Term<i64>>,
    },
}

impl Activation {
    /// Its name for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Linear => "none",
            Self::Relu => "Relu",
            Self::PRelu => "PRelu",
            Self::Clip => "Clip",
            Self::Table(_) => "table",
            Self::Threshold => "threshold",
            Self::ArgMax => "ArgMax",
            Self::Product { .. } => "product",
        }
    }
}

#[cfg(test)]
mod tests;
