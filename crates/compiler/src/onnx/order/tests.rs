use super::super::pb::{NodeProto, ValueInfoProto};

use super::*;

fn value(name: &str) -> ValueInfoProto {
    ValueInfoProto { name: name.into(), ..Default::default() }
}

/// A graph from "x" to "y"; a node is (inputs, output).
fn graph(nodes: &[(&[&str], &str)]) -> GraphProto {
    let node = |(inputs, output): &(&[&str], &str)| NodeProto {
        input: inputs.iter().map(|name| name.to_string()).collect(),
        output: vec![output.to_string()],
        ..Default::default()
    };
    let node = nodes.iter().map(node).collect();
    GraphProto { node, input: vec![value("x")], output: vec![value("y")], ..Default::default() }
}

fn names(mut graph: GraphProto) -> Vec<String> {
    order(&mut graph).unwrap();
    graph.node.into_iter().map(|node| node.name).collect()
}

#[test]
fn nodes_are_sorted_and_pruned() {
    assert_eq!(names(graph(&[(&["x"], "a"), (&["a", "", "a"], "y")])), ["#0", "#1"]);
    assert_eq!(names(graph(&[(&["a"], "y"), (&["x"], "b"), (&["x"], "a")])), ["#2", "#0"]);
}

#[test]
fn bad_graphs_are_errors() {
    for (bad, node) in [
        (graph(&[]), ""),
        (GraphProto { output: vec![], ..graph(&[(&["x"], "y")]) }, ""),
        (graph(&[(&["x"], "a")]), "y"),
        (graph(&[(&["z"], "y")]), "#0"),
        (graph(&[(&["x"], "x"), (&["x"], "y")]), "#0"),
        (graph(&[(&["x"], "y"), (&["x"], "y")]), "#1"),
        (graph(&[(&["y"], "y")]), "#0"),
        (graph(&[(&["x", "b"], "a"), (&["a"], "b"), (&["b"], "y")]), "#0"),
        (GraphProto { input: vec![value("x"), value("x")], ..graph(&[(&["x"], "y")]) }, "x"),
    ] {
        let mut changed = bad.clone();
        assert!(matches!(order(&mut changed), Err(Error::Graph { node: n, .. }) if n == node), "{bad:?}");
    }
}
