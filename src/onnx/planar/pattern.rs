//! Functions that exporters write as products of a value and a function of it.

use std::{collections::HashMap, f64::consts::SQRT_2};

use super::{Graph, Node};
use crate::{
    graph::{
        planar::{FloatActivation, Function},
    },
    ops::{Inputs, Lowered},
};

/// How far a constant may be from the one that a function has.
const CLOSE: f64 = 1e-6;

/// What replaces the nodes of a pattern.
pub(super) enum Replacement {
    /// Nothing: a later node of the pattern stands for it.
    Absorbed,
    /// A function of one value, times a number.
    Function(usize, FloatActivation, f64),
}

/// x · sigmoid(x), x · hard_sigmoid(x) and x · (1 + erf(x / √2)), x possibly scaled in front, by index of the nodes; adapts
/// how often each value is read.
pub(super) fn find(graph: &Graph, uses: &mut [usize]) -> HashMap<usize, Replacement> {
    let producers: HashMap<usize, usize> =
        graph.nodes.iter().enumerate().flat_map(|(i, node)| node.outputs.iter().map(move |id| (*id, i))).collect();
    let mut found = HashMap::new();
    for (index, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.op() == "Mul") {
        let [Some(a), Some(b)] = node.inputs[..] else { continue };
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

    /// `f` of the scalar constant that a node with two inputs reads, if the node is one of `ops`.
    fn constant(&self, node: &Node, ops: &[&str], f: impl Fn(&str, f64) -> f64) -> Option<f64> {
        let constant = node.inputs.iter().flatten().find_map(|id| self.graph.values[*id].constant.as_ref())?;
        let known = ops.contains(&node.op()) && node.inputs.len() == 2;
        // A divisor comes second.
        let order = node.op() != "Div" || node.inputs[0].is_some_and(|id| self.graph.values[id].constant.is_none());
        match constant.data() {
            [value] if known && order => Some(f(node.op(), *value)),
            _ => None,
        }
    }

    /// x · gate.
    fn gate(&self, x: usize, gate: usize) -> Option<Pattern> {
        let (index, node, source) = self.producer(gate)?;
        if let Some(one) = self.constant(node, &["Add"], |_, value| value) {
            let (erf, _, argument) = self.producer(source).filter(|(_, node, _)| node.op() == "Erf")?;
            let (division, node, source) = self.producer(argument)?;
            let factor = |op: &str, value: f64| if op == "Div" { value.recip() } else { value };
            let factor = self.constant(node, &["Mul", "Div"], factor)?;
            let gelu = source == x && one == 1.0 && (factor * SQRT_2 - 1.0).abs() < CLOSE;
            let absorbed = vec![index, erf, division];
            return gelu.then_some(Pattern { x, function: Function::Gelu, scale: 2.0, absorbed });
        }
        if source != x {
            return None;
        }
        let operands = [Some(self.graph.operand(x))];
        let function = match node.kernel.lower(Inputs(&operands)).unwrap_or_default()[..] {
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
        let scale = self.constant(node, &["Mul"], |_, value| value)?;
        let mut pattern = self.gate(x, gate)?;
        pattern.scale *= scale;
        pattern.absorbed.push(index);
        Some(pattern)
    }
}
