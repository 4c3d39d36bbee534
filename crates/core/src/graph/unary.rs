//! Functions of one value without a form of their own.

use serde::{Deserialize, Serialize};

use crate::float;

/// A function of one real number; total, with the limit where it has one and 0 where it is undefined otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Unary {
    /// e^x.
    Exp,
    /// ln x.
    Log,
    /// √x.
    Sqrt,
    /// 1 / x.
    Reciprocal,
    /// 1 / √x.
    InverseSqrt,
    /// x to a constant power.
    Pow {
        /// The power.
        exponent: f64,
    },
    /// Sine.
    Sin,
    /// Cosine.
    Cos,
    /// Tangent.
    Tan,
    /// Arc sine.
    Asin,
    /// Arc cosine.
    Acos,
    /// Arc tangent.
    Atan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Inverse hyperbolic sine.
    Asinh,
    /// Inverse hyperbolic cosine.
    Acosh,
    /// Inverse hyperbolic tangent.
    Atanh,
    /// Largest integer that is not above x.
    Floor,
    /// Least integer that is not below x.
    Ceil,
    /// Nearest integer, ties to even.
    Round,
    /// The integer part.
    Truncate,
    /// x / (1 + |x|).
    Softsign,
    /// x · tanh(ln(1 + e^x)).
    Mish,
    /// x where x > alpha, else 0.
    ThresholdedRelu {
        /// The threshold.
        alpha: f64,
    },
    /// x − sign(x) · lambda with `bias` instead of lambda as the distance, 0 where |x| ≤ lambda.
    Shrink {
        /// What is cut to 0.
        lambda: f64,
        /// How far the rest moves towards 0.
        bias: f64,
    },
}

impl Unary {
    /// The value at `x`.
    pub fn eval(&self, x: f64) -> f64 {
        match *self {
            Self::Exp => float::exp(x),
            Self::Log => float::ln(x.max(0.0)),
            Self::Sqrt => positive_part(x).sqrt(),
            Self::Reciprocal => x.recip(),
            Self::InverseSqrt => positive_part(x).sqrt().recip(),
            Self::Pow { exponent } => {
                let power = float::pow(x, exponent);
                if power.is_nan() { 0.0 } else { power }
            }
            Self::Sin => float::sin(x),
            Self::Cos => float::cos(x),
            Self::Tan => float::tan(x),
            Self::Asin => float::asin(x.clamp(-1.0, 1.0)),
            Self::Acos => float::acos(x.clamp(-1.0, 1.0)),
            Self::Atan => float::atan(x),
            Self::Sinh => float::sinh(x),
            Self::Cosh => float::cosh(x),
            Self::Asinh => float::asinh(x),
            Self::Acosh => float::acosh(x.max(1.0)),
            Self::Atanh => float::atanh(x.clamp(-1.0, 1.0)),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Round => x.round_ties_even(),
            Self::Truncate => x.trunc(),
            Self::Softsign => x / (1.0 + x.abs()),
            Self::Mish => x * float::tanh(float::softplus(x)),
            Self::ThresholdedRelu { alpha } => x * f64::from(x > alpha),
            Self::Shrink { lambda, bias } => {
                if x < -lambda {
                    x + bias
                } else if x > lambda {
                    x - bias
                } else {
                    0.0
                }
            }
        }
    }

    /// Whether no value is negative.
    pub const fn is_nonnegative(&self) -> bool {
        matches!(self, Self::Exp | Self::Sqrt | Self::InverseSqrt | Self::Cosh | Self::Acosh | Self::Acos)
    }

    /// Whether straight lines over short segments come close to it: it has no jump and no pole.
    pub const fn is_smooth(&self) -> bool {
        match self {
            Self::Exp
            | Self::Sin
            | Self::Cos
            | Self::Atan
            | Self::Sinh
            | Self::Cosh
            | Self::Asinh
            | Self::Sqrt
            | Self::Softsign
            | Self::Mish => true,
            Self::Pow { exponent } => *exponent > 0.0,
            Self::Shrink { lambda, bias } => *lambda == *bias,
            _ => false,
        }
    }

    /// Whether that holds on intervals above 0, from which its pole is kept away.
    pub const fn is_smooth_above_zero(&self) -> bool {
        matches!(self, Self::Log | Self::Reciprocal | Self::InverseSqrt | Self::Pow { .. })
    }

    /// Whether every value is an integer.
    pub const fn is_integer(&self) -> bool {
        matches!(self, Self::Floor | Self::Ceil | Self::Round | Self::Truncate)
    }
}

/// x where it is positive, else +0: `max` may give either zero, which a reciprocal tells apart.
fn positive_part(x: f64) -> f64 {
    x.max(0.0) + 0.0
}

#[cfg(test)]
mod tests;
