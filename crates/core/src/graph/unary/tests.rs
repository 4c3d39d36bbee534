use super::*;

#[test]
fn functions_have_known_values() {
    for (function, x, expected) in [
        (Unary::Exp, 1.0, std::f64::consts::E),
        (Unary::Log, 0.0, f64::NEG_INFINITY),
        (Unary::Log, -1.0, f64::NEG_INFINITY),
        (Unary::Sqrt, 9.0, 3.0),
        (Unary::Sqrt, -9.0, 0.0),
        (Unary::Reciprocal, -4.0, -0.25),
        (Unary::InverseSqrt, 4.0, 0.5),
        (Unary::Pow { exponent: 3.0 }, -2.0, -8.0),
        (Unary::Pow { exponent: 0.5 }, -2.0, 0.0),
        (Unary::Asin, 2.0, std::f64::consts::FRAC_PI_2),
        (Unary::Acosh, 0.0, 0.0),
        (Unary::Floor, -0.5, -1.0),
        (Unary::Ceil, -0.5, 0.0),
        (Unary::Round, 2.5, 2.0),
        (Unary::Truncate, -1.5, -1.0),
        (Unary::Softsign, -1.0, -0.5),
        (Unary::Mish, 0.0, 0.0),
        (Unary::ThresholdedRelu { alpha: 1.0 }, 1.0, 0.0),
        (Unary::Shrink { lambda: 0.5, bias: 0.25 }, -2.0, -1.75),
    ] {
        let value = function.eval(x);
        let close = value == expected || ((value - expected) / expected).abs() <= f64::EPSILON;
        assert!(close, "{function:?} {x}: {value}");
    }
}
