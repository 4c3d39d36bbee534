//! Operators that stand for others, against tract and the graph's own evaluation.

use hushproof_core::graph::{FloatActivation, Map, Term};

use crate::onnx::pb::{AttributeProto, NodeProto};

use super::{Build, graph};
use crate::onnx::tests::graphs::{Builder, new, value};

pub(super) trait More {
    /// A real attribute of the last node.
    fn float(self, name: &str, f: f32) -> Self;
    /// A text attribute of the last node.
    fn text(self, name: &str, text: &str) -> Self;
    /// More outputs of the last node.
    fn outputs(self, names: &[&str]) -> Self;
    /// Compares with the graph's own evaluation only, for what tract does not compute.
    fn alone(&self, x: &[f64], expected: &[f64]);
}

impl More for Builder {
    fn float(mut self, name: &str, f: f32) -> Self {
        let attribute = AttributeProto { name: name.into(), r#type: 1, f, ..Default::default() };
        self.0.node.last_mut().unwrap().attribute.push(attribute);
        self
    }

    fn text(mut self, name: &str, text: &str) -> Self {
        let s = text.as_bytes().to_vec();
        let attribute = AttributeProto { name: name.into(), r#type: 3, s, ..Default::default() };
        self.0.node.last_mut().unwrap().attribute.push(attribute);
        self
    }

    fn outputs(mut self, names: &[&str]) -> Self {
        let node: &mut NodeProto = self.0.node.last_mut().unwrap();
        node.output = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    fn alone(&self, x: &[f64], expected: &[f64]) {
        let graph = self.read().unwrap();
        for (got, who) in [(graph.eval(x).unwrap(), "graph"), (graph.network().unwrap().eval(x), "network")] {
            let close = got.len() == expected.len() && got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
            assert!(close, "{who}: {got:?} for {expected:?}");
        }
    }
}

/// The last step adds something, so that nothing in front is the last.
fn inner(builder: Builder) -> Builder {
    builder.weight("half", &[1], &[0.5]).node("Mul", &["inner", "half"], "y")
}

#[test]
fn functions_of_one_value() {
    for op in
        ["Abs", "Exp", "Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh", "Floor", "Ceil", "Round", "Sign", "Softsign"]
    {
        graph(&[1, 6]).node(op, &["x"], "y").lowered();
    }
    for op in ["Log", "Sqrt", "Reciprocal"] {
        let positive = graph(&[1, 6]).weight("two", &[1], &[2.0]).node("Add", &["x", "two"], "a");
        positive.node(op, &["a"], "y").lowered();
    }
    graph(&[1, 4]).node("Selu", &["x"], "y").lowered();
    graph(&[1, 4]).node("Celu", &["x"], "y").lowered();
    // 0.5 · (e^(x / 0.5) − 1); tract leaves out the factor.
    let halved = graph(&[1, 2]).node("Celu", &["x"], "y").float("alpha", 0.5);
    halved.alone(&[-1.0, 2.0], &[0.5 * (-2f64).exp_m1(), 2.0]);
    graph(&[1, 4]).weight("three", &[], &[3.0]).node("Pow", &["x", "three"], "y").lowered();
    graph(&[1, 4]).weight("two", &[1], &[2.0]).node("Pow", &["two", "x"], "y").lowered();
}

#[test]
fn pairs_of_values() {
    let other = |op: &str| graph(&[1, 4]).random("w", &[1, 4]).node("Mul", &["x", "w"], "a").node(op, &["x", "a"], "y");
    for op in ["Max", "Min"] {
        other(op).lowered();
        graph(&[1, 4]).random("w", &[4]).node(op, &["w", "x"], "y").lowered();
    }
    let divisor = graph(&[1, 4]).node("Exp", &["x"], "a");
    divisor.node("Div", &["x", "a"], "y").lowered();
    graph(&[1, 4]).node("Exp", &["x"], "a").node("Mean", &["x", "a"], "y").alone(&[0.0; 4], &[0.5; 4]);
    let modulo = graph(&[1, 4]).weight("m", &[1], &[0.75]).node("Mod", &["x", "m"], "y");
    modulo.alone(&[1.0, -1.0, 0.5, 2.0], &[0.25, 0.5, 0.5, 0.5]);
}

#[test]
fn reductions() {
    for op in ["ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceProd", "ReduceLogSumExp"] {
        for axes in [&[1][..], &[1, 2], &[-1]] {
            let reduced = graph(&[1, 3, 5]).node(op, &["x"], "y").ints("axes", axes).int("keepdims", 0);
            if op == "ReduceLogSumExp" {
                reduced.read().unwrap().network().unwrap();
            } else {
                reduced.lowered();
            }
        }
    }
    let sum = graph(&[1, 3, 5]).integers("axes", &[1]).node("ReduceSum", &["x", "axes"], "y");
    sum.lowered();
    graph(&[1, 2, 2, 3]).integers("axes", &[2, 3]).node("ReduceSum", &["x", "axes"], "y").lowered();
    let scalar = graph(&[1, 4]).integers("axis", &[1]).node("CumSum", &["x", "axis"], "y").int("reverse", 1);
    scalar.alone(&[1.0, 2.0, 3.0, 4.0], &[10.0, 9.0, 7.0, 4.0]);
}

#[test]
fn distributions_and_classes_inside() {
    for axis in [1, 2] {
        inner(graph(&[1, 3, 4]).node("Softmax", &["x"], "inner").int("axis", axis)).lowered();
        graph(&[1, 3, 4]).node("LogSoftmax", &["x"], "y").int("axis", axis).lowered();
    }
    graph(&[1, 4]).node("Hardmax", &["x"], "y").alone(&[1.0, 3.0, 3.0, 2.0], &[0.0, 1.0, 0.0, 0.0]);
    graph(&[1, 4]).node("ArgMin", &["x"], "y").int("axis", 1).alone(&[1.0, 3.0, 0.5, 0.5], &[2.0]);
    let rows = graph(&[3, 2]).node("ArgMax", &["x"], "y").int("axis", 1);
    rows.alone(&[1.0, 2.0, 5.0, 4.0, 0.0, 0.0], &[1.0, 0.0, 0.0]);
    // The last step is a decision of the circuit, not a table.
    let last = graph(&[1, 4]).node("ArgMax", &["x"], "y").int("axis", 1).lowered();
    assert!(last.layers.last().is_some_and(|layer| layer.activation == FloatActivation::ArgMax));
}

#[test]
fn truth_values_inside() {
    let x = [-1.0, 0.0, 1.0, 2.0];
    let zero = || graph(&[1, 4]).weight("zero", &[1], &[0.0]).weight("one", &[1], &[1.0]);
    let to_float =
        |builder: Builder| builder.node("Cast", &["inner"], "number").int("to", 1).node("Neg", &["number"], "y");
    let pair = || zero().node("Greater", &["x", "zero"], "a").node("Less", &["x", "one"], "b");
    to_float(pair().node("And", &["a", "b"], "inner")).alone(&x, &[0.0; 4]);
    to_float(pair().node("Or", &["a", "b"], "inner")).alone(&x, &[-1.0; 4]);
    to_float(pair().node("Xor", &["a", "b"], "inner")).alone(&x, &[-1.0; 4]);
    to_float(zero().node("GreaterOrEqual", &["x", "zero"], "inner")).alone(&x, &[0.0, -1.0, -1.0, -1.0]);
    to_float(zero().node("LessOrEqual", &["x", "zero"], "a").node("Not", &["a"], "inner"))
        .alone(&x, &[0.0, 0.0, -1.0, -1.0]);
    zero().node("Greater", &["x", "zero"], "a").node("Where", &["a", "x", "one"], "y").alone(&x, &[1.0, 1.0, 1.0, 2.0]);
    let several = graph(&[1, 4]).weight("w", &[4], &[0.0, 0.5, 1.0, 1.5]).node("Greater", &["x", "w"], "y");
    several.alone(&x, &[0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn moves_and_indices() {
    graph(&[1, 3, 4]).integers("at", &[2, 0, -1]).node("Gather", &["x", "at"], "y").int("axis", 2).lowered();
    graph(&[1, 3]).integers("to", &[2, 3]).node("Expand", &["x", "to"], "y").lowered();
    graph(&[1, 3]).integers("times", &[2, 2]).node("Tile", &["x", "times"], "y").lowered();
    graph(&[3, 3]).node("Trilu", &["x"], "y").int("upper", 0).lowered();
    graph(&[1, 8, 2, 3]).node("DepthToSpace", &["x"], "y").int("blocksize", 2).lowered();
    graph(&[1, 8, 2, 3]).node("DepthToSpace", &["x"], "y").int("blocksize", 2).text("mode", "CRD").lowered();
    graph(&[1, 2, 4, 6]).node("SpaceToDepth", &["x"], "y").int("blocksize", 2).lowered();
    let rows = graph(&[2, 3]).integers("flat", &[1, 0, 0, 2]).integers("two", &[2, 2]);
    let rows = rows.node("Reshape", &["flat", "two"], "at");
    rows.clone().node("GatherND", &["x", "at"], "y").alone(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[4.0, 3.0]);
    let placed = rows.clone().weight("new", &[2], &[7.0, 8.0]).node("ScatterND", &["x", "at", "new"], "y");
    placed.alone(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, 2.0, 8.0, 7.0, 5.0, 6.0]);
    rows.clone()
        .node("GatherElements", &["x", "at"], "y")
        .int("axis", 1)
        .alone(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2.0, 1.0, 4.0, 6.0]);
    let placed = rows.weight("new", &[2, 2], &[7.0, 8.0, 9.0, 10.0]).node("ScatterElements", &["x", "at", "new"], "y");
    placed.int("axis", 1).alone(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[8.0, 7.0, 3.0, 9.0, 5.0, 10.0]);
}

#[test]
fn private_indices_choose_by_table() {
    let index = graph(&[1, 3]).node("ArgMax", &["x"], "i").int("axis", 1).int("keepdims", 0);
    let table = index.clone().weight("table", &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    table.node("Gather", &["table", "i"], "y").alone(&[0.0, 5.0, 1.0], &[3.0, 4.0]);
    let own = graph(&[1, 3]).node("ArgMax", &["x"], "i").int("axis", 1);
    own.clone().node("GatherElements", &["x", "i"], "y").int("axis", 1).alone(&[0.0, 5.0, 1.0], &[5.0]);
    let placed = own.clone().weight("new", &[1, 1], &[9.0]).node("ScatterElements", &["x", "i", "new"], "y");
    placed.int("axis", 1).alone(&[0.0, 5.0, 1.0], &[0.0, 9.0, 1.0]);
    let row = own.integers("shape", &[1, 1]).node("Reshape", &["i", "shape"], "row");
    let column = row.integers("flat", &[3, 1]).node("Reshape", &["x", "flat"], "column");
    column.node("GatherND", &["column", "row"], "y").alone(&[0.0, 5.0, 7.0], &[7.0]);
    let hot = index.integers("depth", &[3]).weight("values", &[2], &[0.0, 2.0]);
    hot.node("OneHot", &["i", "depth", "values"], "y").alone(&[0.0, 5.0, 1.0], &[0.0, 2.0, 0.0]);
}

#[test]
fn the_largest_in_order() {
    let top = |largest: i64| {
        let k = graph(&[1, 5]).integers("k", &[3]).node("TopK", &["x", "k"], "y").outputs(&["values", "indices"]);
        k.int("largest", largest)
    };
    let x = [2.0, 7.0, 7.0, -1.0, 3.0];
    top(1).node("Identity", &["values"], "y").alone(&x, &[7.0, 7.0, 3.0]);
    top(1).node("Identity", &["indices"], "y").alone(&x, &[1.0, 2.0, 4.0]);
    top(0).node("Identity", &["values"], "y").alone(&x, &[-1.0, 2.0, 3.0]);
    top(0).node("Identity", &["indices"], "y").alone(&x, &[3.0, 0.0, 4.0]);
}

#[test]
fn normalizations() {
    let pair = |dims: &[i64]| graph(&[1, 4, 2, 3]).random("scale", dims).random("bias", dims);
    pair(&[4]).node("InstanceNormalization", &["x", "scale", "bias"], "y").lowered();
    pair(&[2, 3]).node("LayerNormalization", &["x", "scale", "bias"], "y").int("axis", 2).lowered();
    graph(&[1, 4]).node("LpNormalization", &["x"], "y").alone(&[3.0, 0.0, 4.0, 0.0], &[0.6, 0.0, 0.8, 0.0]);
}

#[test]
fn recurrent_networks() {
    for (op, gates) in [("LSTM", 4), ("RNN", 1)] {
        let weights = graph(&[3, 1, 2])
            .random("w", &[1, gates * 2, 2])
            .random("r", &[1, gates * 2, 2])
            .random("b", &[1, gates * 4]);
        weights.node(op, &["x", "w", "r", "b"], "y").int("hidden_size", 2).lowered();
    }
    // One unit, two steps: h = tanh(x + h), forward and back.
    let units = |direction: &str, count: i64| {
        let ones = vec![1.0; count as usize];
        let net = graph(&[2, 1, 1]).weight("w", &[count, 1, 1], &ones).weight("r", &[count, 1, 1], &ones);
        net.node("RNN", &["x", "w", "r"], "y").int("hidden_size", 1).text("direction", direction)
    };
    let (x, y) = (0.5f64, -1.0f64);
    let (there, back) = ([x.tanh(), (y + x.tanh()).tanh()], [(x + y.tanh()).tanh(), y.tanh()]);
    units("forward", 1).alone(&[x, y], &there);
    units("reverse", 1).alone(&[x, y], &back);
    units("bidirectional", 2).alone(&[x, y], &[there[0], back[0], there[1], back[1]]);
    // One gated unit after a state h: z = r = σ(x + h), n = tanh(x + r · h), (1 − z) · n + z · h.
    let unit = graph(&[1, 1, 1]).weight("w", &[1, 3, 1], &[1.0; 3]).weight("r", &[1, 3, 1], &[1.0; 3]);
    let unit = unit.weight("h", &[1, 1, 1], &[0.25]).node("GRU", &["x", "w", "r", "", "", "h"], "y");
    let gate = 1.0 / (1.0 + (-0.75f64).exp());
    let expected = (1.0 - gate) * (0.5 + gate * 0.25).tanh() + gate * 0.25;
    unit.int("hidden_size", 1).alone(&[0.5], &[expected]);
}

#[test]
fn several_inputs_and_outputs_are_parts_of_one() {
    let mut sum = new(&[1, 2]).node("Add", &["x", "z"], "y").node("Mul", &["x", "z"], "product");
    sum.0.input.push(value("z", &[1, 2], 1));
    sum.0.input.push(value("unused", &[1], 1));
    sum.0.output.push(value("product", &[], 1));
    let graph = sum.read().unwrap();
    assert_eq!((graph.inputs()[0].name.as_str(), graph.inputs()[0].shape.as_slice()), ("x+z", &[1, 4][..]));
    assert_eq!((graph.outputs()[0].name.as_str(), graph.outputs()[0].shape.as_slice()), ("y+product", &[1, 4][..]));
    sum.alone(&[1.0, 2.0, 3.0, 5.0], &[4.0, 7.0, 3.0, 10.0]);
}

#[test]
fn what_depends_on_shapes_alone_is_folded() {
    let sized = graph(&[2, 3]).node("Shape", &["x"], "shape").node("ConstantOfShape", &["shape"], "zeros");
    sized.node("Add", &["x", "zeros"], "y").lowered();
    let eye = graph(&[3, 3]).node("EyeLike", &["x"], "eye").node("MatMul", &["x", "eye"], "y");
    let x: Vec<f64> = (0..9).map(f64::from).collect();
    eye.alone(&x, &x);
}

#[test]
fn many_rows_times_one_matrix_are_a_convolution() {
    let rows = graph(&[1, 32, 40]).random("w", &[40, 40]).node("MatMul", &["x", "w"], "y").lowered();
    let conv = |term: &Term<f64>| matches!(&term.map, Map::Conv(conv) if conv.weights.len() == 1600);
    assert!(rows.layers.iter().flat_map(|layer| &layer.terms).any(conv));
}
