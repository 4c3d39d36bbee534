//! [TreeEnsemble](https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html): regression trees in the form of
//! operator set 5: roots, inner nodes whose children are inner nodes or leaves, and leaves.
//!
//! As TreeEnsembleRegressor. Unsupported: BRANCH_MEMBER, MIN and MAX where a leaf has no number for a target.

use std::sync::Arc;

use super::{
    super::op::{
        Attrs, Id, OpError, OpResult, RewriteDef, Rewriter,
        trees::{Branch, Features, Leaf, Mode, Node, Trees},
    },
    classifier::Scorer,
    features::row,
    forest::Scores,
    trees::{comparison, threshold},
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "TreeEnsemble",
    opsets: 5..=5,
    inputs: 1..=1,
    summary: "regression trees of operator set 5: exact comparisons; SUM, AVERAGE, MIN and MAX of their numbers",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (trees, leaves) = take(&mut attrs, comparison(inputs, to)?)?;
        let targets = attrs.int("n_targets").unwrap_or(1);
        let aggregate = match attrs.int("aggregate_function").unwrap_or(1) {
            0 => Aggregate::Average,
            1 => Aggregate::Sum,
            2 => Aggregate::Min,
            3 => Aggregate::Max,
            other => {
                attrs.reject(format!("aggregate_function {other}"));
                Aggregate::Sum
            }
        };
        if let Some(other @ 1..) = attrs.int("post_transform") {
            attrs.reject(format!("post_transform {other}; export raw scores"));
        }
        attrs.finish()?;
        let inside = |leaf: &Leaf| i64::from(leaf.score) < targets;
        let count = usize::try_from(targets).unwrap_or(0);
        if !leaves.iter().all(inside) || count > 2 * leaves.len() {
            return Err(OpError::Graph(format!("leaves for other than {targets} targets")));
        }
        let x = row(to, inputs)?;
        let scores = Scores {
            trees: Arc::new(trees),
            leaves: Arc::new(leaves),
            base: vec![0.0; count],
            average: aggregate == Aggregate::Average,
        };
        Ok(vec![aggregated(to, "TreeEnsemble", x, scores, aggregate)?])
    },
};

/// How the numbers of several trees become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// The scores of a row: sums and means at once, least and largest numbers of those of each tree.
pub(super) fn aggregated(
    to: &mut Rewriter<'_>,
    op: &'static str,
    x: Id,
    scores: Scores,
    aggregate: Aggregate,
) -> OpResult<Id> {
    let reduce = match aggregate {
        Aggregate::Sum | Aggregate::Average => {
            let (scorer, count) = Scorer::all(x, scores);
            return scorer.put(to, op, (0..count).map(|score| vec![(score, 1.0)]).collect(), vec![0.0; count]);
        }
        Aggregate::Min => "ReduceMin",
        Aggregate::Max => "ReduceMax",
    };
    let (targets, trees) = (scores.base.len(), scores.trees.roots.len());
    let tree = scores.trees.tree_of();
    let mut given = vec![vec![false; targets]; scores.trees.nodes.len()];
    let mut leaves = Vec::with_capacity(scores.leaves.len());
    for leaf in scores.leaves.iter() {
        let twice = std::mem::replace(&mut given[leaf.node as usize][leaf.score as usize], true);
        if twice {
            return Err(OpError::Graph("a leaf with two numbers for a target".to_owned()));
        }
        let score = leaf.score as usize * trees + tree[leaf.node as usize];
        leaves.push(Leaf { score: score as u32, ..*leaf });
    }
    let is_leaf = |node: &Node| *node == Node::Leaf;
    let partly = scores.trees.nodes.iter().zip(&given).any(|(node, given)| is_leaf(node) && given.contains(&false));
    if partly {
        return Err(OpError::unsupported("MIN or MAX where a leaf has no number for a target"));
    }
    let base = scores.base.clone();
    let each = Scores { leaves: Arc::new(leaves), base: vec![0.0; targets * trees], ..scores };
    let (scorer, count) = Scorer::all(x, each);
    let all = scorer.put(to, op, (0..count).map(|score| vec![(score, 1.0)]).collect(), vec![0.0; count])?;
    let all = to.reshape(all, &[targets, trees])?;
    let y = to.reduce(reduce, all, &[1], false)?;
    let y = to.reshape(y, &[1, targets])?;
    let base = to.floats(&[1, targets], base)?;
    to.op("Add", &[y, base])
}

/// Takes the nodes: inner ones first, then leaves.
fn take(attrs: &mut Attrs, comparison: Features) -> OpResult<(Trees, Vec<Leaf>)> {
    let roots = attrs.ints("tree_roots").unwrap_or_default();
    let features = attrs.ints("nodes_featureids").unwrap_or_default();
    let splits = attrs.tensor("nodes_splits").map(|t| t.data().to_vec()).unwrap_or_default();
    let modes = attrs.tensor("nodes_modes").filter(|t| t.fact().dtype != DType::Float);
    let modes = modes.map(|t| t.data().to_vec()).unwrap_or_default();
    let mut side = |name: &str| {
        let nodes = attrs.ints(&format!("nodes_{name}nodeids")).unwrap_or_default();
        (nodes, attrs.ints(&format!("nodes_{name}leafs")).unwrap_or_default())
    };
    let (yes, no) = (side("true"), side("false"));
    let targets = attrs.ints("leaf_targetids").unwrap_or_default();
    let weights = attrs.tensor("leaf_weights").map(|t| t.data().to_vec()).unwrap_or_default();
    let missing = attrs.ints("nodes_missing_value_tracks_true").unwrap_or_default();
    attrs.ignore("nodes_hitrates");
    if attrs.tensor("membership_values").is_some() {
        attrs.reject("membership_values; export comparisons");
    }
    let (inner, leaves) = (features.len(), targets.len());
    let lengths = [splits.len(), modes.len(), yes.0.len(), yes.1.len(), no.0.len(), no.1.len()];
    if inner == 0 || lengths != [inner; 6] || weights.len() != leaves {
        let reason = format!("{inner} nodes with lists of {lengths:?}, {leaves} leaves with {} weights", weights.len());
        return Err(OpError::Graph(reason));
    }
    let index = |node: i64, is_leaf: bool| {
        let (count, first) = if is_leaf { (leaves, inner) } else { (inner, 0) };
        let node = usize::try_from(node).ok().filter(|node| *node < count).map(|node| (first + node) as u32);
        node.ok_or_else(|| OpError::Graph("a node that does not exist".to_owned()))
    };
    let child = |side: &(Vec<i64>, Vec<i64>), at: usize| index(side.0[at], side.1[at] != 0);
    let mut nodes = Vec::with_capacity(inner + leaves);
    for at in 0..inner {
        let mode = match modes[at] as i64 {
            0 => Mode::LessOrEqual,
            1 => Mode::Less,
            2 => Mode::GreaterOrEqual,
            3 => Mode::Greater,
            4 => Mode::Equal,
            5 => Mode::NotEqual,
            other => return Err(OpError::unsupported(format!("branches of mode {other}"))),
        };
        let feature = u32::try_from(features[at]).map_err(|_| OpError::Graph(format!("feature {}", features[at])))?;
        let (yes, no) = (child(&yes, at)?, child(&no, at)?);
        let missing = mode == Mode::NotEqual || missing.get(at).is_some_and(|tracks| *tracks != 0);
        let value = threshold(splits[at], &comparison)?;
        nodes.push(Node::Branch(Branch { feature, mode, value, missing, yes, no }));
    }
    nodes.resize(inner + leaves, Node::Leaf);
    let mut numbers = Vec::with_capacity(leaves);
    for (at, (target, weight)) in targets.iter().zip(&weights).enumerate() {
        let score = u32::try_from(*target).map_err(|_| OpError::Graph(format!("target {target}")))?;
        numbers.push(Leaf { node: (inner + at) as u32, score, weight: *weight });
    }
    let roots = roots.iter().map(|root| index(*root, false)).collect::<OpResult<_>>()?;
    Ok((Trees::new(comparison, nodes, Some(roots))?, numbers))
}

#[cfg(test)]
mod tests;
