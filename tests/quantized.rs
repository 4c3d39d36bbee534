//! Networks that are quantized already: the circuit's integers are those that the ONNX graph defines.

use std::{fs, path::Path};

use hushproof::{
    compile::{Options, compile},
    data, onnx,
};
use serde_json::Value;

/// Rows tried beyond those of the file.
const RANDOM: usize = 200;

fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        value => vec![value.as_f64().unwrap()],
    }
}

/// Rows between those of the file, at random weights.
fn mixed(rows: &[Vec<f64>], whole: bool) -> Vec<Vec<f64>> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut row = || {
        let (a, b) = ((next() * rows.len() as f64) as usize, (next() * rows.len() as f64) as usize);
        let mut value = |(x, y): (&f64, &f64)| {
            let value = x + next() * (y - x);
            if whole { value.round() } else { f64::from(value as f32) }
        };
        rows[a].iter().zip(&rows[b]).map(&mut value).collect()
    };
    (0..RANDOM).map(|_| row()).collect()
}

#[test]
fn codes_are_those_of_the_graph() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/small");
    for (name, exact) in [("qdq_residual", true), ("qdq_symmetric", true), ("qlinear", true), ("q_integer", false)] {
        let graph = onnx::read(&fs::read(folder.join(format!("{name}.onnx"))).unwrap()).unwrap();
        let network = graph.network().unwrap();
        let vectors: Value = serde_json::from_slice(&fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap();
        let rows = data::read_rows(vectors["inputs"].to_string().as_bytes(), &network.input).unwrap();
        let compiled = compile(network, &rows, &Options::default()).unwrap();
        let model = &compiled.model;
        let stored: Vec<Vec<f64>> = match vectors["outputs"].as_object() {
            Some(outputs) => outputs.values().next().unwrap().as_array().unwrap().iter().map(flat).collect(),
            None => vec![],
        };
        let all = rows.iter().cloned().chain(mixed(&rows, !exact));
        let share = if exact { 0.01 } else { 0.51 };
        let (mut values, mut compared, mut off) = (0, 0, 0);
        for (index, row) in all.enumerate() {
            let trace = model.run(model.quantize_input(&row).unwrap()).unwrap();
            let got = model.output_values(trace.codes.last().unwrap());
            let beyond = |expected: &[f64], share: f64| {
                assert_eq!(got.len(), expected.len(), "{name}, row {index}");
                let pairs = got.iter().zip(expected).zip(&model.output.scale);
                pairs.filter(|((got, expected), scale)| (*got - *expected).abs() > share * *scale).count()
            };
            let expected = graph.eval(&row).unwrap();
            assert_eq!(beyond(&expected, share), 0, "{name}, row {index}: {got:?}, graph {expected:?}");
            values += got.len();
            // What onnxruntime gave, for the rows of the file: single precision decides some inner ties otherwise.
            if let Some(expected) = stored.get(index) {
                assert_eq!(beyond(expected, 1.01), 0, "{name}, row {index}: {got:?}, onnxruntime {expected:?}");
                off += beyond(expected, share);
                compared += expected.len();
            }
        }
        assert!(off * 20 <= compared, "{name}: {off} of {compared} outputs are another code than onnxruntime's");
        assert!(values >= 3 * RANDOM, "{name}");
    }
}
