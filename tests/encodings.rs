//! Networks of planes from floats to a verified proof: every way to publish an output.

use hushproof::{
    circuit::{self, Layout},
    compile::{Compiled, Options, Reduction, compile},
    error::{Error, Rejection},
    graph::{
        Conv, Finish, FloatActivation, FloatLayer, Function, Map, Model, Network, OutputEncoding, PublicCode, Shape,
        Sparse, Term, ValueInfo, Visibility,
    },
    prove::{Proof, ProvingKey, Srs, Transcript, VerifyingKey, keygen, prove, verify},
};
use rand_core::OsRng;

const INPUT: Shape = Shape { channels: 1, height: 5, width: 5 };

/// Numbers between −1 and 1 without a pattern.
fn numbers(seed: usize, count: usize) -> Vec<f64> {
    (0..count).map(|i| ((i + 1) as f64 * (seed + 3) as f64 * 0.618).sin()).collect()
}

fn layer(shape: Shape, source: usize, map: Map<f64>, activation: FloatActivation) -> FloatLayer {
    FloatLayer {
        node: format!("layer{source}"),
        op: "Conv".to_owned(),
        shape,
        terms: vec![Term { source, map, negative: None }],
        bias: numbers(source, shape.channels),
        activation,
        same_scale: None,
    }
}

/// A strided convolution, then a matrix onto `outputs` values that end in `last`.
fn network(outputs: usize, last: FloatActivation, finish: Option<Finish>) -> Network {
    let hidden = Shape { channels: 2, height: 3, width: 3 };
    let conv = Conv {
        input_start: 0,
        inputs: 1,
        output_start: 0,
        outputs: 2,
        groups: 1,
        kernel: [3, 3],
        stride: [2, 2],
        dilation: [1, 1],
        pad: [1, 1],
        weights: numbers(1, 18),
    };
    let weights = numbers(2, hidden.len() * outputs);
    let columns = weights.chunks(outputs).map(|column| (0..).zip(column.iter().copied()).collect()).collect();
    Network {
        name: "planes".to_owned(),
        input: ValueInfo::new("x", vec![1, 1, 5, 5]),
        input_shape: INPUT,
        output: ValueInfo::new("y", vec![1, outputs]),
        layers: vec![
            layer(hidden, 0, Map::Conv(conv), FloatActivation::Relu),
            layer(Shape::vector(outputs), 1, Map::Sparse(Sparse { columns }), last),
        ],
        finish,
        parts: Vec::new(),
        cuts: Vec::new(),
        missing: Vec::new(),
        records: None,
        committed: None,
        whole: Vec::new(),
    }
}

fn rows() -> Vec<Vec<f64>> {
    (0..8).map(|seed| numbers(seed, INPUT.len())).collect()
}

fn compiled(network: Network, reduction: Reduction) -> Compiled {
    // So few bits keep the circuits small, not the values exact.
    let options = Options { value_bits: Some(10), reduction, accept_error: true, ..Options::default() };
    compile(network, &rows(), &options).unwrap()
}

fn keys(model: &Model) -> ProvingKey {
    let srs = Srs::new_development(Layout::new(model).unwrap().k, OsRng).unwrap();
    let vk = keygen(model, &srs).unwrap();
    let read = VerifyingKey::from_bytes(&vk.to_bytes()).unwrap();
    assert_eq!(read.to_bytes(), vk.to_bytes());
    assert_eq!(read.stock().transcript_repr(), vk.stock().transcript_repr());
    assert_eq!(read.statement, vk.statement);
    ProvingKey::new(model, read, &srs).unwrap()
}

/// Every kind of end, with how its output is read given the bits of a code.
type End = (&'static str, Network, Reduction, fn(u32) -> OutputEncoding);

fn ends() -> Vec<End> {
    let plain = |last| network(3, last, None);
    let linear = || plain(FloatActivation::Linear);
    let softmax = network(3, FloatActivation::Linear, Some(Finish::softmax(3)));
    let sigmoid = network(3, FloatActivation::Linear, Some(Finish::sigmoid(3)));
    let slopes = FloatActivation::PRelu { slope: vec![0.25, 0.5, -0.5] };
    let signed = |bits: u32| OutputEncoding::Values(PublicCode { offset: (1 << bits) - 1, bits: bits + 1 });
    vec![
        ("linear", linear(), Reduction::Full, signed),
        ("softmax", softmax, Reduction::Full, signed),
        ("sigmoid", sigmoid, Reduction::Full, signed),
        ("slopes", plain(slopes), Reduction::Full, signed),
        ("relu", plain(FloatActivation::Relu), Reduction::Full, |bits| {
            OutputEncoding::Values(PublicCode { offset: 0, bits })
        }),
        ("table", plain(FloatActivation::Table(Function::Tanh)), Reduction::Full, |_| {
            OutputEncoding::Values(PublicCode { offset: 1 << 31, bits: 32 })
        }),
        ("threshold", linear(), Reduction::Threshold(0.1), |_| OutputEncoding::Threshold),
        ("argmax", linear(), Reduction::ArgMax, |_| OutputEncoding::ArgMax),
    ]
}

#[test]
fn every_end_proves_what_the_integers_give() {
    for (name, network, reduction, kind) in ends() {
        let Compiled { model, network, .. } = compiled(network, reduction);
        assert_eq!(Model::from_bytes(&model.to_bytes()).unwrap(), model, "{name}");
        let key = keys(&model);
        assert_eq!(key.vk.statement.output.encoding, kind(model.digits.value_bits()), "{name}");
        let row = &rows()[3];
        // The length of the proof is checked inside.
        let proved = prove(&model, &key, row, b"nonce", Transcript::Blake2b, OsRng, &mut |_, _| {}).unwrap();
        let predicted = model.predict(row).unwrap();
        let close =
            |a: &[f64], b: &[f64], by: f64| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < by);
        assert!(close(&proved.outputs, &predicted, 1e-9), "{name}: {:?}, {predicted:?}", proved.outputs);
        assert!(
            close(&proved.outputs, &network.predict(row), 0.05),
            "{name}: {:?}, {:?}",
            proved.outputs,
            network.predict(row)
        );

        let proof = Proof::from_json(&proved.proof.to_json()).unwrap();
        let verified = verify(&key.vk, &proof, b"nonce").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(verified.outputs, proved.outputs, "{name}");
        for index in 0..proof.codes.output.len() {
            let mut lie = proof.clone();
            lie.codes.output[index] ^= 1;
            let outcome = verify(&key.vk, &lie, b"nonce");
            let expected = matches!(outcome, Err(Error::Rejected(Rejection::Equations | Rejection::Output)));
            assert!(expected, "{name}: {outcome:?}");
        }
    }
}

/// A band's number is all that is told, and thresholds on a probability are ones on its logit.
#[test]
fn a_band_is_the_number_of_thresholds_reached() {
    let logits: Vec<f64> = rows().iter().map(|row| network(1, FloatActivation::Linear, None).predict(row)[0]).collect();
    let mut sorted = logits.clone();
    sorted.sort_by(f64::total_cmp);
    // Half way between values, so that rounding decides nothing.
    let thresholds: Vec<f64> = [1, 4, 6].map(|i| (sorted[i - 1] + sorted[i]) / 2.0).to_vec();
    let chances: Vec<f64> = thresholds.iter().map(|at| 1.0 / (1.0 + (-at).exp())).collect();
    for (finish, thresholds) in [(None, thresholds), (Some(Finish::sigmoid(1)), chances)] {
        let float = network(1, FloatActivation::Linear, finish);
        let Compiled { model, .. } = compiled(float, Reduction::Bands(thresholds.clone()));
        assert_eq!(Model::from_bytes(&model.to_bytes()).unwrap(), model);
        let key = keys(&model);
        let output = &key.vk.statement.output;
        assert_eq!((output.encoding, &output.thresholds), (OutputEncoding::Bands, &thresholds));
        for (row, value) in rows().iter().zip(&logits) {
            let band = sorted.iter().filter(|other| *other <= value).count();
            let band = [2, 5, 7].iter().filter(|first| band >= **first).count();
            assert_eq!(model.predict(row).unwrap(), [band as f64]);
        }
        let row = &rows()[0];
        let proved = prove(&model, &key, row, b"nonce", Transcript::Blake2b, OsRng, &mut |_, _| {}).unwrap();
        let verified = verify(&key.vk, &proved.proof, b"nonce").unwrap();
        assert_eq!(verified.outputs, model.predict(row).unwrap());
        for codes in [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 1, 0], [0, 0, 1], [1, 0, 1], [2, 0, 0]] {
            if proved.proof.codes.output == codes {
                continue;
            }
            let mut lie = proved.proof.clone();
            lie.codes.output = codes.to_vec();
            let outcome = verify(&key.vk, &lie, b"nonce");
            let falls = codes.is_sorted_by(|a, b| a >= b) && codes[0] < 2;
            let expected = if falls { Rejection::Equations } else { Rejection::Output };
            assert!(matches!(&outcome, Err(Error::Rejected(why)) if *why == expected), "{codes:?}: {outcome:?}");
        }
    }
}

#[test]
fn what_has_no_bands_is_refused() {
    let one = || network(1, FloatActivation::Linear, None);
    let bad = [
        (one(), vec![]),
        (one(), vec![1.0]),
        (one(), vec![1.0, 1.0]),
        (one(), vec![1.0, 0.0]),
        (one(), vec![1.0, f64::NAN]),
        (one(), (0..256).map(f64::from).collect()),
        (network(2, FloatActivation::Linear, None), vec![0.0, 1.0]),
        (network(1, FloatActivation::Linear, Some(Finish::sigmoid(1))), vec![0.5, 1.0]),
        (network(1, FloatActivation::ArgMax, None), vec![0.0, 1.0]),
    ];
    for (network, thresholds) in bad {
        let options = Options { reduction: Reduction::Bands(thresholds.clone()), ..Options::default() };
        let error = compile(network, &rows(), &options).map(drop).unwrap_err();
        assert_eq!(error.code(), "graph", "{thresholds:?}: {error}");
    }
}

#[test]
fn public_inputs_are_what_a_proof_shows() {
    for (weights, bits) in [(Visibility::Public, 10), (Visibility::Private, 10), (Visibility::Public, 16)] {
        let options = Options { value_bits: Some(bits), input: Visibility::Public, weights, ..Options::default() };
        let network = network(3, FloatActivation::Linear, None);
        let Compiled { model, layout, .. } = compile(network, &rows(), &options).unwrap();
        assert_eq!((model.input_visibility(), model.weights_visibility()), (Visibility::Public, weights));
        assert_eq!(Model::from_bytes(&model.to_bytes()).unwrap(), model);
        let (code, lanes) = (layout.params.input_code().unwrap(), layout.params.lanes.activations);
        assert!(code.bits as usize * lanes <= 252, "{code:?} on {lanes} lanes");
        let key = keys(&model);
        let row = &rows()[3];
        let proved = prove(&model, &key, row, b"nonce", Transcript::Blake2b, OsRng, &mut |_, _| {}).unwrap();
        let proof = Proof::from_json(&proved.proof.to_json()).unwrap();
        let verified = verify(&key.vk, &proof, b"nonce").unwrap();
        assert_eq!(verified.outputs, proved.outputs);
        let scale = key.vk.statement.input.as_ref().unwrap().scale[0];
        assert_eq!(verified.inputs.len(), row.len());
        assert!(verified.inputs.iter().zip(row).all(|(shown, value)| (shown - value).abs() <= scale * 0.500_001));
        for index in 0..row.len() {
            let mut lie = proof.clone();
            lie.codes.input[index] ^= 1;
            let outcome = verify(&key.vk, &lie, b"nonce");
            assert!(matches!(outcome, Err(Error::Rejected(Rejection::Equations))), "{outcome:?}");
        }
        let mut wide = proof.clone();
        wide.codes.input[0] = 1 << code.bits;
        let outcome = verify(&key.vk, &wide, b"nonce");
        assert!(matches!(outcome, Err(Error::Rejected(Rejection::Input))), "{outcome:?}");
        let mut none = proof;
        none.codes.input.clear();
        let outcome = verify(&key.vk, &none, b"nonce");
        assert!(matches!(outcome, Err(Error::Rejected(Rejection::InstanceLength { .. }))), "{outcome:?}");
    }
}

#[test]
fn layouts_of_public_inputs_have_room_for_their_codes() {
    use circuit::{SearchOptions, search};
    let network = circuit::legalize(network(3, FloatActivation::Linear, None)).unwrap();
    for bits in [8, 12, 16, 18] {
        let options = SearchOptions { value_bits: (bits, 18), input: Visibility::Public, ..SearchOptions::default() };
        for few_columns in [false, true] {
            let choices = search(&network, &SearchOptions { few_columns, ..options }).unwrap();
            let width = |choice: &circuit::Choice| choice.digits.value_bits() as usize + 1;
            assert!(choices.iter().all(|choice| width(choice) * choice.lanes.activations <= 252), "{bits}");
        }
    }
}
