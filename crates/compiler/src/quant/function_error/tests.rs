use hushproof_core::graph::{Conv, FloatLayer, Function, Lanes, Map, Shape, Term, Unary, ValueInfo, Visibility};

use super::*;
use crate::quant::{Options, quantize_with_scales};

/// A function of two channels, of which the second one has a tenth of the first one's range.
fn error(function: Function, largest: f64, segments: u32) -> f64 {
    let shape = Shape::vector(2);
    let value_info = |name: &str| ValueInfo::new(name, vec![1, 2]);
    let copy = Term { source: 0, map: Map::Conv(Conv::select(0, 0, 2)), negative: None };
    let layer = FloatLayer {
        node: "f".to_owned(),
        op: "F".to_owned(),
        shape,
        terms: vec![copy],
        bias: vec![0.0; 2],
        activation: FloatActivation::Table(function),
        same_scale: None,
    };
    let network = Network {
        name: "test".to_owned(),
        input: value_info("x"),
        input_shape: shape,
        output: value_info("y"),
        layers: vec![layer],
        finish: None,
        parts: Vec::new(),
        cuts: Vec::new(),
        missing: Vec::new(),
        records: None,
        committed: None,
        whole: Vec::new(),
    };
    let rows: Vec<Vec<f64>> =
        (-20..=20).map(f64::from).map(|i| vec![i / 20.0 * largest, i / 200.0 * largest]).collect();
    let ranges = Ranges::from_rows(&network, &rows).unwrap();
    let options = Options {
        margin: 1.5,
        input_margin: 1.5,
        input: Visibility::Private,
        weights: Visibility::Public,
        segments: Some(segments),
    };
    let digits = Digits { limb_bits: 6, value_limbs: 2, remainder_limbs: 2 };
    let lanes = Lanes { activations: 2, weights: 2 };
    quantize_with_scales(&network, &ranges, digits, lanes, &options).unwrap().1.function_error
}

#[test]
fn bends_within_a_segment_are_seen() {
    let near = error(Function::Softplus, 4.0, 64);
    assert!(near < 0.03, "{near}");
    assert!(error(Function::Clip { min: -1.0, max: 1.0 }, 300.0, 64) > 0.1);
    let (few, many) = (error(Function::Tanh, 30.0, 16), error(Function::Tanh, 30.0, 64));
    assert!(many < few && few > 0.05, "{few} {many}");
    // A function that jumps is as far off as it jumps, wherever arguments are rounded.
    assert!(error(Function::Unary(Unary::Floor), 30.0, 64) == 0.0);
}
