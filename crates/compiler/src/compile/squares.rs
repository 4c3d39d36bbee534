//! Squares of tensors as a function, for networks with private weights, which multiply no tensors.

use hushproof_core::graph::{Conv, FloatActivation, FloatLayer, Function, Map, Network, Term, Unary};

const SQUARE: FloatActivation = FloatActivation::Table(Function::Unary(Unary::Pow { exponent: 2.0 }));

/// The network with every product of a tensor with itself, value by value, as a function of it.
pub(super) fn as_functions(mut network: Network) -> Network {
    for layer in &mut network.layers {
        if !layer.times().is_empty() && layer.times() == &layer.terms[..] {
            layer.activation = SQUARE;
        }
    }
    while let Some((index, source)) = squared(&network) {
        let (layer, shape) = (&network.layers[index], network.shape(source));
        let square = FloatLayer { activation: SQUARE, ..FloatLayer::copy(&layer.node, &layer.op, source, shape) };
        network.insert(index, square);
        let own = index + 1;
        for term in network.layers[own].terms.iter_mut().filter(|term| term.source == source) {
            if let Map::Product(product) = &term.map
                && product.factor == source
            {
                let (groups, weights) = (product.groups, vec![product.weight; shape.channels]);
                let sums = Conv { outputs: groups, groups, weights, ..Conv::select(0, 0, shape.channels) };
                *term = Term { source: own, map: Map::Conv(sums), negative: None };
            }
        }
    }
    network
}

/// The first layer that has a vector's product with itself among its terms, and that vector.
fn squared(network: &Network) -> Option<(usize, usize)> {
    let is_square = |term: &&Term<f64>| match &term.map {
        Map::Product(product) => product.factor == term.source && network.shape(term.source).is_vector(),
        _ => false,
    };
    let mut layers = network.layers.iter().enumerate();
    layers.find_map(|(index, layer)| Some((index, layer.terms.iter().find(is_square)?.source)))
}

#[cfg(test)]
mod tests;
