//! [TreeEnsembleRegressor](https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html): sum, mean, least
//! or largest of the numbers of the leaves that a row reaches, for each target. Operator sets 1 to 5.
//!
//! Decisions are exact; sums and means are linear in them, MIN and MAX are those of the trees' numbers. Unsupported:
//! MIN and MAX where a leaf has no number for a target; `post_transform` PROBIT and SOFTMAX_ZERO.

use std::sync::Arc;

use super::{
    super::op::{Id, OpError, RewriteDef, trees::Leaf},
    classifier::{Scorer, Transform},
    features::row,
    forest::Scores,
    tree_ensemble::{Aggregate, aggregated},
    trees::{Parsed, comparison, floats},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "TreeEnsembleRegressor",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "decision trees: exact comparisons; SUM, AVERAGE, MIN and MAX of their numbers",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let parsed = Parsed::take(&mut attrs, comparison(inputs, to)?)?;
        let trees = attrs.ints("target_treeids").unwrap_or_default();
        let nodes = attrs.ints("target_nodeids").unwrap_or_default();
        let ids = attrs.ints("target_ids").unwrap_or_default();
        let weights = floats(&mut attrs, "target_weights").unwrap_or_default();
        let base = floats(&mut attrs, "base_values").unwrap_or_default();
        let targets = attrs.int("n_targets").unwrap_or(1);
        let aggregate = match attrs.text("aggregate_function").as_deref() {
            None | Some("SUM") => Aggregate::Sum,
            Some("AVERAGE") => Aggregate::Average,
            Some("MIN") => Aggregate::Min,
            Some("MAX") => Aggregate::Max,
            Some(other) => {
                attrs.reject(format!("aggregate_function {other}"));
                Aggregate::Sum
            }
        };
        let transform = Transform::take(&mut attrs);
        attrs.finish()?;
        if ids.is_empty() || [trees.len(), nodes.len(), weights.len()] != [ids.len(); 3] {
            let (trees, nodes, weights) = (trees.len(), nodes.len(), weights.len());
            let reason = format!("{} target ids, {trees} trees, {nodes} nodes and {weights} weights", ids.len());
            return Err(OpError::Graph(reason));
        }
        let mut leaves = Vec::with_capacity(ids.len());
        for (((tree, node), id), weight) in trees.iter().zip(&nodes).zip(&ids).zip(&weights) {
            let score = u32::try_from(*id).ok().filter(|id| i64::from(*id) < targets);
            let score = score.ok_or_else(|| OpError::Graph(format!("target {id} of {targets}")))?;
            if !weight.is_finite() {
                return Err(OpError::Graph(format!("a weight that is {weight}")));
            }
            leaves.push(Leaf { node: parsed.leaf(*tree, *node)?, score, weight: *weight });
        }
        let targets = usize::try_from(targets).unwrap_or(0);
        // Leaves name every target but those that none has, of which there are not many.
        if targets > 2 * ids.len() {
            return Err(OpError::Graph(format!("{targets} targets, {} numbers", ids.len())));
        }
        let base = match base.len() {
            0 => vec![0.0; targets],
            n if n == targets => base,
            n => return Err(OpError::Graph(format!("{n} base values for {targets} targets"))),
        };
        let x = row(to, inputs)?;
        let scores = Scores {
            trees: Arc::new(parsed.trees),
            leaves: Arc::new(leaves),
            base,
            average: aggregate == Aggregate::Average,
        };
        let y = aggregated(to, "TreeEnsembleRegressor", x, scores, aggregate)?;
        Ok(vec![transform.apply(to, y)?])
    },
};

impl Scorer {
    /// All scores.
    pub(super) fn all(x: Id, scores: Scores) -> (Self, usize) {
        let count = scores.base.len();
        (Self::Forest(x, scores), count)
    }
}

#[cfg(test)]
mod tests;
