//! Functions that exporters write as products of a value and a function of it.

use std::{collections::HashMap, f64::consts::SQRT_2};

use hushproof_core::graph::{FloatActivation, Function};

use super::{Graph, Node};
use crate::ops::Lowered;

/// How far a constant may be from the one that a function has.
const CLOSE: f64 = 1e-6;

/// What replaces the nodes of a pattern.
pub(super) enum Replacement {
    /// Nothing: a later node of the pattern stands for it.
    Absorbed,
    /// A function of one value, times a number.
    Function(usize, FloatActivation, f64),
}

/// x · sigmoid(x), x · hard_sigmoid(x) and x · (1 + erf(x / √2)), x possibly scaled in front, by index of the nodes
/// that multiply; adapts how often each value is read.
pub(super) fn find(graph: &Graph, uses: &mut [usize]) -> HashMap<usize, Replacement> {
    let producers: HashMap<usize, usize> =
        graph.nodes.iter().enumerate().flat_map(|(i, node)| node.outputs.iter().map(move |id| (*id, i))).collect();
    let mut found = HashMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let [Some(a), Some(b)] = node.inputs[..] else { continue };
        let private = [a, b].iter().all(|id| graph.values[*id].constant.is_none());
        if !private || !matches!(graph.lowered(node)[..], [Lowered::Multiply { .. }]) {
            continue;
        }
        for (x, gate) in [(a, b), (b, a)] {
            let search = Search { graph, producers: &producers, uses };
            let Some(pattern) = search.gate(x, gate).or_else(|| search.scaled_gate(x, gate)) else { continue };
            for absorbed in &pattern.absorbed {
                found.insert(*absorbed, Replacement::Absorbed);
            }
            // The pattern read it twice.
            uses[pattern.x] -= 1;
            found.insert(
                index,
                Replacement::Function(pattern.x, FloatActivation::Table(pattern.function), pattern.scale),
            );
            break;
        }
    }
    found
}

/// A product that is `scale` times a function of x, and the nodes in front of it that nothing else needs.
struct Pattern {
    x: usize,
    function: Function,
    scale: f64,
    absorbed: Vec<usize>,
}

struct Search<'a> {
    graph: &'a Graph,
    producers: &'a HashMap<usize, usize>,
    uses: &'a [usize],
}

impl Search<'_> {
    /// The node that makes a value for one reader only, and its private input.
    fn producer(&self, value: usize) -> Option<(usize, &Node, usize)> {
        let index = *self.producers.get(&value).filter(|_| self.uses[value] == 1)?;
        let node = &self.graph.nodes[index];
        let mut private = node.inputs.iter().flatten().filter(|id| self.graph.values[**id].constant.is_none());
        match (private.next(), private.next()) {
            (Some(x), None) => Some((index, node, *x)),
            _ => None,
        }
    }

    /// Scale and shift of a node of one private input and a constant number that scales and shifts every value alike.
    fn line(&self, node: &Node) -> Option<(f64, f64)> {
        let constant = node.inputs.iter().flatten().find_map(|id| self.graph.values[*id].constant.as_ref())?;
        if node.inputs.len() != 2 || constant.data().len() != 1 {
            return None;
        }
        match &self.graph.lowered(node)[..] {
            [Lowered::Affine(maps)] => maps.first().filter(|_| maps.len() == 1).and_then(|(_, map)| map.uniform()),
            _ => None,
        }
    }

    /// The scale of a node that only scales.
    fn scale(&self, node: &Node) -> Option<f64> {
        self.line(node).filter(|(_, shift)| *shift == 0.0).map(|(scale, _)| scale)
    }

    /// x · gate.
    fn gate(&self, x: usize, gate: usize) -> Option<Pattern> {
        let (index, node, source) = self.producer(gate)?;
        if self.line(node) == Some((1.0, 1.0)) {
            let (erf, node, argument) = self.producer(source)?;
            let (division, scaling, source) = self.producer(argument)?;
            let [Lowered::Function(FloatActivation::Table(Function::Erf))] = self.graph.lowered(node)[..] else {
                return None;
            };
            let gelu = source == x && (self.scale(scaling)? * SQRT_2 - 1.0).abs() < CLOSE;
            let absorbed = vec![index, erf, division];
            return gelu.then_some(Pattern { x, function: Function::Gelu, scale: 2.0, absorbed });
        }
        if source != x {
            return None;
        }
        let function = match self.graph.lowered(node)[..] {
            [Lowered::Function(FloatActivation::Table(Function::Sigmoid))] => Function::Silu,
            [Lowered::Function(FloatActivation::Table(Function::HardSigmoid { alpha, beta }))]
                if (alpha - 1.0 / 6.0).abs() < CLOSE && beta == 0.5 =>
            {
                Function::HardSwish
            }
            _ => return None,
        };
        Some(Pattern { x, function, scale: 1.0, absorbed: vec![index] })
    }

    /// (c · x) · gate.
    fn scaled_gate(&self, scaled: usize, gate: usize) -> Option<Pattern> {
        let (index, node, x) = self.producer(scaled)?;
        let scale = self.scale(node)?;
        let mut pattern = self.gate(x, gate)?;
        pattern.scale *= scale;
        pattern.absorbed.push(index);
        Some(pattern)
    }
}
