//! Who sees the input, or a commitment to it, who sees the weights, and what is revealed of the output, or committed to:
//! every combination over an MLP, a CNN, trees, an attention block and a gate.

mod setups;

use std::{fs, path::Path};

use hushproof::{
    Error,
    commitment::Opening,
    compile::{Compiled, Options, Reduction, compile},
    data,
    error::Rejection,
    graph::{Network, Visibility},
    onnx,
    prove::{self, Proof, ProvingKey, Transcript, VerifyingKey, keygen, verify},
    schema::{Field, Kind, Scaled, Schema, Shape, Vector},
};
use rand_core::OsRng;
use setups::Setups;

/// What integers of records are apart.
const STEP: f64 = 0.01;

/// The most that an output may be off, as a share of the largest output of a row.
const TOLERANCE: f64 = 0.03;

/// Name, file and rows.
const NETWORKS: [(&str, &str, &str); 5] = [
    ("mlp", "breast_cancer_mlp.onnx", "breast_cancer_calibration.json"),
    ("cnn", "small/lenet_pair_a.onnx", "small/lenet_pair_a.json"),
    ("trees", "small/trees_mean.onnx", "small/trees_mean.json"),
    ("attention", "small/attention1.onnx", "small/attention1.json"),
    ("gate", "small/mul_gate.onnx", "small/mul_gate.json"),
];

fn load(file: &str, rows: &str) -> (Network, Vec<Vec<f64>>) {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let network = onnx::import(&fs::read(models.join(file)).unwrap()).unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&fs::read(models.join(rows)).unwrap()).unwrap();
    let rows = rows.get("inputs").cloned().unwrap_or(rows);
    let rows = data::read_rows(rows.to_string().as_bytes(), &network.input).unwrap();
    (network, rows)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().map(|value| value.abs()).fold(0.0, f64::max)
}

/// What the float network says under a reduction: values, with how far off each may be; none for a decision too near.
fn expected(values: &[f64], reduction: &Reduction) -> Vec<Option<(f64, f64)>> {
    let close = TOLERANCE * largest(values);
    match reduction {
        Reduction::Full => values.iter().map(|value| Some((*value, close))).collect(),
        Reduction::Committed(_) => values.iter().map(|value| Some((*value, close + STEP / 2.0))).collect(),
        Reduction::Threshold(at) => {
            let decision = |value: &f64| ((value - *at).abs() > close).then_some((f64::from(*value >= *at), 0.0));
            values.iter().map(decision).collect()
        }
        Reduction::Bands(thresholds) => {
            let value = values[0];
            let near = thresholds.iter().any(|at| (value - at).abs() <= close);
            let band = thresholds.iter().filter(|at| value >= **at).count();
            vec![(!near).then_some((band as f64, 0.0))]
        }
        Reduction::ArgMax => {
            let best = (0..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best });
            let near = (0..values.len()).any(|index| index != best && values[best] - values[index] <= close);
            vec![(!near).then_some((best as f64, 0.0))]
        }
    }
}

/// A schema of an input: of a vector each value has a range of its own, of some thousand steps.
fn input_schema(network: &Network, rows: &[Vec<f64>]) -> Schema {
    if !network.input_shape.is_vector() {
        return schema("input", rows);
    }
    let field = |at: usize| {
        let most = 2.0 * rows.iter().map(|row| row[at].abs()).fold(0.0, f64::max).max(1e-3);
        let decimals = (0..6).find(|decimals| most * 10f64.powi(*decimals) >= 1000.0).unwrap_or(6);
        let max = (most * 10f64.powi(decimals)).ceil() / 10f64.powi(decimals);
        let kind = Kind::Decimal(Scaled { decimals: decimals as u32, min: -max, max });
        Field { name: format!("x{at}"), kind, unit: None, missing: false }
    };
    Schema { name: "input".to_owned(), shape: Shape::Fields((0..network.input.len()).map(field).collect()) }
}

/// A schema of values of this magnitude.
fn schema(name: &str, values: &[Vec<f64>]) -> Schema {
    let most = 2.0 * values.iter().map(|row| largest(row)).fold(1.0, f64::max).ceil();
    let vector = Vector { length: values[0].len(), decimals: 2, min: -most, max: most };
    Schema { name: name.to_owned(), shape: Shape::Vector(vector) }
}

/// Proves and verifies through the files, and what the verifier reads: outputs and inputs; of a committed output what
/// opens the commitment that it reads.
fn shown(name: &str, compiled: &Compiled, row: &[f64], setups: &mut Setups) -> (Vec<f64>, Vec<f64>) {
    let (model, srs) = (&compiled.model, setups.of(compiled.layout.k));
    let vk = VerifyingKey::from_bytes(&keygen(model, srs).unwrap().to_bytes()).unwrap();
    let key = ProvingKey::new(model, vk, srs).unwrap();
    let schemas = model.input.records.iter().flat_map(|records| records.schemas());
    let openings: Vec<Opening> =
        schemas.map(|schema| Opening::new(schema, serde_json::json!(row), OsRng).unwrap()).collect();
    let input = if openings.is_empty() { prove::Input::Values(row) } else { prove::Input::Openings(&openings) };
    let proved = prove::prove(model, &key, input, b"nonce", Transcript::Blake2b, OsRng, &mut |_, _| {}).unwrap();
    let proof = Proof::from_json(&proved.proof.to_json()).unwrap();
    let verified = verify(&key.vk, &proof, b"nonce").unwrap_or_else(|error| panic!("{name}: {error}"));
    for public in [false, true] {
        let mut lie = proof.clone();
        let codes = if public { &mut lie.codes.input } else { &mut lie.codes.output };
        let Some(code) = codes.first_mut() else { continue };
        *code ^= 1;
        let outcome = verify(&key.vk, &lie, b"nonce");
        let rejected = matches!(outcome, Err(Error::Rejected(Rejection::Equations | Rejection::Output)));
        assert!(rejected, "{name}: a lie about a public code: {outcome:?}");
    }
    let commitments: Vec<_> = openings.iter().map(|opening| opening.commitment).collect();
    assert_eq!(verified.commitments, commitments, "{name}");
    let Some(schema) = &model.output.schema else { return (verified.outputs, verified.inputs) };
    let opening = Opening::from_json(&proved.opening.unwrap().to_json()).unwrap();
    assert_eq!(verified.output_commitment, Some(opening.commitment), "{name}");
    assert!(verified.outputs.is_empty(), "{name}");
    (opening.open(schema).unwrap(), verified.inputs)
}

#[test]
fn every_combination_proves_or_names_what_is_refused() {
    let both = [Visibility::Private, Visibility::Public];
    let inputs = [Visibility::Private, Visibility::Public, Visibility::Committed];
    let (mut setups, mut proved, mut refused, mut judged) = (Setups::default(), 0, 0, [0; 4]);
    for (network, file, rows) in NETWORKS {
        let (float, rows) = load(file, rows);
        let row = &rows[rows.len() / 2];
        let values = float.predict(row);
        // Half way between two outputs, or below the only one.
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let at = if let [.., second, first] = sorted[..] { (first + second) / 2.0 } else { sorted[0] / 2.0 };
        let mut reductions = vec![Reduction::Full, Reduction::Threshold(at)];
        if values.len() > 1 {
            reductions.push(Reduction::ArgMax);
        } else {
            let [a, b] = [at, values[0] + at / 2.0].map(|at| at.min(0.99));
            reductions.push(Reduction::Bands(vec![a.min(b), a.max(b)]));
        }
        let outputs: Vec<Vec<f64>> = rows.iter().map(|row| float.predict(row)).collect();
        reductions.push(Reduction::Committed(schema("output", &outputs)));
        for (input, weights) in inputs.into_iter().flat_map(|input| both.map(|weights| (input, weights))) {
            for (kind, reduction) in reductions.iter().enumerate() {
                let name = format!("{network}, input {input}, weights {weights}, {reduction:?}");
                let record = (input == Visibility::Committed).then(|| input_schema(&float, &rows));
                let schemas = record.into_iter().collect();
                let options = Options { input, schemas, weights, reduction: reduction.clone(), ..Options::default() };
                let compiled = match compile(float.clone(), &rows, &options) {
                    Ok(compiled) => compiled,
                    // Products of private weights with two codes of as many bits as records have.
                    Err(Error::Scale { node, got_bits, max_bits, .. })
                        if input == Visibility::Committed && !weights.is_public() && network == "attention" =>
                    {
                        assert!(got_bits > max_bits, "{name}: {node}");
                        refused += 1;
                        continue;
                    }
                    Err(error) => panic!("{name}: {error}"),
                };
                let (outputs, inputs) = shown(&name, &compiled, row, &mut setups);
                let expected = expected(&values, reduction);
                assert_eq!(outputs.len(), expected.len(), "{name}");
                for (output, expected) in outputs.iter().zip(expected) {
                    let Some((value, close)) = expected else { continue };
                    assert!((output - value).abs() <= close, "{name}: {output}, float {value}");
                    judged[kind] += 1;
                }
                if input.is_public() {
                    let near = |(shown, value): (&f64, &f64)| (shown - value).abs() <= TOLERANCE * largest(row);
                    let ranks = !float.cuts.is_empty();
                    assert_eq!(inputs.len(), row.len(), "{name}");
                    assert!(ranks || inputs.iter().zip(row).all(near), "{name}: {inputs:?}, {row:?}");
                } else {
                    assert!(inputs.is_empty(), "{name}");
                }
                proved += 1;
            }
        }
    }
    // The MLP has one output, which has bands in place of a largest one.
    assert_eq!((proved, refused), (5 * 24 - 3, 3));
    assert!(judged.iter().all(|judged| *judged > 4), "{judged:?}");
}
