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
    let squared = |network: &Network, term: &Term<f64>| match &term.map {
        Map::Product(product) => product.factor == term.source && network.shape(term.source).is_vector(),
        _ => false,
    };
    while let Some(index) =
        network.layers.iter().position(|layer| layer.terms.iter().any(|term| squared(&network, term)))
    {
        let layer = &network.layers[index];
        let Some(source) = layer.terms.iter().find(|term| squared(&network, term)).map(|term| term.source) else {
            break;
        };
        let shape = network.shape(source);
        let square = FloatLayer {
            node: layer.node.clone(),
            op: layer.op.clone(),
            shape,
            terms: vec![Term { source, map: Map::Conv(Conv::select(0, 0, shape.channels)), negative: None }],
            bias: vec![0.0; shape.channels],
            activation: SQUARE,
            same_scale: None,
        };
        network.layers.insert(index, square);
        let own = index + 1;
        for layer in &mut network.layers[own..] {
            layer.renumber(|tensor| if tensor >= own { tensor + 1 } else { tensor });
        }
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

#[cfg(test)]
mod tests;
