//! Elementwise functions that are evaluated by tables.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use serde::{Deserialize, Serialize};

use super::Unary;
use crate::float::{erf, exp_m1, sigmoid, softplus, tanh};

/// An elementwise function that has no piecewise linear form with few pieces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Function {
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// clamp(alpha · x + beta, 0, 1).
    HardSigmoid {
        /// Slope.
        alpha: f64,
        /// Offset.
        beta: f64,
    },
    /// x · clamp(x / 6 + 1/2, 0, 1).
    HardSwish,
    /// x / (1 + e^-x).
    Silu,
    /// x · Φ(x), Φ the normal distribution.
    Gelu,
    /// Gelu by the tanh approximation.
    GeluTanh,
    /// ln(1 + e^x).
    Softplus,
    /// x where x ≥ 0, else alpha · (e^x − 1).
    Elu {
        /// Scale of the negative side.
        alpha: f64,
    },
    /// The error function.
    Erf,
    /// Any other.
    Unary(Unary),
    /// clamp(x, min, max) where `min` is not 0.
    Clip {
        /// Least value.
        min: f64,
        /// Largest value.
        max: f64,
    },
}

impl Function {
    /// Whether straight lines over short segments come close to it.
    pub const fn is_smooth(&self) -> bool {
        match self {
            Self::Unary(unary) => unary.is_smooth(),
            _ => true,
        }
    }

    /// The value at `x`.
    pub fn eval(&self, x: f64) -> f64 {
        match *self {
            Self::Sigmoid => sigmoid(x),
            Self::Tanh => tanh(x),
            Self::HardSigmoid { alpha, beta } => (alpha * x + beta).clamp(0.0, 1.0),
            Self::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
            Self::Silu => x * sigmoid(x),
            Self::Gelu => 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2)),
            Self::GeluTanh => 0.5 * x * (1.0 + tanh((2.0 / PI).sqrt() * (x + 0.044715 * x * x * x))),
            Self::Softplus => softplus(x),
            Self::Elu { alpha } => {
                if x >= 0.0 {
                    x
                } else {
                    alpha * exp_m1(x)
                }
            }
            Self::Erf => erf(x),
            Self::Clip { min, max } => x.max(min).min(max),
            Self::Unary(unary) => unary.eval(x),
        }
    }
}

#[cfg(test)]
mod tests;
