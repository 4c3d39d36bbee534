//! Elementary functions have the same bits natively and in a browser, so that a model is compiled to the same bytes in
//! both.

use hushproof_core::{
    codec::digest,
    graph::{Function, Unary},
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test_configure!(run_in_browser);

const FUNCTIONS: [Function; 29] = [
    Function::Sigmoid,
    Function::Tanh,
    Function::Silu,
    Function::Gelu,
    Function::GeluTanh,
    Function::Softplus,
    Function::Elu { alpha: 1.5 },
    Function::Erf,
    Function::Unary(Unary::Exp),
    Function::Unary(Unary::Log),
    Function::Unary(Unary::Sqrt),
    Function::Unary(Unary::InverseSqrt),
    Function::Unary(Unary::Pow { exponent: 1.7 }),
    Function::Unary(Unary::Pow { exponent: -3.0 }),
    Function::Unary(Unary::Sin),
    Function::Unary(Unary::Cos),
    Function::Unary(Unary::Tan),
    Function::Unary(Unary::Asin),
    Function::Unary(Unary::Acos),
    Function::Unary(Unary::Atan),
    Function::Unary(Unary::Sinh),
    Function::Unary(Unary::Cosh),
    Function::Unary(Unary::Asinh),
    Function::Unary(Unary::Acosh),
    Function::Unary(Unary::Atanh),
    Function::Unary(Unary::Round),
    Function::Unary(Unary::Softsign),
    Function::Unary(Unary::Mish),
    Function::HardSwish,
];

/// Of the bits at all arguments, one function after the other.
const DIGEST: &str = "90a84c53aa0f0ce2319598a0fc437852e5796a8bff47f8828a839fe23a7d1c94";

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn functions_have_the_same_bits_everywhere() {
    let spread = (0..4001).map(|i| f64::from(i - 2000) * (1.0 / 97.0));
    let extreme = [0.0, -0.0, 1e-300, -1e-9, 1e9, -1e9, 700.0, -700.0, 1e300];
    let arguments: Vec<f64> = spread.chain(extreme).collect();
    let mut bytes = Vec::new();
    for function in FUNCTIONS {
        for value in arguments.iter().map(|x| function.eval(*x)) {
            // Which NaN it is says nothing.
            let bits = if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
            bytes.extend(bits.to_le_bytes());
        }
    }
    assert_eq!(hex(&digest(&bytes)), DIGEST);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
