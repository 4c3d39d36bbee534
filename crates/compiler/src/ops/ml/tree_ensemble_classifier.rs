//! [TreeEnsembleClassifier](https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleClassifier.html): the class whose
//! scores, summed over the leaves that a row reaches, are largest, and the scores. Operator sets 1 to 5.
//!
//! Decisions are exact, and so is the label up to the rounding of weights to the bits of a comparison. With one class
//! id and two labels the score s decides: s > ½ where all weights are positive, s > 0 else; the scores are then 1 − s
//! and s, −s and s, or σ(−s) and σ(s). Otherwise it is the first largest score. Strings as labels become named numbers.
//!
//! Unsupported: `post_transform` PROBIT and SOFTMAX_ZERO, and SOFTMAX with one class id, where runtimes disagree.

use std::sync::Arc;

use super::{
    super::op::{Mark, OpError, RewriteDef, trees::Leaf},
    classifier::{Binary, Labels, Scorer, Transform, classify},
    features::row,
    forest::Scores,
    trees::{Parsed, comparison, floats},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "TreeEnsembleClassifier",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "decision trees: exact comparisons; label and scores; NONE, LOGISTIC and SOFTMAX",
    marks: &[Mark::Softmax(1)],
    rewrite: |mut attrs, inputs, to| {
        let parsed = Parsed::take(&mut attrs, comparison(inputs, to)?)?;
        let trees = attrs.ints("class_treeids").unwrap_or_default();
        let nodes = attrs.ints("class_nodeids").unwrap_or_default();
        let ids = attrs.ints("class_ids").unwrap_or_default();
        let weights = floats(&mut attrs, "class_weights").unwrap_or_default();
        let base = floats(&mut attrs, "base_values").unwrap_or_default();
        let labels = Labels::take(&mut attrs, "classlabels_int64s");
        let transform = Transform::take(&mut attrs);
        let one_id = ids.first().is_some_and(|first| ids.iter().all(|id| id == first));
        let two = one_id && labels.numbers.len() == 2;
        if two && transform == Transform::Softmax {
            attrs.reject("SOFTMAX of one score, which runtimes take for different things; export LOGISTIC");
        }
        attrs.finish()?;
        if ids.is_empty() || [trees.len(), nodes.len(), weights.len()] != [ids.len(); 3] {
            let (trees, nodes, weights) = (trees.len(), nodes.len(), weights.len());
            let reason = format!("{} class ids, {trees} trees, {nodes} nodes and {weights} weights", ids.len());
            return Err(OpError::Graph(reason));
        }
        if two && ids[0] != 0 {
            return Err(OpError::unsupported(format!("the only class id is {}, not 0", ids[0])));
        }
        let scores = if two { 1 } else { labels.numbers.len() };
        let base = match base.len() {
            0 => vec![0.0; scores],
            n if n == scores => base,
            n => return Err(OpError::Graph(format!("{n} base values for {scores} scores"))),
        };
        let mut leaves = Vec::with_capacity(ids.len());
        for (((tree, node), id), weight) in trees.iter().zip(&nodes).zip(&ids).zip(&weights) {
            let score = u32::try_from(*id).ok().filter(|id| (*id as usize) < scores);
            let score = score.ok_or_else(|| OpError::Graph(format!("class {id} of {scores}")))?;
            if !weight.is_finite() {
                return Err(OpError::Graph(format!("a weight that is {weight}")));
            }
            leaves.push(Leaf { node: parsed.leaf(*tree, *node)?, score, weight: *weight });
        }
        let positive = weights.iter().all(|weight| *weight >= 0.0);
        let binary = two.then_some(Binary { at: if positive { 0.5 } else { 0.0 }, complement: positive });
        let x = row(to, inputs)?;
        let scores = Scores { trees: Arc::new(parsed.trees), leaves: Arc::new(leaves), base, average: false };
        classify(to, "TreeEnsembleClassifier", &Scorer::Forest(x, scores), &labels, transform, binary)
    },
};

#[cfg(test)]
mod tests;
