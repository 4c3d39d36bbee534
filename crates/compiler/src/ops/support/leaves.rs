//! Values by the leaf of one decision tree, which have no ONNX name: what comparisons of single values with constants
//! are made of, and whatever follows from one leaf alone.

use std::sync::Arc;

use crate::{
    ops::op::{
        Attr, Id, Inputs, Lowered, Op, OpError, OpResult, Operand, Rewriter, tensor,
        trees::{Branch, Features, Form, Leaf, Mode, Names, Node, Trees},
    },
    tensor::{DType, Fact, Tensor, broadcast, broadcast_indices},
};

/// The values of the leaf that a row of features leads to.
#[derive(Debug)]
pub(in crate::ops) struct ByLeaf {
    trees: Arc<Trees>,
    /// By node, none of those that are no leaves.
    values: Vec<Option<Vec<f64>>>,
    /// Number of values.
    len: usize,
}

/// `len` values by the leaf of the only one of some trees.
pub(crate) fn by_leaf(trees: Arc<Trees>, values: Vec<Option<Vec<f64>>>, len: usize) -> Box<dyn Op> {
    Box::new(ByLeaf { trees, values, len })
}

impl Op for ByLeaf {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let shape = &inputs.get(0)?.fact.shape;
        let needed = self.trees.needed();
        if shape.len() != 2 || shape[0] != 1 || shape[1] < needed {
            return Err(OpError::shape(format!("[1, features], at least {needed} of them"), &[shape]));
        }
        Ok(vec![Fact::float(vec![1, self.len])])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let leaf = self.trees.leaves(inputs.get(0)?.data()).next();
        let values = leaf.and_then(|leaf| self.values.get(leaf as usize)?.clone());
        let values = values.ok_or_else(|| OpError::Graph("leads to no leaf".to_owned()))?;
        Ok(vec![tensor(Fact::float(vec![1, self.len]), values)?])
    }

    fn trees(&self) -> Option<&Arc<Trees>> {
        Some(&self.trees)
    }

    fn by_leaf(&self) -> Option<Vec<Option<Vec<f64>>>> {
        Some(self.values.clone())
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let mut leaves = vec![];
        for (node, values) in self.values.iter().enumerate() {
            let leaf =
                |(score, weight): (usize, &f64)| Leaf { node: node as u32, score: score as u32, weight: *weight };
            leaves.extend(values.iter().flatten().enumerate().filter(|(_, weight)| **weight != 0.0).map(leaf));
        }
        Ok(vec![Lowered::Forest(Form { trees: self.trees.clone(), leaves, bias: vec![0.0; self.len] })])
    }
}

/// A function of one value that changes at some numbers only.
#[derive(Debug, Clone)]
pub(in crate::ops) struct Steps {
    /// Increasing numbers.
    pub(in crate::ops) edges: Vec<f64>,
    /// The results below the first edge, from each edge on, all as many.
    pub(in crate::ops) values: Vec<Vec<f64>>,
    /// Where the value is a name.
    pub(in crate::ops) names: Option<Names>,
}

impl Steps {
    /// The function that has these results at some integers or numbers of names, and others everywhere else.
    pub(in crate::ops) fn at(keys: Vec<(f64, Vec<f64>)>, other: &[f64], names: Option<Names>) -> Self {
        let mut keys = keys;
        keys.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut edges, mut values): (Vec<f64>, Vec<Vec<f64>>) = (vec![], vec![other.to_vec()]);
        for (key, value) in keys {
            let from = key - 0.5;
            match edges.last() {
                Some(last) if *last == from => drop(values.pop()),
                _ => edges.push(from),
            }
            values.push(value);
            edges.push(key + 0.5);
            values.push(other.to_vec());
        }
        Self { edges, values, names }
    }

    /// The results for each element of a tensor, as one more axis.
    pub(in crate::ops) fn put(&self, to: &mut Rewriter<'_>, op: &'static str, x: Id) -> OpResult<Id> {
        let real = to.fact(x).dtype == DType::Float && !to.is_double(x);
        let features = Features { single: real, missing: false, names: self.names.clone() };
        let leaf = |at: usize| self.values.get(at).cloned();
        let (mut nodes, mut values) = (vec![], vec![]);
        // A balanced tree over the ranges of the results, each branch before its children.
        let mut pending = vec![(0, self.values.len())];
        while let Some((from, count)) = pending.pop() {
            if count == 1 {
                nodes.push(Node::Leaf);
                values.push(leaf(from));
                continue;
            }
            let below = count / 2;
            let branch = Branch {
                feature: 0,
                mode: Mode::Less,
                value: self.edges[from + below - 1],
                missing: false,
                yes: nodes.len() as u32 + 1,
                no: nodes.len() as u32 + 2 * below as u32,
            };
            nodes.push(Node::Branch(branch));
            values.push(None);
            pending.extend([(from + below, count - below), (from, below)]);
        }
        let nodes = |feature: u32| {
            let of = |node: &Node| match *node {
                Node::Branch(branch) => Node::Branch(Branch { feature, ..branch }),
                Node::Leaf => Node::Leaf,
            };
            nodes.iter().map(of).collect()
        };
        each(to, op, x, &features, nodes, &values)
    }
}

/// Whether a comparison of each element of a value of the graph's input with a constant that has no more holds; `None`
/// of other operands. NaN is less, greater than and equal to nothing.
pub(in crate::ops) fn of_input(
    to: &mut Rewriter<'_>,
    op: &'static str,
    x: Id,
    constant: Id,
    mode: Mode,
) -> OpResult<Option<Id>> {
    let Some(value) = to.value(constant).cloned() else { return Ok(None) };
    if !to.is_input(x) || to.fact(x).dtype == DType::Name {
        return Ok(None);
    }
    let Some(shape) = broadcast(&to.shape(x), value.shape()) else { return Ok(None) };
    let values: Vec<f64> = broadcast_indices(value.shape(), &shape).into_iter().map(|i| value.data()[i]).collect();
    let y = if to.len(x) == 1 && values.len() > 1 && !matches!(mode, Mode::Equal | Mode::NotEqual) {
        all_compared(to, op, x, mode, &values)?
    } else {
        let sources = broadcast_indices(&to.shape(x), &shape).into_iter().map(|i| Some(i as u32)).collect();
        let x = to.select(x, shape.clone(), sources, 0.0)?;
        compared(to, op, x, mode, &values, mode == Mode::NotEqual)?
    };
    let y = to.reshape(y, &shape)?;
    to.relabel(y, DType::Bool).map(Some)
}

/// Whether comparisons of one value with several constants hold, by one tree; it must not be missing.
fn all_compared(to: &mut Rewriter<'_>, op: &'static str, x: Id, mode: Mode, constants: &[f64]) -> OpResult<Id> {
    let features =
        Features { single: to.fact(x).dtype == DType::Float && !to.is_double(x), missing: false, names: None };
    // The numbers from which on a comparison turns.
    let turn = |constant: &f64| {
        let at = features.round(*constant) + 0.0;
        if matches!(mode, Mode::LessOrEqual | Mode::Greater) { features.next(at) } else { at }
    };
    let turns: Vec<f64> = constants.iter().map(turn).collect();
    let mut edges = turns.clone();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    let rises = matches!(mode, Mode::Greater | Mode::GreaterOrEqual);
    let holds = |from: f64| turns.iter().map(|turn| f64::from(u8::from((from >= *turn) == rises))).collect();
    let values = std::iter::once(f64::NEG_INFINITY).chain(edges.iter().copied()).map(holds).collect();
    Steps { edges, values, names: None }.put(to, op, x)
}

/// Whether a comparison of each element with a constant holds, as real numbers; `missing` where an element is.
pub(in crate::ops) fn holds(
    to: &mut Rewriter<'_>,
    op: &'static str,
    x: Id,
    mode: Mode,
    value: f64,
    missing: bool,
) -> OpResult<Id> {
    compared(to, op, x, mode, &vec![value; to.len(x)], missing)
}

/// The same with a constant for each element.
fn compared(
    to: &mut Rewriter<'_>,
    op: &'static str,
    x: Id,
    mode: Mode,
    constants: &[f64],
    missing: bool,
) -> OpResult<Id> {
    let shape = to.shape(x);
    let real = to.fact(x).dtype == DType::Float;
    let features = Features { single: real && !to.is_double(x), missing: real, names: None };
    let values = [None, Some(vec![1.0]), Some(vec![0.0])];
    let nodes = |feature: u32| {
        let value = features.round(constants[feature as usize]);
        vec![Node::Branch(Branch { feature, mode, value, missing, yes: 1, no: 2 }), Node::Leaf, Node::Leaf]
    };
    let y = each(to, op, x, &features, nodes, &values)?;
    to.reshape(y, &shape)
}

/// The values of the leaf that each element of a tensor leads to in its tree, as one more axis.
fn each(
    to: &mut Rewriter<'_>,
    op: &'static str,
    x: Id,
    features: &Features,
    nodes: impl Fn(u32) -> Vec<Node>,
    values: &[Option<Vec<f64>>],
) -> OpResult<Id> {
    let mut shape = to.shape(x);
    let (count, len) = (to.len(x), values.iter().flatten().map(Vec::len).next().unwrap_or(0));
    shape.push(len);
    let row = to.reshape(x, &[1, count])?;
    let mut parts = Vec::with_capacity(count);
    for feature in 0..count as u32 {
        let trees = Trees::new(features.clone(), nodes(feature), None)?;
        let kernel = by_leaf(Arc::new(trees), values.to_vec(), len);
        parts.extend(to.put(op, kernel, row)?);
    }
    let all = if let [part] = parts[..] { part } else { to.with("Concat", &[("axis", Attr::Int(1))], &parts)? };
    to.reshape(all, &shape)
}
