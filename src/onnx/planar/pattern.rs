//! Functions that exporters write as products of a value and a function of it.

use std::collections::HashMap;

use super::Graph;
use crate::{
    graph::{
        chain::FloatActivation as Activation,
        planar::{FloatActivation, Function},
    },
    ops::{Inputs, Lowered},
};

/// What replaces the nodes of a pattern.
pub(super) enum Replacement {
    /// Nothing: a later node of the pattern stands for it.
    Absorbed,
    /// A function of one value.
    Function(usize, FloatActivation),
}

/// x · sigmoid(x) and x · hard_sigmoid(x), by index of the nodes; adapts how often each value is read.
pub(super) fn find(graph: &Graph, uses: &mut [usize]) -> HashMap<usize, Replacement> {
    let producers: HashMap<usize, usize> =
        graph.nodes.iter().enumerate().flat_map(|(i, node)| node.outputs.iter().map(move |id| (*id, i))).collect();
    let mut found = HashMap::new();
    for (index, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.op() == "Mul") {
        let [Some(a), Some(b)] = node.inputs[..] else { continue };
        for (x, gate) in [(a, b), (b, a)] {
            let Some(producer) = producers.get(&gate).filter(|_| uses[gate] == 1) else { continue };
            let source = &graph.nodes[*producer];
            if source.inputs != [Some(x)] {
                continue;
            }
            let operands = [Some(graph.operand(x))];
            let function = match source.kernel.lower(Inputs(&operands)).unwrap_or_default()[..] {
                [Lowered::Activation(Activation::Sigmoid)] => Function::Silu,
                [Lowered::Function(FloatActivation::Table(Function::HardSigmoid { alpha, beta }))]
                    if (alpha - 1.0 / 6.0).abs() < 1e-6 && beta == 0.5 =>
                {
                    Function::HardSwish
                }
                _ => continue,
            };
            uses[x] -= 1;
            found.insert(*producer, Replacement::Absorbed);
            found.insert(index, Replacement::Function(x, FloatActivation::Table(function)));
            break;
        }
    }
    found
}
