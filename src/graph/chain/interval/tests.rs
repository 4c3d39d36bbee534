use super::*;
use crate::graph::{
    Digits, Port,
    chain::{Input, IntMatrix, Output},
};

pub(in crate::graph) fn layer(activation: Activation, rows: usize, cols: usize) -> Layer {
    let data = (0..rows * cols).map(|i| (i as i64 * 37 % 21 - 10) * 2).collect();
    let bias = (0..rows).map(|i| i as i64 * 1000 - 501).map(|b| b | 1).collect();
    let node = format!("{activation:?}_{rows}");
    Layer { node, op: "Gemm".to_owned(), weights: IntMatrix { rows, cols, data }, bias, activation }
}

/// 3 inputs, Relu 4, Segments 5, then `last` on 2.
pub(in crate::graph) fn sample(last: Activation) -> Model {
    let port = |name: &str, len| Port { name: name.to_owned(), shape: vec![1, len] };
    let outputs = if last == Activation::ArgMax { 1 } else { 2 };
    Model {
        name: "sample".to_owned(),
        digits: Digits { limb_bits: 5, value_limbs: 2, remainder_limbs: 2 },
        lanes: 4,
        input: Input { port: port("x", 3), min: vec![-1.0, 0.0, 2.5], step: vec![0.01, 1.0, 1e-3], public: false },
        layers: vec![layer(Activation::Relu, 4, 3), layer(Activation::Segments, 5, 4), layer(last, 2, 5)],
        segments: Some(SegmentTable { base: vec![0, 500, 900], slope: vec![16, 12, 0], output_bits: 12 }),
        output: Output { port: port("y", outputs), zero: vec![0.0, -1.0], step: vec![1.0, 0.5], threshold: None },
    }
}

const LAST: [Activation; 5] =
    [Activation::Requantize, Activation::Relu, Activation::Segments, Activation::Threshold, Activation::ArgMax];

#[test]
fn accepts_every_last_activation() {
    for last in LAST {
        sample(last).check().unwrap();
    }
}

#[test]
fn bounds_are_reached() {
    let model = sample(Activation::ArgMax);
    let bounds = model.accumulator_bounds().unwrap();
    let tops = [1023i64, 1023, 4095];
    for ((layer, bound), top) in model.layers.iter().zip(bounds).zip(tops) {
        let extreme = |o: usize, sign: i64| {
            let row = layer.weights.row(o).iter();
            layer.bias[o] + row.filter(|k| **k * sign > 0).sum::<i64>() * top
        };
        let reached = (0..layer.bias.len()).flat_map(|o| [extreme(o, 1), extreme(o, -1)]).map(i64::unsigned_abs).max();
        assert_eq!(reached, Some(bound));
    }
}

#[test]
fn rejects_each_broken_invariant() {
    type Break = fn(&mut Model);
    let broken: &[(&str, Break)] = &[
        ("limb bits low", |m| m.digits.limb_bits = 1),
        ("limb bits high", |m| m.digits.limb_bits = 21),
        ("no value limb", |m| m.digits.value_limbs = 0),
        ("five value limbs", |m| m.digits.value_limbs = 5),
        ("no remainder limb", |m| m.digits.remainder_limbs = 0),
        ("five remainder limbs", |m| m.digits.remainder_limbs = 5),
        ("row bits", |m| m.digits.limb_bits = 13),
        ("huge limbs", |m| m.digits = Digits { limb_bits: u32::MAX, value_limbs: u32::MAX, remainder_limbs: 9 }),
        ("no lanes", |m| m.lanes = 0),
        ("many lanes", |m| m.lanes = 257),
        ("no layers", |m| m.layers.clear()),
        ("input shape", |m| m.input.port.shape = vec![1, 4]),
        ("input shape overflow", |m| m.input.port.shape = vec![usize::MAX, usize::MAX]),
        ("empty input", |m| {
            m.input.port.shape = vec![0];
            m.input.min.clear();
            m.input.step.clear();
        }),
        ("input mins", |m| m.input.min.truncate(2)),
        ("input steps", |m| m.input.step.truncate(2)),
        ("zero step", |m| m.input.step[1] = 0.0),
        ("negative step", |m| m.input.step[1] = -1.0),
        ("NaN step", |m| m.input.step[1] = f64::NAN),
        ("infinite step", |m| m.input.step[1] = f64::INFINITY),
        ("infinite range", |m| m.input.step[1] = f64::MAX),
        ("NaN min", |m| m.input.min[1] = f64::NAN),
        ("columns", |m| m.layers[1].weights.cols = 3),
        ("rows", |m| m.layers[1].weights.rows = 4),
        ("rows overflow", |m| m.layers[1].weights.rows = usize::MAX),
        ("weights", |m| m.layers[1].weights.data.truncate(19)),
        ("biases", |m| m.layers[1].bias.truncate(4)),
        ("no rows", |m| {
            m.layers[1].weights.rows = 0;
            m.layers[1].weights.data.clear();
            m.layers[1].bias.clear();
        }),
        ("inner Requantize", |m| m.layers[0].activation = Activation::Requantize),
        ("inner Threshold", |m| m.layers[0].activation = Activation::Threshold),
        ("inner ArgMax", |m| m.layers[0].activation = Activation::ArgMax),
        ("no table", |m| m.segments = None),
        ("unused table", |m| m.layers[1].activation = Activation::Relu),
        ("table lengths", |m| table(m).slope.truncate(2)),
        ("one segment", |m| {
            table(m).slope = vec![0];
            table(m).base = vec![0];
        }),
        ("many segments", |m| {
            table(m).slope = vec![0; 4097];
            table(m).base = vec![0; 4097];
        }),
        ("base 0", |m| table(m).base[0] = 1),
        ("last slope", |m| table(m).slope[2] = 1),
        ("one output bit", |m| table(m).output_bits = 1),
        ("many output bits", |m| table(m).output_bits = 32),
        ("table overflow", |m| table(m).base[1] = 2048 - 12 * 31),
        ("slope overflow", |m| table(m).slope[1] = u32::MAX),
        ("odd weight", |m| m.layers[2].weights.data[3] += 1),
        ("even bias", |m| m.layers[2].bias[1] += 1),
        ("output shape", |m| m.output.port.shape = vec![1, 3]),
        ("output zeros", |m| m.output.zero.truncate(1)),
        ("output steps", |m| m.output.step.truncate(1)),
        ("output step 0", |m| m.output.step[0] = 0.0),
        ("output zero NaN", |m| m.output.zero[0] = f64::NAN),
        ("threshold NaN", |m| m.output.threshold = Some(f64::NAN)),
    ];
    fn table(m: &mut Model) -> &mut SegmentTable {
        m.segments.as_mut().unwrap()
    }
    for (what, break_it) in broken {
        let mut model = sample(Activation::Threshold);
        break_it(&mut model);
        assert!(matches!(model.check(), Err(Error::Artifact { .. })), "{what}: {:?}", model.check());
    }
    let mut one_class = sample(Activation::ArgMax);
    one_class.layers[2] = layer(Activation::ArgMax, 1, 5);
    one_class.output.zero.truncate(1);
    one_class.output.step.truncate(1);
    assert!(matches!(one_class.check(), Err(Error::Artifact { .. })));
}

#[test]
fn rejects_large_accumulators_by_node() {
    let limit = 1i64 << ACCUMULATOR_BITS;
    let check = |last: Activation, bias: [i64; 2], weight: i64| {
        let mut model = sample(last);
        model.layers[2].weights.data.fill(0);
        model.layers[2].weights.data[0] = weight;
        model.layers[2].bias = bias.to_vec();
        model.check()
    };
    assert!(check(Activation::Requantize, [limit - 1, 0], 0).is_ok());
    assert!(check(Activation::Requantize, [limit - 4096, 0], 1).is_ok());
    assert!(check(Activation::ArgMax, [limit / 2, 1 - limit / 2], 0).is_ok());
    for (last, bias, weight) in [
        (Activation::Requantize, [limit, 0], 0),
        (Activation::Requantize, [-limit, 0], 0),
        (Activation::Requantize, [i64::MIN, 0], i64::MIN),
        (Activation::Requantize, [limit - 4095, 0], 1),
        (Activation::Requantize, [0, 0], i64::MAX),
        (Activation::ArgMax, [limit / 2, -limit / 2], 0),
    ] {
        let Err(Error::Range { node, got_bits, max_bits, .. }) = check(last.clone(), bias, weight) else {
            panic!("{bias:?} {weight}");
        };
        assert_eq!(node, format!("{last:?}_2"));
        assert!(got_bits > max_bits, "{got_bits}");
    }
}
