//! Elementary functions of doubles with the same bits on every target.
//!
//! IEEE 754 fixes sums, products, quotients, roots and roundings to integers, so those are the standard library's. It
//! does not fix the functions here: the standard library takes them from the platform, whose last bits differ. What a
//! model is compiled to must not depend on where it was compiled, so everything before the circuit calls these
//! (`clippy.toml` refuses the others); they are those of the `libm` crate, whose version is part of `Cargo.lock`.
//! Errors are below one unit in the last place unless it says otherwise; arguments outside a function's domain give
//! NaN.

/// e^x.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// 2^x; exact for integers.
pub fn exp2(x: f64) -> f64 {
    libm::exp2(x)
}

/// e^x − 1, without cancellation near 0.
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), without cancellation near 0.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// The logarithm to base 2; exact for powers of 2.
pub fn log2(x: f64) -> f64 {
    libm::log2(x)
}

/// The logarithm to base 10, of reports.
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// `base` to a power.
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// Sine.
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Tangent.
pub fn tan(x: f64) -> f64 {
    libm::tan(x)
}

/// Arc sine.
pub fn asin(x: f64) -> f64 {
    libm::asin(x)
}

/// Arc cosine.
pub fn acos(x: f64) -> f64 {
    libm::acos(x)
}

/// Arc tangent.
pub fn atan(x: f64) -> f64 {
    libm::atan(x)
}

/// Hyperbolic sine.
pub fn sinh(x: f64) -> f64 {
    libm::sinh(x)
}

/// Hyperbolic cosine.
pub fn cosh(x: f64) -> f64 {
    libm::cosh(x)
}

/// Hyperbolic tangent.
pub fn tanh(x: f64) -> f64 {
    libm::tanh(x)
}

/// Inverse hyperbolic sine.
pub fn asinh(x: f64) -> f64 {
    libm::asinh(x)
}

/// Inverse hyperbolic cosine.
pub fn acosh(x: f64) -> f64 {
    libm::acosh(x)
}

/// Inverse hyperbolic tangent.
pub fn atanh(x: f64) -> f64 {
    libm::atanh(x)
}

/// 1 / (1 + e^−x).
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// ln(1 + e^x).
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + ln_1p(exp(-x.abs()))
}

/// The error function.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}
