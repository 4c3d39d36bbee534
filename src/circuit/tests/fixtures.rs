//! Small integer models, one per kind of row.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

use crate::graph::{
    Digits, Port,
    chain::{Activation, Input, IntMatrix, Layer, Model, Output, SegmentTable},
};

/// Codes of 8 bits, remainders of 8 bits, four limbs of 4 bits.
pub(crate) const DIGITS: Digits = Digits { limb_bits: 4, value_limbs: 2, remainder_limbs: 2 };

pub(crate) const INPUT: [u64; 4] = [17, 200, 0, 255];

/// A model with 4 inputs; each layer is (outputs, activation).
pub(crate) fn model(layers: &[(usize, Activation)], lanes: usize) -> Model {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut width = INPUT.len();
    let mut built = Vec::new();
    for (index, (rows, activation)) in layers.iter().enumerate() {
        let limit = if *activation == Activation::Requantize { 20 } else { 60 };
        let mut weight = || i64::from(rng.next_u32() % (2 * limit + 1)) - i64::from(limit);
        let after_segments = index > 0 && layers[index - 1].1 == Activation::Segments;
        let mut data: Vec<i64> = (0..rows * width).map(|_| weight()).collect();
        if after_segments {
            data.iter_mut().for_each(|weight| *weight /= 8);
        }
        let mut bias = vec![3; *rows];
        match activation {
            Activation::Requantize => bias.fill(1 << 15),
            Activation::Threshold => data.iter_mut().for_each(|weight| *weight = *weight / 2 * 2),
            _ => {}
        }
        let weights = IntMatrix { rows: *rows, cols: width, data };
        built.push(Layer {
            node: format!("layer{index}"),
            op: "Gemm".to_owned(),
            weights,
            bias,
            activation: activation.clone(),
        });
        width = *rows;
    }
    let last = layers.last().unwrap();
    let outputs = if last.1 == Activation::ArgMax { 1 } else { last.0 };
    let has_segments = layers.iter().any(|layer| layer.1 == Activation::Segments);
    Model {
        name: "fixture".to_owned(),
        digits: DIGITS,
        lanes,
        input: Input {
            port: Port { name: "x".to_owned(), shape: vec![1, 4] },
            min: vec![0.0; 4],
            step: vec![1.0; 4],
            public: false,
        },
        layers: built,
        segments: has_segments.then(segments),
        output: Output {
            port: Port { name: "y".to_owned(), shape: vec![1, outputs] },
            zero: vec![0.0; last.0],
            step: vec![1.0; last.0],
            threshold: None,
        },
    }
}

/// Three segments and saturation; codes of 9 bits.
fn segments() -> SegmentTable {
    SegmentTable { base: vec![0, 64, 120, 200], slope: vec![4, 3, 2, 0], output_bits: 9 }
}

/// One model for every kind of row and both forms of weights, with its name.
pub(crate) fn all() -> Vec<(&'static str, Model)> {
    use Activation::{ArgMax, Relu, Requantize, Segments, Threshold};
    vec![
        ("requantize", model(&[(3, Requantize)], 3)),
        ("relu", model(&[(5, Relu), (2, Requantize)], 5)),
        ("tall relu", model(&[(5, Relu), (3, Requantize)], 2)),
        ("segments", model(&[(3, Segments), (2, Requantize)], 3)),
        ("tall segments", model(&[(3, Segments), (5, Relu), (2, Segments)], 1)),
        ("threshold", model(&[(3, Relu), (2, Threshold)], 3)),
        ("argmax", model(&[(4, ArgMax)], 4)),
        ("public input", public_input(model(&[(3, Relu)], 3))),
    ]
}

fn public_input(mut model: Model) -> Model {
    model.input.public = true;
    model
}
