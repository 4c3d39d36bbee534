//! Control flow, unrolled, against what it computes.

use hushproof_core::Error;

use crate::onnx::pb::{AttributeProto, GraphProto, TensorProto};

use super::{graph, rewrites::More};
use crate::onnx::tests::graphs::{Builder, new, value};

/// A graph inside a node.
fn body(builder: Builder, inputs: &[&str], outputs: &[&str]) -> GraphProto {
    let values = |names: &[&str]| names.iter().map(|name| value(name, &[], 1)).collect();
    GraphProto { input: values(inputs), output: values(outputs), ..builder.0 }
}

trait Inside {
    /// A graph of the last node.
    fn graph(self, name: &str, graph: GraphProto) -> Self;
    /// Truth values or integers.
    fn typed(self, name: &str, data_type: i32, data: &[i32]) -> Self;
}

impl Inside for Builder {
    fn graph(mut self, name: &str, graph: GraphProto) -> Self {
        let attribute = AttributeProto { name: name.into(), r#type: 5, g: Some(graph), ..Default::default() };
        self.0.node.last_mut().unwrap().attribute.push(attribute);
        self
    }

    fn typed(mut self, name: &str, data_type: i32, data: &[i32]) -> Self {
        let (name, int32_data) = (name.into(), data.to_vec());
        let tensor = TensorProto { name, data_type, int32_data, ..Default::default() };
        self.0.initializer.push(tensor);
        self
    }
}

/// state ← state + row · step, the row's double collected; `w` is a weight of the outer graph.
fn doubling() -> GraphProto {
    let nodes = new(&[]).node("Mul", &["row", "w"], "scaled").node("Add", &["state", "scaled"], "next");
    body(nodes.node("Add", &["row", "row"], "twice"), &["state", "row"], &["next", "twice"])
}

fn scan() -> Builder {
    let scan = graph(&[2, 3]).weight("w", &[], &[2.0]).weight("zero", &[3], &[0.0; 3]);
    let scan = scan.node("Scan", &["zero", "x"], "last").outputs(&["last", "rows"]);
    scan.int("num_scan_inputs", 1).graph("body", doubling())
}

#[test]
fn scans_are_unrolled() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    scan().node("Identity", &["last"], "y").alone(&x, &[10.0, 14.0, 18.0]);
    scan().node("Identity", &["rows"], "y").alone(&x, &[2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
    let turned = graph(&[2, 3]).weight("w", &[], &[1.0]).weight("zero", &[2], &[0.0; 2]);
    let turned = turned.node("Scan", &["zero", "x"], "last").outputs(&["last", "rows"]).int("num_scan_inputs", 1);
    let turned = turned.ints("scan_input_axes", &[1]).ints("scan_input_directions", &[1]);
    let turned = turned.ints("scan_output_axes", &[1]).graph("body", doubling());
    // From the last column to the first.
    turned.node("Identity", &["rows"], "y").alone(&x, &[6.0, 4.0, 2.0, 12.0, 10.0, 8.0]);
}

#[test]
fn loops_of_constant_length_are_unrolled() {
    // The state grows by the step's number times x.
    let nodes = new(&[]).node("CastLike", &["i", "state"], "number").node("Mul", &["x", "number"], "more");
    let nodes = nodes.node("Add", &["state", "more"], "next").node("Identity", &["go"], "on");
    let inside = body(nodes, &["i", "go", "state"], &["on", "next", "next"]);
    let with = |steps: i64| {
        let builder = graph(&[2]).integers("steps", &[steps]).typed("true", 9, &[1]);
        builder.node("Loop", &["steps", "true", "x"], "last").outputs(&["last", "all"]).graph("body", inside.clone())
    };
    with(3).node("Identity", &["last"], "y").alone(&[1.0, -1.0], &[4.0, -4.0]);
    with(3).node("Identity", &["all"], "y").alone(&[1.0, -1.0], &[1.0, -1.0, 2.0, -2.0, 4.0, -4.0]);
    assert!(matches!(with(1 << 40).node("Identity", &["last"], "y").read(), Err(Error::Graph { .. })));
    // A condition that follows from the step's number.
    let nodes = new(&[]).integers("two", &[2]).node("Less", &["i", "two"], "on").node("Add", &["state", "x"], "next");
    let counted = graph(&[2]).typed("true", 9, &[1]).node("Loop", &["", "true", "x"], "y");
    let counted = counted.graph("body", body(nodes, &["i", "go", "state"], &["on", "next"]));
    counted.alone(&[1.0, -1.0], &[4.0, -4.0]);
    // One that depends on values.
    let nodes = new(&[]).weight("w", &[], &[1.0]).node("ReduceSum", &["state"], "sum").int("keepdims", 0);
    let nodes = nodes.node("Less", &["sum", "w"], "on").node("Add", &["state", "x"], "next");
    let free = graph(&[2]).integers("steps", &[3]).typed("true", 9, &[1]).node("Loop", &["steps", "true", "x"], "y");
    let free = free.graph("body", body(nodes, &["i", "go", "state"], &["on", "next"]));
    assert!(matches!(free.read(), Err(Error::Unsupported(ops)) if ops[0].op == "Loop"));
}

#[test]
fn branches_are_taken_or_chosen_from() {
    let branch = |op: &str| body(new(&[]).node(op, &["x"], "z"), &[], &["z"]);
    let either = |builder: Builder| {
        builder.node("If", &["condition"], "y").graph("then_branch", branch("Neg")).graph("else_branch", branch("Relu"))
    };
    either(graph(&[2]).typed("condition", 9, &[1])).alone(&[1.0, -1.0], &[-1.0, 1.0]);
    either(graph(&[2]).typed("condition", 9, &[0])).alone(&[1.0, -1.0], &[1.0, 0.0]);
    let private = graph(&[2]).weight("zero", &[], &[0.5]).node("ReduceSum", &["x"], "sum").int("keepdims", 0);
    let private = either(private.node("Greater", &["sum", "zero"], "condition"));
    private.alone(&[3.0, -1.0], &[-3.0, 1.0]);
    private.alone(&[1.0, -1.0], &[1.0, 0.0]);
    // All that is unsupported inside is named.
    let bad = body(new(&[]).node("NonZero", &["x"], "a").node("Det", &["x"], "z"), &[], &["z"]);
    let bad = graph(&[2]).typed("condition", 9, &[1]).node("If", &["condition"], "y").graph("then_branch", bad);
    match bad.graph("else_branch", branch("Neg")).read() {
        Err(Error::Unsupported(ops)) => assert_eq!(ops.len(), 2, "{ops:?}"),
        other => panic!("{other:?}"),
    }
}
