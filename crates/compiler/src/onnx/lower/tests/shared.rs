//! The networks that lie beside the repository, where there are any.

use std::{fs, path::Path};

use hushproof_core::{
    Error,
    graph::{FloatActivation, Network},
};

use crate::onnx::{
    read,
    tests::{flat, npy, onnx_files, shared},
};

/// How many layers of each kind.
fn kinds(network: &Network) -> [usize; 5] {
    let mut kinds = [0; 5];
    for layer in &network.layers {
        kinds[match layer.activation {
            FloatActivation::Linear => 0,
            FloatActivation::Relu => 1,
            FloatActivation::Clip { .. } => 2,
            FloatActivation::PRelu { .. } => 3,
            _ => 4,
        }] += 1;
    }
    kinds
}

/// Rows of a little-endian uint8 `.npy` file.
fn bytes(path: &Path, row: usize) -> Vec<Vec<f64>> {
    let bytes = fs::read(path).unwrap();
    let data = &bytes[10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))..];
    data.chunks_exact(row).map(|row| row.iter().map(|x| f64::from(*x)).collect()).collect()
}

/// The network's results, after what their reader applies.
fn run(network: &Network, x: &[f64]) -> Vec<f64> {
    network.predict(x)
}

fn worst(network: &Network, inputs: &[Vec<f64>], outputs: &[Vec<f64>]) -> f64 {
    let error = |(x, expected): (&Vec<f64>, &Vec<f64>)| {
        let y = run(network, x);
        assert_eq!(y.len(), expected.len());
        y.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    assert!(!inputs.is_empty());
    inputs.iter().zip(outputs).map(error).fold(0.0, f64::max)
}

#[test]
fn shared_networks_match_their_outputs() {
    let Some(shared) = shared() else { return };
    for (model, inputs, outputs, expected) in [
        ("mnist-trained/lenet5", "mnist-trained/lenet5.inputs", "outputs", [3, 8, 0, 0, 0]),
        ("mnist-published/28_6_16_10_5", "mnist-published/28_6_16_10_5.inputs", "outputs", [3, 2, 0, 0, 0]),
        ("mnist-published/784_56_10", "mnist-published/784_56_10.inputs", "outputs", [1, 1, 0, 0, 0]),
        ("vision/mobilenetv2_w025_mnist32", "vision/mobilenetv2_w025_mnist32.inputs", "outputs", [19, 0, 35, 0, 0]),
        ("vision/mobilenetv2_cifar", "vision/mobilenetv2_cifar.inputs_u8", "logits", [19, 0, 35, 0, 0]),
        ("liveness/minifasnetv2", "liveness/minifasnetv2.inputs", "logits", [17, 0, 0, 33, 0]),
        ("liveness/minifasnetv2_bn", "liveness/minifasnetv2.inputs", "logits", [17, 0, 0, 33, 0]),
    ] {
        let network = read(&fs::read(shared.join(format!("{model}.onnx"))).unwrap()).unwrap().network().unwrap();
        let path = shared.join(format!("{inputs}.npy"));
        let inputs = if inputs.ends_with("u8") { scaled(bytes(&path, network.input.len())) } else { npy(path) };
        let outputs = npy(shared.join(format!("{}.{outputs}.npy", model.trim_end_matches("_bn"))));
        let worst = worst(&network, &inputs[..inputs.len().min(4)], &outputs);
        println!("{model}: {} layers, largest error {worst:.1e}", network.layers.len());
        assert!(worst < 1e-4, "{model}: {worst}");
        assert_eq!(kinds(&network), expected, "{model}");
    }
}

/// Pixels as the model's description says.
fn scaled(images: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    images.into_iter().map(|image| image.into_iter().map(|x| (x / 255.0 - 0.5) / 0.25).collect()).collect()
}

#[test]
fn shared_models_import_or_say_why_not() {
    let Some(shared) = shared() else { return };
    let mut imported = 0;
    for path in onnx_files(shared) {
        let name = path.display();
        let graph = match read(&fs::read(&path).unwrap()) {
            Ok(graph) => graph,
            Err(error @ (Error::Unsupported(_) | Error::Graph { .. } | Error::NotOnnx { .. })) => {
                println!("{name}: {error}");
                continue;
            }
            Err(error) => panic!("{name}: {error}"),
        };
        match graph.network() {
            Ok(network) => {
                imported += 1;
                let x: Vec<f64> = (0..network.input.len()).map(|i| (i % 7) as f64 / 4.0 - 0.5).collect();
                let (got, expected) = (run(&network, &x), graph.eval(&x).unwrap());
                let close = |(a, b): (&f64, &f64)| a == b || (a - b).abs() <= 1e-6 * b.abs().max(1.0) || !b.is_finite();
                let vectors = path.with_file_name("vectors.json");
                // These numbers are no indices, which some of the networks with vectors take.
                let alike = vectors.exists() || got.iter().zip(&expected).all(close);
                assert!(alike, "{name}: {got:?} for {expected:?}");
                if let Ok(text) = fs::read(vectors) {
                    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
                    let all = |key: &str| -> Vec<f64> {
                        json[key].as_array().unwrap().iter().flat_map(|tensor| flat(&tensor["data"])).collect()
                    };
                    let (x, y) = (all("inputs"), all("outputs"));
                    let got = run(&network, &x);
                    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-4 * b.abs().max(1.0);
                    assert!(got.len() == y.len() && got.iter().zip(&y).all(close), "{name}: {got:?} for {y:?}");
                }
            }
            Err(Error::Unsupported(ops)) => println!("{name}: {}", Error::Unsupported(ops)),
            Err(Error::Graph { node, reason }) => println!("{name}: {node}: {reason}"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert!(imported >= 35, "{imported} models import");
}
