use super::*;
use crate::graph::{
    Port,
    chain::{Activation, FloatLayer, Matrix},
};

fn evaluate(
    float: impl Fn(&[f64]) -> Result<Vec<f64>> + Sync,
    network: &Network,
    model: &Model,
    rows: &[Vec<f64>],
) -> Result<Report> {
    super::evaluate(float, &network.clone().into(), &model.clone().into(), rows)
}

/// Narrow margins: few bits must do.
const OPTIONS: Options =
    Options { margin: 2.0, input_margin: 2.0, input: Visibility::Private, weights: Visibility::Public };

/// A small deterministic generator of values in [−1, 1).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// About normal.
    pub(super) fn normal(&mut self) -> f64 {
        (0..6).map(|_| self.next()).sum::<f64>() / 2f64.sqrt()
    }
}

fn port(name: &str, len: usize) -> Port {
    Port { name: name.to_owned(), shape: vec![1, len] }
}

/// A random network: widths of input and layers, the activation of each layer.
fn network(random: &mut Random, widths: &[usize], activations: &[FloatActivation]) -> Network {
    let layers: Vec<FloatLayer> = activations
        .iter()
        .enumerate()
        .map(|(t, activation)| {
            let (cols, rows) = (widths[t], widths[t + 1]);
            let gain = 1.5 / (cols as f64).sqrt();
            let data = (0..rows * cols).map(|_| random.normal() * gain).collect();
            let bias = (0..rows).map(|_| random.normal() * 0.3).collect();
            let weights = Matrix { rows, cols, data };
            FloatLayer { node: format!("layer{t}"), op: "Gemm".to_owned(), weights, bias, activation: *activation }
        })
        .collect();
    let last = widths[widths.len() - 1];
    let outputs = if activations.last() == Some(&FloatActivation::ArgMax) { 1 } else { last };
    Network { name: "net".to_owned(), input: port("x", widths[0]), output: port("y", outputs), layers }
}

/// Correlated rows.
fn rows(random: &mut Random, width: usize, count: usize) -> Vec<Vec<f64>> {
    let shared: Vec<f64> = (0..count).map(|_| random.normal()).collect();
    shared.iter().map(|s| (0..width).map(|_| 0.5 * s + random.normal()).collect()).collect()
}

fn float(network: &Network) -> impl Fn(&[f64]) -> Result<Vec<f64>> {
    |row| Ok(network.layers.iter().fold(row.to_vec(), |x, layer| layer.activate(&layer.affine(&x))))
}

fn digits(limb_bits: u32) -> Digits {
    Digits { limb_bits, value_limbs: 2, remainder_limbs: 2 }
}

const LASTS: [FloatActivation; 5] = [
    FloatActivation::Identity,
    FloatActivation::Relu,
    FloatActivation::Sigmoid,
    FloatActivation::Threshold { at: 0.1 },
    FloatActivation::ArgMax,
];

/// Every hidden activation before every last one, at several limb sizes: errors shrink with the bits.
#[test]
fn random_networks_stay_close() {
    // Largest and mean error (as a share of the output's range, of the probability, or of all decisions), least share
    // of equal classes; by hidden activation and limb bits.
    let limits = [
        (FloatActivation::Relu, 5, (0.02, 3e-3, 0.98)),
        (FloatActivation::Relu, 6, (6e-3, 8e-4, 0.99)),
        (FloatActivation::Relu, 8, (5e-4, 6e-5, 0.995)),
        (FloatActivation::Sigmoid, 5, (0.04, 6e-3, 0.93)),
        (FloatActivation::Sigmoid, 6, (0.015, 2e-3, 0.96)),
        (FloatActivation::Sigmoid, 8, (2e-3, 3e-4, 0.99)),
    ];
    for (hidden, limb_bits, (max, mean, agreement)) in limits {
        for last in LASTS {
            for seed in 1..4 {
                let mut random = Random(seed);
                let net = network(&mut random, &[12, 16, 8, 5], &[hidden, hidden, last]);
                let data = rows(&mut random, 12, 700);
                let (calibration, test) = data.split_at(200);
                let ranges = Ranges::from_rows(&net, calibration).unwrap();
                let segments = 1 << (limb_bits - 1);
                let model = quantize(&net, &ranges, digits(limb_bits), segments, 4, &OPTIONS).unwrap();
                let report = evaluate(float(&net), &net, &model, test).unwrap();
                let what = format!("{hidden:?} {limb_bits} {last:?}: {report}");
                assert!(report.out_of_range <= 1, "{what}");
                let decides = matches!(last, FloatActivation::Threshold { .. } | FloatActivation::ArgMax);
                if last != FloatActivation::Relu {
                    assert!(report.top1_agreement.unwrap() >= agreement, "{what}");
                }
                if !decides {
                    let range = ranges.affine[2].iter().map(Span::magnitude).fold(0.0, f64::max);
                    let range = if last == FloatActivation::Sigmoid { 1.0 } else { range };
                    assert!(report.max_abs_error.unwrap() <= max * range, "{what}");
                    assert!(report.mean_abs_error.unwrap() <= mean * range, "{what}");
                }
            }
        }
    }
}

fn affine(weights: &[&[f64]], bias: &[f64], activation: FloatActivation) -> Network {
    let (rows, cols) = (weights.len(), weights[0].len());
    let weights = Matrix { rows, cols, data: weights.concat() };
    let node = "only".to_owned();
    let layers = vec![FloatLayer { node, op: "Gemm".to_owned(), weights, bias: bias.to_vec(), activation }];
    let outputs = if activation == FloatActivation::ArgMax { 1 } else { rows };
    Network { name: "net".to_owned(), input: port("x", cols), output: port("y", outputs), layers }
}

fn compiled(net: &Network, rows: &[Vec<f64>]) -> Model {
    let ranges = Ranges::from_rows(net, rows).unwrap();
    quantize(net, &ranges, digits(6), 32, 1, &OPTIONS).unwrap()
}

fn answer(model: &Model, row: &[f64]) -> Result<Vec<f64>> {
    let trace = model.run(model.quantize_input(row)?)?;
    Ok(model.output_values(trace.codes.last().unwrap()))
}

#[test]
fn equal_classes_give_the_first() {
    let net = affine(&[&[1.0, 2.0], &[1.0, 2.0], &[-1.0, 0.5]], &[0.5, 0.5, 0.0], FloatActivation::ArgMax);
    let data = vec![vec![1.0, 1.0], vec![-1.0, 0.3], vec![0.2, -2.0]];
    let model = compiled(&net, &data);
    for row in &data {
        assert_eq!(answer(&model, row).unwrap(), float(&net)(row).unwrap());
    }
    let same = affine(&[&[1.0], &[1.0]], &[3.0, 3.0], FloatActivation::ArgMax);
    assert_eq!(answer(&compiled(&same, &[vec![1.0], vec![2.0]]), &[1.5]).unwrap(), [0.0]);
}

#[test]
fn a_threshold_that_is_met_decides_1() {
    let net = affine(&[&[3.0]], &[1.0], FloatActivation::Threshold { at: 4.0 });
    let model = compiled(&net, &[vec![0.0], vec![2.0], vec![1.0]]);
    assert_eq!(model.layers[0].activation, Activation::Threshold);
    let step = model.input.step[0];
    for (x, expected) in [(0.0, 0.0), (1.0 - 2.0 * step, 0.0), (1.0 + 2.0 * step, 1.0), (2.0, 1.0), (3.0, 1.0)] {
        assert_eq!(answer(&model, &[x]).unwrap(), [expected], "{x}");
    }
    let constant = affine(&[&[0.0]], &[1.0], FloatActivation::Threshold { at: 1.0 });
    assert_eq!(answer(&compiled(&constant, &[vec![0.0], vec![1.0]]), &[0.5]).unwrap(), [1.0]);
    let below = affine(&[&[0.0]], &[1.0], FloatActivation::Threshold { at: 1.001 });
    assert_eq!(answer(&compiled(&below, &[vec![0.0], vec![1.0]]), &[0.5]).unwrap(), [0.0]);
}

#[test]
fn dead_and_constant_parts_compile() {
    // A weight row of zeros, a constant feature, a channel that is never positive.
    let mut net = affine(&[&[0.0, 0.0], &[1.0, 5.0], &[-1.0, 0.0]], &[0.0, -7.0, -10.0], FloatActivation::Relu);
    let data: Vec<Vec<f64>> = (0..10).map(|i| vec![f64::from(i), 3.0]).collect();
    let model = compiled(&net, &data);
    for row in &data {
        for (got, expected) in answer(&model, row).unwrap().iter().zip(float(&net)(row).unwrap()) {
            assert!((got - expected).abs() < 0.02, "{got} {expected}");
        }
    }
    assert_eq!(answer(&model, &[3.0, 3.0]).unwrap()[0], 0.0);
    assert!(answer(&model, &[3.0, 4.0]).is_ok());
    net.layers[0].activation = FloatActivation::Identity;
    assert!(answer(&compiled(&net, &data), &data[4]).is_ok());
    let zero = affine(&[&[0.0]], &[0.0], FloatActivation::Identity);
    assert!(answer(&compiled(&zero, &[vec![0.0]]), &[0.0]).unwrap()[0].abs() < 1e-3);
}

#[test]
fn images_share_one_range() {
    let mut net = affine(&[&[1.0, 1.0, 1.0, 1.0]], &[0.0], FloatActivation::Identity);
    net.input.shape = vec![1, 1, 2, 2];
    let model = compiled(&net, &[vec![0.0, 0.1, 1.0, 0.0], vec![0.0, 0.2, 0.0, 0.0]]);
    assert!(answer(&model, &[1.0, 0.0, 0.0, 0.0]).is_ok());
    assert_eq!(model.input.step, [model.input.step[0]; 4]);
}

#[test]
fn values_of_one_kind_share_one_range() {
    // A flat image of 64 pixels: the first were never bright, the last never anything but 0.
    let pixel = |i: usize| {
        (
            0.0,
            if i < 8 {
                0.05
            } else if i < 56 {
                1.0
            } else {
                0.0
            },
        )
    };
    assert!(ranges::alike((0..64).map(pixel)));
    let units = |i: usize| (0.0, f64::from(10u8).powi(i as i32 % 8));
    assert!(!ranges::alike((0..64).map(units)), "features of several units");
    assert!(!ranges::alike((0..8).map(|_| (0.0, 1.0))), "too few to tell");
    let net = affine(&[&[1.0; 64]], &[0.0], FloatActivation::Identity);
    let row = |bright: bool| (0..64).map(|i| if bright { pixel(i).1 } else { 0.0 }).collect::<Vec<_>>();
    let ranges = Ranges::from_rows(&net, &[row(true), row(false)]).unwrap();
    let model = quantize(&net, &ranges, digits(8), 32, 1, &OPTIONS).unwrap();
    assert!(model.quantize_input(&[1.0; 64]).is_ok());
}

#[test]
fn values_beyond_the_margin_are_refused() {
    let net = affine(&[&[1.0, -1.0]], &[0.0], FloatActivation::Identity);
    // Both features move together, so y stays small; apart, each is still in range.
    let data: Vec<Vec<f64>> = (0..11).map(|i| vec![f64::from(i), f64::from(i) + f64::from(i % 3) / 10.0]).collect();
    let model = compiled(&net, &data);
    assert!(matches!(answer(&model, &[30.0, 5.0]), Err(Error::InputRange { index: 0, .. })));
    let Err(Error::ActivationRange { node, index }) = answer(&model, &[10.0, 0.0]) else { panic!() };
    assert_eq!((node.as_str(), index), ("only", 0));
    let report = evaluate(float(&net), &net, &model, &[data[0].clone(), vec![10.0, 0.0], vec![99.0, 0.0]]).unwrap();
    assert_eq!((report.rows, report.out_of_range), (3, 2));
    assert!(report.first_refusal.as_ref().unwrap().starts_with("row 1: only"), "{report}");
    assert_eq!(report.top1_agreement, None);
    assert!(report.to_string().contains("2 out of range"));
    let refused = evaluate(float(&net), &net, &model, &[vec![99.0, 0.0]]).unwrap();
    assert_eq!((refused.max_abs_error, refused.mean_abs_error), (None, None));
}

#[test]
fn intervals_replace_rows() {
    let mut random = Random(9);
    let activations = [FloatActivation::Relu, FloatActivation::Sigmoid, FloatActivation::Identity];
    let net = network(&mut random, &[6, 8, 8, 3], &activations);
    let ranges = Ranges::input_only(&net, -3.0, 3.0).unwrap();
    let margin = Options { margin: 1.0, input_margin: 1.0, input: Visibility::Public, ..OPTIONS };
    let model = quantize(&net, &ranges, digits(8), 32, 2, &margin).unwrap();
    assert!(model.input.public);
    let data: Vec<Vec<f64>> = (0..200).map(|_| (0..6).map(|_| 3.0 * random.next()).collect()).collect();
    let report = evaluate(float(&net), &net, &model, &data).unwrap();
    assert_eq!(report.out_of_range, 0, "{report}");
    assert!(report.max_abs_error.unwrap() < 0.02, "{report}");
    assert!(matches!(Ranges::input_only(&net, 1.0, 1.0), Err(Error::Calibration { .. })));
    assert!(matches!(Ranges::input_only(&net, f64::NAN, 1.0), Err(Error::Calibration { .. })));
}

#[test]
fn ranges_without_rows_hold_random_inputs() {
    let mut random = Random(31);
    let activations = [FloatActivation::Relu, FloatActivation::Sigmoid, FloatActivation::Identity];
    let net = network(&mut random, &[6, 8, 8, 3], &activations);
    let ranges = Ranges::without_rows(&net, [-3.0, 3.0], 4.0).unwrap();
    let bounds = Ranges::input_only(&net, -3.0, 3.0).unwrap();
    assert_eq!(ranges.input, bounds.input);
    let spans = || ranges.affine.iter().flatten().zip(bounds.affine.iter().flatten());
    assert!(spans().all(|(span, bound)| bound.min - 1e-9 <= span.min && span.max <= bound.max + 1e-9));
    assert!(spans().any(|(span, bound)| span.max < bound.max), "no wider than it must be");
    let margin = Options { margin: 4.0, input_margin: 1.0, ..OPTIONS };
    let model = quantize(&net, &ranges, digits(8), 32, 2, &margin).unwrap();
    let data: Vec<Vec<f64>> = (0..200).map(|_| (0..6).map(|_| 3.0 * random.next()).collect()).collect();
    let report = evaluate(float(&net), &net, &model, &data).unwrap();
    assert_eq!(report.out_of_range, 0, "{report}");
    assert!(report.max_abs_error.unwrap() < 0.02, "{report}");
    assert!(matches!(Ranges::without_rows(&net, [1.0, 1.0], 4.0), Err(Error::Option { .. })));
}

#[test]
fn unusable_calibration() {
    let net = affine(&[&[1.0, 1e300]], &[0.0], FloatActivation::Identity);
    let code = |rows: &[Vec<f64>]| Ranges::from_rows(&net, rows).unwrap_err().code();
    assert_eq!(code(&[]), "calibration");
    assert_eq!(code(&[vec![0.0, f64::NAN]]), "calibration");
    assert_eq!(code(&[vec![0.0, 1e300]]), "calibration");
    assert_eq!(code(&[vec![0.0]]), "input-shape");
    let other = affine(&[&[1.0]], &[0.0], FloatActivation::Identity);
    let ranges = Ranges::from_rows(&other, &[vec![1.0]]).unwrap();
    assert_eq!(quantize(&net, &ranges, digits(6), 8, 1, &OPTIONS).unwrap_err().code(), "calibration");
}

#[test]
fn unusable_options() {
    let net = affine(&[&[1.0]], &[0.0], FloatActivation::Sigmoid);
    let ranges = Ranges::from_rows(&net, &[vec![1.0], vec![2.0]]).unwrap();
    let code = |digits, segments, lanes, margin| {
        let options = Options { margin, input_margin: margin, ..OPTIONS };
        quantize(&net, &ranges, digits, segments, lanes, &options).map_err(|e| e.code())
    };
    assert!(code(digits(6), 8, 1, 2.0).is_ok());
    assert_eq!(code(digits(6), 0, 1, 2.0), Err("option"));
    assert_eq!(code(digits(6), 4096, 1, 2.0), Err("option"));
    assert_eq!(code(digits(6), 8, 0, 2.0), Err("artifact"));
    assert_eq!(code(digits(6), 8, 1, 0.5), Err("option"));
    assert_eq!(code(digits(6), 8, 1, f64::NAN), Err("option"));
    assert_eq!(code(digits(1), 8, 1, 2.0), Err("option"));
    assert_eq!(code(digits(13), 8, 1, 2.0), Err("option"));
}

#[test]
fn unusable_networks() {
    let good = affine(&[&[1.0, 2.0]], &[0.0], FloatActivation::Sigmoid);
    let code = |change: fn(&mut Network)| {
        let mut net = good.clone();
        change(&mut net);
        Ranges::from_rows(&net, &[vec![1.0, 2.0]]).map_err(|e| e.code()).map(drop)
    };
    assert_eq!(code(|_| ()), Ok(()));
    assert_eq!(code(|n| n.layers.clear()), Err("graph"));
    assert_eq!(code(|n| n.layers[0].activation = FloatActivation::ArgMax), Err("graph"));
    assert_eq!(code(|n| n.layers[0].activation = FloatActivation::Threshold { at: f64::NAN }), Err("graph"));
    assert_eq!(code(|n| n.layers[0].weights.data[1] = f64::INFINITY), Err("graph"));
    assert_eq!(code(|n| n.layers[0].bias.clear()), Err("shape"));
    assert_eq!(code(|n| n.layers[0].weights.cols = 3), Err("shape"));
    assert_eq!(code(|n| n.output.shape = vec![1, 7]), Err("shape"));
    assert_eq!(code(|n| n.input.shape = vec![usize::MAX, 4]), Err("shape"));
    assert_eq!(
        code(|n| {
            let (mut next, node) = (n.layers[0].clone(), "next".to_owned());
            next.weights = Matrix { rows: 1, cols: 1, data: vec![1.0] };
            next.node = node;
            n.layers[0].activation = FloatActivation::Identity;
            n.layers.push(next);
        }),
        Err("graph")
    );
}

#[test]
fn sigmoid_tables_follow_the_sigmoid() {
    for limb_bits in 2..=14 {
        for segments in [1, 2, 7, 32, 100, 1000, 4095] {
            let table = sigmoid_table(segments, limb_bits, 22).unwrap();
            assert_eq!((table.base.len(), table.last(), table.base[0]), (segments + 1, segments, 0));
            let (width, cell) = (8.0 / segments as f64, 8.0 / (segments as f64 * f64::from(limb_bits).exp2()));
            // A chord over a segment (|σ″| < 0.097), half a cell at slope ¼ (a whole one near 0), saturation, integers.
            let chord = 0.097 * width * width / 8.0;
            let integers = f64::from(limb_bits).exp2() / f64::from(22).exp2();
            let expected = (chord + cell / 4.0 + integers).max(1.7e-4);
            let error = sigmoid_error(&table, limb_bits);
            assert!(error <= expected, "{segments} segments, {limb_bits} bits: {error} > {expected}");
        }
    }
    for hidden in [false, true] {
        let error = |j| table_segments_error(j, &digits(8), hidden).unwrap();
        assert!(error(8) > 2.0 * error(16) && error(16) > 2.0 * error(32) && error(32) > error(128));
    }
}
