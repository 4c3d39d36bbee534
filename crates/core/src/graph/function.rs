//! Elementwise functions that are evaluated by tables.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use serde::{Deserialize, Serialize};

use super::Unary;
use crate::float::{erf, exp_m1, ln, sigmoid, softplus, tanh};

/// Parts of an interval at whose ends a function is looked at.
const GRID: u32 = 64;

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

    /// The same of what it is between two numbers.
    pub fn is_smooth_between(&self, low: f64, high: f64) -> bool {
        let above = matches!(self, Self::Unary(unary) if unary.is_smooth_above_zero());
        self.is_smooth() || above && low > 0.0 && high > 0.0
    }

    /// Where it saturates: the least half width of arguments that its table holds.
    pub fn saturation(&self) -> f64 {
        match *self {
            Self::Sigmoid => 8.0,
            Self::Tanh | Self::Erf => 4.0,
            Self::HardSwish => 3.0,
            Self::HardSigmoid { alpha, beta } => (beta.abs().max((1.0 - beta).abs()) / alpha.abs()).min(64.0),
            Self::Clip { min, max } => min.abs().min(64.0).max(max.abs().min(64.0)),
            Self::Silu | Self::Gelu | Self::GeluTanh | Self::Softplus | Self::Elu { .. } => 1.0,
            Self::Unary(_) => 0.0,
        }
    }

    /// Where it bends: below the first and above the second number it is a straight line, but for at most 1e-4.
    pub fn bend(&self) -> Option<[f64; 2]> {
        Some(match *self {
            Self::Sigmoid | Self::Softplus => [-10.0, 10.0],
            Self::Tanh => [-5.5, 5.5],
            Self::Erf => [-3.0, 3.0],
            Self::HardSigmoid { alpha, beta } if alpha != 0.0 => {
                let ends = [-beta / alpha, (1.0 - beta) / alpha];
                [ends[0].min(ends[1]), ends[0].max(ends[1])]
            }
            Self::HardSwish => [-3.0, 3.0],
            Self::Silu | Self::Unary(Unary::Mish) => [-12.5, 12.5],
            Self::Gelu | Self::GeluTanh => [-4.5, 4.5],
            // e^-10 is 5e-5.
            Self::Elu { alpha } => [-10.0 - ln(alpha.abs().max(1.0)), 0.0],
            Self::Clip { min, max } if min.is_finite() && max.is_finite() && min < max => [min, max],
            Self::Unary(Unary::Shrink { lambda, .. }) if lambda > 0.0 => [-2.0 * lambda, 2.0 * lambda],
            _ => return None,
        })
    }

    /// The slopes of the straight lines below and above, 0 or 1.
    pub const fn slopes(&self) -> [f64; 2] {
        match self {
            Self::HardSwish
            | Self::Silu
            | Self::Gelu
            | Self::GeluTanh
            | Self::Softplus
            | Self::Elu { .. }
            | Self::Unary(Unary::Mish) => [0.0, 1.0],
            Self::Unary(Unary::Shrink { .. }) => [1.0, 1.0],
            _ => [0.0; 2],
        }
    }

    /// Least and largest finite value at the ends of an interval and on a grid between. Where it turns between two
    /// points, it may go as much further as it changes from there to the next one.
    pub fn image(&self, [a, b]: [f64; 2]) -> [f64; 2] {
        let at = |i: u32| self.eval(if i == GRID { b } else { a + (b - a) * f64::from(i) / f64::from(GRID) });
        let values: Vec<f64> = (0..=GRID).map(at).filter(|value| value.is_finite()).collect();
        let turn = |i: usize| match (i.checked_sub(1).and_then(|before| values.get(before)), values.get(i + 1)) {
            (Some(before), Some(after)) => (before - values[i]).abs().max((after - values[i]).abs()),
            _ => 0.0,
        };
        let least = (0..values.len()).min_by(|i, j| values[*i].total_cmp(&values[*j]));
        let largest = (0..values.len()).max_by(|i, j| values[*i].total_cmp(&values[*j]));
        match (least, largest) {
            (Some(least), Some(largest)) => [values[least] - turn(least), values[largest] + turn(largest)],
            _ => [0.0; 2],
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
