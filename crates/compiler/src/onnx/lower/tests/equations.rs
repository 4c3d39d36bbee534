//! Einsum, attention, and operators that are constant linear maps, against what they compute.

use hushproof_core::Error;

use super::{Build, graph, numbers, rewrites::More};
use crate::onnx::{Graph, proto, tests::graphs::Builder};

/// The graph as of another operator set.
fn at(builder: &Builder, opset: i64) -> Graph {
    let mut model = builder.model();
    model.opset_import[0].version = opset;
    Graph::build(&proto::check(model).unwrap()).unwrap()
}

/// Graph and network give these values.
fn gives(builder: &Builder, opset: i64, x: &[f64], expected: &[f64]) {
    let graph = at(builder, opset);
    for (got, who) in [(graph.eval(x).unwrap(), "graph"), (graph.network().unwrap().eval(x), "network")] {
        let close = got.len() == expected.len() && got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(close, "{who}: {got:?} for {expected:?}");
    }
}

/// Both halves of the input as tensors of these shapes.
fn halves(a: &[i64], b: &[i64]) -> Builder {
    let (m, n): (i64, i64) = (a.iter().product(), b.iter().product());
    let parts = graph(&[1, m + n]).integers("sizes", &[m, n]).node("Split", &["x", "sizes"], "p").int("axis", 1);
    let parts = parts.outputs(&["p", "q"]).integers("pshape", a).integers("qshape", b);
    parts.node("Reshape", &["p", "pshape"], "a").node("Reshape", &["q", "qshape"], "b")
}

#[test]
fn equations() {
    let x: Vec<f64> = numbers(12, 3).into_iter().map(f64::from).collect();
    let (a, b) = x.split_at(6);
    let both = |equation: &str| halves(&[2, 3], &[2, 3]).node("Einsum", &["a", "b"], "y").text("equation", equation);
    let sum = |f: &dyn Fn(usize) -> f64| (0..3).map(f).sum::<f64>();
    let rows: Vec<f64> = (0..4).map(|ij| sum(&|k| a[ij / 2 * 3 + k] * b[ij % 2 * 3 + k])).collect();
    both("ik,jk->ij").alone(&x, &rows);
    both("ik, jk").alone(&x, &rows);
    let flipped = [rows[0], rows[2], rows[1], rows[3]];
    both("ik,jk->ji").alone(&x, &flipped);
    let products: Vec<f64> = a.iter().zip(b).map(|(a, b)| a * b).collect();
    both("ij,ij->ij").alone(&x, &products);
    both("ij,ij->i").alone(&x, &[products[..3].iter().sum(), products[3..].iter().sum()]);
    both("ij,ij->").alone(&x, &[products.iter().sum()]);
    let outer: Vec<f64> = (0..4).map(|ij| sum(&|k| a[ij / 2 * 3 + k]) * sum(&|k| b[ij % 2 * 3 + k])).collect();
    both("ik,jl->ij").alone(&x, &outer);
    both("...k,...k->...").alone(&x, &[products[..3].iter().sum(), products[3..].iter().sum()]);
    // Diagonals, transposition, sums, a constant operand, three operands.
    let square = |equation: &str| graph(&[2, 2]).node("Einsum", &["x"], "y").text("equation", equation);
    square("ii->i").alone(&[1.0, 2.0, 3.0, 4.0], &[1.0, 4.0]);
    square("ii").alone(&[1.0, 2.0, 3.0, 4.0], &[5.0]);
    square("ij->ji").alone(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0]);
    square("ij->j").alone(&[1.0, 2.0, 3.0, 4.0], &[4.0, 6.0]);
    let chained = graph(&[1, 2]).weight("v", &[2, 2], &[1.0, 2.0, 3.0, 4.0]).weight("w", &[2], &[1.0, 10.0]);
    let chained = chained.node("Einsum", &["x", "v", "w"], "y").text("equation", "bi,ij,j->b");
    chained.alone(&[1.0, -1.0], &[-22.0]);
    for bad in ["ij,jk", "ij->k", "i->i", "ij->ii", "i*->i", "ijk->i"] {
        assert!(matches!(square(bad).read(), Err(Error::Graph { .. })), "{bad}");
    }
}

/// softmax(scale · q kᵀ) v where shown, of one head.
fn attention(q: &[f64], k: &[f64], v: &[f64], width: usize, shown: impl Fn(usize, usize) -> bool) -> Vec<f64> {
    let scale = (width as f64).sqrt().recip();
    let mut all = vec![];
    for (i, q) in q.chunks(width).enumerate() {
        let score = |k: &[f64]| (scale * q.iter().zip(k).map(|(q, k)| q * k).sum::<f64>()).exp();
        let weights = k.chunks(width).enumerate().map(|(j, k)| if shown(i, j) { score(k) } else { 0.0 });
        let weights: Vec<f64> = weights.collect();
        let sum: f64 = weights.iter().sum();
        let value = |c: usize| v.chunks(width).zip(&weights).map(|(v, w)| v[c] * w / sum).sum();
        all.extend((0..width).map(value).collect::<Vec<f64>>());
    }
    all
}

#[test]
fn attention_of_several_kinds() {
    let x: Vec<f64> = numbers(12, 5).into_iter().map(f64::from).collect();
    let one = graph(&[1, 3, 4]).node("Attention", &["x", "x", "x"], "y").int("q_num_heads", 1).int("kv_num_heads", 1);
    gives(&one, 23, &x, &attention(&x, &x, &x, 4, |_, _| true));
    gives(&one.clone().int("is_causal", 1), 23, &x, &attention(&x, &x, &x, 4, |i, j| j <= i));
    let masked = graph(&[1, 3, 4]).weight("mask", &[1, 3], &[0.0, f32::NEG_INFINITY, 0.0]);
    let masked = masked.node("Attention", &["x", "x", "x", "mask"], "y").int("q_num_heads", 1).int("kv_num_heads", 1);
    gives(&masked, 23, &x, &attention(&x, &x, &x, 4, |_, j| j != 1));
    // Two heads of queries share one of keys and values.
    let (q, kv) = x.split_at(8);
    let shared = halves(&[1, 2, 4], &[1, 2, 2]).node("Attention", &["a", "b", "b"], "y");
    let shared = shared.int("q_num_heads", 2).int("kv_num_heads", 1);
    let head = |h: usize| [&q[h * 2..h * 2 + 2], &q[4 + h * 2..6 + h * 2]].concat();
    let (first, second) = (attention(&head(0), kv, kv, 2, |_, _| true), attention(&head(1), kv, kv, 2, |_, _| true));
    let expected = [&first[..2], &second[..2], &first[2..], &second[2..]].concat();
    gives(&shared, 23, &x, &expected);
}

#[test]
fn softmax_of_masked_scores() {
    let x = [1.0, 2.0, 3.0, 4.0];
    let masked = |low: f32| {
        let masked = graph(&[1, 2, 2]).weight("mask", &[2, 2], &[0.0, low, 0.0, 0.0]);
        masked.node("Add", &["x", "mask"], "s").node("Softmax", &["s"], "p").int("axis", -1)
    };
    let e = std::f64::consts::E;
    let expected = [2.0, 0.0, 2.0 / (1.0 + e), 2.0 * e / (1.0 + e)];
    for low in [f32::NEG_INFINITY, f32::MIN, -10_000.0] {
        let network = masked(low).weight("two", &[], &[2.0]).node("Mul", &["p", "two"], "y");
        network.alone(&x, &expected);
        // No range holds the mask.
        let network = network.read().unwrap().network().unwrap();
        let largest = network.tensors(&x).into_iter().flatten().fold(0.0f64, |most, value| most.max(value.abs()));
        assert!(largest < 10.0, "{largest}");
    }
}

#[test]
fn norms_and_pools() {
    let image = || graph(&[1, 2, 4, 4]);
    for p in [1, 2, 3] {
        let pool =
            image().node("LpPool", &["x"], "a").int("p", p).ints("kernel_shape", &[2, 2]).ints("strides", &[2, 2]);
        let x: Vec<f64> = numbers(32, 7).into_iter().map(f64::from).collect();
        let norm = |c: usize, i: usize, j: usize| {
            let values = (0..4).map(|t| x[c * 16 + (2 * i + t / 2) * 4 + 2 * j + t % 2].abs().powi(p as i32));
            values.sum::<f64>().powf(1.0 / p as f64)
        };
        let expected: Vec<f64> = (0..8).map(|at| norm(at / 4, at / 2 % 2, at % 2)).collect();
        pool.node("Flatten", &["a"], "y").alone(&x, &expected);
        let all = image().node("GlobalLpPool", &["x"], "a").int("p", p).node("Flatten", &["a"], "y");
        let norm = |plane: &[f64]| plane.iter().map(|x| x.abs().powi(p as i32)).sum::<f64>().powf(1.0 / p as f64);
        all.alone(&x, &[norm(&x[..16]), norm(&x[16..])]);
    }
    let rms =
        graph(&[1, 2]).weight("w", &[2], &[1.0, 2.0]).node("RMSNormalization", &["x", "w"], "y").float("epsilon", 0.5);
    gives(&rms, 23, &[1.0, -2.0], &[1.0 / 3f64.sqrt(), -4.0 / 3f64.sqrt()]);
    let mean = graph(&[1, 1, 1, 2]).node("MeanVarianceNormalization", &["x"], "y");
    mean.alone(&[1.0, 5.0], &[-1.0, 1.0]);
    let swish = graph(&[1, 2]).node("Swish", &["x"], "y").float("alpha", 2.0);
    gives(&swish, 24, &[1.0, -1.0], &[1.0 / (1.0 + (-2f64).exp()), -1.0 / (1.0 + 2f64.exp())]);
}

#[test]
fn moves_and_constant_maps() {
    let reversed = graph(&[2, 3]).integers("lengths", &[2, 3]).node("ReverseSequence", &["x", "lengths"], "y");
    let reversed = reversed.int("batch_axis", 0).int("time_axis", 1);
    reversed.alone(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2.0, 1.0, 3.0, 6.0, 5.0, 4.0]);
    let centre = graph(&[1, 4]).integers("to", &[3, 2]).node("CenterCropPad", &["x", "to"], "y");
    gives(&centre, 18, &[1.0, 2.0, 3.0, 4.0], &[0.0, 0.0, 2.0, 3.0, 0.0, 0.0]);
    // Two overlapping blocks of two values.
    let blocks = graph(&[1, 2, 2]).integers("image", &[1, 3]).integers("block", &[1, 2]);
    let blocks = blocks.node("Col2Im", &["x", "image", "block"], "y");
    gives(&blocks, 18, &[1.0, 2.0, 3.0, 4.0], &[1.0, 5.0, 4.0]);
    let grid = graph(&[1, 2, 3]).integers("size", &[1, 1, 2, 2]).node("AffineGrid", &["x", "size"], "y");
    let turned = [0.0, 1.0, 0.25, 1.0, 0.0, 0.0];
    gives(&grid, 20, &turned, &[-0.25, -0.5, -0.25, 0.5, 0.75, -0.5, 0.75, 0.5]);
    let sampled = |mode: &str, padding: &str| {
        let grid = graph(&[1, 1, 2, 2]).weight("grid", &[1, 1, 3, 2], &[0.0, 0.0, -0.5, -0.5, 2.0, 0.5]);
        grid.node("GridSample", &["x", "grid"], "y").text("mode", mode).text("padding_mode", padding)
    };
    let x = [1.0, 2.0, 3.0, 4.0];
    sampled("bilinear", "zeros").alone(&x, &[2.5, 1.0, 0.0]);
    sampled("bilinear", "border").alone(&x, &[2.5, 1.0, 4.0]);
    sampled("nearest", "border").alone(&x, &[1.0, 1.0, 4.0]);
    for (mode, coordinates) in [("linear", "align_corners"), ("linear", "half_pixel"), ("cubic", "half_pixel")] {
        let resized = graph(&[1, 1, 3, 4]).weight("scales", &[4], &[1.0, 1.0, 2.0, 1.5]);
        let resized = resized.node("Resize", &["x", "", "scales"], "y").text("mode", mode);
        let resized = resized.text("coordinate_transformation_mode", coordinates);
        let x: Vec<f64> = numbers(12, 2).into_iter().map(f64::from).collect();
        resized.alone(&x, &resized.read().unwrap().eval(&x).unwrap());
    }
    let chosen = graph(&[2, 2]).weight("which", &[3], &[1.0, 0.0, 2.0]).node("NonZero", &["which"], "at");
    let chosen = chosen.weight("table", &[3], &[10.0, 20.0, 30.0]).node("Squeeze", &["at"], "flat");
    let chosen = chosen.node("Gather", &["table", "flat"], "values").node("Mul", &["x", "values"], "y");
    chosen.alone(&[1.0, 1.0, 2.0, 2.0], &[10.0, 30.0, 20.0, 60.0]);
    let kept = graph(&[2, 2]).weight("c", &[2], &[0.0, 1.0]).node("Compress", &["x", "c"], "y").int("axis", 1);
    kept.alone(&[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0]);
    let never = graph(&[1, 2]).node("IsNaN", &["x"], "n").node("Not", &["n"], "m").node("CastLike", &["m", "x"], "f");
    never.node("Mul", &["x", "f"], "y").alone(&[1.0, 2.0], &[1.0, 2.0]);
    for (op, expected) in [
        ("HannWindow", [0.0, 0.75, 0.75]),
        ("HammingWindow", [4.0 / 46.0, 25.0 / 46.0 + 10.5 / 46.0, 25.0 / 46.0 + 10.5 / 46.0]),
        ("BlackmanWindow", [0.0, 0.63, 0.63]),
    ] {
        let window = graph(&[1, 3]).integers("size", &[3]).node(op, &["size"], "w").node("Mul", &["x", "w"], "y");
        window.alone(&[1.0, 1.0, 1.0], &expected);
    }
}

#[test]
fn transformer_blocks_of_ordinary_operators() {
    // As PyTorch exports scaled dot-product attention with a causal mask.
    let block = graph(&[1, 3, 4]).random("wq", &[4, 4]).random("wk", &[4, 4]).random("wv", &[4, 4]);
    let low = f32::MIN;
    let block =
        block.weight("mask", &[3, 3], &[0.0, low, low, 0.0, 0.0, low, 0.0, 0.0, 0.0]).weight("half", &[], &[0.5]);
    let block = block.node("MatMul", &["x", "wq"], "q").node("MatMul", &["x", "wk"], "k");
    let block = block.node("MatMul", &["x", "wv"], "v").node("Transpose", &["k"], "kt").ints("perm", &[0, 2, 1]);
    let block = block.node("MatMul", &["q", "kt"], "s").node("Mul", &["s", "half"], "t");
    let block = block.node("Add", &["t", "mask"], "m").node("Softmax", &["m"], "p").int("axis", -1);
    block.node("MatMul", &["p", "v"], "y").lowered();
}
