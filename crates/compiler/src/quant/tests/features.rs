//! Dense layers on features: ties, thresholds, dead parts, ranges of one kind, margins, zero points, bad input.

use super::*;
use hushproof_core::error::{Error, Result};

/// One dense layer on a vector of features.
fn affine(weights: &[&[f64]], bias: &[f64], activation: FloatActivation) -> Network {
    let outputs = weights.len();
    let column = |input: usize| (0u32..).zip(weights).map(|(o, row)| (o, row[input])).collect();
    let map = Map::Sparse(Sparse { columns: (0..weights[0].len()).map(column).collect() });
    let only = FloatLayer {
        node: "only".to_owned(),
        op: "Gemm".to_owned(),
        shape: Shape::vector(outputs),
        terms: vec![Term { source: 0, map, negative: None }],
        bias: bias.to_vec(),
        activation,
        same_scale: None,
    };
    let mut net = network(Shape::vector(weights[0].len()), vec![only]);
    net.input.shape = vec![1, weights[0].len()];
    net
}

const OPTIONS: Options =
    Options { margin: 2.0, input_margin: 2.0, input: Visibility::Private, weights: Visibility::Public, segments: None };

fn compiled(net: &Network, rows: &[Vec<f64>]) -> Model {
    let ranges = Ranges::from_rows(net, rows).unwrap();
    quantize(net, &ranges, digits(6, 3, 3), Lanes { activations: 1, weights: 32 }, &OPTIONS).unwrap()
}

#[test]
fn equal_classes_give_the_first() {
    let net = affine(&[&[1.0, 2.0], &[1.0, 2.0], &[-1.0, 0.5]], &[0.5, 0.5, 0.0], FloatActivation::ArgMax);
    let data = vec![vec![1.0, 1.0], vec![-1.0, 0.3], vec![0.2, -2.0]];
    let model = compiled(&net, &data);
    for row in &data {
        assert_eq!(model.predict(row).unwrap(), net.predict(row));
    }
    let same = affine(&[&[1.0], &[1.0]], &[3.0, 3.0], FloatActivation::ArgMax);
    assert_eq!(compiled(&same, &[vec![1.0], vec![2.0]]).predict(&[1.5]).unwrap(), [0.0]);
}

#[test]
fn a_threshold_that_is_met_decides_1() {
    let net = affine(&[&[3.0]], &[1.0], FloatActivation::Threshold { at: 4.0 });
    let model = compiled(&net, &[vec![0.0], vec![2.0], vec![1.0]]);
    assert_eq!(model.layers[0].activation, Activation::Threshold);
    let scale = model.input.scale[0];
    for (x, expected) in [(0.0, 0.0), (1.0 - 2.0 * scale, 0.0), (1.0 + 2.0 * scale, 1.0), (2.0, 1.0), (3.0, 1.0)] {
        assert_eq!(model.predict(&[x]).unwrap(), [expected], "{x}");
    }
    let constant = affine(&[&[0.0]], &[1.0], FloatActivation::Threshold { at: 1.0 });
    assert_eq!(compiled(&constant, &[vec![0.0], vec![1.0]]).predict(&[0.5]).unwrap(), [1.0]);
    let below = affine(&[&[0.0]], &[1.0], FloatActivation::Threshold { at: 1.001 });
    assert_eq!(compiled(&below, &[vec![0.0], vec![1.0]]).predict(&[0.5]).unwrap(), [0.0]);
}

#[test]
fn dead_and_constant_parts_compile() {
    // A weight row of zeros, a constant feature, a channel that is never positive.
    let mut net = affine(&[&[0.0, 0.0], &[1.0, 5.0], &[-1.0, 0.0]], &[0.0, -7.0, -10.0], FloatActivation::Relu);
    let data: Vec<Vec<f64>> = (0..10).map(|i| vec![f64::from(i), 3.0]).collect();
    let model = compiled(&net, &data);
    for row in &data {
        for (got, expected) in model.predict(row).unwrap().iter().zip(net.predict(row)) {
            assert!((got - expected).abs() < 0.02, "{got} {expected}");
        }
    }
    assert_eq!(model.predict(&[3.0, 3.0]).unwrap()[0], 0.0);
    assert!(model.predict(&[3.0, 4.0]).is_ok());
    net.layers[0].activation = FloatActivation::Linear;
    assert!(compiled(&net, &data).predict(&data[4]).is_ok());
    let zero = affine(&[&[0.0]], &[0.0], FloatActivation::Linear);
    assert!(compiled(&zero, &[vec![0.0]]).predict(&[0.0]).unwrap()[0].abs() < 1e-3);
}

#[test]
fn pixels_and_values_of_one_kind_share_a_range() {
    let mut net = affine(&[&[1.0; 4]], &[0.0], FloatActivation::Linear);
    net.input.shape = vec![1, 1, 2, 2];
    let model = compiled(&net, &[vec![0.0, 0.1, 1.0, 0.0], vec![0.0, 0.2, 0.0, 0.0]]);
    assert!(model.predict(&[1.0, 0.0, 0.0, 0.0]).is_ok());
    assert!(model.input.scale.windows(2).all(|pair| pair[0] == pair[1]));
    // A flat image of 64 pixels: the first were never bright, the last never anything but 0.
    let bright = |i: usize| [0.05, 1.0, 0.0][usize::from(i >= 8) + usize::from(i >= 56)];
    let net = affine(&[&[1.0; 64]], &[0.0], FloatActivation::Linear);
    let model = compiled(&net, &[(0..64).map(bright).collect(), vec![0.0; 64]]);
    assert!(model.quantize_input(&[1.0; 64]).is_ok());
    // Features of several units have ranges of their own.
    let units = |i: usize| f64::from(10u8).powi(i as i32 % 8);
    let model = compiled(&net, &[(0..64).map(units).collect(), vec![0.0; 64]]);
    assert!(model.quantize_input(&[100.0; 64]).is_err());
}

#[test]
fn features_far_from_0_have_integer_zero_points() {
    let net = affine(&[&[1.0, -1.0]], &[-1000.0], FloatActivation::Linear);
    let data: Vec<Vec<f64>> = (0..50).map(|i| vec![2000.0 + f64::from(i % 7), 1000.0 - f64::from(i % 5)]).collect();
    let model = compiled(&net, &data);
    assert_eq!(model.input.zero_point.len(), 2);
    for row in &data {
        let codes = model.quantize_input(row).unwrap();
        assert!(codes.iter().all(|code| *code >= 0));
        let (got, expected) = (model.predict(row).unwrap()[0], net.predict(row)[0]);
        assert!((got - expected).abs() < 0.01, "{got} {expected}");
    }
    let (least, largest) = model.input_range();
    assert!(model.quantize_input(&least).is_ok() && model.quantize_input(&largest).is_ok());
    let beyond = vec![largest[0] + model.input.scale[0], 1000.0];
    let Err(Error::InputRange { index, min, max, .. }) = model.quantize_input(&beyond) else { panic!() };
    assert_eq!((index, min, max), (0, least[0], largest[0]));
    // So far that no integer of 48 bits is the code of 0: codes of either sign, which are coarse.
    let far: Vec<Vec<f64>> = (0..50).map(|i| vec![1e15 + f64::from(i % 7), 1.0]).collect();
    assert!(compiled(&net, &far).input.zero_point.is_empty());
}

#[test]
fn values_beyond_the_margin_are_refused() {
    let net = affine(&[&[1.0, -1.0]], &[0.0], FloatActivation::Linear);
    // Both features move together, so y stays small; apart, each is still in range.
    let data: Vec<Vec<f64>> = (0..11).map(|i| vec![f64::from(i), f64::from(i) + f64::from(i % 3) / 10.0]).collect();
    let model = compiled(&net, &data);
    assert!(matches!(model.predict(&[30.0, 5.0]), Err(Error::InputRange { index: 0, .. })));
    let Err(Error::ActivationRange { node, index }) = model.predict(&[10.0, 0.0]) else { panic!() };
    assert_eq!((node.as_str(), index), ("only", 0));
    let accuracy = evaluate(&net, &model, &[data[0].clone(), vec![10.0, 0.0], vec![99.0, 0.0]]);
    assert_eq!((accuracy.rows, accuracy.out_of_range), (3, 2));
    assert!(accuracy.first_refusal.as_ref().unwrap().starts_with("row 1: only"), "{accuracy}");
    assert_eq!(accuracy.top1_agreement, None);
    assert!(accuracy.to_string().contains("2 out of range"));
    let refused = evaluate(&net, &model, &[vec![99.0, 0.0]]);
    assert_eq!((refused.max_abs_error, refused.mean_abs_error), (None, None));
}

#[test]
fn unusable_rows_and_options_are_refused() {
    let net = affine(&[&[1.0, 1e300]], &[0.0], FloatActivation::Linear);
    let code = |rows: &[Vec<f64>]| Ranges::from_rows(&net, rows).unwrap_err().code();
    assert_eq!(code(&[]), "calibration");
    assert_eq!(code(&[vec![0.0, f64::NAN]]), "calibration");
    assert_eq!(code(&[vec![0.0, 1e300]]), "calibration");
    assert_eq!(code(&[vec![0.0]]), "input-shape");
    let net = affine(&[&[1.0]], &[0.0], FloatActivation::Table(Function::Sigmoid));
    let ranges = Ranges::from_rows(&net, &[vec![1.0], vec![2.0]]).unwrap();
    let code = |net: &Network, digits: Digits, lanes: usize, margin: f64| -> Result<(), &'static str> {
        let options = Options { margin, input_margin: margin, ..OPTIONS };
        let lanes = Lanes { activations: lanes, weights: 8 };
        quantize(net, &ranges, digits, lanes, &options).map(drop).map_err(|error| error.code())
    };
    assert_eq!(code(&net, digits(6, 1, 3), 1, 2.0), Ok(()));
    assert_eq!(code(&net, digits(6, 1, 3), 0, 2.0), Err("artifact"));
    assert_eq!(code(&net, digits(6, 1, 3), 1, 0.5), Err("option"));
    assert_eq!(code(&net, digits(6, 1, 3), 1, f64::NAN), Err("option"));
    assert_eq!(code(&net, digits(1, 1, 3), 1, 2.0), Err("option"));
    assert_eq!(code(&net, digits(13, 2, 3), 1, 2.0), Err("option"));
    let other = affine(&[&[1.0, 1.0]], &[0.0], FloatActivation::Linear);
    assert_eq!(code(&other, digits(6, 1, 3), 1, 2.0), Err("calibration"));
}

/// A value of the input that nothing compares is a rank among no cuts, of scale 1 as all are.
#[test]
fn ranks_among_no_cuts_have_the_scale_of_ranks() {
    let mut random = Random(5);
    let vector = shape(3, 1, 1);
    let compare = |at: f64| FloatActivation::Threshold { at };
    let select = Map::Conv(Conv::select(0, 0, 3));
    let sum = Map::Conv(Conv { outputs: 2, groups: 1, weights: vec![1.0; 6], ..Conv::select(0, 0, 3) });
    let layers = vec![
        layer(&mut random, "compare", vector, vec![(0, select)], compare(1.0)),
        layer(&mut random, "sum", shape(2, 1, 1), vec![(1, sum)], FloatActivation::Linear),
    ];
    let mut net = network(vector, layers);
    net.layers[0].bias.fill(0.0);
    net.cuts = vec![Some(vec![0.5]), Some(vec![]), Some(vec![0.0, 2.0])];
    let rows: Vec<Vec<f64>> = (0..20).map(|i| vec![f64::from(i) / 10.0 - 1.0; 3]).collect();
    let ranges = Ranges::from_rows(&net, &rows).unwrap();
    let model = quantize(&net, &ranges, DIGITS, LANES, &OPTIONS).unwrap();
    assert_eq!(model.input.scale, [1.0; 3]);
}
