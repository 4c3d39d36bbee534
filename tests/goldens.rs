//! What circuits look like: rows, columns, look-ups and the verifying key of every bundled network, against
//! `tests/goldens.json`. A change of any is a change of every verifying key; `HUSHPROOF_BLESS=1` writes the file anew.

mod setups;

use std::{collections::BTreeMap, fs, path::Path};

use hushproof::{
    circuit::DEGREE,
    compile::{Options, compile},
    data,
    graph::Visibility,
    onnx,
    prove::keygen,
};
use serde_json::{Value, json};
use setups::Setups;

/// Networks of every kind of layer and storage, each with the file of its calibration rows.
const NETWORKS: [(&str, &str); 16] = [
    ("breast_cancer_logreg", "breast_cancer_calibration"),
    ("breast_cancer_mlp", "breast_cancer_calibration"),
    ("digits_cnn", "digits_calibration"),
    ("digits_cnn with private weights", "digits_calibration"),
    ("small/argmax5", "small/argmax5"),
    ("small/attention1", "small/attention1"),
    ("small/conv_dilated", "small/conv_dilated"),
    ("small/hardswish", "small/hardswish"),
    ("small/lenet_like", "small/lenet_like"),
    ("small/lenet_pair_a", "small/lenet_pair_a"),
    ("small/lenet_pair_b", "small/lenet_pair_b"),
    ("small/liveness_like", "small/liveness_like"),
    ("small/mobile_block", "small/mobile_block"),
    ("small/mul_gate", "small/mul_gate"),
    ("small/residual", "small/residual"),
    ("small/se_block", "small/se_block"),
];

/// Added to the name of a network whose weights are private.
const PRIVATE: &str = " with private weights";

fn golden(folder: &Path, name: &str, rows: &str, setups: &mut Setups) -> Value {
    let (name, weights) = match name.strip_suffix(PRIVATE) {
        Some(name) => (name, Visibility::Private),
        None => (name, Visibility::Public),
    };
    let network = onnx::import(&fs::read(folder.join(format!("{name}.onnx"))).unwrap()).unwrap();
    let file: Value = serde_json::from_slice(&fs::read(folder.join(format!("{rows}.json"))).unwrap()).unwrap();
    let inputs = file.get("inputs").unwrap_or(&file);
    let rows = data::read_rows(inputs.to_string().as_bytes(), &network.input).unwrap();
    let compiled = compile(network, &rows, &Options { weights, ..Options::default() })
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let layout = &compiled.layout;
    let vk = keygen(&compiled.model, setups.of(layout.k)).unwrap_or_else(|error| panic!("{name}: {error}"));
    json!({
        "k": layout.k,
        "rows": layout.rows_used(),
        "advice_columns": layout.params.advice_columns(),
        "fixed_columns": layout.params.fixed_columns(),
        "degree": DEGREE,
        "lookups_in_a_row": layout.params.lookups(),
        "verifying_key": hex::encode(vk.digest()),
    })
}

#[test]
fn circuits_are_as_they_were() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut setups = Setups::default();
    let found: BTreeMap<&str, Value> =
        NETWORKS.iter().map(|(name, rows)| (*name, golden(&root.join("models"), name, rows, &mut setups))).collect();
    let path = root.join("tests/goldens.json");
    if std::env::var_os("HUSHPROOF_BLESS").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
    }
    let blessed: BTreeMap<String, Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(found.len(), blessed.len());
    for (name, found) in &found {
        assert_eq!(Some(found), blessed.get(*name), "{name}; HUSHPROOF_BLESS=1 blesses a change that is meant");
    }
    // Twice the multiplications with as many activations and weights: the same circuit within 5 %.
    let rows = |name: &str| found[name]["rows"].as_f64().unwrap();
    let (a, b) = (rows("small/lenet_pair_a"), rows("small/lenet_pair_b"));
    assert!((a / b - 1.0).abs() < 0.05, "{a} rows, {b} rows");
    let shape = |name: &str| (found[name]["k"].clone(), found[name]["advice_columns"].clone());
    assert_eq!(shape("small/lenet_pair_a"), shape("small/lenet_pair_b"));
}
