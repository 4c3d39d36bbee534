//! The library in a browser, on one thread: key generation, proof and verification of a small model, and bad files.
//! The page and its threads are tested by `cargo xtask test-web`.
#![cfg(target_arch = "wasm32")]

use hushproof_core::{
    Error,
    circuit::Layout,
    codec,
    error::Rejection,
    graph::{Activation, Conv, Digits, Input, Lanes, Layer, Map, Model, Output, Shape, Term, ValueInfo, Visibility},
    prove::{Proof, ProvingKey, Srs, Transcript, VerifyingKey, keygen, prove, verify},
};
use rand_core::OsRng;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// `y = relu(x₀ − 2·x₁)`, codes of 8 bits.
fn model() -> Model {
    let value_info = |name: &str, size| ValueInfo::new(name, vec![1, size]);
    let difference = Conv {
        input_start: 0,
        inputs: 2,
        output_start: 0,
        outputs: 1,
        groups: 1,
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0],
        weights: vec![16, -32],
    };
    Model {
        name: "difference".to_owned(),
        digits: Digits { limb_bits: 4, value_limbs: 2, remainder_limbs: 1 },
        lanes: Lanes { activations: 1, weights: 2 },
        input: Input {
            value_info: value_info("x", 2),
            shape: Shape::vector(2),
            scale: vec![1.0; 2],
            zero_point: Vec::new(),
            cuts: Vec::new(),
            missing: Vec::new(),
            visibility: Visibility::Private,
            records: None,
        },
        layers: vec![Layer {
            node: "dense".to_owned(),
            op: "Gemm".to_owned(),
            shape: Shape::vector(1),
            terms: vec![Term { source: 0, map: Map::Conv(difference), negative: None }],
            bias: vec![0],
            activation: Activation::Relu,
        }],
        tables: Vec::new(),
        output: Output {
            value_info: value_info("y", 1),
            scale: vec![1.0],
            thresholds: Vec::new(),
            finish: None,
            schema: None,
        },
        private_weights: None,
    }
}

#[wasm_bindgen_test]
fn a_proof_made_in_the_browser_verifies_there() {
    let model = Model::from_bytes(&model().to_bytes()).unwrap();
    let srs = Srs::new_development(Layout::new(&model).unwrap().k, OsRng).unwrap();
    let vk = keygen(&model, &srs).unwrap();
    let vk = VerifyingKey::from_bytes(&vk.to_bytes()).unwrap();
    let key = ProvingKey::new(&model, vk, &srs).unwrap();
    for transcript in Transcript::ALL {
        let mut stages = Vec::new();
        let mut progress = |stage, _| stages.push(stage);
        let proved = prove(&model, &key, &[200.0, 30.0], b"nonce", transcript, OsRng, &mut progress).unwrap();
        assert_eq!(proved.outputs, [140.0]);
        stages.dedup();
        assert_eq!(stages, ["witness", "commit", "quotient", "open"]);

        let proof = Proof::from_json(&proved.proof.to_json()).unwrap();
        assert_eq!(proof.transcript, transcript);
        assert_eq!(verify(&key.vk, &proof, b"nonce").unwrap().outputs, [140.0]);
        assert!(matches!(verify(&key.vk, &proof, b"other"), Err(Error::Rejected(Rejection::Context))));
        let mut lie = proof;
        lie.codes.output[0] += 1;
        assert!(matches!(verify(&key.vk, &lie, b"nonce"), Err(Error::Rejected(Rejection::Equations))));
    }
}

#[wasm_bindgen_test]
fn damaged_files_are_refused() {
    let bytes = model().to_bytes();
    assert!(matches!(Model::from_bytes(&bytes[..bytes.len() - 1]), Err(Error::Artifact { .. })));
    assert!(VerifyingKey::from_bytes(&bytes).is_err());
    assert!(Srs::from_bytes(&bytes).is_err());
    assert!(Proof::from_json("{}").is_err());
}

/// A Lagrange basis of which two points have changed places.
#[wasm_bindgen_test]
fn no_key_is_made_of_a_doctored_basis() {
    let model = Model::from_bytes(&model().to_bytes()).unwrap();
    let k = Layout::new(&model).unwrap().k;
    let mut bytes = Srs::new_development(k, OsRng).unwrap().to_bytes();
    let (basis, end) = (20 + (64 << k), bytes.len() - codec::DIGEST_BYTES);
    let (one, two) = bytes[basis..end].split_at_mut(64);
    one.swap_with_slice(&mut two[..64]);
    let digest = codec::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&digest);
    assert!(matches!(keygen(&model, &Srs::from_bytes(&bytes).unwrap()), Err(Error::SrsInvalid { .. })));
}
