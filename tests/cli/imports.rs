//! What a model leaves open, or keeps elsewhere: free dimensions, weights in other files, tensors inside the graph.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    graph::{FLOAT, Graph},
    world::{Run, hushproof, scratch},
};

fn compile(folder: &Path, onnx: Vec<u8>, options: &[&str]) -> Run {
    let [model, hush] = ["model.onnx", "model.hush"].map(|name| folder.join(name).display().to_string());
    fs::write(&model, onnx).unwrap();
    hushproof(&["compile", &model, "-o", &hush]).args(options).run()
}

/// The outputs of the model that was compiled last, on a record.
fn predict(folder: &Path, record: &serde_json::Value) -> serde_json::Value {
    let [input, hush] = ["record.json", "model.hush"].map(|name| folder.join(name).display().to_string());
    fs::write(&input, record.to_string()).unwrap();
    hushproof(&["predict", &hush, "--input", &input, "--json"]).ok().json()["outputs"].clone()
}

fn close(got: &serde_json::Value, expected: &[f64]) {
    let got: Vec<f64> = got.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    let near = got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.02);
    assert!(got.len() == expected.len() && near, "{got:?} for {expected:?}");
}

#[test]
fn free_dimensions_get_sizes() {
    let folder = scratch("free-dimensions");
    let onnx = || Graph::default().node("Relu", &["x"], "y", &[]).free_input("x", "width").output("y", FLOAT, &[1, 3]);
    let onnx = || onnx().onnx();
    assert_eq!(compile(&folder, onnx(), &["--dim", "width=3"]).status, 0);
    close(&predict(&folder, &json!({ "x": [0.5, -0.5, 0.25] }))["y"], &[0.5, 0.0, 0.25]);
    let rows = folder.join("rows.json").display().to_string();
    fs::write(&rows, json!({ "x": [[0.5, -0.5, 0.25], [0.1, 0.9, -0.2]] }).to_string()).unwrap();
    assert_eq!(compile(&folder, onnx(), &["--calibration", &rows]).status, 0, "the rows show it");
    close(&predict(&folder, &json!({ "x": [0.1, 0.9, -0.2] }))["y"], &[0.1, 0.9, 0.0]);
    compile(&folder, onnx(), &[]).refused("dynamic-shape");
    compile(&folder, onnx(), &["--dim", "width=3", "--dim", "width=4"]).refused("option");
    for wrong in ["width", "width=", "=3", "width=0", "width=-1"] {
        assert_eq!(compile(&folder, onnx(), &["--dim", wrong]).status, 2, "{wrong}");
    }
    assert_ne!(compile(&folder, onnx(), &["--calibration", &rows, "--dim", "width=4"]).status, 0);
}

#[test]
fn weights_may_lie_beside_the_model() {
    let folder = scratch("outside");
    let onnx = |location: &str| {
        let graph = Graph::default().node("MatMul", &["x", "w"], "y", &[]).outside("w", &[2, 1], location);
        graph.input("x", &[1, 2]).output("y", FLOAT, &[1, 1]).onnx()
    };
    let weights: Vec<u8> = [2.0f32, -1.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::create_dir(folder.join("data")).unwrap();
    fs::write(folder.join("data/w.bin"), &weights).unwrap();
    assert_eq!(compile(&folder, onnx("data/w.bin"), &[]).status, 0);
    close(&predict(&folder, &json!({ "x": [0.5, 0.25] }))["y"], &[0.75]);
    fs::write(folder.join("short.bin"), &weights[..7]).unwrap();
    fs::write(folder.parent().unwrap().join("outside-of-it.bin"), &weights).unwrap();
    for wrong in ["", "missing.bin", "short.bin", "data", "../outside-of-it.bin", "data/../../outside-of-it.bin"] {
        compile(&folder, onnx(wrong), &[]).refused("external-data");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../outside-of-it.bin", folder.join("link.bin")).unwrap();
        compile(&folder, onnx("link.bin"), &[]).refused("external-data");
    }
}

#[test]
fn tensors_inside_the_graph_may_be_outputs() {
    let folder = scratch("inside");
    let onnx = || {
        let graph = Graph::default().constant("w", &[2, 2], &[1.0, 0.0, 1.0, -1.0]);
        let graph = graph.node("MatMul", &["x", "w"], "h", &[]).node("Det", &["h"], "y", &[]);
        graph.input("x", &[1, 2]).output("y", FLOAT, &[1]).onnx()
    };
    let told = compile(&folder, onnx(), &[]).refused("unsupported-operators");
    assert!(told.stderr.contains("--outputs h"), "{}", told.stderr);
    assert_eq!(compile(&folder, onnx(), &["--outputs", "h"]).status, 0);
    close(&predict(&folder, &json!({ "x": [0.5, 0.25] }))["h"], &[0.75, -0.25]);
    compile(&folder, onnx(), &["--outputs", "nowhere"]).refused("option");
}
