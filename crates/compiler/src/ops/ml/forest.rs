//! Sums over the leaves that an input reaches, which have no ONNX name of their own: what the tree ensembles are made
//! of.
//!
//! `score_k = Σ_trees weight(leaf, k) [/ trees] + base_k` in single precision, tree after tree, as runtimes add them
//! up; an output is a number plus a sum of scores times numbers. In normal form each output is linear in the indicators
//! of leaves.

use std::sync::Arc;

use super::super::op::{
    Inputs, Lowered, Op, OpError, OpResult, Operand, tensor,
    trees::{Form, Leaf, Trees},
};
use crate::tensor::{Fact, Tensor};

/// Most numbers of outputs times leaves.
const MAX_ENTRIES: usize = 1 << 24;

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
    fn eval(&self, x: &[f64]) -> Vec<f64> {
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
        let divisor = if self.average { self.trees.roots.len() as f32 } else { 1.0 };
        sums.iter().zip(&self.base).map(|(sum, base)| f64::from(sum / divisor + *base as f32)).collect()
    }
}

impl Op for Forest {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let shape = &inputs.get(0)?.float()?.fact.shape;
        let needed = self.scores.trees.features();
        if shape.len() != 2 || shape[0] != 1 || shape[1] < needed {
            return Err(OpError::shape(format!("[1, features], at least {needed} of them"), &[shape]));
        }
        Ok(vec![Fact::float(vec![1, self.combine.len()])])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let scores = self.scores.eval(inputs.get(0)?.data());
        let sum = |terms: &Vec<(usize, f64)>| terms.iter().map(|(score, factor)| scores[*score] * factor).sum::<f64>();
        let y = self.combine.iter().zip(&self.shift).map(|(terms, shift)| sum(terms) + shift).collect();
        Ok(vec![tensor(Fact::float(vec![1, self.combine.len()]), y)?])
    }

    fn trees(&self) -> Option<&Trees> {
        Some(&self.scores.trees)
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
