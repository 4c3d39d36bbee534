//! Products of private tensors.

use hushproof_core::graph::{FloatActivation, Function, Map};

use super::{Build, form, graph};
use crate::compile::{Options, compile};

#[test]
fn planes_times_values_per_channel() {
    let model = graph(&[1, 3, 5, 4]).random("w", &[2, 3, 3, 3]).random("v", &[2, 2, 1, 1]).random("u", &[1, 2, 2, 2]);
    let model = model.node("Conv", &["x", "w"], "a").node("Relu", &["a"], "b").node("GlobalAveragePool", &["b"], "c");
    let model = model.node("Conv", &["c", "v"], "d").node("Sigmoid", &["d"], "e");
    let network = model.clone().node("Mul", &["e", "b"], "f").node("Flatten", &["f"], "y").lowered();
    assert_eq!(
        form(&network),
        ["2x3x2 0:3x3 Relu", "2x1x1 1:3x2 Linear", "2x1x1 2:1x1 Table", "2x3x2 1*3 Linear", "12x1x1 4:sparse Linear"]
    );
    // A residual and a constant join the product; a function of two parts too.
    let sum = model.weight("half", &[], &[0.5]).node("Mul", &["b", "e"], "f").node("Mul", &["f", "half"], "g");
    let sum = sum.node("Add", &["g", "b"], "h").node("LeakyRelu", &["h"], "i").node("Conv", &["i", "u"], "j");
    let network = sum.node("Flatten", &["j"], "y").lowered();
    assert_eq!(form(&network)[3], "2x3x2 1*3 1:1x1 PRelu");
    assert!(matches!(&network.layers[3].terms[0].map, Map::Product(product) if product.weight == 0.5));
    // A value for all channels, and functions whose scale is given behind a rounded product.
    let one = graph(&[1, 2, 3, 3]).random("w", &[1, 2, 3, 3]).node("Conv", &["x", "w"], "a");
    let one = one.node("Mul", &["x", "a"], "b").node("Tanh", &["b"], "c").node("Flatten", &["c"], "y").lowered();
    assert_eq!(form(&one)[1..4], ["2x1x1 1:1x1 1:1x1 Linear", "2x3x3 0*2 Linear", "2x3x3 3:1x1 Table"]);
}

#[test]
fn products_of_planes() {
    let model = graph(&[1, 2, 4, 4]).random("w", &[2, 2, 3, 3]).random("v", &[2, 2, 3, 3]).random("u", &[1, 2, 3, 3]);
    let model = model.node("Conv", &["x", "w"], "a").node("Conv", &["x", "v"], "b").node("Sigmoid", &["b"], "c");
    let gate = model.clone().node("Mul", &["a", "c"], "d").node("Relu", &["d"], "e").node("Flatten", &["e"], "y");
    assert_eq!(
        form(&gate.lowered()),
        ["2x2x2 0:3x3 Table", "2x2x2 0:3x3 Linear", "2x2x2 2:1x1 Product", "2x2x2 3:1x1 Relu", "8x1x1 4:sparse Linear"]
    );
    // Both factors are read again; one plane for all channels.
    let again = model.node("Mul", &["a", "c"], "d").node("Add", &["d", "a"], "e").node("Sub", &["e", "c"], "f");
    let again = again.node("Conv", &["x", "u"], "g").node("Mul", &["f", "g"], "h").node("Mul", &["h", "h"], "i");
    again.node("Flatten", &["i"], "y").lowered();
    for broadcast in [[1, 2, 4, 1], [1, 2, 1, 4], [1, 1, 4, 1], [1, 1, 4, 4], [1, 1, 1, 1]] {
        let axes: Vec<i64> = (1..4).filter(|axis| broadcast[*axis as usize] == 1).collect();
        let mut model = graph(&[1, 2, 4, 4]);
        model = model.integers("start", &vec![0; axes.len()]).integers("end", &vec![1; axes.len()]);
        model = model.integers("axes", &axes).node("Relu", &["x"], "r");
        model = model.node("Slice", &["r", "start", "end", "axes"], "a").node("Mul", &["a", "x"], "b");
        model.node("Flatten", &["b"], "y").lowered();
    }
}

#[test]
fn squares_and_vectors() {
    let square = graph(&[1, 2, 3, 3]).node("Mul", &["x", "x"], "a").node("Flatten", &["a"], "y");
    assert_eq!(form(&square.lowered()), ["2x3x3 0:1x1 Product", "2x3x3 1:1x1 Linear", "18x1x1 2:sparse Linear"]);
    let model = graph(&[1, 6]).random("w", &[6, 4]).random("v", &[6, 4]).random("u", &[4, 2]);
    let model = model.node("MatMul", &["x", "w"], "a").node("MatMul", &["x", "v"], "b").node("Sigmoid", &["b"], "c");
    let model = model.node("Mul", &["a", "c"], "d");
    let form_of = form(&model.clone().node("MatMul", &["d", "u"], "y").lowered());
    assert_eq!(form_of, ["4x1x1 0:1x1 Table", "4x1x1 0:1x1 Linear", "4x1x1 2*1 Linear", "2x1x1 3:1x1 Linear"]);
    // Of two products in a sum, one is rounded first; the sum ends in a decision.
    let two = model.node("Mul", &["a", "a"], "e").node("Sub", &["d", "e"], "f");
    two.clone().node("ArgMax", &["f"], "y").int("axis", 1).int("keepdims", 0).lowered();
    let network = two.node("Relu", &["f"], "y").lowered();
    assert_eq!(network.layers.iter().filter(|layer| layer.terms.iter().any(|t| t.map.factor().is_some())).count(), 2);
}

#[test]
fn products_of_matrices() {
    // Rows of A and columns of B: one each, of either only, and several; batches that broadcast.
    for (a, b) in [
        ([1, 1, 2, 3], [1, 1, 3, 4]),
        ([1, 2, 2, 3], [1, 2, 3, 4]),
        ([1, 2, 1, 3], [1, 1, 3, 4]),
        ([2, 1, 2, 3], [1, 3, 3, 1]),
        ([1, 2, 1, 4], [2, 2, 4, 1]),
        ([1, 1, 3, 1], [1, 2, 1, 2]),
    ] {
        let sizes = [a, b].map(|shape: [i64; 4]| shape.iter().product::<i64>());
        let model = graph(&[1, 5]).random("w", &[5, sizes[0]]).random("v", &[5, sizes[1]]);
        let model = model.integers("a.shape", &a).integers("b.shape", &b).node("MatMul", &["x", "w"], "c");
        let model = model.node("MatMul", &["x", "v"], "d").node("Reshape", &["c", "a.shape"], "e");
        let model = model.node("Reshape", &["d", "b.shape"], "f").node("MatMul", &["e", "f"], "g");
        model.clone().integers("flat", &[1, -1]).node("Reshape", &["g", "flat"], "y").lowered();
        // Behind a Relu, times itself, value by value.
        let model = model.node("Relu", &["g"], "h").node("Mul", &["h", "g"], "i").integers("flat", &[1, -1]);
        model.node("Reshape", &["i", "flat"], "y").lowered();
    }
}

#[test]
fn attention_needs_no_copy_of_its_operands() {
    let weights = ["q", "k", "v"].into_iter().fold(graph(&[1, 4, 6]), |model, name| model.random(name, &[6, 6]));
    let model =
        weights.node("MatMul", &["x", "q"], "a").node("MatMul", &["x", "k"], "b").node("MatMul", &["x", "v"], "c");
    let model = model.node("Transpose", &["b"], "d").ints("perm", &[0, 2, 1]).node("MatMul", &["a", "d"], "e");
    let model = model.weight("scale", &[], &[2.0]).node("Div", &["e", "scale"], "f").node("Relu", &["f"], "g");
    let form = form(&model.node("MatMul", &["g", "c"], "h").node("Flatten", &["h"], "y").lowered());
    let expected = ["6x1x4 0:sparse Linear", "6x1x4 0:sparse Linear", "1x4x4 1*2 Relu", "4x1x4 3:sparse Linear"];
    assert_eq!(form[..4], expected);
    assert_eq!(form[4..], ["4x1x6 0:sparse Linear", "1x6x4 4*5 Linear", "24x1x1 6:sparse Linear"]);
}

#[test]
fn gemm_adds_to_a_product() {
    let model = graph(&[1, 12]).integers("tall", &[4, 3]).integers("row", &[1, 4]).random("w", &[12, 12]);
    let model = model.node("Reshape", &["x", "tall"], "a").node("MatMul", &["x", "w"], "b");
    let model = model.node("Reshape", &["b", "tall"], "c").random("d", &[3]).integers("flat", &[1, 9]);
    let gemm =
        |c: &str| model.clone().node("Gemm", &["a", "c", c], "e").int("transA", 1).node("Reshape", &["e", "flat"], "y");
    gemm("d").lowered();
    let private = model.clone().integers("first", &[0]).integers("third", &[3]).integers("axis", &[1]);
    let private = private.node("Slice", &["x", "first", "third", "axis"], "p");
    let private = private.node("Gemm", &["a", "c", "p"], "e").int("transA", 1).node("Reshape", &["e", "flat"], "y");
    let network = private.lowered();
    let product =
        network.layers.iter().find(|layer| layer.terms.iter().any(|term| term.map.factor().is_some())).unwrap();
    assert_eq!(product.terms.len(), 2);
}

#[test]
fn functions_as_products_are_tables() {
    let table = |model: super::Builder, function: Function| {
        let network = model.node("Flatten", &["z"], "y").lowered();
        let tables = [FloatActivation::Table(function)];
        let made: Vec<_> = network.layers.iter().map(|layer| layer.activation.clone()).collect();
        assert_eq!(made[..made.len() - 1], tables);
    };
    let x = graph(&[1, 2, 3, 3]);
    table(x.clone().node("Sigmoid", &["x"], "s").node("Mul", &["s", "x"], "z"), Function::Silu);
    let root = std::f32::consts::SQRT_2;
    let erf = x.weight("root", &[], &[root]).weight("one", &[], &[1.0]).weight("half", &[], &[0.5]);
    let late = erf.clone().node("Div", &["x", "root"], "a").node("Erf", &["a"], "b").node("Add", &["b", "one"], "c");
    let divided = late.clone().weight("two", &[], &[2.0]).node("Div", &["x", "two"], "d");
    table(divided.node("Mul", &["d", "c"], "z"), Function::Gelu);
    table(late.node("Mul", &["x", "c"], "d").node("Mul", &["d", "half"], "z"), Function::Gelu);
    let early = erf.weight("inverse", &[], &[1.0 / root]).node("Mul", &["x", "inverse"], "a").node("Erf", &["a"], "b");
    let early = early.node("Add", &["one", "b"], "c").node("Mul", &["x", "half"], "d");
    table(early.node("Mul", &["c", "d"], "z"), Function::Gelu);
}

/// A factor that is a function of two parts, read by others too, beside another or itself.
#[test]
fn factors_of_two_parts_are_copied() {
    for (shape, other) in [([1, 2, 3, 4], "b"), ([1, 2, 3, 4], "x"), ([1, 6, 1, 1], "b")] {
        for function in ["Abs", "LeakyRelu"] {
            let dims: &[i64] = if shape[2] == 1 { &shape[..2] } else { &shape };
            let model = graph(dims).node(function, &["x"], "a").weight("one", &[], &[1.0]);
            let model = model.node("Tanh", &["a"], "t").node("Add", &["t", "one"], "b");
            let model =
                model.node("Mul", &["a", other], "c").node("Mul", &["c", "a"], "d").node("Add", &["d", "a"], "e");
            let network = model.node("Flatten", &["e"], "y").lowered();
            let len = network.input.len();
            let at = |row: usize, i: usize| ((row * 31 + i * 17) % 41) as f64 / 20.0 - 1.0;
            let rows: Vec<Vec<f64>> = (0..60).map(|row| (0..len).map(|i| at(row, i)).collect()).collect();
            let model = compile(network.clone(), &rows, &Options::default()).unwrap().model;
            for row in &rows {
                for (got, expected) in model.predict(row).unwrap().iter().zip(network.predict(row)) {
                    assert!((got - expected).abs() < 0.03, "{function} times {other}: {got} for {expected}");
                }
            }
        }
    }
}
