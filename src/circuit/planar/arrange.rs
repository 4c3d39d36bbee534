//! Copies that a layout needs, as layers of the network: the integers that are proved contain them.

use super::{
    geometry::{convs_reading, has_hidden, is_scattered, phases},
    view::View,
};
use crate::{
    error::Result,
    graph::planar::{Conv, FloatActivation, FloatLayer, Map, Network, Shape, Term},
};

/// Inserts copies in front of matrices that read planes which convolutions make or read, and behind a last layer that
/// has hidden coefficients or two parts.
///
/// # Errors
/// `Graph` where strides multiply beyond what a layout serves.
pub fn arrange(mut network: Network) -> Result<Network> {
    while let Some(tensor) = mixed(&network)? {
        let mut copy = identity(&network, tensor);
        shift(&mut network, tensor);
        for layer in &mut network.layers {
            let matrices = layer.terms.iter_mut().filter(|term| term.source == tensor);
            matrices.filter(|term| matches!(term.map, Map::Sparse(_))).for_each(|term| term.source = tensor + 1);
        }
        copy.terms[0].source = tensor;
        network.layers.insert(tensor, copy);
    }
    if hides_output(&network)? {
        let mut copy = identity(&network, network.layers.len());
        if let Some(last) = network.layers.last_mut()
            && matches!(last.activation, FloatActivation::Threshold { .. } | FloatActivation::ArgMax)
        {
            copy.activation = std::mem::replace(&mut last.activation, FloatActivation::Linear);
            copy.same_step = None;
        }
        network.layers.push(copy);
    }
    Ok(network)
}

/// The first tensor whose planes a matrix reads beside convolutions, or which has hidden coefficients or two parts.
fn mixed(network: &Network) -> Result<Option<usize>> {
    let view = View::network(network);
    let scattered: Vec<bool> = (0..view.shapes.len()).map(|tensor| is_scattered(&view, tensor)).collect();
    let (phase, split) = phases(&view, &scattered)?;
    Ok((0..view.shapes.len()).filter(|tensor| scattered[*tensor]).find(|tensor| {
        let made = tensor.checked_sub(1).is_some_and(|layer| has_hidden(&view, layer, &phase, split[layer]));
        convs_reading(&view, *tensor) || made || view.negative(*tensor)
    }))
}

fn hides_output(network: &Network) -> Result<bool> {
    let view = View::network(network);
    let scattered: Vec<bool> = (0..view.shapes.len()).map(|tensor| is_scattered(&view, tensor)).collect();
    let (phase, split) = phases(&view, &scattered)?;
    let Some(last) = view.layers.len().checked_sub(1) else { return Ok(false) };
    Ok(view.negative(last + 1) || has_hidden(&view, last, &phase, split[last]))
}

/// A layer that copies a tensor.
fn identity(network: &Network, tensor: usize) -> FloatLayer {
    let shape: Shape = network.shape(tensor);
    let channels = shape.channels;
    let conv = Conv {
        input_start: 0,
        inputs: channels,
        output_start: 0,
        outputs: channels,
        groups: channels,
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
        weights: vec![1.0; channels],
    };
    let source = tensor.checked_sub(1).map(|layer| &network.layers[layer]);
    let exact = |layer: &FloatLayer| {
        matches!(layer.activation, FloatActivation::Linear | FloatActivation::Relu | FloatActivation::Clip { .. })
    };
    FloatLayer {
        node: source.map_or_else(|| network.input.name.clone(), |layer| layer.node.clone()),
        op: source.map_or_else(|| "input".to_owned(), |layer| layer.op.clone()),
        shape,
        terms: vec![Term { source: tensor, map: Map::Conv(conv), negative: None }],
        bias: vec![0.0; channels],
        activation: FloatActivation::Linear,
        same_step: source.filter(|layer| exact(layer)).map(|_| tensor),
    }
}

/// Makes room for a tensor after `tensor`.
fn shift(network: &mut Network, tensor: usize) {
    for layer in &mut network.layers {
        let sources = layer.terms.iter_mut().map(|term| &mut term.source);
        sources.chain(layer.same_step.as_mut()).filter(|source| **source > tensor).for_each(|source| *source += 1);
    }
}
