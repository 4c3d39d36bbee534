//! Every small network of `models/small`: from its ONNX file to a verified proof, or to the error that it must give.
#![cfg(not(target_arch = "wasm32"))]

use std::{fs, path::Path};

use hushproof::{
    Error,
    compile::{Compiled, Options, compile},
    data, onnx,
    prove::{Proof, ProvingKey, Srs, VerifyingKey, keygen, prove, verify},
};
use rand_core::OsRng;
use serde_json::Value;

/// Largest circuit of the small networks.
const K: u32 = 15;

/// Files that are refused, with the code of the error.
const REFUSED: [(&str, &str); 8] = [
    ("dynamic_inner", "dynamic-shape"),
    ("external_data", "external-data"),
    ("kernel_too_large", "graph"),
    ("shape_mismatch", "shape"),
    ("strided_too_deep", "graph"),
    ("unsupported", "unsupported-operators"),
    ("zero_axis", "graph"),
    ("zero_slice", "graph"),
];

/// Largest error of an output, as a share of the largest output: codes have few bits unless more are asked for.
const TOLERANCE: f64 = 0.03;

/// Values of a nested JSON list, in order.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        value => vec![value.as_f64().unwrap()],
    }
}

/// The compiled network with calibration rows, and the outputs of these, if the float network gives finite ones.
type Prepared = (Compiled, Vec<Vec<f64>>, Option<Value>);

fn prepare(folder: &Path, name: &str) -> Result<Prepared, Error> {
    let network = onnx::import(&fs::read(folder.join(format!("{name}.onnx"))).unwrap())?;
    let vectors: Value = serde_json::from_slice(&fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap();
    let rows = data::read_rows(vectors["inputs"].to_string().as_bytes(), network.input())?;
    let outputs = vectors["outputs"].as_object().and_then(|outputs| outputs.values().next().cloned());
    Ok((compile(network, &rows, &Options::default())?, rows, outputs))
}

/// Proves the output on a row and verifies it through the files; the values that the verifier reads.
fn verified(name: &str, compiled: &Compiled, row: &[f64], srs: &Srs) -> Vec<f64> {
    let model = &compiled.model;
    let vk = keygen(model, srs).unwrap_or_else(|error| panic!("{name}: {error}"));
    let vk = VerifyingKey::from_bytes(&vk.to_bytes()).unwrap();
    let key = ProvingKey::new(model, vk, srs).unwrap();
    let proved = prove(model, &key, row, name.as_bytes(), OsRng, &mut |_, _| {});
    let proved = proved.unwrap_or_else(|error| panic!("{name}: {error}"));
    let proof = Proof::from_json(&proved.proof.to_json()).unwrap();
    let verified = verify(&key.vk, &proof, name.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(verified.outputs, proved.outputs, "{name}");
    verified.outputs
}

fn assert_close(name: &str, got: &[f64], expected: &[f64]) {
    let largest = expected.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let close = |(got, expected): (&f64, &f64)| (got - expected).abs() <= TOLERANCE * largest;
    let all = got.len() == expected.len() && got.iter().zip(expected).all(close);
    assert!(all, "{name}: {got:?}, float {expected:?}");
}

#[test]
fn small_networks_prove_and_verify() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/small");
    let srs = Srs::new_development(K, OsRng).unwrap();
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".onnx")?.to_owned()))
        .collect();
    names.sort();
    assert!(names.len() > 50, "{names:?}");
    for name in &names {
        let refusal = REFUSED.iter().find(|(refused, _)| refused == name).map(|(_, code)| *code);
        match (prepare(&folder, name), refusal) {
            (Ok((compiled, rows, outputs)), None) => {
                let row = rows.len() - 1;
                let got = verified(name, &compiled, &rows[row], &srs);
                if let Some(outputs) = outputs {
                    assert_close(name, &got, &flat(&outputs[row]));
                }
            }
            (Err(error), Some(code)) => assert_eq!(error.code(), code, "{name}: {error}"),
            (Ok(_), Some(code)) => panic!("{name} compiles, expected {code}"),
            (Err(error), None) => panic!("{name}: {error}"),
        }
    }
}
