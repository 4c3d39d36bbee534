//! Decision trees, checked: every node is reached once, from one root.

use std::sync::Arc;

use super::error::{OpError, OpResult};

/// Most nodes from a root to a leaf.
pub(in crate::ops) const MAX_DEPTH: usize = 256;

/// How a branch compares a feature with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// x ≤ value.
    LessOrEqual,
    /// x < value.
    Less,
    /// x ≥ value.
    GreaterOrEqual,
    /// x > value.
    Greater,
    /// x = value.
    Equal,
    /// x ≠ value.
    NotEqual,
}

impl Mode {
    /// Whether a feature takes the true branch, in single precision.
    pub(crate) fn holds(self, x: f64, value: f32) -> bool {
        let (x, value) = (x as f32, value);
        match self {
            Self::LessOrEqual => x <= value,
            Self::Less => x < value,
            Self::GreaterOrEqual => x >= value,
            Self::Greater => x > value,
            Self::Equal => x == value,
            Self::NotEqual => x != value,
        }
    }
}

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Branch {
    pub(crate) feature: u32,
    pub(crate) mode: Mode,
    pub(crate) value: f32,
    /// The node where it holds.
    pub(crate) yes: u32,
    /// The node where it does not.
    pub(crate) no: u32,
}

/// A node of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Node {
    Branch(Branch),
    Leaf,
}

/// All trees of an ensemble.
#[derive(Debug, PartialEq)]
pub(crate) struct Trees {
    /// First node of each tree, in the order of the file.
    pub(crate) roots: Vec<u32>,
    pub(crate) nodes: Vec<Node>,
}

impl Trees {
    /// Checks nodes whose children are in range: no node has two parents, and each is reached from one of the roots;
    /// those are given, or are the nodes without parent.
    pub(in crate::ops) fn new(nodes: Vec<Node>, roots: Option<Vec<u32>>) -> OpResult<Self> {
        let mut parents = vec![0usize; nodes.len()];
        for node in &nodes {
            if let Node::Branch(branch) = node {
                for child in [branch.yes, branch.no] {
                    parents[child as usize] += 1;
                }
            }
        }
        if let Some(index) = parents.iter().position(|parents| *parents > 1) {
            return Err(OpError::Graph(format!("entry {index} of the nodes is the child of several")));
        }
        let orphans = || (0..nodes.len()).filter(|index| parents[*index] == 0).map(|index| index as u32);
        let roots = roots.unwrap_or_else(|| orphans().collect());
        if !orphans().eq(roots.iter().copied().collect::<std::collections::BTreeSet<_>>()) {
            return Err(OpError::Graph("a node that no root leads to, or a root with a parent".to_owned()));
        }
        let mut pending: Vec<(u32, usize)> = roots.iter().map(|root| (*root, 1)).collect();
        let mut reached = 0;
        while let Some((index, depth)) = pending.pop() {
            reached += 1;
            if depth > MAX_DEPTH {
                return Err(OpError::unsupported(format!("trees of more than {MAX_DEPTH} levels")));
            }
            if let Node::Branch(branch) = nodes[index as usize] {
                pending.extend([(branch.yes, depth + 1), (branch.no, depth + 1)]);
            }
        }
        // Nodes with one parent each that no root leads to form cycles.
        if reached < nodes.len() {
            return Err(OpError::Graph("nodes lead back to themselves".to_owned()));
        }
        Ok(Self { roots, nodes })
    }

    /// The leaf of each tree on features in single precision.
    pub(crate) fn leaves<'a>(&'a self, x: &'a [f64]) -> impl Iterator<Item = u32> + 'a {
        self.roots.iter().map(|root| {
            let mut at = *root;
            while let Node::Branch(branch) = self.nodes[at as usize] {
                at = if branch.mode.holds(x[branch.feature as usize], branch.value) { branch.yes } else { branch.no };
            }
            at
        })
    }

    /// Number of features that are read.
    pub(in crate::ops) fn features(&self) -> usize {
        let feature = |node: &Node| match node {
            Node::Branch(branch) => branch.feature as usize + 1,
            Node::Leaf => 0,
        };
        self.nodes.iter().map(feature).max().unwrap_or(0)
    }

    /// The tree of each node.
    pub(in crate::ops) fn tree_of(&self) -> Vec<usize> {
        let mut tree = vec![0; self.nodes.len()];
        for (number, root) in self.roots.iter().enumerate() {
            let mut pending = vec![*root];
            while let Some(index) = pending.pop() {
                tree[index as usize] = number;
                if let Node::Branch(branch) = self.nodes[index as usize] {
                    pending.extend([branch.yes, branch.no]);
                }
            }
        }
        tree
    }
}

/// A number that a leaf adds to a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Leaf {
    /// The node.
    pub(crate) node: u32,
    /// The score, or in [`Form`] the output.
    pub(crate) score: u32,
    /// The number.
    pub(crate) weight: f64,
}

/// Outputs as sums over the leaves that are reached.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Form {
    pub(crate) trees: Arc<Trees>,
    pub(crate) leaves: Vec<Leaf>,
    /// One number for each output.
    pub(crate) bias: Vec<f64>,
}

impl Form {
    /// The outputs on features.
    #[cfg(test)]
    pub(crate) fn eval(&self, x: &[f64]) -> Vec<f64> {
        let mut y = self.bias.clone();
        for node in self.trees.leaves(x) {
            for leaf in self.leaves.iter().filter(|leaf| leaf.node == node) {
                y[leaf.score as usize] += leaf.weight;
            }
        }
        y
    }
}

/// (x − offset) · scale, rounded twice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Monotone {
    pub(in crate::ops) offset: f32,
    pub(in crate::ops) scale: f32,
}

impl Monotone {
    /// The value at x.
    pub(crate) fn apply(self, x: f32) -> f32 {
        (x - self.offset) * self.scale
    }

    /// Whether it never decreases; else it never increases.
    pub(crate) fn rises(self) -> bool {
        self.scale > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_compared_in_single_precision() {
        let tenth = 0.1f32;
        for (mode, holds) in [
            (Mode::LessOrEqual, [true, true, false]),
            (Mode::Less, [true, false, false]),
            (Mode::GreaterOrEqual, [false, true, true]),
            (Mode::Greater, [false, false, true]),
            (Mode::Equal, [false, true, false]),
            (Mode::NotEqual, [true, false, true]),
        ] {
            // 0.1 in double precision is below 0.1 in single precision.
            assert_eq!([0.0999, 0.1, 0.1001].map(|x| mode.holds(x, tenth)), holds, "{mode:?}");
        }
    }
}
