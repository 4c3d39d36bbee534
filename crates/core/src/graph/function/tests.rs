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
