//! Private weights: their range, and the threshold whose parity nobody knows.

use super::*;
use crate::circuit::tests::fixtures;

fn private() -> Model {
    let (_, mut model, _) = fixtures::all().remove(2);
    model.private_weights = Some(2);
    model
}

#[test]
fn a_private_threshold_has_one_state_for_every_accumulator() {
    let model = private();
    let layer = model.layers.last().unwrap();
    assert_eq!(layer.activation, Activation::Threshold);
    for (y, state, lower) in [(0, 1, 0), (1, 1, 1), (-1, 0, 0), (-2, 0, 1), (7, 1, 7), (-8, 0, 7)] {
        assert_eq!(model.split(layer, y), Some(Element { state, upper: 0, lower }), "{y}");
    }
    let top = 1 << model.digits.row_bits();
    assert!(model.split(layer, top - 1).is_some() && model.split(layer, -top).is_some());
    assert!(model.split(layer, top).is_none() && model.split(layer, -top - 1).is_none());
}

#[test]
fn weights_beyond_their_limbs_are_refused_by_node() {
    let mut model = private();
    model.check().unwrap();
    // Parity is for a verifier who knows the weights.
    model.layers.last_mut().unwrap().bias[0] = 4;
    model.check().unwrap();
    let Map::Conv(conv) = &mut model.layers[1].terms[0].map else { panic!("a convolution") };
    conv.weights[3] = 1 << 15;
    let Err(Error::Range { node, got_bits: 17, max_bits: 16, .. }) = model.check() else { panic!("refused") };
    assert_eq!(node, "layer1");
    model.private_weights = Some(0);
    assert!(matches!(model.check(), Err(Error::Artifact { .. })));
    model.private_weights = Some(u32::MAX);
    assert!(matches!(model.check(), Err(Error::Artifact { .. })));
}

#[test]
fn maps_are_checked_before_their_weights_are_read() {
    let mut model = private();
    let Map::Conv(conv) = &mut model.layers[1].terms[0].map else { panic!("a convolution") };
    conv.kernel = [0, 1];
    assert!(matches!(model.check(), Err(Error::Artifact { .. })));
}

#[test]
fn bounds_are_those_of_the_range_and_not_of_the_weights() {
    let mut model = private();
    let bounds = model.accumulator_bounds().unwrap();
    assert_eq!(model.without_weights().accumulator_bounds().unwrap().len(), bounds.len());
    // layer 0: two inputs of codes up to 255, one tap.
    assert!(bounds[0] >= 2 * 255 * (1 << 15));
    model.private_weights = Some(6);
    model.digits.value_limbs = 2;
    let Err(Error::Range { node, max_bits, .. }) = model.check() else { panic!("refused") };
    assert_eq!((node.as_str(), max_bits), ("layer0", 62));
}
