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
    Parsed::take(&mut Attrs::new(3, lists), Features::real(true))
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
    assert!(self::parsed(lists(&[(0, 0, LEQ, 1, 1), (0, 1, LEAF, 0, 0)])).is_ok(), "a child of both sides");
}

#[test]
fn malformed_trees_are_errors() {
    let cases: [(&str, Nodes<'_>); 7] = [
        ("nothing", &[]),
        ("a node twice", &[(0, 0, LEAF, 0, 0), (0, 0, LEAF, 0, 0)]),
        ("a missing child", &[(0, 0, LEQ, 1, 2), (0, 1, LEAF, 0, 0)]),
        ("a child in another tree", &[(0, 0, LEQ, 1, 2), (0, 1, LEAF, 0, 0), (1, 2, LEAF, 0, 0)]),
        ("a cycle", &[(0, 0, LEQ, 1, 2), (0, 1, LEQ, 0, 3), (0, 2, LEAF, 0, 0), (0, 3, LEAF, 0, 0)]),
        (
            "a cycle beside a tree",
            &[(0, 0, LEAF, 0, 0), (0, 1, LEQ, 2, 3), (0, 2, LEQ, 1, 4), (0, 3, LEAF, 0, 0), (0, 4, LEAF, 0, 0)],
        ),
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
    let changed = |name: &str, value: Attr| parsed(lists(GOOD).into_iter().chain([(name.to_owned(), value)]).collect());
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
