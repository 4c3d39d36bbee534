//! Integers that are compared: indices, labels, counts, of any size.

use super::*;
use crate::onnx::tests::graphs::{Builder, new, value};

/// Numbers from 0 to `below` without a pattern.
fn numbers(count: usize, below: u64, mut state: u64) -> Vec<f64> {
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below) as f64
    };
    (0..count).map(|_| next()).collect()
}

/// A graph on integers of this shape.
fn integers(dims: &[i64]) -> Builder {
    let mut graph = new(dims);
    graph.0.input = vec![value("x", dims, 7)];
    graph
}

/// A weight without a pattern, from −1 to 1.
fn table(graph: Builder, rows: i64, width: i64) -> Builder {
    let data = numbers((rows * width) as usize, 2001, 5);
    let data: Vec<f32> = data.into_iter().map(|value| value as f32 / 1000.0 - 1.0).collect();
    graph.weight("table", &[rows, width], &data)
}

/// The model of a graph from some rows, and the largest difference of its outputs from the graph's on others.
fn compiled(graph: &Builder, seen: &[Vec<f64>], others: &[Vec<f64>]) -> (Compiled, f64) {
    let graph = graph.read().unwrap();
    let options = Options::default().of_input(&graph, None);
    let compiled = compile(graph.network().unwrap(), seen, &options).unwrap();
    let mut most = 0.0f64;
    for row in seen.iter().chain(others) {
        let (got, expected) = (compiled.model.predict(row).unwrap(), graph.eval(row).unwrap());
        let error = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(got.len() == expected.len() && error.is_finite());
        most = most.max(error);
    }
    (compiled, most)
}

fn rows(count: usize, len: usize, below: u64, seed: u64) -> Vec<Vec<f64>> {
    numbers(count * len, below, seed).chunks(len).map(<[f64]>::to_vec).collect()
}

#[test]
fn an_index_into_a_large_table_gives_its_row() {
    for (entries, width, tokens) in [(6000, 2, 1), (6000, 2, 3), (700, 16, 4), (30_522, 16, 2)] {
        let graph = table(integers(&[1, tokens]), entries, width).node("Gather", &["table", "x"], "y");
        let mut ends = rows(12, tokens as usize, entries as u64, 3);
        ends[0].fill(0.0);
        ends[1].fill((entries - 1) as f64);
        let (compiled, error) = compiled(&graph, &rows(20, tokens as usize, entries as u64, 1), &ends);
        assert!(error < 2e-3, "{entries} × {width}: {error}");
        let elements: usize = compiled.model.layers.iter().map(|layer| layer.shape.len()).sum();
        assert!(elements < entries as usize * tokens as usize, "{elements} elements");
    }
}

#[test]
fn negative_indices_count_from_the_end() {
    let graph = table(integers(&[1, 2]), 300, 3).node("Gather", &["table", "x"], "y");
    let seen = vec![vec![-300.0, 299.0], vec![0.0, -1.0], vec![150.0, -151.0]];
    let (_, error) = compiled(&graph, &seen, &[vec![-2.0, 2.0], vec![-299.0, 298.0]]);
    assert!(error < 2e-3, "{error}");
}

#[test]
fn integers_of_a_table_stay_integers() {
    // y = table[x] == 4711, table a permutation.
    let entries: i64 = 5000;
    let values: Vec<i64> = (0..entries).map(|i| i * 1703 % entries).collect();
    let graph = integers(&[1, 1]).integers("table", &values).node("Gather", &["table", "x"], "a");
    let graph = graph.integers("wanted", &[4711]).node("Equal", &["a", "wanted"], "b");
    let graph = graph.node("Cast", &["b"], "y").int("to", 1);
    let at = values.iter().position(|value| *value == 4711).unwrap() as f64;
    let others = [at - 1.0, at, at + 1.0, 0.0, 4999.0].map(|x| vec![x]);
    let (_, error) = compiled(&graph, &rows(20, 1, entries as u64, 1), &others);
    assert!(error == 0.0, "{error}");
}

#[test]
fn comparisons_of_integers_are_exact_at_any_size() {
    let large = 40_000.0;
    for op in ["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"] {
        let zero = integers(&[1, 3]).integers("c", &[0]).node(op, &["x", "c"], "a").node("Cast", &["a"], "b");
        let zero = zero.int("to", 1).weight("w", &[], &[2.0]).node("Mul", &["b", "w"], "y");
        let (_, error) = compiled(&zero, &[vec![0.0; 3]], &[vec![0.0, 1.0, -1.0]]);
        assert!(error == 0.0, "{op} 0: {error}");
        let constant = 20_011;
        let graph = integers(&[1, 3]).integers("c", &[constant]).node(op, &["x", "c"], "a");
        let graph = graph.node("Cast", &["a"], "b").int("to", 1).weight("w", &[], &[2.0]).node("Mul", &["b", "w"], "y");
        let near = vec![20_010.0, 20_011.0, 20_012.0];
        let (_, error) = compiled(&graph, &[vec![0.0, large, 20_011.0]], &[near]);
        assert!(error == 0.0, "{op}: {error}");
    }
    // Of two private ones, and of their products.
    let parts = integers(&[1, 2]).integers("first", &[0]).integers("second", &[1]);
    let parts = parts.integers("axis", &[1]).node("Gather", &["x", "first"], "a").int("axis", 1);
    let parts = parts.node("Gather", &["x", "second"], "b").int("axis", 1);
    let equal = parts.clone().node("Equal", &["a", "b"], "c").node("Cast", &["c"], "y").int("to", 1);
    let seen = [vec![0.0, large], vec![large, 3.0], vec![77.0, 77.0]];
    let (_, error) = compiled(&equal, &seen, &[vec![30_001.0, 30_000.0], vec![30_000.0, 30_000.0]]);
    assert!(error == 0.0, "{error}");
    let less = parts.clone().node("Less", &["a", "b"], "c").node("Cast", &["c"], "y").int("to", 1);
    let near = [vec![7.0, 7.0], vec![7.0, 8.0], vec![8.0, 7.0], vec![0.0, 0.0]];
    let (_, error) = compiled(&less, &[vec![0.0, large], vec![large, 3.0]], &near);
    assert!(error == 0.0, "{error}");
    let square = parts.node("Mul", &["a", "b"], "c").integers("s", &[3600]).node("Equal", &["c", "s"], "d");
    let square = square.node("Cast", &["d"], "y").int("to", 1);
    let (_, error) = compiled(&square, &[vec![60.0, 60.0], vec![70.0, 3.0]], &[vec![59.0, 61.0], vec![50.0, 72.0]]);
    assert!(error == 0.0, "{error}");
}

#[test]
fn integers_beyond_all_bits_are_refused() {
    // A sum has no rank.
    let graph = integers(&[1, 1]).integers("c", &[10]).node("Add", &["x", "x"], "s").node("Equal", &["s", "c"], "a");
    let graph = graph.node("Cast", &["a"], "b").int("to", 1).weight("w", &[], &[2.0]).node("Mul", &["b", "w"], "y");
    let network = graph.read().unwrap().network().unwrap();
    let refused = compile(network, &[vec![1e12], vec![5.0]], &Options::default()).unwrap_err();
    assert!(matches!(refused, Error::Scale { .. } | Error::Range { .. } | Error::Option { .. }), "{refused}");
}

#[test]
fn equal_values_compare_as_equal() {
    // The first of equal values has the rank in front; a maximum is one that equals it.
    let graph = new(&[1, 4]).integers("k", &[2]).node("TopK", &["x", "k"], "v");
    let mut graph = graph;
    graph.0.node.last_mut().unwrap().output.push("i".into());
    let graph = graph.node("Cast", &["i"], "y").int("to", 1);
    let seen = vec![vec![0.3, -0.7, 0.3, 0.1], vec![0.9, 0.9, 0.9, 0.9], vec![-0.1, 0.2, 0.2, 0.2]];
    let (_, error) = compiled(&graph, &seen, &[vec![0.25, 0.5, 0.5, 0.25]]);
    assert!(error < 1e-3, "{error}");
}
