//! Elementary functions of doubles with the same bits on every target.
//!
//! IEEE 754 fixes sums, products, quotients, roots and roundings to integers, so those are the standard library's. It
//! does not fix the functions here: the standard library takes them from the platform, whose last bits differ. What a
//! model is compiled to must not depend on where it was compiled, so everything before the circuit calls these
//! (`clippy.toml` refuses the others); they are those of the `libm` crate, whose version is part of `Cargo.lock`.
//! Errors are below one unit in the last place unless it says otherwise; arguments outside a function's domain give
//! NaN.

/// e^x.
pub(crate) fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// 2^x; exact for integers.
pub(crate) fn exp2(x: f64) -> f64 {
    libm::exp2(x)
}

/// e^x − 1, without cancellation near 0.
pub(crate) fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// The natural logarithm.
pub(crate) fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), without cancellation near 0.
pub(crate) fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// The logarithm to base 2; exact for powers of 2.
pub(crate) fn log2(x: f64) -> f64 {
    libm::log2(x)
}

/// The logarithm to base 10, of reports.
#[cfg(feature = "compile")]
pub(crate) fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// `base` to a power.
pub(crate) fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// Sine.
pub(crate) fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine.
pub(crate) fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Tangent.
pub(crate) fn tan(x: f64) -> f64 {
    libm::tan(x)
}

/// Arc sine.
pub(crate) fn asin(x: f64) -> f64 {
    libm::asin(x)
}

/// Arc cosine.
pub(crate) fn acos(x: f64) -> f64 {
    libm::acos(x)
}

/// Arc tangent.
pub(crate) fn atan(x: f64) -> f64 {
    libm::atan(x)
}

/// Hyperbolic sine.
pub(crate) fn sinh(x: f64) -> f64 {
    libm::sinh(x)
}

/// Hyperbolic cosine.
pub(crate) fn cosh(x: f64) -> f64 {
    libm::cosh(x)
}

/// Hyperbolic tangent.
pub(crate) fn tanh(x: f64) -> f64 {
    libm::tanh(x)
}

/// Inverse hyperbolic sine.
pub(crate) fn asinh(x: f64) -> f64 {
    libm::asinh(x)
}

/// Inverse hyperbolic cosine.
pub(crate) fn acosh(x: f64) -> f64 {
    libm::acosh(x)
}

/// Inverse hyperbolic tangent.
pub(crate) fn atanh(x: f64) -> f64 {
    libm::atanh(x)
}

/// 1 / (1 + e^−x).
pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// ln(1 + e^x).
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + ln_1p(exp(-x.abs()))
}

/// The error function.
pub(crate) fn erf(x: f64) -> f64 {
    libm::erf(x)
}
