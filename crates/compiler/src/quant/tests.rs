mod features;
mod products;
mod shared;

use hushproof_core::graph::{
    Activation, Conv, Finish, FloatActivation, FloatLayer, Function, Lanes, Map, Model, Network, Shape, Sparse, Term,
    ValueInfo, Visibility,
};

use super::*;

/// How the model compares with the float network, after the softmax where there is one.
fn evaluate(network: &Network, model: &Model, rows: &[Vec<f64>]) -> Accuracy {
    let expected: Vec<_> = rows.iter().map(|row| network.predict(row)).collect();
    let target = if Target::Class.check(network).is_ok() { Target::Class } else { Target::Auto };
    crate::quant::evaluate(&expected, network, target, model, rows).unwrap()
}

/// A small deterministic generator of values in [−1, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// About normal.
    fn normal(&mut self) -> f64 {
        (0..6).map(|_| self.next()).sum::<f64>() / 2f64.sqrt()
    }
}

const OPTIONS: Options =
    Options { margin: 2.0, input_margin: 2.0, input: Visibility::Private, weights: Visibility::Public, segments: None };
const LANES: Lanes = Lanes { activations: 4, weights: 8 };
const DIGITS: Digits = Digits { limb_bits: 16, value_limbs: 1, remainder_limbs: 1 };

fn shape(channels: usize, height: usize, width: usize) -> Shape {
    Shape { channels, height, width }
}

/// Geometry of a convolution: groups, kernel, stride, dilation, padding above and to the left.
type Geometry = (usize, usize, usize, usize, isize);

fn conv(random: &mut Random, inputs: usize, outputs: usize, geometry: Geometry) -> Map<f64> {
    let (groups, kernel, stride, dilation, pad) = geometry;
    let fan = inputs / groups * kernel * kernel;
    Map::Conv(Conv {
        input_start: 0,
        inputs,
        output_start: 0,
        outputs,
        groups,
        kernel: [kernel; 2],
        stride: [stride; 2],
        dilation: [dilation; 2],
        pad: [pad; 2],
        weights: (0..outputs * fan).map(|_| random.normal() * 1.5 / (fan as f64).sqrt()).collect(),
    })
}

/// A depthwise map of one kernel.
fn depthwise(channels: usize, kernel: [usize; 2], stride: [usize; 2], pad: [isize; 2], weights: &[f64]) -> Map<f64> {
    Map::Conv(Conv {
        input_start: 0,
        inputs: channels,
        output_start: 0,
        outputs: channels,
        groups: channels,
        kernel,
        stride,
        dilation: [1, 1],
        pad,
        weights: weights.repeat(channels),
    })
}

fn dense(random: &mut Random, from: Shape, outputs: usize) -> Map<f64> {
    let gain = 1.5 / (from.len() as f64).sqrt();
    let column = |_| (0..outputs as u32).map(|o| (o, random.normal() * gain)).collect();
    Map::Sparse(Sparse { columns: (0..from.len()).map(column).collect() })
}

fn layer(
    random: &mut Random,
    node: &str,
    shape: Shape,
    terms: Vec<(usize, Map<f64>)>,
    activation: FloatActivation,
) -> FloatLayer {
    FloatLayer {
        node: node.to_owned(),
        op: "Conv".to_owned(),
        shape,
        terms: terms.into_iter().map(|(source, map)| Term { source, map, negative: None }).collect(),
        bias: (0..shape.channels).map(|_| random.normal() * 0.3).collect(),
        activation,
        same_scale: None,
    }
}

fn network(input: Shape, layers: Vec<FloatLayer>) -> Network {
    let last = layers.last().unwrap();
    let outputs = if last.activation == FloatActivation::ArgMax { 1 } else { last.shape.len() };
    Network {
        name: "net".to_owned(),
        input: ValueInfo::new("x", vec![1, input.channels, input.height, input.width]),
        input_shape: input,
        output: ValueInfo::new("y", vec![1, outputs]),
        layers,
        finish: None,
        parts: Vec::new(),
        cuts: Vec::new(),
        missing: Vec::new(),
        records: None,
        committed: None,
        whole: Vec::new(),
    }
}

/// Strides, padding, dilation, groups, a residual sum, a concatenation; `hidden` after every layer but the last.
fn vision(random: &mut Random, hidden: &FloatActivation, last: FloatActivation) -> Network {
    let hidden = |channels: usize| match hidden {
        FloatActivation::PRelu { slope } => {
            FloatActivation::PRelu { slope: (0..channels).map(|c| slope[c % 3]).collect() }
        }
        other => other.clone(),
    };
    let mut shifted = conv(random, 2, 2, (2, 1, 1, 1, 0));
    if let Map::Conv(conv) = &mut shifted {
        (conv.input_start, conv.output_start) = (1, 4);
    }
    let c = |random: &mut Random, i, o, geometry| conv(random, i, o, geometry);
    let terms = [
        vec![(0, c(random, 2, 4, (1, 3, 2, 1, 1)))],
        vec![(1, c(random, 4, 4, (4, 3, 1, 2, 2)))],
        vec![(2, c(random, 4, 4, (2, 1, 1, 1, 0))), (1, depthwise(4, [1, 1], [1, 1], [0, 0], &[1.0]))],
        vec![(3, depthwise(4, [1, 1], [1, 1], [0, 0], &[1.0])), (1, shifted)],
        vec![(4, dense(random, shape(6, 4, 4), 5))],
    ];
    let shapes = [shape(4, 4, 4), shape(4, 4, 4), shape(4, 4, 4), shape(6, 4, 4), Shape::vector(5)];
    let layers = terms.into_iter().zip(shapes).enumerate().map(|(i, (terms, shape))| {
        let activation = if i == 4 { last.clone() } else { hidden(shape.channels) };
        layer(random, &format!("layer{i}"), shape, terms, activation)
    });
    let layers = layers.collect();
    network(shape(2, 8, 8), layers)
}

/// Correlated rows.
fn rows(random: &mut Random, shape: Shape, count: usize) -> Vec<Vec<f64>> {
    let row = |_| {
        let shared = random.normal();
        (0..shape.len()).map(|_| 0.5 * shared + random.normal()).collect()
    };
    (0..count).map(row).collect()
}

fn report(net: &Network, digits: Digits, options: &Options, random: &mut Random) -> (Model, Accuracy, Ranges) {
    let data = rows(random, net.input_shape, 300);
    let (calibration, test) = data.split_at(150);
    let ranges = Ranges::from_rows(net, calibration).unwrap();
    let model = quantize(net, &ranges, digits, LANES, options).unwrap();
    let report = evaluate(net, &model, test);
    (model, report, ranges)
}

const fn digits(limb_bits: u32, value_limbs: u32, remainder_limbs: u32) -> Digits {
    Digits { limb_bits, value_limbs, remainder_limbs }
}

fn hidden() -> Vec<FloatActivation> {
    vec![
        FloatActivation::Relu,
        FloatActivation::PRelu { slope: vec![0.25, -0.1, 1.5] },
        FloatActivation::Clip { max: 60.0 },
        FloatActivation::Clip { max: 1.0 },
        FloatActivation::Linear,
        FloatActivation::Table(Function::Silu),
        FloatActivation::Table(Function::Tanh),
        FloatActivation::Table(Function::HardSwish),
    ]
}

/// Errors shrink with the bits, whatever stands between the layers.
#[test]
fn random_networks_stay_close() {
    // Largest and mean error as a share of the output's range, least share of equal classes.
    for (sizes, (max, mean, agreement)) in [
        (digits(16, 1, 1), (2e-3, 3e-4, 0.99)),
        (digits(12, 1, 1), (0.03, 4e-3, 0.97)),
        (digits(6, 2, 2), (0.03, 4e-3, 0.97)),
    ] {
        for activation in hidden() {
            // Tables of few entries are coarse.
            let table = matches!(activation, FloatActivation::Table(_) | FloatActivation::Clip { max: ..2.0 });
            if table && sizes.limb_bits < 12 {
                continue;
            }
            for seed in 1..3 {
                let mut random = Random(seed);
                let net = vision(&mut random, &activation, FloatActivation::Linear);
                let (_, report, ranges) = report(&net, sizes, &OPTIONS, &mut random);
                let what = format!("{sizes:?} {activation:?}: {report}");
                let range = ranges.tensors[5].iter().map(Channel::magnitude).fold(0.0, f64::max);
                assert!(report.out_of_range <= 2, "{what}");
                assert!(report.top1_agreement.unwrap() >= agreement - 0.014, "{what}");
                assert!(report.max_abs_error.unwrap() <= max * range, "{what}, {range}");
                assert!(report.mean_abs_error.unwrap() <= mean * range, "{what}, {range}");
            }
        }
    }
}

#[test]
fn decisions_agree() {
    for last in [FloatActivation::ArgMax, FloatActivation::Threshold { at: 0.1 }] {
        for activation in hidden() {
            let mut random = Random(7);
            let net = vision(&mut random, &activation, last.clone());
            let (model, report, _) = report(&net, DIGITS, &OPTIONS, &mut random);
            assert!(report.out_of_range <= 2, "{activation:?} {last:?}: {report}");
            assert!(report.top1_agreement.unwrap() >= 0.97, "{activation:?} {last:?}: {report}");
            assert_eq!(
                model.layers[4].terms[0].negative.is_some(),
                matches!(activation, FloatActivation::PRelu { .. })
            );
        }
    }
}

/// Pairwise maxima: max(a, b) = a + Relu(b − a), first horizontally, then vertically.
fn max_pool(random: &mut Random, activation: FloatActivation) -> Network {
    let (large, wide, small) = (shape(3, 8, 8), shape(3, 8, 4), shape(3, 4, 4));
    let select = |stride, pad| depthwise(3, [1, 1], stride, pad, &[1.0]);
    let pool = |random: &mut Random, node: &str, shape, terms, activation| FloatLayer {
        bias: vec![0.0; 3],
        same_scale: Some(1),
        ..layer(random, node, shape, terms, activation)
    };
    // h = Relu(right − left), and the rows of left + h below less those above.
    let (first, dense) = (conv(random, 2, 3, (1, 3, 1, 1, 1)), dense(random, small, 4));
    let layers = vec![
        layer(random, "conv", large, vec![(0, first)], activation),
        pool(
            random,
            "right",
            wide,
            vec![(1, depthwise(3, [1, 2], [1, 2], [0, 0], &[-1.0, 1.0]))],
            FloatActivation::Relu,
        ),
        pool(
            random,
            "below",
            small,
            vec![
                (1, depthwise(3, [2, 1], [2, 2], [0, 0], &[-1.0, 1.0])),
                (2, depthwise(3, [2, 1], [2, 1], [0, 0], &[-1.0, 1.0])),
            ],
            FloatActivation::Relu,
        ),
        pool(
            random,
            "pool",
            small,
            vec![(1, select([2, 2], [0, 0])), (2, select([2, 1], [0, 0])), (3, select([1, 1], [0, 0]))],
            FloatActivation::Linear,
        ),
        layer(random, "dense", Shape::vector(4), vec![(4, dense)], FloatActivation::Linear),
    ];
    network(shape(2, 8, 8), layers)
}

#[test]
fn max_pooling_is_exact() {
    let activations = [
        FloatActivation::Relu,
        FloatActivation::Linear,
        FloatActivation::Clip { max: 100.0 },
        FloatActivation::Clip { max: 1.0 },
        FloatActivation::Table(Function::Tanh),
        FloatActivation::Table(Function::Sigmoid),
    ];
    for (seed, activation) in activations.into_iter().enumerate() {
        let mut random = Random(seed as u64 + 1);
        let net = max_pool(&mut random, activation.clone());
        for sizes in [DIGITS, digits(11, 1, 1)] {
            let data = rows(&mut random, net.input_shape, 40);
            let options = Options { margin: 3.0, input_margin: 3.0, ..OPTIONS };
            let model = quantize(&net, &Ranges::from_rows(&net, &data).unwrap(), sizes, LANES, &options).unwrap();
            for row in &data {
                let trace = model.run(model.quantize_input(row).unwrap()).unwrap();
                for (index, pooled) in trace.codes[4].iter().enumerate() {
                    let (c, i, j) = (index / 16, index / 4 % 4, index % 4);
                    let at = |a: usize, b: usize| trace.codes[1][(c * 8 + 2 * i + a) * 8 + 2 * j + b];
                    let largest = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)].into_iter().max().unwrap();
                    assert_eq!(*pooled, largest, "{activation:?} {sizes:?}");
                }
            }
        }
    }
}

#[test]
fn clips_become_tables_where_they_must() {
    let mut random = Random(3);
    for (max, clips) in [(60.0, true), (1.0, false)] {
        let net = vision(&mut random, &FloatActivation::Clip { max }, FloatActivation::Linear);
        let (model, ..) = report(&net, DIGITS, &OPTIONS, &mut random);
        let clipped = model.layers.iter().filter(|l| l.activation == Activation::Clip).count();
        assert_eq!((clipped > 0, model.tables.len()), (clips, usize::from(!clips)));
        if clips {
            // The largest code is the clip itself.
            let (digits, tables) = (&model.digits, &model.tables);
            let top = (1i64 << digits.value_bits()) - 1;
            let y = (top << digits.remainder_bits()) + (5 << digits.remainder_bits());
            let element = Activation::Clip.split(y, digits, tables).unwrap();
            assert_eq!((element.state, element.code(&Activation::Clip, digits, tables)), (2, top));
        }
    }
}

#[test]
fn pixels_are_met_exactly() {
    let mut random = Random(5);
    let map = conv(&mut random, 1, 1, (1, 3, 1, 1, 0));
    let pool = depthwise(1, [6, 6], [1, 1], [0, 0], &[1.0 / 36.0; 36]);
    let layers = vec![
        layer(&mut random, "conv", shape(1, 6, 6), vec![(0, map)], FloatActivation::Relu),
        layer(&mut random, "pool", Shape::vector(1), vec![(1, pool)], FloatActivation::Linear),
    ];
    let net = network(shape(1, 8, 8), layers);
    let image = |levels: f64| (0..64).map(|i| f64::from(i * 4 + 3) / levels).collect::<Vec<_>>();
    for (levels, sizes) in [(1.0, DIGITS), (255.0, digits(11, 1, 1))] {
        let ranges = Ranges::from_rows(&net, &[image(levels)]).unwrap();
        let options = Options { input_margin: 8.0, ..OPTIONS };
        let model = quantize(&net, &ranges, sizes, LANES, &options).unwrap();
        for (code, x) in model.quantize_input(&image(levels)).unwrap().iter().zip(image(levels)) {
            assert!((*code as f64 * model.input.scale[0] - x).abs() < 1e-9 * x);
        }
    }
}

#[test]
fn silent_channels_and_features_have_a_scale() {
    let mut random = Random(9);
    let mut map = conv(&mut random, 3, 3, (1, 1, 1, 1, 0));
    if let Map::Conv(conv) = &mut map {
        conv.weights[3..6].fill(0.0);
        conv.weights[6..9].iter_mut().for_each(|w| *w *= 1e-9);
    }
    let out = conv(&mut random, 3, 2, (1, 1, 1, 1, 0));
    let vector = Shape::vector(3);
    let mut layers = vec![
        layer(&mut random, "hidden", vector, vec![(0, map)], FloatActivation::Relu),
        layer(&mut random, "out", Shape::vector(2), vec![(1, out)], FloatActivation::Linear),
    ];
    layers[0].bias = vec![0.1, 0.0, 0.0];
    let mut net = network(vector, layers);
    net.input.shape = vec![1, 3];
    let data: Vec<Vec<f64>> = rows(&mut random, vector, 50).into_iter().map(|r| vec![r[0] * 1e-6, 0.0, r[2]]).collect();
    let model = quantize(&net, &Ranges::from_rows(&net, &data).unwrap(), DIGITS, LANES, &OPTIONS).unwrap();
    assert_eq!(model.input.scale[1], model.input.scale[2]);
    assert!(model.input.scale[0] < 1e-4 * model.input.scale[2]);
    let report = evaluate(&net, &model, &data);
    assert_eq!((report.out_of_range, report.agreeing), (0, Some(50)), "{report}");
    model.run(model.quantize_input(&[0.0, 1.0, 0.0]).unwrap()).unwrap();
}

#[test]
fn softmax_is_applied_before_comparing() {
    let mut random = Random(11);
    let mut net = vision(&mut random, &FloatActivation::Relu, FloatActivation::Linear);
    net.finish = Some(Finish::softmax(net.output.len()));
    let data = rows(&mut random, net.input_shape, 20);
    let model = quantize(&net, &Ranges::from_rows(&net, &data).unwrap(), DIGITS, LANES, &OPTIONS).unwrap();
    assert!(model.output.finish.is_some());
    let report = evaluate(&net, &model, &data);
    assert!(report.max_abs_error.unwrap() < 1e-3, "{report}");
}

#[test]
fn unusable_networks_are_refused() {
    let mut random = Random(13);
    let good = vision(&mut random, &FloatActivation::Relu, FloatActivation::Linear);
    let data = rows(&mut random, good.input_shape, 10);
    let ranges = Ranges::from_rows(&good, &data).unwrap();
    let refused = |change: fn(&mut Network)| {
        let mut net = good.clone();
        change(&mut net);
        quantize(&net, &ranges, DIGITS, LANES, &OPTIONS).unwrap_err()
    };
    let cases: [(&str, fn(&mut Network)); 11] = [
        ("no layer", |n| n.layers.clear()),
        ("a weight that is not a number", |n| n.layers[4].bias[0] = f64::NAN),
        ("a later source", |n| n.layers[0].terms[0].source = 1),
        ("biases", |n| n.layers[0].bias.truncate(3)),
        ("slopes", |n| n.layers[0].activation = FloatActivation::PRelu { slope: vec![0.5] }),
        ("a last PRelu", |n| n.layers[4].activation = FloatActivation::PRelu { slope: vec![0.5; 5] }),
        ("an inner decision", |n| n.layers[0].activation = FloatActivation::ArgMax),
        ("a negative clip", |n| n.layers[0].activation = FloatActivation::Clip { max: -1.0 }),
        ("shared scales", |n| n.layers[4].same_scale = Some(0)),
        ("two fixed scales", |n| {
            n.layers[0].activation = FloatActivation::Clip { max: 1000.0 };
            n.layers[1].activation = FloatActivation::Clip { max: 2000.0 };
            n.layers[1].same_scale = Some(1);
        }),
        ("planes at the end", |n| n.layers.truncate(4)),
    ];
    for (what, change) in cases {
        assert!(matches!(refused(change), Error::Graph { .. }), "{what}: {:?}", refused(change));
    }
    assert!(matches!(refused(|n| n.output.shape = vec![1, 6]), Error::Shape { .. }));
    assert!(matches!(refused(|n| n.input.shape = vec![1, 6]), Error::Shape { .. }));
    let mut other = ranges.clone();
    other.tensors[2].truncate(1);
    assert!(matches!(quantize(&good, &other, DIGITS, LANES, &OPTIONS), Err(Error::Calibration { .. })));
    let margin = Options { margin: 0.5, ..OPTIONS };
    assert!(matches!(quantize(&good, &ranges, DIGITS, LANES, &margin), Err(Error::Option { option: "--margin", .. })));
    assert!(matches!(quantize(&good, &ranges, digits(1, 1, 1), LANES, &OPTIONS), Err(Error::Option { .. })));
    let lanes = Lanes { activations: 0, weights: 1 };
    assert!(matches!(quantize(&good, &ranges, DIGITS, lanes, &OPTIONS), Err(Error::Artifact { .. })));
    for rows in [vec![], vec![vec![f64::NAN; 128]]] {
        assert!(matches!(Ranges::from_rows(&good, &rows), Err(Error::Calibration { .. })));
    }
    assert!(matches!(Ranges::from_rows(&good, &[vec![0.0; 127]]), Err(Error::InputShape { .. })));
}

#[test]
fn scales_beyond_the_bits_name_their_node() {
    let mut random = Random(17);
    let good = vision(&mut random, &FloatActivation::Relu, FloatActivation::Linear);
    let data = rows(&mut random, good.input_shape, 10);
    // Weights that the calibration never showed need more bits than there are.
    let ranges = Ranges::from_rows(&good, &data).unwrap();
    let mut huge = good.clone();
    if let Map::Conv(conv) = &mut huge.layers[1].terms[0].map {
        conv.weights[0] = 1e30;
    }
    let error = quantize(&huge, &ranges, DIGITS, LANES, &OPTIONS).unwrap_err();
    assert!(matches!(&error, Error::Range { got_bits, max_bits, .. } if got_bits > max_bits), "{error}");
    // A bias so large that all weights vanish against it.
    let mut flat = good.clone();
    flat.layers[2].bias.fill(1e9);
    let ranges = Ranges::from_rows(&flat, &data).unwrap();
    let error = quantize(&flat, &ranges, DIGITS, LANES, &OPTIONS).unwrap_err();
    assert!(matches!(&error, Error::Range { node, max_bits: 16, .. } if node == "layer2"), "{error}");
    // A pool over a clipped tensor that is given values beyond the clip.
    let mut pool = max_pool(&mut random, FloatActivation::Clip { max: 100.0 });
    pool.layers[1].bias.fill(1e3);
    let data = rows(&mut random, pool.input_shape, 10);
    let ranges = Ranges::from_rows(&pool, &data).unwrap();
    let error = quantize(&pool, &ranges, DIGITS, LANES, &OPTIONS).unwrap_err();
    assert!(matches!(&error, Error::Range { node, got_bits: 20, max_bits: 16, .. } if node == "right"), "{error}");
}

#[test]
fn calibration_does_not_depend_on_threads() {
    let mut random = Random(19);
    let net = vision(&mut random, &FloatActivation::Relu, FloatActivation::Linear);
    let data = rows(&mut random, net.input_shape, 30);
    let first = Ranges::from_rows(&net, &data).unwrap();
    assert_eq!(first.rows, 30);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(pool.install(|| Ranges::from_rows(&net, &data)).unwrap(), first);
    let seen: Vec<f64> = data.iter().flat_map(|row| row[..64].to_vec()).collect();
    let channel = first.tensors[0][0];
    assert_eq!(channel.max, seen.iter().copied().fold(f64::MIN, f64::max));
    assert!((channel.mean - seen.iter().sum::<f64>() / seen.len() as f64).abs() < 1e-12);
}

/// Networks of every kind of map and activation.
fn of_every_kind(random: &mut Random) -> Vec<Network> {
    let mut nets: Vec<Network> =
        hidden().iter().map(|hidden| vision(random, hidden, FloatActivation::Linear)).collect();
    nets.push(max_pool(random, FloatActivation::Relu));
    nets.extend(products::of_every_kind(random));
    nets
}

#[test]
fn interval_bounds_hold_every_value() {
    let mut random = Random(23);
    for net in of_every_kind(&mut random) {
        let len = net.input_shape.len();
        let bounds = interval::intervals(&net, interval::Interval::input(&net, -1.0, 2.0));
        for row in crate::quant::probes(len, -1.0, 2.0, 40) {
            let tensors = net.tensors(&row);
            for (index, layer) in net.layers.iter().enumerate() {
                let y = net.affine(index, &tensors);
                let ends = bounds[index + 1].channels(layer.shape.plane());
                for (y, (low, high)) in y.chunks(layer.shape.plane()).zip(ends) {
                    let slack = 1e-9 * (1.0 + low.abs().max(high.abs()));
                    let inside = y.iter().all(|y| (low - slack..=high + slack).contains(y));
                    assert!(inside, "{}: {y:?} not in {low} to {high}", layer.node);
                }
            }
        }
    }
}

#[test]
fn ranges_without_rows_hold_random_inputs() {
    let mut random = Random(29);
    let margin = Options { margin: 4.0, input_margin: 1.0, ..OPTIONS };
    for net in of_every_kind(&mut random) {
        let ranges = Ranges::without_rows(&net, [-1.0, 1.0], margin.margin).unwrap();
        assert_eq!(ranges, Ranges::without_rows(&net, [-1.0, 1.0], margin.margin).unwrap());
        let model = quantize(&net, &ranges, digits(16, 1, 1), LANES, &margin).unwrap();
        let rows: Vec<Vec<f64>> =
            (0..50).map(|_| (0..net.input_shape.len()).map(|_| random.next()).collect()).collect();
        let report = evaluate(&net, &model, &rows);
        let outputs = rows.iter().flat_map(|row| net.eval(row));
        let range = outputs.map(f64::abs).fold(0.0, f64::max);
        assert_eq!(report.out_of_range, 0, "{report}");
        assert!(report.max_abs_error.unwrap() < 0.05 * range, "{report}, range {range}");
    }
    let net = vision(&mut random, &FloatActivation::Relu, FloatActivation::Linear);
    for range in [[1.0, 1.0], [0.0, f64::INFINITY], [f64::NAN, 1.0]] {
        let refused = Ranges::without_rows(&net, range, 4.0);
        assert!(matches!(refused, Err(Error::Option { option: "--input-range", .. })), "{range:?}");
    }
}

/// A difference of equals, in single precision noise, has no scale of its own.
#[test]
fn noise_needs_no_bits() {
    let mut random = Random(3);
    let vector = shape(2, 1, 1);
    let copy = || Map::Conv(Conv::select(0, 0, 2));
    let against = Map::Conv(Conv { weights: vec![-1.0 - 1e-9; 2], ..Conv::select(0, 0, 2) });
    let layers = vec![
        layer(&mut random, "difference", vector, vec![(0, copy()), (0, against)], FloatActivation::Linear),
        layer(&mut random, "tanh", vector, vec![(1, copy())], FloatActivation::Table(Function::Tanh)),
    ];
    let mut net = network(vector, layers);
    net.layers.iter_mut().for_each(|layer| layer.bias.fill(0.0));
    let rows: Vec<Vec<f64>> = (0..50).map(|i| vec![f64::from(i) - 20.0, f64::from(i * 7 % 50) - 20.0]).collect();
    let ranges = Ranges::from_rows(&net, &rows).unwrap();
    let digits = Digits { limb_bits: 8, value_limbs: 2, remainder_limbs: 2 };
    let options = Options { segments: Some(64), ..OPTIONS };
    let model = quantize(&net, &ranges, digits, LANES, &options).unwrap();
    for row in &rows {
        assert!(model.predict(row).unwrap().iter().all(|y| y.abs() < 2e-3));
    }
}
