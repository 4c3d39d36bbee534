//! Sums over the leaves that an input reaches, which have no ONNX name of their own: what the tree ensembles are made
//! of.
//!
//! `score_k = Σ_trees weight(leaf, k) [/ trees] + base_k` in single precision, tree after tree, as runtimes add them
//! up; an output is a number plus a sum of scores times numbers. In normal form each output is linear in the indicators
//! of leaves.

use std::sync::Arc;

use super::super::op::{
    Inputs, Lowered, Op, OpError, OpResult, Operand, tensor,
    trees::{Form, Leaf, Node, Trees},
};
use crate::tensor::{Fact, Tensor};

/// Most numbers of outputs times leaves.
const MAX_ENTRIES: usize = 1 << 24;

/// Most numbers of the values of one tree by its leaves.
const MAX_TABLE: usize = 1 << 18;

/// Scores of trees.
#[derive(Debug, Clone)]
pub(super) struct Scores {
    pub(super) trees: Arc<Trees>,
    /// In the order of the file.
    pub(super) leaves: Arc<Vec<Leaf>>,
    /// One for each score.
    pub(super) base: Vec<f64>,
    /// Whether sums are divided by the number of trees.
    pub(super) average: bool,
}

/// Combinations of scores.
#[derive(Debug)]
pub(super) struct Forest {
    pub(super) scores: Scores,
    /// Scores and factors of each output.
    pub(super) combine: Vec<Vec<(usize, f64)>>,
    /// What is added to each output.
    pub(super) shift: Vec<f64>,
}

impl Scores {
    /// The sums over the leaves of a row.
    fn eval(&self, x: &[f64]) -> Vec<f32> {
        let mut first = vec![0u32; self.trees.nodes.len() + 1];
        self.leaves.iter().for_each(|leaf| first[leaf.node as usize + 1] += 1);
        (1..first.len()).for_each(|node| first[node] += first[node - 1]);
        let mut order: Vec<&Leaf> = self.leaves.iter().collect();
        order.sort_by_key(|leaf| leaf.node);
        let mut sums = vec![0f32; self.base.len()];
        for node in self.trees.leaves(x) {
            for leaf in &order[first[node as usize] as usize..first[node as usize + 1] as usize] {
                sums[leaf.score as usize] += leaf.weight as f32;
            }
        }
        sums
    }
}

impl Forest {
    /// The outputs from the sums over leaves.
    fn outputs(&self, sums: &[f32]) -> Vec<f64> {
        let Scores { trees, base, average, .. } = &self.scores;
        let divisor = if *average { trees.roots.len() as f32 } else { 1.0 };
        let scores = sums.iter().zip(base).map(|(sum, base)| f64::from(sum / divisor + *base as f32));
        let scores: Vec<f64> = scores.collect();
        let sum = |terms: &Vec<(usize, f64)>| terms.iter().map(|(score, factor)| scores[*score] * factor).sum::<f64>();
        self.combine.iter().zip(&self.shift).map(|(terms, shift)| sum(terms) + shift).collect()
    }
}

impl Op for Forest {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let shape = &inputs.get(0)?.float()?.fact.shape;
        let needed = self.scores.trees.needed();
        if shape.len() != 2 || shape[0] != 1 || shape[1] < needed {
            return Err(OpError::shape(format!("[1, features], at least {needed} of them"), &[shape]));
        }
        Ok(vec![Fact::float(vec![1, self.combine.len()])])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let y = self.outputs(&self.scores.eval(inputs.get(0)?.data()));
        Ok(vec![tensor(Fact::float(vec![1, self.combine.len()]), y)?])
    }

    fn trees(&self) -> Option<&Arc<Trees>> {
        Some(&self.scores.trees)
    }

    fn by_leaf(&self) -> Option<Vec<Option<Vec<f64>>>> {
        let Scores { trees, leaves, base, .. } = &self.scores;
        let count = base.len();
        if trees.roots.len() != 1 || trees.nodes.len().saturating_mul(count.max(self.combine.len())) > MAX_TABLE {
            return None;
        }
        let mut sums = vec![0f32; trees.nodes.len() * count];
        leaves.iter().for_each(|leaf| sums[leaf.node as usize * count + leaf.score as usize] += leaf.weight as f32);
        let value =
            |(at, node): (usize, &Node)| (*node == Node::Leaf).then(|| self.outputs(&sums[at * count..][..count]));
        Some(trees.nodes.iter().enumerate().map(value).collect())
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let Scores { trees, leaves, base, average } = &self.scores;
        let divisor = if *average { trees.roots.len() as f64 } else { 1.0 };
        let mut readers: Vec<Vec<(u32, f64)>> = vec![vec![]; base.len()];
        let mut bias = self.shift.clone();
        for (output, terms) in self.combine.iter().enumerate() {
            for (score, factor) in terms {
                readers[*score].push((output as u32, *factor));
                bias[output] += base[*score] * factor;
            }
        }
        let mut all = Vec::new();
        for leaf in leaves.iter() {
            let readers = &readers[leaf.score as usize];
            if all.len() + readers.len() > MAX_ENTRIES {
                return Err(OpError::Graph(format!("more than {MAX_ENTRIES} weights of leaves")));
            }
            let entry = |(output, factor): &(u32, f64)| Leaf {
                node: leaf.node,
                score: *output,
                weight: leaf.weight * factor / divisor,
            };
            all.extend(readers.iter().map(entry));
        }
        Ok(vec![Lowered::Forest(Form { trees: trees.clone(), leaves: all, bias })])
    }
}
