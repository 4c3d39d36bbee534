//! The models in `models/` against their reference vectors, and everything that must not be accepted.

pub(crate) mod graphs;

use std::{fs, path::PathBuf};

use hushproof_core::Error;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn models() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

fn small(name: &str) -> Vec<u8> {
    fs::read(models().join("small").join(format!("{name}.onnx"))).unwrap()
}

/// Values of a nested JSON list, in order.
pub(super) fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        value => vec![value.as_f64().unwrap()],
    }
}

/// Pairs of input and expected output of a vectors file.
fn vectors(path: PathBuf) -> Vec<(Vec<f64>, Vec<f64>)> {
    let json: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let rows = |key: &str| json[key].as_object().unwrap().values().next().unwrap().as_array().unwrap().clone();
    rows("inputs").iter().zip(rows("outputs")).map(|(x, y)| (flat(x), flat(&y))).collect()
}

fn assert_close(got: &[f64], expected: &[f64], what: &str) {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-4 * b.abs().max(1.0);
    assert!(got.len() == expected.len() && got.iter().zip(expected).all(close), "{what}: {got:?} for {expected:?}");
}

/// Graph, network and tract agree with the vectors; returns the network.
fn check(bytes: &[u8], vectors: &[(Vec<f64>, Vec<f64>)]) -> Network {
    let graph = read(bytes).unwrap();
    let network = graph.network().unwrap();
    let float_model = FloatModel::new(bytes).unwrap();
    assert!(!vectors.is_empty());
    for (x, y) in vectors {
        assert_close(&graph.eval(x).unwrap(), y, "graph");
        assert_close(&network.predict(x), y, "network");
        let x: Vec<f32> = x.iter().map(|x| *x as f32).collect();
        let got: Vec<f64> = float_model.run(&x).unwrap().into_iter().map(f64::from).collect();
        assert_close(&got, y, "tract");
    }
    network
}

/// Widths of the layers, kind of each activation, and what the reader of the output applies, such as "4 Relu 3 Linear".
fn form(network: &Network) -> String {
    let mut form = network.input.len().to_string();
    for layer in &network.layers {
        let activation = format!("{:?}", layer.activation);
        let activation = activation.split(' ').next().unwrap();
        form += &format!(" {} {activation}", layer.shape.len());
    }
    network.finish.iter().for_each(|finish| form += &format!(" {:?}", finish.function));
    form
}

#[test]
fn small_models_match_their_vectors() {
    for (name, expected) in [
        ("gemm_only", "4 3 Linear"),
        ("matmul_add_relu", "6 8 Relu 3 Linear"),
        ("sigmoid_hidden", "5 7 Table(Sigmoid) 2 Linear"),
        ("argmax3", "4 8 Relu 3 ArgMax"),
        ("argmax3_squeezed", "4 8 Relu 3 ArgMax"),
        ("argmax5", "4 8 Relu 5 ArgMax"),
        ("threshold", "5 1 Threshold"),
        ("reshape_flatten", "6 2 Linear"),
        ("muldiv", "4 3 Linear"),
        ("relu_wide", "20 40 Relu 3 Linear"),
        ("relu_input_only", "4 4 Relu 2 Linear"),
        ("dynamic_batch", "4 3 Linear"),
    ] {
        let network = check(&small(name), &vectors(models().join("small").join(format!("{name}.json"))));
        assert_eq!(form(&network), expected, "{name}");
        assert_eq!(network.name, name);
        assert_eq!(network.input.shape[0], 1);
    }
}

#[test]
fn breast_cancer_models_match_their_vectors() {
    let json = |name: &str| -> Value { serde_json::from_slice(&fs::read(models().join(name)).unwrap()).unwrap() };
    let inputs = json("breast_cancer_test.json");
    let inputs = inputs.as_object().unwrap().values().next().unwrap();
    for (name, expected) in [("logreg", "30 1 Linear Sigmoid"), ("mlp", "30 16 Relu 8 Relu 1 Linear Sigmoid")] {
        let outputs = json(&format!("breast_cancer_{name}.reference.json"));
        let rows = inputs.as_array().unwrap().iter().zip(outputs.as_array().unwrap());
        let vectors: Vec<_> = rows.map(|(x, y)| (flat(x), flat(y))).collect();
        let bytes = fs::read(models().join(format!("breast_cancer_{name}.onnx"))).unwrap();
        assert_eq!(form(&check(&bytes, &vectors)), expected);
    }
}

/// Values of a little-endian `.npy` file of float32 or float64, row by row.
pub(super) fn npy(path: PathBuf) -> Vec<Vec<f64>> {
    let bytes = fs::read(path).unwrap();
    let header_len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..10 + header_len]).into_owned();
    let data = &bytes[10 + header_len..];
    let values: Vec<f64> = if header.contains("<f4") {
        data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b).into()).collect()
    } else {
        data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect()
    };
    let rows: usize = header.split('(').nth(1).unwrap().split(',').next().unwrap().trim().parse().unwrap();
    values.chunks(values.len() / rows).map(<[f64]>::to_vec).collect()
}

/// The models that lie beside the repository, where there are any.
pub(super) fn shared() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/models");
    Some(std::env::var_os("HUSHPROOF_MODELS").map_or_else(beside, PathBuf::from)).filter(|path| path.is_dir())
}

#[test]
fn shared_models_match_their_vectors() {
    let Some(shared) = shared() else { return };
    for (model, inputs, outputs, expected) in [
        ("tabular/breast_cancer_logreg", "tabular/breast_cancer_test.x", "output", "30 1 Linear Sigmoid"),
        (
            "tabular/breast_cancer_mlp_30_16_8_1",
            "tabular/breast_cancer_test.x",
            "output",
            "30 16 Relu 8 Relu 1 Linear Sigmoid",
        ),
        ("tabular/diabetes_ridge", "tabular/diabetes_test.x", "output", "10 1 Linear"),
        ("tabular/diabetes_mlp_10_16_8_1", "tabular/diabetes_test.x", "output", "10 16 Relu 8 Relu 1 Linear"),
        (
            "mnist-trained/mnist_mlp_2m",
            "mnist-trained/mnist_mlp_2m.inputs",
            "outputs",
            "784 1024 Relu 1024 Relu 10 Linear",
        ),
    ] {
        let bytes = fs::read(shared.join(format!("{model}.onnx"))).unwrap();
        let (inputs, outputs) = (shared.join(format!("{inputs}.npy")), shared.join(format!("{model}.{outputs}.npy")));
        let vectors: Vec<_> = npy(inputs).into_iter().zip(npy(outputs)).take(20).collect();
        assert_eq!(form(&check(&bytes, &vectors)), expected, "{model}");
    }
}

/// Every `.onnx` file in a folder and below.
pub(super) fn onnx_files(folder: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "onnx"));
    folders.into_iter().flat_map(onnx_files).chain(files).collect()
}

#[test]
fn shared_models_import_or_say_why_not() {
    let Some(shared) = shared() else { return };
    let mut imported = 0;
    for path in onnx_files(shared) {
        let bytes = fs::read(&path).unwrap();
        match import(&bytes) {
            Ok(network) => {
                imported += 1;
                let graph = read(&bytes).unwrap();
                let what = path.display().to_string();
                let vectors = path.with_file_name("vectors.json");
                let (x, expected) = if vectors.exists() {
                    let json: Value = serde_json::from_slice(&fs::read(vectors).unwrap()).unwrap();
                    let all = |key: &str| -> Vec<f64> {
                        json[key].as_array().unwrap().iter().flat_map(|tensor| flat(&tensor["data"])).collect()
                    };
                    (all("inputs"), all("outputs"))
                } else {
                    let x = vec![0.5; network.input.len()];
                    let expected = graph.eval(&x).unwrap();
                    (x, expected)
                };
                assert_close(&graph.eval(&x).unwrap(), &expected, &what);
                assert_close(&network.predict(&x), &expected, &what);
            }
            Err(Error::Unsupported(ops)) => assert!(!ops.is_empty()),
            Err(Error::NotOnnx { .. }) => {}
            Err(Error::Graph { node, reason }) => assert!(!reason.is_empty(), "{node}"),
            Err(other) => panic!("{}: {other}", path.display()),
        }
    }
    assert!(imported >= 17, "{imported} models import");
}

const TREES: [&str; 5] = ["trees_modes", "trees_binary", "trees_mean", "trees_most", "trees_computed"];

#[test]
fn trees_decide_as_their_reference() {
    for name in TREES.into_iter().chain(["linear_classes"]) {
        let graph = read(&small(name)).unwrap();
        let network = graph.network().unwrap();
        let stored = vectors(models().join("small").join(format!("{name}.json")));
        for (x, y) in &stored {
            assert_close(&graph.eval(x).unwrap(), y, name);
            assert_close(&network.predict(x), y, name);
        }
        // Quarters, among which are all numbers that `trees_modes` compares with.
        for seed in 0..500usize {
            let quarter = |i: usize| ((seed * 31 + i * 17 + seed * i * 7) % 13) as f64 / 4.0 - 1.5;
            let x: Vec<f64> = (0..network.input.len()).map(quarter).collect();
            assert_close(&network.predict(&x), &graph.eval(&x).unwrap(), name);
        }
    }
}

#[test]
fn outputs_are_chosen_by_name() {
    let bytes = small("trees_modes");
    let named = |names: &[&str]| read_outputs(&bytes, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let x = [0.5, -1.0, 0.0, 0.5];
    let all = read(&bytes).unwrap();
    assert_eq!(all.beside_class(), ["scores"]);
    let expected = all.eval(&x).unwrap();
    for (name, range) in [("label", 0..1), ("scores", 1..4)] {
        let graph = named(&[name]).unwrap();
        assert_eq!(graph.outputs()[0].name, name);
        assert!(graph.beside_class().is_empty());
        assert_close(&graph.eval(&x).unwrap(), &expected[range.clone()], name);
        assert_close(&graph.network().unwrap().predict(&x), &expected[range], name);
    }
    assert_eq!(named(&["label", "scores"]).unwrap().outputs()[0].name, "label+scores");
    assert!(matches!(named(&["other"]), Err(Error::Option { option: "--outputs", .. })));
}

#[test]
fn mutated_trees_never_panic() {
    for name in TREES {
        let bytes = small(name);
        for i in (0..bytes.len()).step_by(3) {
            for value in [0, 0xff, bytes[i] ^ 1] {
                let mut changed = bytes.clone();
                changed[i] = value;
                let _ = read(&changed).and_then(|graph| graph.network());
            }
        }
    }
}

#[test]
fn refused_models() {
    let ops = |error| match error {
        Error::Unsupported(ops) => ops.into_iter().map(|op| format!("{} {}", op.node, op.op)).collect::<Vec<_>>(),
        other => panic!("{other}"),
    };
    assert_eq!(ops(import(&small("unsupported")).unwrap_err()), ["dense1/det Det"]);
    assert!(matches!(import(&small("external_data")), Err(Error::ExternalData { tensor }) if tensor == "dense.weight"));
    match import(&small("dynamic_inner")) {
        Err(Error::DynamicShape { input, shape }) => assert_eq!((&*input, &*shape), ("x", "[1, T, 4]")),
        other => panic!("{other:?}"),
    }
    for garbage in [&b""[..], b"PK\x03\x04 not a model", &[0xff; 64]] {
        assert!(matches!(import(garbage), Err(Error::NotOnnx { .. })));
    }
}

#[test]
fn mutated_models_never_panic_in_tract() {
    let bytes = small("threshold");
    for i in 0..bytes.len() {
        for value in [0, 0xff, bytes[i] ^ 1] {
            let mut changed = bytes.clone();
            changed[i] = value;
            if let Ok(model) = FloatModel::new(&changed) {
                let _ = model.run(&[0.5; 5]);
            }
        }
    }
}

#[test]
fn mutated_models_never_panic() {
    for name in ["threshold", "muldiv", "argmax3_squeezed", "reshape_flatten", "sigmoid_hidden"] {
        let bytes = small(name);
        for i in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0xff, bytes[i] ^ 1, bytes[i].wrapping_add(8)] {
                let mut changed = bytes.clone();
                changed[i] = value;
                if let Ok(network) = import(&changed) {
                    network.predict(&vec![0.5; network.input.len()]);
                }
            }
        }
        for end in 0..bytes.len() {
            let _ = import(&bytes[..end]);
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = import(&bytes);
    }

    #[test]
    fn several_mutations_never_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = small("matmul_add_relu");
        for (index, value) in changes {
            *index.get_mut(&mut bytes) = value;
        }
        if let Ok(network) = import(&bytes) {
            network.predict(&vec![0.5; network.input.len()]);
        }
    }
}
