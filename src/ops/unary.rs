//! Functions of one value by table, element by element: [Abs](https://onnx.ai/onnx/operators/onnx__Abs.html),
//! [Exp](https://onnx.ai/onnx/operators/onnx__Exp.html), [Log](https://onnx.ai/onnx/operators/onnx__Log.html),
//! [Sqrt](https://onnx.ai/onnx/operators/onnx__Sqrt.html) and the others named below, each as ONNX defines it.
//!
//! The argument is rounded to the table's step, the result to a code. A table of a function that grows fast goes as far as
//! twice the largest value seen in calibration; arguments beyond get that value. Floor and its like are exact up to the
//! rounding of their argument, so a step may come half a table step early or late.

use super::{Attrs, Op, OpDef, OpResult, function::Elementwise};
use crate::graph::planar::{Function, Unary};

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident = $onnx:literal, $from:literal, $function:ident, $summary:literal;)*) => {$(
        $(#[$doc])*
        pub(super) const $name: OpDef = OpDef {
            onnx: $onnx,
            opsets: $from..=21,
            inputs: 1..=1,
            summary: $summary,
            parse: |attrs| table(attrs, Unary::$function),
        };
    )*};
}

fn table(attrs: Attrs, function: Unary) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Elementwise::table(Function::Unary(function)))
}

unary! {
    /// |x|.
    ABS = "Abs", 7, Abs, "|x|";
    /// Arc cosine.
    ACOS = "Acos", 7, Acos, "arc cosine";
    /// Inverse hyperbolic cosine.
    ACOSH = "Acosh", 9, Acosh, "inverse hyperbolic cosine";
    /// Arc sine.
    ASIN = "Asin", 7, Asin, "arc sine";
    /// Inverse hyperbolic sine.
    ASINH = "Asinh", 9, Asinh, "inverse hyperbolic sine";
    /// Arc tangent.
    ATAN = "Atan", 7, Atan, "arc tangent";
    /// Inverse hyperbolic tangent.
    ATANH = "Atanh", 9, Atanh, "inverse hyperbolic tangent";
    /// Least integer that is not below x.
    CEIL = "Ceil", 7, Ceil, "least integer that is not below x";
    /// Cosine.
    COS = "Cos", 7, Cos, "cosine";
    /// Hyperbolic cosine.
    COSH = "Cosh", 9, Cosh, "hyperbolic cosine";
    /// e^x.
    EXP = "Exp", 7, Exp, "e^x";
    /// Largest integer that is not above x.
    FLOOR = "Floor", 7, Floor, "largest integer that is not above x";
    /// ln x.
    LOG = "Log", 7, Log, "ln x";
    /// x · tanh(ln(1 + e^x)).
    MISH = "Mish", 18, Mish, "x · tanh(ln(1 + e^x))";
    /// 1 / x.
    RECIPROCAL = "Reciprocal", 7, Reciprocal, "1 / x";
    /// Nearest integer.
    ROUND = "Round", 11, Round, "nearest integer, ties to even";
    /// −1, 0 or 1.
    SIGN = "Sign", 9, Sign, "−1, 0 or 1";
    /// Sine.
    SIN = "Sin", 7, Sin, "sine";
    /// Hyperbolic sine.
    SINH = "Sinh", 9, Sinh, "hyperbolic sine";
    /// x / (1 + |x|).
    SOFTSIGN = "Softsign", 7, Softsign, "x / (1 + |x|)";
    /// √x.
    SQRT = "Sqrt", 7, Sqrt, "√x";
    /// Tangent.
    TAN = "Tan", 7, Tan, "tangent";
}

/// [ThresholdedRelu](https://onnx.ai/onnx/operators/onnx__ThresholdedRelu.html).
pub(super) const THRESHOLDED_RELU: OpDef = OpDef {
    onnx: "ThresholdedRelu",
    opsets: 10..=21,
    inputs: 1..=1,
    summary: "x where x > alpha, else 0",
    parse: |mut attrs| {
        let alpha = attrs.float("alpha", 1.0);
        table(attrs, Unary::ThresholdedRelu { alpha })
    },
};

/// [Shrink](https://onnx.ai/onnx/operators/onnx__Shrink.html).
pub(super) const SHRINK: OpDef = OpDef {
    onnx: "Shrink",
    opsets: 9..=21,
    inputs: 1..=1,
    summary: "x moved towards 0 by `bias`, 0 within `lambd`",
    parse: |mut attrs| {
        let (lambda, bias) = (attrs.float("lambd", 0.5), attrs.float("bias", 0.0));
        table(attrs, Unary::Shrink { lambda, bias })
    },
};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn functions_of_one_value() {
        let case = |def| Case::new(def);
        case(&super::ABS).gives(&[&private(&[2], &[-1.5, 2.0])], &[2], &[1.5, 2.0]);
        case(&super::SQRT).gives(&[&private(&[1, 2], &[9.0, 0.25])], &[1, 2], &[3.0, 0.5]);
        case(&super::ROUND).gives(&[&private(&[3], &[0.5, 1.5, -2.4])], &[3], &[0.0, 2.0, -2.0]);
        case(&super::SIGN).gives(&[&private(&[3], &[-0.1, 0.0, 7.0])], &[3], &[-1.0, 0.0, 1.0]);
        let shrink = case(&super::SHRINK).with("lambd", Attr::Float(1.0)).with("bias", Attr::Float(1.0));
        shrink.gives(&[&private(&[3], &[-3.0, 0.5, 3.0])], &[3], &[-2.0, 0.0, 2.0]);
        case(&super::EXP).unsupported(&[&integers(&[1], &[1])]);
    }
}
