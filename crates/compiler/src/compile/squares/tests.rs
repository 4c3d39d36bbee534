use hushproof_core::graph::Visibility;

use crate::{
    compile::{Options, compile},
    onnx::tests::graphs::{Builder, new},
};

use super::*;

fn network(builder: &Builder) -> Network {
    builder.read().unwrap().network().unwrap()
}

#[test]
fn squares_are_functions_beside_private_weights() {
    let vector = new(&[1, 6]).weight("two", &[], &[2.0]).node("Pow", &["x", "two"], "a").node("Tanh", &["x"], "t");
    let vector = vector.node("Mul", &["t", "t"], "b").node("Add", &["a", "b"], "y");
    let sums =
        new(&[1, 6]).node("Mul", &["x", "x"], "a").weight("w", &[6, 2], &[0.5; 12]).node("MatMul", &["a", "w"], "y");
    let planes = new(&[1, 2, 3, 3]).node("Mul", &["x", "x"], "a").node("Flatten", &["a"], "y");
    for builder in [vector, sums, planes] {
        let float = network(&builder);
        let other = as_functions(float.clone());
        assert!(float.layers.iter().any(FloatLayer::multiplies) && !other.layers.iter().any(FloatLayer::multiplies));
        let len = float.input.len();
        let rows: Vec<Vec<f64>> =
            (0..40).map(|row| (0..len).map(|i| ((row * 13 + i * 7) % 41) as f64 / 10.0 - 2.0).collect()).collect();
        for weights in [Visibility::Public, Visibility::Private] {
            let options = Options { weights, ..Options::default() };
            let model = compile(float.clone(), &rows, &options).unwrap().model;
            for row in &rows {
                let expected = float.predict(row);
                for (other, expected) in other.predict(row).iter().zip(&expected) {
                    assert!((other - expected).abs() < 1e-9);
                }
                for (got, expected) in model.predict(row).unwrap().iter().zip(&expected) {
                    assert!((got - expected).abs() < 0.1, "{got} for {expected}");
                }
            }
        }
    }
}
