//! Products of tensors: accuracy, whole coefficients, refusals.

use hushproof_core::graph::Product;

use super::*;

fn select(channels: usize) -> Map<f64> {
    Map::Conv(Conv::select(0, 0, channels))
}

fn product(factor: usize, groups: usize, weight: f64) -> Map<f64> {
    Map::Product(Product { factor, groups, weight })
}

fn sparse(random: &mut Random, from: Shape, to: Shape) -> Map<f64> {
    dense(random, from, to.len())
}

/// Two tensors of planes, their product value by value, what rounds it with `activation`, and a dense layer.
fn gate(random: &mut Random, operands: [FloatActivation; 2], activation: FloatActivation) -> Network {
    let (input, planes) = (shape(2, 6, 6), shape(3, 6, 6));
    let [a, b] = operands;
    let times = vec![Term { source: 2, map: select(3), negative: None }];
    let maps = [conv(random, 2, 3, (1, 3, 1, 1, 1)), conv(random, 2, 3, (1, 1, 1, 1, 0)), dense(random, planes, 5)];
    let [features, gates, last] = maps;
    let layers = vec![
        layer(random, "features", planes, vec![(0, features)], a),
        layer(random, "gate", planes, vec![(0, gates)], b),
        FloatLayer {
            bias: vec![0.0; 3],
            ..layer(random, "mul", planes, vec![(1, select(3))], FloatActivation::Product { times })
        },
        layer(random, "round", planes, vec![(3, select(3))], activation),
        layer(random, "dense", Shape::vector(5), vec![(4, last)], FloatActivation::Linear),
    ];
    network(input, layers)
}

/// Squeeze and excitation: planes times a value per channel, plus themselves.
fn excitation(random: &mut Random, activation: FloatActivation) -> Network {
    let (planes, vector) = (shape(4, 6, 6), Shape::vector(4));
    let pool = depthwise(4, [6, 6], [1, 1], [0, 0], &[1.0 / 36.0; 36]);
    let maps = [conv(random, 2, 4, (1, 3, 1, 1, 1)), conv(random, 4, 4, (1, 1, 1, 1, 0)), dense(random, planes, 5)];
    let [first, second, last] = maps;
    let sigmoid = FloatActivation::Table(Function::Sigmoid);
    let layers = vec![
        layer(random, "conv", planes, vec![(0, first)], FloatActivation::Relu),
        layer(random, "pool", vector, vec![(1, pool)], FloatActivation::Linear),
        layer(random, "excite", vector, vec![(2, second)], sigmoid),
        layer(random, "mul", planes, vec![(1, product(3, 4, 0.7)), (1, select(4))], activation),
        layer(random, "dense", Shape::vector(5), vec![(4, last)], FloatActivation::Linear),
    ];
    network(shape(2, 6, 6), layers)
}

/// Two batches of matrices of `inner` lines, their products, these times the first ones, a dense layer.
fn matrices(random: &mut Random, inner: usize) -> Network {
    let (input, a, b) = (shape(1, 1, 24), shape(2 * inner, 1, 3), shape(2 * inner, 1, 4));
    let (first, second) = (shape(2, 4, 3), shape(2, 5, 3));
    let lines = shape(8, 1, 5);
    let maps = [sparse(random, input, a), sparse(random, input, b), sparse(random, input, lines)];
    let [left, right, values] = maps;
    let identity = Map::Sparse(Sparse { columns: (0..24).map(|i| vec![(i, 1.0)]).collect() });
    let last = dense(random, second, 5);
    let plain = |layer: FloatLayer| FloatLayer { bias: vec![0.0; layer.shape.channels], ..layer };
    let layers = vec![
        layer(random, "left", a, vec![(0, left)], FloatActivation::Linear),
        layer(random, "right", b, vec![(0, right)], FloatActivation::Linear),
        plain(layer(random, "scores", first, vec![(1, product(2, 2, 0.5))], FloatActivation::Relu)),
        plain(layer(random, "copy", shape(8, 1, 3), vec![(3, identity)], FloatActivation::Linear)),
        layer(random, "values", lines, vec![(0, values)], FloatActivation::Linear),
        plain(layer(random, "mix", second, vec![(4, product(5, 2, -1.5))], FloatActivation::Linear)),
        layer(random, "dense", Shape::vector(5), vec![(6, last)], FloatActivation::Linear),
    ];
    network(input, layers)
}

/// Vectors: x and its function multiplied, with a residual, twice; then `last`.
fn vectors(random: &mut Random, last: FloatActivation) -> Network {
    let vector = Shape::vector(6);
    let maps = [dense(random, vector, 6), dense(random, vector, 6)];
    let [a, b] = maps;
    let layers = vec![
        layer(random, "a", vector, vec![(0, a)], FloatActivation::Linear),
        layer(random, "b", vector, vec![(0, b)], FloatActivation::Table(Function::Tanh)),
        layer(random, "mul", vector, vec![(1, product(2, 6, 1.0)), (0, select(6))], FloatActivation::Relu),
        layer(random, "square", vector, vec![(3, product(3, 6, 0.3))], FloatActivation::Linear),
        layer(random, "end", vector, vec![(4, product(1, 6, -1.0)), (2, select(6))], last),
    ];
    network(vector, layers)
}

fn operands() -> Vec<FloatActivation> {
    vec![
        FloatActivation::Linear,
        FloatActivation::Relu,
        FloatActivation::Table(Function::Tanh),
        FloatActivation::Clip { max: 50.0 },
    ]
}

/// One network of each form of product.
pub(super) fn of_every_kind(random: &mut Random) -> Vec<Network> {
    vec![
        gate(random, [FloatActivation::Linear, FloatActivation::Table(Function::Tanh)], FloatActivation::Relu),
        excitation(random, FloatActivation::Relu),
        matrices(random, 4),
        vectors(random, FloatActivation::Linear),
    ]
}

#[test]
fn products_stay_close() {
    for (sizes, max) in [(digits(16, 1, 1), 5e-3), (digits(12, 1, 1), 0.05), (digits(13, 1, 2), 0.02)] {
        for seed in 1..3 {
            let mut nets = Vec::new();
            let mut random = Random(seed);
            for a in operands() {
                for b in operands() {
                    nets.push(gate(&mut random, [a.clone(), b], FloatActivation::Linear));
                }
            }
            nets.push(gate(&mut random, [FloatActivation::Relu, FloatActivation::Relu], FloatActivation::Relu));
            nets.push(excitation(&mut random, FloatActivation::Linear));
            nets.push(excitation(&mut random, FloatActivation::Relu));
            nets.push(matrices(&mut random, 1));
            nets.push(matrices(&mut random, 4));
            nets.push(matrices(&mut random, 32));
            nets.push(vectors(&mut random, FloatActivation::Linear));
            for net in nets {
                let (model, report, ranges) = report(&net, sizes, &OPTIONS, &mut random);
                whole(&net, &model, &ranges);
                let range = ranges.tensors.last().unwrap().iter().map(Channel::magnitude).fold(0.0, f64::max);
                let what = format!("{sizes:?} {:?}: {report}, {range}", form(&net));
                assert!(report.out_of_range <= 6, "{what}");
                assert!(report.max_abs_error.unwrap() <= max * range, "{what}");
            }
        }
    }
}

fn form(net: &Network) -> Vec<String> {
    net.layers.iter().map(|layer| format!("{} {:?}", layer.node, layer.activation)).collect()
}

/// Every product's coefficient is what its scales say, and a whole number.
fn whole(net: &Network, model: &Model, ranges: &Ranges) {
    let scales = super::super::scaling::Scaling::choose(net, ranges, &model.digits, &OPTIONS).unwrap().scale;
    let cut = f64::from(model.digits.remainder_bits()).exp2();
    let mut found = 0;
    for (index, (layer, float)) in model.layers.iter().zip(&net.layers).enumerate() {
        let decision = matches!(layer.activation, Activation::ArgMax | Activation::Threshold);
        for (term, float) in layer.terms.iter().zip(&float.terms) {
            let (Map::Product(k), Map::Product(w)) = (&term.map, &float.map) else { continue };
            found += 1;
            assert!(k.weight != 0);
            let group = net.shape(term.source).channels / k.groups;
            for (channel, (a, b)) in scales[term.source].iter().zip(&scales[k.factor]).enumerate() {
                let exact = w.weight * a * b * cut / scales[index + 1][channel / group];
                assert!(decision || (exact - k.weight as f64).abs() < 1e-6 * exact.abs(), "{exact} {}", k.weight);
            }
        }
        let unrounded = layer.terms.iter().find(|t| t.source > 0 && !model.layers[t.source - 1].times().is_empty());
        if let Some(Map::Conv(conv)) = unrounded.map(|term| &term.map) {
            found += 1;
            for (channel, k) in conv.weights.iter().enumerate() {
                let exact = scales[index][channel] * cut / scales[index + 1][channel];
                assert!(*k > 0 && (exact - *k as f64).abs() < 1e-6 * exact, "{exact} {k}");
            }
        }
    }
    assert!(found > 0);
}

#[test]
fn decisions_on_products_agree() {
    for last in [FloatActivation::ArgMax, FloatActivation::Threshold { at: 0.1 }] {
        for sizes in [DIGITS, digits(11, 1, 1)] {
            let mut random = Random(3);
            let net = vectors(&mut random, last.clone());
            let (model, report, ranges) = report(&net, sizes, &OPTIONS, &mut random);
            whole(&net, &model, &ranges);
            assert!(report.out_of_range <= 6 && report.top1_agreement.unwrap() >= 0.96, "{last:?}: {report}");
        }
    }
}

#[test]
fn products_without_whole_coefficients_are_refused() {
    let mut random = Random(5);
    let good = gate(&mut random, [FloatActivation::Relu, FloatActivation::Relu], FloatActivation::Linear);
    let data = rows(&mut random, good.input_shape, 10);
    let refused = |change: &dyn Fn(&mut Network)| {
        let mut net = good.clone();
        change(&mut net);
        let ranges = Ranges::from_rows(&good, &data).unwrap();
        quantize(&net, &ranges, DIGITS, LANES, &OPTIONS).unwrap_err()
    };
    let changes: [(&str, &dyn Fn(&mut Network)); 8] = [
        ("a clip of unrounded products", &|n| n.layers[3].activation = FloatActivation::Clip { max: 1.0 }),
        ("a table of them", &|n| n.layers[3].activation = FloatActivation::Table(Function::Tanh)),
        ("a matrix of them", &|n| {
            n.layers[4].terms[0].source = 3;
        }),
        ("a sum of two", &|n| {
            let term = n.layers[3].terms[0].clone();
            n.layers[3].terms.push(term);
        }),
        ("shared scales", &|n| n.layers[3].same_scale = Some(1)),
        ("a biased factor", &|n| n.layers[2].bias[0] = 1.0),
        ("a scaled factor", &|n| {
            if let Map::Conv(conv) = &mut n.layers[2].terms[0].map {
                conv.weights[0] = 0.5;
            }
        }),
        ("a product of two parts", &|n| {
            n.layers[0].activation = FloatActivation::PRelu { slope: vec![0.5; 3] };
            n.layers[1].shape = Shape::vector(3);
            n.layers[1].terms[0].map = Map::Sparse(Sparse { columns: vec![vec![(0, 1.0)]; 72] });
            n.layers[2].activation = FloatActivation::Linear;
            n.layers[2].terms[0].map = product(2, 3, 1.0);
        }),
    ];
    for (what, change) in changes {
        assert!(matches!(refused(change), Error::Graph { .. }), "{what}: {:?}", refused(change));
    }
}

/// Products of given scales that a code cannot hold, of many bits and of few.
#[test]
fn products_beyond_the_bits_name_their_node() {
    let mut random = Random(7);
    let clip = FloatActivation::Clip { max: 100.0 };
    let net = gate(&mut random, [clip.clone(), clip.clone()], FloatActivation::Linear);
    let data = rows(&mut random, net.input_shape, 10);
    let ranges = Ranges::from_rows(&net, &data).unwrap();
    let error = quantize(&net, &ranges, digits(12, 3, 1), LANES, &OPTIONS).unwrap_err();
    assert!(matches!(&error, Error::Range { node, max_bits: 36, .. } if node == "round"), "{error}");
    let mut net = gate(&mut random, [clip.clone(), clip], FloatActivation::Linear);
    for layer in &mut net.layers[..2] {
        layer.bias.fill(90.0);
    }
    let ranges = Ranges::from_rows(&net, &data).unwrap();
    let error = quantize(&net, &ranges, digits(7, 2, 1), LANES, &OPTIONS).unwrap_err();
    assert!(matches!(&error, Error::Range { node, max_bits: 14, .. } if node == "round"), "{error}");
}

/// One row of features whose ranges differ a thousandfold, times a function of them: no operand gets coarser for a
/// range that its product can't have.
#[test]
fn products_of_one_row_keep_their_operands_codes() {
    const COUNT: usize = 200;
    let mut random = Random(7);
    let vector = Shape::vector(COUNT);
    let plain = |layer: FloatLayer| FloatLayer { bias: vec![0.0; COUNT], ..layer };
    let tanh = FloatActivation::Table(Function::Tanh);
    let layers = vec![
        plain(layer(&mut random, "tanh", vector, vec![(0, select(COUNT))], tanh)),
        plain(layer(&mut random, "mul", vector, vec![(0, product(1, COUNT, 1.0))], FloatActivation::Linear)),
    ];
    let mut net = network(vector, layers);
    net.input.shape = vec![COUNT];
    let row: Vec<f64> = (0..COUNT).map(|i| (i as f64 + 0.1) / 20.0 - 5.0).collect();
    let ranges = Ranges::from_rows(&net, std::slice::from_ref(&row)).unwrap();
    let model = quantize(&net, &ranges, DIGITS, LANES, &OPTIONS).unwrap();
    let report = evaluate(&net, &model, &[row]);
    assert!(report.max_abs_error.unwrap() < 0.1, "{report:?}");
}
