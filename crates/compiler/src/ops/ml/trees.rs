//! Decision trees as the operators' attributes give them, checked: every node is reached from one root.

use std::collections::{HashMap, hash_map::Entry};

use super::super::op::{
    Attrs, Id, Inputs, OpError, OpResult, Rewriter,
    trees::{Branch, Features, Mode, Node, Trees},
};

/// Most nodes of all trees.
const MAX_NODES: usize = 1 << 20;

/// The trees of the operators up to version 4, and the node of each pair of tree and node identifiers.
pub(super) struct Parsed {
    pub(super) trees: Trees,
    ids: HashMap<(i64, i64), u32>,
}

impl Parsed {
    /// Takes the attributes `nodes_*`.
    pub(super) fn take(attrs: &mut Attrs, comparison: Features) -> OpResult<Self> {
        let trees = attrs.ints("nodes_treeids").unwrap_or_default();
        let nodes = attrs.ints("nodes_nodeids").unwrap_or_default();
        let features = attrs.ints("nodes_featureids").unwrap_or_default();
        let values = floats(attrs, "nodes_values").unwrap_or_default();
        let modes = attrs.texts("nodes_modes").unwrap_or_default();
        let yes = attrs.ints("nodes_truenodeids").unwrap_or_default();
        let no = attrs.ints("nodes_falsenodeids").unwrap_or_default();
        let missing = attrs.ints("nodes_missing_value_tracks_true").unwrap_or_default();
        // How often nodes were visited in training.
        for name in ["nodes_hitrates", "nodes_hitrates_as_tensor"] {
            attrs.ignore(name);
        }
        let count = trees.len();
        let lengths = [nodes.len(), features.len(), values.len(), modes.len(), yes.len(), no.len()];
        if count == 0 || count > MAX_NODES || lengths.iter().any(|len| *len != count) {
            return Err(OpError::Graph(format!("lists of {count} and {lengths:?} entries for 1 to {MAX_NODES} nodes")));
        }
        let mut ids = HashMap::with_capacity(count);
        for (index, id) in trees.iter().copied().zip(nodes.iter().copied()).enumerate() {
            match ids.entry(id) {
                Entry::Vacant(free) => free.insert(index as u32),
                Entry::Occupied(_) => return Err(OpError::Graph(format!("tree {}: node {} twice", id.0, id.1))),
            };
        }
        let mut all = Vec::with_capacity(count);
        for index in 0..count {
            let child = |node: i64| {
                let error = || OpError::Graph(format!("tree {}: no node {node}", trees[index]));
                ids.get(&(trees[index], node)).copied().ok_or_else(error)
            };
            let feature = || u32::try_from(features[index]);
            let mode = match modes[index].as_str() {
                "LEAF" => None,
                "BRANCH_LEQ" => Some(Mode::LessOrEqual),
                "BRANCH_LT" => Some(Mode::Less),
                "BRANCH_GTE" => Some(Mode::GreaterOrEqual),
                "BRANCH_GT" => Some(Mode::Greater),
                "BRANCH_EQ" => Some(Mode::Equal),
                "BRANCH_NEQ" => Some(Mode::NotEqual),
                other => return Err(OpError::unsupported(format!("branches of mode {other}"))),
            };
            all.push(match mode {
                None => Node::Leaf,
                Some(mode) => Node::Branch(Branch {
                    feature: feature().map_err(|_| OpError::Graph(format!("feature {}", features[index])))?,
                    mode,
                    value: threshold(values[index], &comparison)?,
                    missing: mode == Mode::NotEqual || missing.get(index).is_some_and(|tracks| *tracks != 0),
                    yes: child(yes[index])?,
                    no: child(no[index])?,
                }),
            });
        }
        let checked = Trees::new(comparison, all, None)?;
        let mut seen = HashMap::with_capacity(checked.roots.len());
        for root in &checked.roots {
            let tree = trees[*root as usize];
            if seen.insert(tree, root).is_some() {
                return Err(OpError::Graph(format!("tree {tree}: a node that its root does not lead to")));
            }
        }
        Ok(Self { trees: checked, ids })
    }

    /// The leaf with these identifiers.
    pub(super) fn leaf(&self, tree: i64, node: i64) -> OpResult<u32> {
        let found = self.ids.get(&(tree, node)).copied();
        let leaf = found.filter(|index| self.trees.nodes[*index as usize] == Node::Leaf);
        leaf.ok_or_else(|| OpError::Graph(format!("tree {tree}: no leaf {node}")))
    }
}

/// What features are compared as: real numbers in the precision of the input.
pub(super) fn comparison(inputs: &[Option<Id>], to: &Rewriter<'_>) -> OpResult<Features> {
    Ok(Features::real(!to.is_double(Inputs(inputs).get(0)?)))
}

/// A number to compare with; it may be infinite.
pub(super) fn threshold(value: f64, features: &Features) -> OpResult<f64> {
    if value.is_nan() { Err(OpError::Graph("compares with NaN".to_owned())) } else { Ok(features.round(value)) }
}

/// A list of numbers that stands in one of two attributes: as FLOATS, or as a tensor.
pub(super) fn floats(attrs: &mut Attrs, name: &str) -> Option<Vec<f64>> {
    let tensor = attrs.tensor(&format!("{name}_as_tensor")).map(|tensor| tensor.data().to_vec());
    attrs.floats(name).or(tensor)
}

#[cfg(test)]
mod tests;
