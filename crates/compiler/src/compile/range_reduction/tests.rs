use hushproof_core::graph::{Sparse, ValueInfo};

use super::*;
use crate::{
    compile::{Compiled, Options, compile},
    quant,
};

/// The network of one function over planes.
fn network(function: Unary, shape: Shape) -> Network {
    let layer = FloatLayer {
        node: "f".to_owned(),
        op: "F".to_owned(),
        shape,
        terms: vec![copy(0, shape)],
        bias: vec![0.0; shape.channels],
        activation: FloatActivation::Table(Function::Unary(function)),
        same_scale: None,
    };
    let info = |name: &str| ValueInfo::new(name.to_owned(), vec![1, shape.channels, shape.height, shape.width]);
    let mut layers = vec![layer];
    if !shape.is_vector() {
        let columns = (0..shape.len() as u32).map(|i| vec![(i, 1.0)]).collect();
        let to = Shape::vector(shape.len());
        layers.push(FloatLayer {
            shape: to,
            terms: vec![term(1, Map::Sparse(Sparse { columns }))],
            bias: vec![0.0; to.channels],
            activation: FloatActivation::Linear,
            ..layers[0].clone()
        });
    }
    Network {
        name: "test".to_owned(),
        input: info("x"),
        input_shape: shape,
        output: info("y"),
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

const FUNCTIONS: [Unary; 6] = [
    Unary::Log,
    Unary::Sqrt,
    Unary::Reciprocal,
    Unary::InverseSqrt,
    Unary::Pow { exponent: -2.0 },
    Unary::Pow { exponent: 0.3 },
];
const PLANES: Shape = Shape { channels: 2, height: 2, width: 3 };

/// Rows of values from 10^−3 to 10^3, evenly by their logarithm.
fn six_decades(shape: Shape, rows: usize) -> Vec<Vec<f64>> {
    let all = rows * shape.len();
    let value = |i: usize| float::pow(10.0, 6.0 * ((i * 37) % all) as f64 / (all - 1) as f64 - 3.0);
    (0..rows).map(|row| (0..shape.len()).map(|i| value(row * shape.len() + i)).collect()).collect()
}

#[test]
fn reduced_functions_are_the_functions() {
    for function in FUNCTIONS {
        for shape in [Shape::vector(4), PLANES] {
            let network = network(function, shape);
            let rows = six_decades(shape, 50);
            let ranges = quant::Ranges::from_rows(&network, &rows).unwrap();
            let reduced = reduce_ranges(&network, &ranges).unwrap();
            assert!(reduced.layers.len() > network.layers.len());
            for row in &rows {
                for (got, expected) in reduced.predict(row).iter().zip(network.predict(row)) {
                    assert!((got - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{function:?}: {got} {expected}");
                }
            }
            let arguments = quant::Ranges::from_rows(&reduced, &rows).unwrap();
            for (layer, channels) in reduced.layers.iter().zip(&arguments.tensors[1..]) {
                let most = channels.iter().map(|channel| channel.max).fold(0.0, f64::max);
                let table = matches!(layer.activation, FloatActivation::Table(_));
                assert!(!table || channels.iter().all(|channel| channel.min >= most / BASE * 0.99), "{channels:?}");
            }
        }
    }
}

#[test]
fn functions_of_narrow_ranges_stay() {
    let narrow = |low: f64, high: f64| {
        let network = network(Unary::Log, Shape::vector(2));
        let ranges = quant::Ranges::from_rows(&network, &[vec![low, high]]).unwrap();
        reduce_ranges(&network, &ranges).is_none()
    };
    assert!(narrow(1.0, 30.0));
    assert!(!narrow(1.0, 40.0));
    let other = network(Unary::Exp, Shape::vector(2));
    let ranges = quant::Ranges::from_rows(&other, &[vec![0.001, 9.0]]).unwrap();
    assert!(reduce_ranges(&other, &ranges).is_none());
}

/// A network compiled on rows over six decades.
fn compiled(function: Unary, shape: Shape) -> (Network, Compiled) {
    let network = network(function, shape);
    let compiled = compile(network.clone(), &six_decades(shape, 25), &Options::default()).unwrap();
    (network, compiled)
}

#[test]
fn six_decades_are_served_by_small_circuits() {
    for function in [Unary::Log, Unary::Sqrt, Unary::Reciprocal] {
        for shape in [Shape::vector(4), PLANES] {
            let (network, compiled) = compiled(function, shape);
            assert!(compiled.layout.k <= 10, "{function:?}: k = {}", compiled.layout.k);
            let rows = six_decades(shape, 31);
            let expected: Vec<Vec<f64>> = rows.iter().map(|row| network.predict(row)).collect();
            let ends = |pick: fn(f64, f64) -> f64, start: f64| expected.iter().flatten().copied().fold(start, pick);
            let range = ends(f64::max, f64::MIN) - ends(f64::min, f64::MAX);
            for (row, expected) in rows.iter().zip(&expected) {
                for (got, expected) in compiled.model.predict(row).unwrap().iter().zip(expected) {
                    assert!((got - expected).abs() <= 2e-3 * range, "{function:?}: {got} {expected}");
                }
            }
        }
    }
}

/// Whatever lies between the rows, or beyond them by less than the margin, is right or refused.
#[test]
fn other_values_are_right_or_refused() {
    // Of the range over the rows: 14, 32 and 1000.
    for (function, range) in [(Unary::Log, 14.0), (Unary::Sqrt, 32.0), (Unary::Reciprocal, 1000.0)] {
        let (network, compiled) = compiled(function, Shape::vector(4));
        for step in -325..=325 {
            let exponent = f64::from(step) / 100.0 + 1e-3;
            let row = [float::pow(10.0, exponent), 1.0, 20.0, 0.5];
            let expected = network.predict(&row)[0];
            let beyond = exponent.abs() > 2.99;
            match compiled.model.predict(&row) {
                Ok(got) => {
                    let most = if beyond { 0.03 * expected.abs().max(range) } else { 0.01 * range };
                    assert!((got[0] - expected).abs() <= most, "{function:?}: {} for {expected} at {row:?}", got[0]);
                }
                Err(_) => assert!(beyond, "{function:?} refuses {row:?}"),
            }
        }
    }
}

/// Poles and steep sides of functions that need no reduction, between the rows and beyond them.
#[test]
fn steep_functions_are_right_or_refused() {
    let pow = |exponent| Unary::Pow { exponent };
    let cases = [
        (Unary::Reciprocal, 1.0, 20.0),
        (Unary::Reciprocal, -3.0, -1.0),
        (Unary::Log, 0.5, 10.0),
        (Unary::Exp, -4.0, 10.0),
        (Unary::Sinh, -6.0, 6.0),
        (Unary::InverseSqrt, 0.2, 4.0),
        (pow(-2.0), 1.0, 5.0),
        (pow(-0.5), 0.2, 4.0),
        (pow(5.0), 0.0, 4.0),
        (Unary::Tan, -1.2, 1.2),
        (Unary::Atanh, -0.9, 0.95),
        (Unary::Acos, -1.0, 1.0),
    ];
    let mut refused = 0;
    for (function, low, high) in cases {
        let network = network(function, Shape::vector(2));
        let at = |i: usize| low + (high - low) * i as f64 / 63.0;
        let rows: Vec<Vec<f64>> = (0..64).map(|i| vec![at(i), at(i * 37 % 64)]).collect();
        let compiled = compile(network.clone(), &rows, &Options::default()).unwrap();
        let range = rows.iter().map(|row| network.predict(row)[0].abs()).fold(0.0, f64::max);
        for step in -500..=500 {
            let middle = 0.5 * (low + high);
            let x = middle + (high - low) * f64::from(step) / 500.0;
            let row = [x, middle];
            match compiled.model.predict(&row) {
                Ok(got) => {
                    let expected = network.predict(&row)[0];
                    // What is rounded before a steep place is off by more behind it.
                    let most = 0.02 * range.max(expected.abs());
                    assert!((got[0] - expected).abs() <= most, "{function:?}: {} for {expected} at {x}", got[0]);
                }
                Err(_) => {
                    assert!(x < low || x > high, "{function:?} refuses {x}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 100);
}

/// Functions that are straight but near 0, of arguments that go far: within 1 % of the range anywhere.
#[test]
fn functions_of_far_arguments_are_right_near_their_bends() {
    use Function::{Clip, Elu, Erf, Gelu, HardSigmoid, HardSwish, Sigmoid, Silu, Softplus, Tanh};
    let functions = [
        Sigmoid,
        Tanh,
        Erf,
        HardSigmoid { alpha: 0.2, beta: 0.5 },
        HardSigmoid { alpha: -0.2, beta: 0.5 },
        HardSwish,
        Silu,
        Gelu,
        Softplus,
        Elu { alpha: 2.0 },
        Clip { min: -0.5, max: 2.0 },
        Clip { min: 1.0, max: 3.0 },
        Function::Unary(Unary::Mish),
        Function::Unary(Unary::Shrink { lambda: 1.0, bias: 1.0 }),
    ];
    let (sides, all) = ([[-1000.0, 1000.0], [-2.0, 3000.0], [-3000.0, 2.0]], functions.len());
    for (index, function) in functions.into_iter().enumerate() {
        let [low, high] = sides[index % sides.len()];
        let mut network = network(Unary::Log, if index % 2 == 0 { Shape::vector(4) } else { PLANES });
        network.layers[0].activation = FloatActivation::Table(function);
        let len = network.input.len();
        // Half of the values are near the bends.
        let at = |i: usize| {
            let share = ((i * 37) % 101) as f64 / 100.0;
            if i % 2 == 0 { low + (high - low) * share } else { (16.0 * share - 8.0).clamp(low, high) }
        };
        let rows: Vec<Vec<f64>> = (0..60).map(|row| (0..len).map(|i| at(row * len + i)).collect()).collect();
        let compiled = compile(network.clone(), &rows, &Options::default()).unwrap();
        assert!(compiled.layout.k <= 10, "{function:?}: k = {}", compiled.layout.k);
        for step in -600..=600 {
            let x = f64::from(step) / 40.0;
            let row = vec![x.clamp(low, high); len];
            let expected = network.predict(&row)[0];
            let got = compiled.model.predict(&row).unwrap()[0];
            let bend = function.eval(4.0) - function.eval(-4.0);
            let most = 0.02 * bend.abs().max(1.0) + if function.slopes() == [0.0; 2] { 0.0 } else { 0.005 * high };
            assert!((got - expected).abs() <= most, "{index} of {all} {function:?}: {got} for {expected} at {x}");
        }
    }
}

#[test]
fn reduced_lines_are_the_functions() {
    for function in
        [Function::Sigmoid, Function::Gelu, Function::Elu { alpha: 0.5 }, Function::Clip { min: 1.0, max: 2.0 }]
    {
        for shape in [Shape::vector(3), PLANES] {
            let mut network = network(Unary::Log, shape);
            network.layers[0].activation = FloatActivation::Table(function);
            let rows: Vec<Vec<f64>> = (-50..=50).map(|i| vec![f64::from(i) * 3.7; shape.len()]).collect();
            let ranges = quant::Ranges::from_rows(&network, &rows).unwrap();
            let reduced = reduce_ranges(&network, &ranges).unwrap();
            for row in &rows {
                for (got, expected) in reduced.predict(row).iter().zip(network.predict(row)) {
                    assert!((got - expected).abs() <= 2e-4, "{function:?}: {got} {expected}");
                }
            }
        }
    }
}
