//! Decision trees, checked: every node is reached from one root. Branches may share a child.

use std::{collections::BTreeSet, sync::Arc};

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
    /// Whether a feature takes the true branch.
    pub(crate) fn holds(self, x: f64, value: f64) -> bool {
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
    pub(crate) value: f64,
    /// Whether a missing feature (NaN) takes the true branch.
    pub(crate) missing: bool,
    /// The node where it holds.
    pub(crate) yes: u32,
    /// The node where it does not.
    pub(crate) no: u32,
}

impl Branch {
    /// Whether a feature, rounded to the precision of the trees, takes the true branch.
    pub(crate) fn holds(&self, x: f64) -> bool {
        if x.is_nan() { self.missing } else { self.mode.holds(x, self.value) }
    }
}

/// A node of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Node {
    Branch(Branch),
    Leaf,
}

/// What the features of trees are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    /// Whether they are compared in single precision; else in double precision.
    pub(crate) single: bool,
    /// Whether one may be missing (NaN).
    pub(crate) missing: bool,
    /// The numbers of names that are told apart, where the features are names.
    pub(crate) names: Option<Names>,
}

/// Names by their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) known: Vec<u32>,
    /// Whether there is an answer for any other name.
    pub(crate) open: bool,
}

impl Features {
    /// Real numbers, any of which may be missing.
    pub(in crate::ops) const fn real(single: bool) -> Self {
        Self { single, missing: true, names: None }
    }

    /// A feature in the precision of the comparison.
    pub(crate) fn round(&self, x: f64) -> f64 {
        if self.single { f64::from(x as f32) } else { x }
    }

    /// The next number after one of these.
    pub(crate) fn next(&self, x: f64) -> f64 {
        if self.single { (x as f32).next_up().into() } else { x.next_up() }
    }
}

/// All trees of an ensemble.
#[derive(Debug, PartialEq)]
pub(crate) struct Trees {
    pub(crate) features: Features,
    /// First node of each tree, in the order of the file.
    pub(crate) roots: Vec<u32>,
    pub(crate) nodes: Vec<Node>,
    /// The nodes, each after all of which it is a child.
    order: Vec<u32>,
    /// Number of parents of each.
    parents: Vec<u32>,
}

impl Trees {
    /// Checks nodes whose children are in range: each is reached from just one of the roots; those are given, or are
    /// the nodes without parent.
    pub(in crate::ops) fn new(features: Features, nodes: Vec<Node>, roots: Option<Vec<u32>>) -> OpResult<Self> {
        let mut parents = vec![0u32; nodes.len()];
        for node in &nodes {
            if let Node::Branch(branch) = node {
                for child in [branch.yes, branch.no] {
                    parents[child as usize] += 1;
                }
            }
        }
        let orphans = || (0..nodes.len()).filter(|index| parents[*index] == 0).map(|index| index as u32);
        let roots = roots.unwrap_or_else(|| orphans().collect());
        let set: BTreeSet<u32> = roots.iter().copied().collect();
        if set.len() < roots.len() || !orphans().eq(set) {
            return Err(OpError::Graph(
                "a node that no root leads to, or a root with a parent or given twice".to_owned(),
            ));
        }
        let (mut order, mut depth, mut waiting) = (vec![], vec![1; nodes.len()], parents.clone());
        let mut pending: Vec<u32> = roots.iter().rev().copied().collect();
        while let Some(at) = pending.pop() {
            order.push(at);
            let level = depth[at as usize];
            if level > MAX_DEPTH {
                return Err(OpError::unsupported(format!("trees of more than {MAX_DEPTH} levels")));
            }
            if let Node::Branch(branch) = nodes[at as usize] {
                for child in [branch.no, branch.yes].map(|child| child as usize) {
                    depth[child] = depth[child].max(level + 1);
                    waiting[child] -= 1;
                    pending.extend((waiting[child] == 0).then_some(child as u32));
                }
            }
        }
        // Nodes that wait for a parent, and that no root leads to, form cycles.
        if order.len() < nodes.len() {
            return Err(OpError::Graph("nodes lead back to themselves".to_owned()));
        }
        let trees = Self { features, roots, nodes, order, parents };
        let tree = trees.tree_of();
        let apart = |(at, node): (usize, &Node)| match node {
            Node::Branch(branch) => [branch.yes, branch.no].iter().all(|child| tree[*child as usize] == tree[at]),
            Node::Leaf => true,
        };
        if trees.nodes.iter().enumerate().all(apart) {
            Ok(trees)
        } else {
            Err(OpError::Graph("two trees lead to one node".to_owned()))
        }
    }

    /// The nodes with their number of parents, each after all of these.
    pub(crate) fn ordered(&self) -> impl Iterator<Item = (u32, &Node, u32)> {
        self.order.iter().map(|at| (*at, &self.nodes[*at as usize], self.parents[*at as usize]))
    }

    /// The decisions.
    pub(crate) fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Branch(branch) => Some(branch),
            Node::Leaf => None,
        })
    }

    /// The leaf of each tree.
    pub(crate) fn leaves<'a>(&'a self, x: &'a [f64]) -> impl Iterator<Item = u32> + 'a {
        self.roots.iter().map(|root| {
            let mut at = *root;
            while let Node::Branch(branch) = &self.nodes[at as usize] {
                let x = self.features.round(x[branch.feature as usize]);
                at = if branch.holds(x) { branch.yes } else { branch.no };
            }
            at
        })
    }

    /// Number of features that are read.
    pub(in crate::ops) fn needed(&self) -> usize {
        self.branches().map(|branch| branch.feature as usize + 1).max().unwrap_or(0)
    }

    /// The tree of each node.
    pub(in crate::ops) fn tree_of(&self) -> Vec<usize> {
        let mut tree = vec![usize::MAX; self.nodes.len()];
        self.roots.iter().enumerate().for_each(|(number, root)| tree[*root as usize] = number);
        for at in &self.order {
            if let Node::Branch(branch) = self.nodes[*at as usize] {
                for child in [branch.yes, branch.no] {
                    tree[child as usize] = tree[*at as usize];
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

/// A function that never decreases or never increases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Monotone {
    /// (x − offset) · scale in single precision, rounded twice.
    Scaled {
        /// What is subtracted.
        offset: f32,
        /// What the difference is multiplied by, not 0.
        scale: f32,
    },
    /// x in single precision.
    Single,
    /// The integer part.
    Truncated,
    /// Largest integer that is not above x.
    Floor,
    /// Least integer that is not below x.
    Ceil,
    /// A number for a missing value, x for any other.
    Imputed(f64),
}

impl Monotone {
    /// The value at x.
    pub(crate) fn apply(self, x: f64) -> f64 {
        match self {
            Self::Scaled { offset, scale } => ((x as f32 - offset) * scale).into(),
            Self::Single => f64::from(x as f32),
            Self::Truncated => x.trunc(),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Imputed(value) => {
                if x.is_nan() {
                    value
                } else {
                    x
                }
            }
        }
    }

    /// Whether it never decreases; else it never increases.
    pub(crate) fn rises(self) -> bool {
        !matches!(self, Self::Scaled { scale, .. } if scale < 0.0)
    }

    /// Whether it has a value where x is missing.
    pub(crate) const fn takes_missing(self) -> bool {
        !matches!(self, Self::Truncated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stump(mode: Mode, features: Features) -> Trees {
        let branch = Branch { feature: 0, mode, value: 0.1f32.into(), missing: mode == Mode::NotEqual, yes: 1, no: 2 };
        Trees::new(features, vec![Node::Branch(branch), Node::Leaf, Node::Leaf], None).unwrap()
    }

    #[test]
    fn features_are_compared_in_their_precision() {
        for (mode, single, double) in [
            (Mode::LessOrEqual, [true, true, false], [true, true, false]),
            (Mode::Less, [true, false, false], [true, true, false]),
            (Mode::GreaterOrEqual, [false, true, true], [false, false, true]),
            (Mode::Greater, [false, false, true], [false, false, true]),
            (Mode::Equal, [false, true, false], [false, false, false]),
            (Mode::NotEqual, [true, false, true], [true, true, true]),
        ] {
            // 0.1 in double precision is below 0.1 in single precision.
            for (is_single, holds) in [(true, single), (false, double)] {
                let trees = stump(mode, Features::real(is_single));
                let leaf = |x: f64| trees.leaves(&[x]).next() == Some(1);
                assert_eq!([0.0999, 0.1, 0.1001].map(leaf), holds, "{mode:?}");
                assert_eq!(leaf(f64::NAN), mode == Mode::NotEqual);
            }
        }
    }

    #[test]
    fn branches_may_share_a_child() {
        let branch = |value: f64, yes, no| {
            Node::Branch(Branch { feature: 0, mode: Mode::Equal, value, missing: false, yes, no })
        };
        let nodes = vec![branch(1.0, 2, 1), branch(3.0, 2, 3), Node::Leaf, Node::Leaf];
        let trees = Trees::new(Features::real(true), nodes.clone(), None).unwrap();
        assert_eq!([1.0, 2.0, 3.0].map(|x| trees.leaves(&[x]).next().unwrap()), [2, 3, 2]);
        assert_eq!(trees.ordered().map(|(at, ..)| at).collect::<Vec<_>>(), [0, 1, 2, 3]);
        // But not of another tree.
        let nodes = [nodes, vec![branch(0.0, 2, 5), Node::Leaf]].concat();
        assert!(matches!(Trees::new(Features::real(true), nodes, None), Err(OpError::Graph(_))));
    }
}
