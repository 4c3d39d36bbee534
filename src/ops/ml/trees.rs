//! Decision trees as the operators' attributes give them, checked: every node is reached once, from one root.

use std::collections::{HashMap, hash_map::Entry};

use super::super::op::{
    Attrs, OpError, OpResult,
    trees::{Branch, Mode, Node, Trees},
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
    pub(super) fn take(attrs: &mut Attrs) -> OpResult<Self> {
        let trees = attrs.ints("nodes_treeids").unwrap_or_default();
        let nodes = attrs.ints("nodes_nodeids").unwrap_or_default();
        let features = attrs.ints("nodes_featureids").unwrap_or_default();
        let values = floats(attrs, "nodes_values").unwrap_or_default();
        let modes = attrs.texts("nodes_modes").unwrap_or_default();
        let yes = attrs.ints("nodes_truenodeids").unwrap_or_default();
        let no = attrs.ints("nodes_falsenodeids").unwrap_or_default();
        // How often nodes were visited in training, and which way NaN goes: inputs are numbers.
        for name in ["nodes_hitrates", "nodes_hitrates_as_tensor", "nodes_missing_value_tracks_true"] {
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
                    value: threshold(values[index])?,
                    yes: child(yes[index])?,
                    no: child(no[index])?,
                }),
            });
        }
        let checked = Trees::new(all, None)?;
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

/// A number to compare with; it may be infinite.
pub(super) fn threshold(value: f64) -> OpResult<f32> {
    if value.is_nan() { Err(OpError::Graph("compares with NaN".to_owned())) } else { Ok(value as f32) }
}

/// A list of numbers that stands in one of two attributes: as FLOATS, or as a tensor.
pub(super) fn floats(attrs: &mut Attrs, name: &str) -> Option<Vec<f64>> {
    let tensor = attrs.tensor(&format!("{name}_as_tensor")).map(|tensor| tensor.data().to_vec());
    attrs.floats(name).or(tensor)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ops::{Attr, trees::MAX_DEPTH};

    /// Nodes as (tree, node, mode, true, false).
    type Nodes<'a> = &'a [(i64, i64, &'a str, i64, i64)];

    fn lists(nodes: Nodes<'_>) -> BTreeMap<String, Attr> {
        let ints = |of: fn(&(i64, i64, &str, i64, i64)) -> i64| Attr::Ints(nodes.iter().map(of).collect());
        [
            ("nodes_treeids", ints(|node| node.0)),
            ("nodes_nodeids", ints(|node| node.1)),
            ("nodes_featureids", ints(|_| 0)),
            ("nodes_values", Attr::Floats(vec![0.5; nodes.len()])),
            ("nodes_modes", Attr::Texts(nodes.iter().map(|node| node.2.to_owned()).collect())),
            ("nodes_truenodeids", ints(|node| node.3)),
            ("nodes_falsenodeids", ints(|node| node.4)),
        ]
        .map(|(name, values)| (name.to_owned(), values))
        .into()
    }

    fn parsed(lists: BTreeMap<String, Attr>) -> OpResult<Parsed> {
        Parsed::take(&mut Attrs::new(3, lists))
    }

    const LEQ: &str = "BRANCH_LEQ";
    const LEAF: &str = "LEAF";
    const GOOD: Nodes<'static> = &[(4, 0, LEQ, 7, 9), (4, 7, LEAF, 0, 0), (4, 9, LEAF, 0, 0), (5, 0, LEAF, 0, 0)];

    #[test]
    fn trees_are_read() {
        let parsed = parsed(lists(GOOD)).unwrap();
        assert_eq!(parsed.trees.roots, [0, 3]);
        assert_eq!(parsed.trees.leaves(&[0.5]).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(parsed.trees.leaves(&[0.6]).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(parsed.leaf(4, 9), Ok(2));
        assert!(parsed.leaf(4, 0).is_err() && parsed.leaf(5, 9).is_err());
        assert_eq!(parsed.trees.tree_of(), [0, 0, 0, 1]);
    }

    #[test]
    fn malformed_trees_are_errors() {
        let cases: [(&str, Nodes<'_>); 8] = [
            ("nothing", &[]),
            ("a node twice", &[(0, 0, LEAF, 0, 0), (0, 0, LEAF, 0, 0)]),
            ("a missing child", &[(0, 0, LEQ, 1, 2), (0, 1, LEAF, 0, 0)]),
            ("a child in another tree", &[(0, 0, LEQ, 1, 2), (0, 1, LEAF, 0, 0), (1, 2, LEAF, 0, 0)]),
            ("a cycle", &[(0, 0, LEQ, 1, 2), (0, 1, LEQ, 0, 3), (0, 2, LEAF, 0, 0), (0, 3, LEAF, 0, 0)]),
            (
                "a cycle beside a tree",
                &[(0, 0, LEAF, 0, 0), (0, 1, LEQ, 2, 3), (0, 2, LEQ, 1, 4), (0, 3, LEAF, 0, 0), (0, 4, LEAF, 0, 0)],
            ),
            ("a child of two", &[(0, 0, LEQ, 1, 1), (0, 1, LEAF, 0, 0)]),
            ("an unreachable node", &[(0, 0, LEQ, 1, 2), (0, 1, LEAF, 0, 0), (0, 2, LEAF, 0, 0), (0, 3, LEAF, 0, 0)]),
        ];
        for (what, nodes) in cases {
            assert!(matches!(parsed(lists(nodes)), Err(OpError::Graph(_))), "{what}");
        }
        for name in lists(GOOD).into_keys() {
            let mut short = lists(GOOD);
            match short.get_mut(&name) {
                Some(Attr::Ints(values)) => drop(values.pop()),
                Some(Attr::Floats(values)) => drop(values.pop()),
                Some(Attr::Texts(values)) => drop(values.pop()),
                _ => panic!("{name}"),
            }
            assert!(matches!(parsed(short), Err(OpError::Graph(_))), "{name}");
        }
        let changed =
            |name: &str, value: Attr| parsed(lists(GOOD).into_iter().chain([(name.to_owned(), value)]).collect());
        assert!(matches!(changed("nodes_values", Attr::Floats(vec![f64::NAN; 4])), Err(OpError::Graph(_))));
        assert!(matches!(changed("nodes_featureids", Attr::Ints(vec![-1, 0, 0, 0])), Err(OpError::Graph(_))));
        assert!(changed("nodes_values", Attr::Floats(vec![f64::INFINITY; 4])).is_ok());
        assert!(matches!(parsed(lists(&[(0, 0, "BRANCH_MEMBER", 0, 0)])), Err(OpError::Unsupported(_))));
    }

    #[test]
    fn deep_trees_are_refused() {
        let chain = |levels: i64| {
            let mut nodes = vec![];
            for level in 0..levels - 1 {
                nodes.push((0, 2 * level, LEQ, 2 * level + 1, 2 * level + 2));
                nodes.push((0, 2 * level + 1, LEAF, 0, 0));
            }
            nodes.push((0, 2 * levels - 2, LEAF, 0, 0));
            parsed(lists(&nodes))
        };
        assert!(chain(MAX_DEPTH as i64).is_ok());
        assert!(matches!(chain(MAX_DEPTH as i64 + 1), Err(OpError::Unsupported(_))));
    }
}
