//! Every small network of `models/small`: from its ONNX file to a verified proof, or to the error that it must give.

mod setups;

use std::{
    fs,
    path::{Path, PathBuf},
};

use hushproof::{
    Error,
    compile::{Compiled, Options, Reduction, compile, import},
    data, onnx,
    prove::{Proof, ProvingKey, Transcript, VerifyingKey, keygen, prove, verify},
};
use rand_core::OsRng;
use serde_json::Value;
use setups::Setups;

/// Files that are refused, with the code of the error.
const REFUSED: [(&str, &str); 9] = [
    ("dynamic_inner", "dynamic-shape"),
    ("external_data", "external-data"),
    ("huge_weights_overflow", "calibration"),
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
    let rows = data::read_rows(vectors["inputs"].to_string().as_bytes(), &network.input)?;
    let outputs = vectors["outputs"].as_object().and_then(|outputs| outputs.values().next().cloned());
    Ok((compile(network, &rows, &Options::default())?, rows, outputs))
}

/// Proves the output on a row and verifies it through the files; the values that the verifier reads.
fn verified(name: &str, compiled: &Compiled, row: &[f64], setups: &mut Setups) -> Vec<f64> {
    let model = &compiled.model;
    let srs = setups.of(compiled.layout.k);
    let vk = keygen(model, srs).unwrap_or_else(|error| panic!("{name}: {error}"));
    let vk = VerifyingKey::from_bytes(&vk.to_bytes()).unwrap();
    let key = ProvingKey::new(model, vk, srs).unwrap();
    let proved = prove(model, &key, row, name.as_bytes(), Transcript::Blake2b, OsRng, &mut |_, _| {});
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
    let mut setups = Setups::default();
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
                let got = verified(name, &compiled, &rows[row], &mut setups);
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

/// Rows of a little-endian `.npy` file of float32, float64 or int64.
fn npy(path: &Path) -> Vec<Vec<f64>> {
    let bytes = fs::read(path).unwrap();
    let header_len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..10 + header_len]).into_owned();
    let data = &bytes[10 + header_len..];
    let values: Vec<f64> = if header.contains("<f4") {
        data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b).into()).collect()
    } else if header.contains("<i8") {
        data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect()
    } else {
        data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect()
    };
    let rows: usize = header.split('(').nth(1).unwrap().split(',').next().unwrap().trim().parse().unwrap();
    values.chunks(values.len() / rows).map(<[f64]>::to_vec).collect()
}

/// The tabular models that lie beside the repository, where there are any.
fn tabular() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/models");
    let models = std::env::var_os("HUSHPROOF_MODELS").map_or_else(beside, PathBuf::from);
    Some(models.join("tabular")).filter(|path| path.is_dir())
}

/// A model of `ai.onnx.ml` with a reduction, compiled on its calibration rows.
fn compiled(folder: &Path, name: &str, reduction: Reduction) -> Compiled {
    let bytes = fs::read(folder.join(format!("{name}.onnx"))).unwrap();
    let (_, network) = import(&bytes, &onnx::ReadOptions::default(), &reduction).unwrap();
    let data = name.split('_').next().unwrap().replace("breast", "breast_cancer");
    let rows = npy(&folder.join(format!("{data}_calib.x.npy")));
    compile(network, &rows, &Options { reduction, ..Options::default() }).unwrap()
}

#[test]
fn models_of_the_ml_domain_give_the_class_on_every_row() {
    let Some(folder) = tabular() else { return };
    let mut setups = Setups::default();
    let rows = npy(&folder.join("breast_cancer_test.x.npy"));
    for name in [
        "breast_cancer_gradient_boosting",
        "breast_cancer_hist_gradient_boosting",
        "breast_cancer_random_forest",
        "breast_cancer_logreg_skl2onnx",
    ] {
        let labels = npy(&folder.join(format!("{name}.label.npy"))).concat();
        let scores = npy(&folder.join(format!("{name}.probabilities.npy")));
        let whole = compiled(&folder, name, Reduction::Full);
        for ((row, label), scores) in rows.iter().zip(&labels).zip(&scores) {
            let got = whole.model.predict(row).unwrap();
            assert_eq!(got[0], *label, "{name}: label of {got:?}");
            assert!(got[1..].iter().zip(scores).all(|(a, b)| (a - b).abs() < 2e-3), "{name}: {got:?} for {scores:?}");
        }
        let got = verified(name, &whole, &rows[7], &mut setups);
        assert_eq!((got.len(), got[0]), (3, labels[7]), "{name}");
        let decided = compiled(&folder, name, Reduction::ArgMax);
        for (row, label) in rows.iter().zip(&labels) {
            assert_eq!(decided.model.predict(row).unwrap(), [*label], "{name}");
        }
        assert_eq!(verified(name, &decided, &rows[3], &mut setups), [labels[3]], "{name}");
        let threshold = compiled(&folder, name, Reduction::Threshold(0.3));
        for (row, scores) in rows.iter().zip(&scores) {
            let above: Vec<f64> = scores.iter().map(|score| f64::from(*score >= 0.3)).collect();
            assert_eq!(threshold.model.predict(row).unwrap(), above, "{name}: {scores:?}");
        }
    }
    let name = "diabetes_gradient_boosting_regressor";
    let rows = npy(&folder.join("diabetes_test.x.npy"));
    let expected = npy(&folder.join(format!("{name}.variable.npy"))).concat();
    let range = expected.iter().fold(f64::MIN, |a, b| a.max(*b)) - expected.iter().fold(f64::MAX, |a, b| a.min(*b));
    let model = compiled(&folder, name, Reduction::Full);
    for (row, expected) in rows.iter().zip(&expected) {
        let got = model.model.predict(row).unwrap();
        assert!((got[0] - expected).abs() <= 0.001 * range, "{got:?} for {expected}");
    }
    verified(name, &model, &rows[0], &mut setups);
}
