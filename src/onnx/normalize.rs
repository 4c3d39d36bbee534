//! Normal form: consecutive affine maps become one dense layer in front of each activation.

use std::collections::HashMap;

use super::graph::{Graph, Node};
use crate::{
    Error, Result, float,
    graph::chain::{FloatActivation, FloatLayer, Network},
    ops::{Affine, Inputs, Lowered, OpError},
    tensor::MAX_ELEMENTS,
};

/// A tensor as an affine map of the result of the first `layers` layers (none: of the input).
#[derive(Clone)]
struct Expr {
    layers: usize,
    map: Affine,
    /// Name and operator of the node that a layer made of this is called after.
    origin: Option<(String, &'static str)>,
}

struct Normalizer<'a> {
    graph: &'a Graph,
    layers: Vec<FloatLayer>,
    exprs: HashMap<usize, Expr>,
    /// How often each value is still read.
    uses: Vec<usize>,
    /// Numbers stored in `layers` and `exprs`.
    stored: usize,
}

impl Graph {
    /// The graph as a chain of affine maps, each followed by an activation.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with every node that has no normal form; [`Error::Graph`] if the graph is not a chain, or
    /// a comparison or ArgMax is not its last step.
    pub fn normalize(&self) -> Result<Network> {
        let (input, output) = self.ends()?;
        let mut normalizer =
            Normalizer { graph: self, layers: vec![], exprs: HashMap::new(), uses: self.uses(), stored: 0 };
        let map = Affine::identity(self.operand(input).fact.len());
        let whole = |e| Error::Graph { node: self.name.clone(), reason: format!("{e:?}") };
        normalizer.insert(input, Expr { layers: 0, map, origin: None }).map_err(whole)?;

        let mut unsupported = vec![];
        for node in &self.nodes {
            let operands: Vec<_> = node.inputs.iter().map(|id| id.map(|id| self.operand(id))).collect();
            match node.kernel.lower(Inputs(&operands)).and_then(of_chain).map_err(|e| node.error(e)) {
                Err(Error::Unsupported(ops)) => unsupported.extend(ops),
                Ok(lowered) if unsupported.is_empty() => normalizer.node(node, lowered).map_err(|e| node.error(e))?,
                Ok(_) => {}
                Err(_) if !unsupported.is_empty() => {}
                Err(error) => return Err(error),
            }
        }
        if !unsupported.is_empty() {
            return Err(Error::Unsupported(unsupported));
        }
        normalizer.finish(output)
    }
}

/// Why an operator is refused that [`Graph::planar`] takes.
const NOT_IN_CHAIN: &str = "has no form in a chain of dense layers";

/// Refuses what needs a network of planes.
fn of_chain(lowered: Vec<Lowered>) -> Result<Vec<Lowered>, OpError> {
    let chain = |lowered: &Lowered| {
        matches!(lowered, Lowered::Reshape | Lowered::Affine(_) | Lowered::Activation(_) | Lowered::Threshold { .. })
    };
    if lowered.iter().all(chain) { Ok(lowered) } else { Err(OpError::Unsupported(vec![NOT_IN_CHAIN.into()])) }
}

impl Normalizer<'_> {
    fn node(&mut self, node: &Node, lowered: Vec<Lowered>) -> Result<(), OpError> {
        for (lowered, output) in lowered.into_iter().zip(&node.outputs) {
            let expr = match lowered {
                Lowered::Reshape => self.read(node, 0)?,
                Lowered::Affine(maps) => self.affine(node, maps)?,
                Lowered::Activation(activation) => {
                    let expr = self.read(node, 0)?;
                    self.refuse_decision(&expr)?;
                    self.activate(node, expr, activation)?
                }
                Lowered::Threshold { input, negate, at, strict } => {
                    let expr = self.read(node, input)?;
                    self.refuse_decision(&expr)?;
                    self.threshold(node, expr, negate, at, strict)?
                }
                _ => return Err(OpError::Unsupported(vec![NOT_IN_CHAIN.into()])),
            };
            self.insert(*output, expr)?;
        }
        Ok(())
    }

    fn affine(&mut self, node: &Node, maps: Vec<(usize, Affine)>) -> Result<Expr, OpError> {
        let mut sum: Option<Expr> = None;
        for (input, map) in maps {
            let expr = self.read(node, input)?;
            self.refuse_decision(&expr)?;
            let origin = match expr.origin {
                Some(origin) if !map.is_dense() => Some(origin),
                _ => Some((node.name().to_owned(), node.op())),
            };
            let term = Expr { layers: expr.layers, map: expr.map.then(map)?, origin };
            sum = Some(match sum {
                None => term,
                Some(sum) if sum.layers == term.layers => Expr { map: sum.map.plus(term.map)?, ..sum },
                Some(_) => {
                    let reason = "adds tensors between which an activation lies; only a chain is accepted, in which a \
                                  sum has one operand constant or both affine in the same tensor";
                    return Err(OpError::Graph(reason.into()));
                }
            });
        }
        sum.ok_or_else(|| OpError::Graph("depends on no input".into()))
    }

    /// The layer that ends in `activation`, and its result.
    fn activate(&mut self, node: &Node, expr: Expr, activation: FloatActivation) -> Result<Expr, OpError> {
        let again = |last: &FloatLayer| last.activation == activation && activation == FloatActivation::Relu;
        if expr.layers == self.layers.len() && expr.map.is_identity() && self.layers.last().is_some_and(again) {
            return Ok(expr);
        }
        if expr.layers != self.layers.len() {
            let other = self.layers.get(expr.layers).map_or("", |layer| &layer.node);
            let reason = format!(
                "reads a tensor that `{other}` reads too; only a chain is accepted, in which each \
                                  activation follows the one before"
            );
            return Err(OpError::Graph(reason));
        }
        if !expr.map.is_finite() {
            return Err(OpError::Graph("the combined weights are too large for a number".into()));
        }
        let (name, op) = expr.origin.unwrap_or_else(|| (node.name().to_owned(), node.op()));
        let (weights, bias) = expr.map.into_dense()?;
        self.store(weights.data.len() + bias.len())?;
        let outputs = if activation == FloatActivation::ArgMax { 1 } else { weights.rows };
        self.layers.push(FloatLayer { node: name, op: op.into(), weights, bias, activation });
        Ok(Expr { layers: self.layers.len(), map: Affine::identity(outputs), origin: None })
    }

    fn threshold(&mut self, node: &Node, expr: Expr, negate: bool, at: f64, strict: bool) -> Result<Expr, OpError> {
        let sign = if negate { -1.0 } else { 1.0 };
        let last = expr.layers == self.layers.len() && expr.map.is_identity();
        let shared = self.exprs.values().any(|other| other.layers == expr.layers);
        match self.layers.pop_if(|layer| last && !shared && layer.activation == FloatActivation::Sigmoid) {
            Some(sigmoid) => {
                let p = sign * at;
                if p <= 0.0 || p >= 1.0 {
                    return Err(OpError::Graph(format!("compares a sigmoid, which lies between 0 and 1, with {p}")));
                }
                let logit = float::ln(p / (1.0 - p));
                self.stored = self.stored.saturating_sub(sigmoid.weights.data.len() + sigmoid.bias.len());
                let op = crate::ops::find(&sigmoid.op).map_or(node.op(), crate::ops::Def::onnx);
                let map = Affine::dense(sigmoid.weights, sigmoid.bias);
                let expr = Expr { layers: self.layers.len(), map, origin: Some((sigmoid.node, op)) };
                self.decide(node, expr, negate, sign * logit, strict)
            }
            None => self.decide(node, expr, negate, at, strict),
        }
    }

    fn decide(&mut self, node: &Node, expr: Expr, negate: bool, at: f64, strict: bool) -> Result<Expr, OpError> {
        let map = if negate { expr.map.negated() } else { expr.map };
        // y > at is y ≥ the next number after at.
        let at = if strict { at.next_up() } else { at };
        self.activate(node, Expr { map, ..expr }, FloatActivation::Threshold { at })
    }

    fn refuse_decision(&self, expr: &Expr) -> Result<(), OpError> {
        match expr.layers.checked_sub(1).and_then(|i| self.layers.get(i)).map(|layer| layer.activation) {
            Some(FloatActivation::Threshold { .. } | FloatActivation::ArgMax) => {
                let reason = "follows a comparison or ArgMax, which must be the last step; only a change of shape or \
                              element type may follow";
                Err(OpError::Graph(reason.into()))
            }
            _ => Ok(()),
        }
    }

    /// Input `index` of a node, moved out if nothing reads it after.
    fn read(&mut self, node: &Node, index: usize) -> Result<Expr, OpError> {
        let missing = || OpError::Graph(format!("input {index} depends on no input of the graph"));
        let id = node.inputs.get(index).copied().flatten().ok_or_else(missing)?;
        self.uses[id] = self.uses[id].saturating_sub(1);
        if self.uses[id] > 0 {
            return self.exprs.get(&id).cloned().ok_or_else(missing);
        }
        let expr = self.exprs.remove(&id).ok_or_else(missing)?;
        self.stored = self.stored.saturating_sub(expr.map.size());
        Ok(expr)
    }

    fn insert(&mut self, id: usize, expr: Expr) -> Result<(), OpError> {
        self.store(expr.map.size())?;
        self.exprs.insert(id, expr);
        Ok(())
    }

    fn store(&mut self, numbers: usize) -> Result<(), OpError> {
        self.stored = self.stored.saturating_add(numbers);
        if self.stored > MAX_ELEMENTS {
            return Err(OpError::Graph(format!("the network has more than {MAX_ELEMENTS} weights in normal form")));
        }
        Ok(())
    }

    fn finish(mut self, output: usize) -> Result<Network> {
        let (inputs, outputs) = (self.graph.inputs(), self.graph.outputs());
        let error = |reason: String| Error::Graph { node: self.graph.values[output].name.clone(), reason };
        let expr = self.exprs.remove(&output).ok_or_else(|| error("the output does not depend on the input".into()))?;
        if self.layers.is_empty() || !expr.map.is_identity() || expr.layers != self.layers.len() {
            let Some(last) = self.graph.nodes.last() else {
                return Err(error("the output does not depend on the input".into()));
            };
            self.activate(last, expr, FloatActivation::Identity).map_err(|e| last.error(e))?;
        }
        match (<[_; 1]>::try_from(inputs), <[_; 1]>::try_from(outputs)) {
            (Ok([input]), Ok([output])) => {
                Ok(Network { name: self.graph.name.clone(), input, output, layers: self.layers })
            }
            _ => Err(error("one input and one output are accepted".into())),
        }
    }
}
