//! Networks with private weights from ONNX files to proofs, which the stock verifier checks with a key that knows no
//! weight.

use std::fs;

use hushproof::{
    circuit::Layout,
    compile::{Compiled, Options, compile},
    data,
    graph::{Model, Network, Visibility},
    onnx,
    prove::{Proof, ProvingKey, Srs, Transcript, VerifyingKey, keygen, prove, verify},
};
use rand_core::OsRng;

fn read(name: &str) -> Vec<u8> {
    fs::read(format!("{}/models/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A bundled network with its calibration rows.
fn bundled(onnx_file: &str, rows: &str) -> (Network, Vec<Vec<f64>>) {
    let network = onnx::import(&read(onnx_file)).unwrap();
    let file: serde_json::Value = serde_json::from_slice(&read(rows)).unwrap();
    let inputs = file.get("inputs").unwrap_or(&file);
    let rows = data::read_rows(inputs.to_string().as_bytes(), &network.input).unwrap();
    (network, rows)
}

#[test]
fn private_weights_prove_what_the_integers_give() {
    let options = Options { weights: Visibility::Private, ..Options::default() };
    for (onnx_file, rows) in [
        ("small/liveness_like.onnx", "small/liveness_like.json"),
        ("small/residual.onnx", "small/residual.json"),
        ("small/lenet_like.onnx", "small/lenet_like.json"),
        ("small/conv_threshold.onnx", "small/conv_threshold.json"),
        ("breast_cancer_mlp.onnx", "breast_cancer_calibration.json"),
    ] {
        let (network, rows) = bundled(onnx_file, rows);
        let Compiled { model, network, layout, .. } = compile(network, &rows, &options).unwrap();
        assert_eq!(model.weights_visibility(), Visibility::Private, "{onnx_file}");
        assert_eq!(Model::from_bytes(&model.to_bytes()).unwrap(), model, "{onnx_file}");
        let srs = Srs::new_development(layout.k, OsRng).unwrap();
        let vk = VerifyingKey::from_bytes(&keygen(&model, &srs).unwrap().to_bytes()).unwrap();
        assert_eq!(vk.params.weights_visibility(), Visibility::Private, "{onnx_file}");
        assert_ne!(vk.model_digest, model.digest(), "{onnx_file}");
        let key = ProvingKey::new(&model, vk, &srs).unwrap();
        let proved = prove(&model, &key, &rows[0], b"nonce", Transcript::Blake2b, OsRng, &mut |_, _| {}).unwrap();
        let proof = Proof::from_json(&proved.proof.to_json()).unwrap();
        let verified = verify(&key.vk, &proof, b"nonce").unwrap_or_else(|error| panic!("{onnx_file}: {error}"));
        let (predicted, float) = (model.predict(&rows[0]).unwrap(), network.predict(&rows[0]));
        let far = |(a, b): (&f64, &f64)| (a - b).abs() > 0.05 * (1.0 + b.abs());
        assert_eq!(verified.outputs.len(), predicted.len(), "{onnx_file}");
        for reference in [&predicted, &float] {
            let wrong = verified.outputs.iter().zip(reference).any(far);
            assert!(!wrong, "{onnx_file}: {:?}, {reference:?}", verified.outputs);
        }
    }
}

#[test]
fn predictions_count_private_columns() {
    let (network, rows) = bundled("digits_cnn.onnx", "digits_calibration.json");
    let public = compile(network.clone(), &rows, &Options::default()).unwrap();
    let private = compile(network, &rows, &Options { weights: Visibility::Private, ..Options::default() }).unwrap();
    let cost = |layout: &Layout| layout.prediction().native_seconds;
    assert!(cost(&private.layout) > cost(&public.layout));
    assert!(private.layout.assigned_cells() > public.layout.assigned_cells());
}
