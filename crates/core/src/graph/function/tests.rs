use super::*;

#[test]
fn functions_have_known_values() {
    for (function, x, expected) in [
        (Function::Sigmoid, 1.0, 0.731_058_578_630_004_9),
        (Function::Tanh, -0.5, -0.462_117_157_260_009_8),
        (Function::HardSigmoid { alpha: 0.2, beta: 0.5 }, 1.0, 0.7),
        (Function::HardSwish, 1.0, 2.0 / 3.0),
        (Function::HardSwish, -4.0, 0.0),
        (Function::Silu, 1.0, 0.731_058_578_630_004_9),
        (Function::Gelu, 1.0, 0.841_344_746_068_542_9),
        (Function::GeluTanh, 1.0, 0.841_191_990_608_3),
        (Function::Softplus, 1.0, 1.313_261_687_518_222_8),
        (Function::Softplus, 800.0, 800.0),
        (Function::Elu { alpha: 2.0 }, -1.0, 2.0 * (-1f64).exp_m1()),
        (Function::Erf, 0.5, 0.520_499_877_813_046_5),
        (Function::Erf, 3.0, 0.999_977_909_503_001_4),
        (Function::Erf, -2.0, -0.995_322_265_018_952_7),
        (Function::Erf, 5.9, 1.0),
        (Function::Erf, 0.0, 0.0),
        (Function::Erf, f64::NEG_INFINITY, -1.0),
        (Function::Clip { min: -1.0, max: 2.0 }, -3.0, -1.0),
    ] {
        assert!((function.eval(x) - expected).abs() < 1e-12, "{function:?} {x}: {}", function.eval(x));
    }
}

#[test]
fn functions_are_straight_beyond_their_bends() {
    let shrink = Unary::Shrink { lambda: 0.5, bias: 0.2 };
    let functions = [
        Function::Sigmoid,
        Function::Tanh,
        Function::HardSigmoid { alpha: 0.2, beta: 0.5 },
        Function::HardSigmoid { alpha: -0.3, beta: 0.1 },
        Function::HardSwish,
        Function::Silu,
        Function::Gelu,
        Function::GeluTanh,
        Function::Softplus,
        Function::Elu { alpha: 3.0 },
        Function::Erf,
        Function::Clip { min: -1.0, max: 2.0 },
        Function::Unary(Unary::Mish),
        Function::Unary(shrink),
    ];
    for function in functions {
        let ([low, high], [down, up]) = (function.bend().unwrap(), function.slopes());
        for step in 0..2000 {
            let far = f64::from(step) / 20.0;
            let below = function.eval(low) - down * far;
            let above = function.eval(high) + up * far;
            assert!((function.eval(low - far) - below).abs() <= 1e-4, "{function:?} at {}", low - far);
            assert!((function.eval(high + far) - above).abs() <= 1e-4, "{function:?} at {}", high + far);
        }
    }
    assert!(Function::Unary(Unary::Atan).bend().is_none());
}
