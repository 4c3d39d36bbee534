//! Keys and proofs as files: round trips, damage, and files that do not belong together.

use std::collections::HashSet;

use proptest::prelude::*;
use rand_core::OsRng;

use super::{Proof, ProvingKey, Srs, Transcript, VerifyingKey, keygen, keys::Points, prove, verify};
use crate::{
    circuit::{Layout, Params, tests::fixtures},
    codec,
    error::{Error, Rejection},
    graph::{Activation, Digits, Finish, Lanes, Model},
    request::{Asked, Context, Request},
    test_memory::most_bytes,
};

/// A small model and input values for it.
fn small_with_input() -> (Model, Vec<f64>) {
    let (_, model, input) = fixtures::all().remove(0);
    (model, input.into_iter().map(|code| code as f64).collect())
}

fn small() -> Model {
    small_with_input().0
}

fn keys(model: &Model) -> (Srs, ProvingKey) {
    let srs = Srs::new_development(Layout::new(model).unwrap().k, OsRng).unwrap();
    let vk = keygen(model, &srs).unwrap();
    let key = ProvingKey::new(model, vk, &srs).unwrap();
    (srs, key)
}

fn proof_of(model: &Model, key: &ProvingKey, context: &[u8]) -> Proof {
    prove(model, key, &small_with_input().1, context, Transcript::Blake2b, OsRng, &mut |_, _| {}).unwrap().proof
}

#[test]
fn keys_and_proofs_survive_their_files() {
    for (name, model, input) in fixtures::all() {
        let (_, key) = keys(&model);
        let vk = VerifyingKey::from_bytes(&key.vk.to_bytes()).unwrap();
        assert_eq!(vk.digest(), key.vk.digest(), "{name}");
        assert_eq!(vk.stock().transcript_repr(), key.vk.stock().transcript_repr(), "{name}");
        assert_eq!(vk.statement, key.vk.statement, "{name}");
        let values = fixtures::values(&model, &input);
        let proof = prove(&model, &key, &values, b"nonce", Transcript::Blake2b, OsRng, &mut |_, _| {}).unwrap().proof;
        let read = Proof::from_json(&proof.to_json()).unwrap();
        assert_eq!(read, proof, "{name}");
        verify(&vk, &read, b"nonce").unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_context_reaches_the_transcript() {
    let model = small();
    let (_, key) = keys(&model);
    let mut proof = proof_of(&model, &key, b"nonce");
    // Not only the label in the file: the proof itself is for one context.
    proof.context = Context::Bytes(b"other".to_vec());
    let outcome = verify(&key.vk, &proof, b"other");
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Equations))), "{outcome:?}");
}

#[test]
fn a_proof_answers_one_request() {
    let model = small();
    let (_, key) = keys(&model);
    let asked = |audience| Request::new(key.vk.digest(), (audience, "a test"), (1000, 60), OsRng);
    let prove = |request: &Request, now| {
        let asked = Asked::request(request.clone(), now);
        prove(&model, &key, &small_with_input().1, asked, Transcript::Keccak, OsRng, &mut |_, _| {})
    };
    let verify = |proof: &Proof, request: &Request, now| verify(&key.vk, proof, Asked::request(request.clone(), now));
    let (request, other) = (asked("a.example"), asked("b.example"));
    let proof = prove(&request, 1000).unwrap().proof;
    assert_eq!(Proof::from_json(&proof.to_json()).unwrap(), proof);
    verify(&proof, &request, 1059).unwrap();
    // As the bytes that it stands for, too, whose time nobody checks.
    super::verify(&key.vk, &proof, &request.context().unwrap()).unwrap();

    let outcome = verify(&proof, &other, 1000);
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Context))), "{outcome:?}");
    let relabelled = Proof { context: Context::Request(Box::new(other.clone())), ..proof.clone() };
    let outcome = verify(&relabelled, &other, 1000);
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Equations))), "{outcome:?}");

    assert_eq!(verify(&proof, &request, 1060).unwrap_err().code(), "expired");
    assert_eq!(prove(&request, 1060).unwrap_err().code(), "expired");
    let elsewhere = Request { vk: [1; 32], ..request };
    assert_eq!(verify(&proof, &elsewhere, 1000).unwrap_err().code(), "key-mismatch");
    assert_eq!(prove(&elsewhere, 1000).unwrap_err().code(), "key-mismatch");
}

#[test]
fn a_proof_file_has_a_context_or_a_request() {
    let request = Request::new([7; 32], ("a.example", "a test"), (1000, 60), OsRng);
    let codes =
        crate::statement::PublicCodes { output: vec![1], input: vec![], commitments: vec![], output_commitment: None };
    let context = Context::Request(Box::new(request));
    let proof = Proof {
        vk: [7; 32],
        context,
        transcript: Transcript::Blake2b,
        codes,
        bytes: vec![9],
        binding: None,
        credential: None,
    };
    let text = proof.to_json();
    assert_eq!(Proof::from_json(&text).unwrap(), proof);
    let asked = r#""request":{"#;
    let bad = [
        text.replacen('{', r#"{"context":"00","#, 1),
        text.replacen(asked, r#""Request":{"#, 1),
        text.replacen(asked, r#""request":{"expires":1,"#, 1),
        text.replacen(asked, r#""request":{"scope":1,"#, 1),
        text.replacen(r#""audience":"a.example""#, r#""audience":"""#, 1),
        text.replacen(asked, r#""request":[],"other":{"#, 1),
    ];
    for text in bad {
        assert_eq!(Proof::from_json(&text).unwrap_err().code(), "artifact", "{text}");
    }
}

/// What a key file says beside the circuit is in no commitment; the digest of the file binds it.
#[test]
fn a_proof_is_bound_to_its_whole_key_file() {
    type Edit = fn(&mut VerifyingKey);
    let edits: [(&str, Edit); 8] = [
        ("name", |vk| vk.model.push('2')),
        ("digest of the model", |vk| vk.model_digest[0] ^= 1),
        ("name of the output", |vk| vk.statement.output.value_info.name.push('2')),
        ("scale of an output", |vk| vk.statement.output.scale[0] *= 2.0),
        ("threshold", |vk| vk.statement.output.thresholds = vec![0.75]),
        ("softmax", |vk| vk.statement.output.finish = Some(Finish::softmax(vk.statement.output.scale.len()))),
        ("scale of a public input", |vk| vk.statement.input.iter_mut().for_each(|input| input.scale[0] *= 2.0)),
        ("zero point of a public input", |vk| {
            vk.statement.input.iter_mut().for_each(|input| input.zero_point[0] += 1);
        }),
    ];
    let mut edited = HashSet::new();
    for (name, model, input) in fixtures::public() {
        let (_, key) = keys(&model);
        let values = fixtures::values(&model, &input);
        for transcript in Transcript::ALL {
            let proof = prove(&model, &key, &values, b"nonce", transcript, OsRng, &mut |_, _| {}).unwrap().proof;
            for (what, edit) in &edits {
                let mut other = key.vk.clone();
                edit(&mut other);
                // Not every statement can say everything.
                let Ok(other) = VerifyingKey::from_bytes(&other.to_bytes()) else { continue };
                edited.insert(*what);
                assert!(matches!(verify(&other, &proof, b"nonce"), Err(Error::KeyMismatch { .. })), "{name}: {what}");
                let relabelled = Proof { vk: other.digest(), ..proof.clone() };
                let outcome = verify(&other, &relabelled, b"nonce");
                assert!(matches!(outcome, Err(Error::Rejected(Rejection::Equations))), "{name}: {what}: {outcome:?}");
            }
        }
    }
    assert_eq!(edited.len(), edits.len(), "{edited:?}");
}

/// Cut points of ranks are in the compiled model, whose digest is in the key.
#[test]
fn a_proof_is_bound_to_the_cut_points_of_its_model() {
    let ranked = fixtures::all().into_iter().find(|(_, model, _)| !model.input.cuts.is_empty());
    let (_, model, input) = ranked.unwrap();
    let values = fixtures::values(&model, &input);
    let mut other = model.clone();
    other.input.cuts[1].as_mut().unwrap()[0] -= 1.0;
    let (srs, key) = keys(&model);
    let other_vk = keygen(&other, &srs).unwrap();
    let commitments = |vk: &VerifyingKey| vk.stock().fixed_commitments().to_vec();
    assert_eq!(commitments(&key.vk), commitments(&other_vk));
    let proof = prove(&model, &key, &values, b"nonce", Transcript::Blake2b, OsRng, &mut |_, _| {}).unwrap().proof;
    let relabelled = Proof { vk: other_vk.digest(), ..proof };
    let outcome = verify(&other_vk, &relabelled, b"nonce");
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Equations))), "{outcome:?}");
}

#[test]
fn progress_runs_to_the_end_and_stages_are_timed() {
    let model = small();
    let (_, key) = keys(&model);
    let mut reports = Vec::new();
    let proved = prove(&model, &key, &small_with_input().1, b"", Transcript::Blake2b, OsRng, &mut |stage, done| {
        reports.push((stage, done))
    })
    .unwrap();
    assert!(reports.is_sorted_by_key(|(_, done)| *done), "{reports:?}");
    assert_eq!((reports.first(), reports.last()), (Some(&("witness", 0.0)), Some(&("open", 1.0))));
    let mut stages: Vec<_> = reports.into_iter().map(|(stage, _)| stage).collect();
    stages.dedup();
    assert_eq!(stages, ["witness", "commit", "quotient", "open"]);
    let seconds = proved.stages;
    let each = [
        seconds.first_phase,
        seconds.second_phase,
        seconds.permutation,
        seconds.random,
        seconds.quotient,
        seconds.quotient_commitment,
        seconds.evaluations,
        seconds.openings,
    ];
    assert!(each.iter().all(|stage| *stage > 0.0), "{seconds:?}");
    // Parts of one clock's span.
    assert!((each.iter().sum::<f64>() - seconds.total()).abs() < 1e-9);
    assert!(seconds.total() <= proved.seconds.prove, "{proved:?}");
}

/// Every committed column, of small integers too, is hidden by random rows.
#[test]
fn two_proofs_of_one_witness_share_no_commitment() {
    let model = small();
    let (_, key) = keys(&model);
    let points = Points::new(key.vk.stock().cs()).all();
    let mut seen = HashSet::new();
    for _ in 0..2 {
        let proof = proof_of(&model, &key, b"");
        // The two points of the openings come last, after the evaluations.
        let words: Vec<_> = proof.bytes.chunks(32).map(<[u8]>::to_vec).collect();
        seen.extend(words[..points - 2].iter().chain(&words[words.len() - 2..]).cloned());
    }
    assert_eq!(seen.len(), 2 * points);
}

#[test]
fn lengths_are_exact() {
    let model = small();
    let (_, key) = keys(&model);
    let proof = proof_of(&model, &key, b"");
    let mut long = proof.clone();
    long.bytes.push(0);
    assert!(matches!(verify(&key.vk, &long, b""), Err(Error::Rejected(Rejection::ProofLength { .. }))));
    let mut more = proof.clone();
    more.codes.output.push(0);
    assert!(matches!(verify(&key.vk, &more, b""), Err(Error::Rejected(Rejection::InstanceLength { .. }))));
    let mut wide = proof;
    wide.codes.output[0] = 1 << 9;
    assert!(matches!(verify(&key.vk, &wide, b""), Err(Error::Rejected(Rejection::Output))));
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let model = small();
    let (srs, key) = keys(&model);
    let mut other = model.clone();
    other.layers[0].activation = Activation::Linear;
    let wrong_model = ProvingKey::new(&other, key.vk.clone(), &srs);
    assert!(matches!(wrong_model, Err(Error::KeyMismatch { .. })));
    let foreign = Srs::new_development(srs.k(), OsRng).unwrap();
    assert!(matches!(ProvingKey::new(&model, key.vk.clone(), &foreign), Err(Error::SrsMismatch { .. })));
    let small = Srs::new_development(4, OsRng).unwrap();
    assert!(matches!(keygen(&model, &small), Err(Error::SrsTooSmall { .. })));
    let (_, other_key) = keys(&other);
    let proof = proof_of(&model, &key, b"");
    assert!(matches!(verify(&other_key.vk, &proof, b""), Err(Error::KeyMismatch { .. })));
}

/// Every bit of a proof's points and scalars: no other bytes are a proof of the same.
#[test]
fn a_proof_has_one_form() {
    let (model, values) = small_with_input();
    let (_, key) = keys(&model);
    for transcript in Transcript::ALL {
        let proof = prove(&model, &key, &values, b"nonce", transcript, OsRng, &mut |_, _| {}).unwrap().proof;
        for last in (31..proof.bytes.len()).step_by(32) {
            for bit in [0x80, 0x40, 0x20] {
                let mut other = proof.clone();
                other.bytes[last] ^= bit;
                let outcome = verify(&key.vk, &other, b"nonce");
                assert!(matches!(outcome, Err(Error::Rejected(_))), "byte {last}, bit {bit:#x}: {outcome:?}");
            }
        }
    }
}

#[test]
fn a_larger_srs_of_the_same_ceremony_serves() {
    let model = small();
    let k = Layout::new(&model).unwrap().k;
    let srs = Srs::new_development(k + 1, OsRng).unwrap();
    let vk = keygen(&model, &srs).unwrap();
    let key = ProvingKey::new(&model, vk, &srs.trim(k).unwrap()).unwrap();
    verify(&key.vk, &proof_of(&model, &key, b""), b"").unwrap();
}

#[test]
fn a_proof_holds_for_the_transcript_that_it_was_made_with() {
    let (model, values) = small_with_input();
    let (_, key) = keys(&model);
    let proofs = Transcript::ALL.map(|transcript| {
        let proof = prove(&model, &key, &values, b"nonce", transcript, OsRng, &mut |_, _| {}).unwrap().proof;
        let named = proof.to_json().contains("\"transcript\":\"keccak\"");
        assert_eq!(named, transcript == Transcript::Keccak);
        let proof = Proof::from_json(&proof.to_json()).unwrap();
        verify(&key.vk, &proof, b"nonce").unwrap();
        proof
    });
    assert_eq!(proofs[0].codes, proofs[1].codes);
    for (proof, other) in proofs.iter().zip(Transcript::ALL.into_iter().rev()) {
        let relabelled = Proof { transcript: other, ..proof.clone() };
        let outcome = verify(&key.vk, &relabelled, b"nonce");
        assert!(matches!(outcome, Err(Error::Rejected(Rejection::Equations))), "{outcome:?}");
    }
    let unknown = proofs[1].to_json().replace("keccak", "poseidon");
    assert!(matches!(Proof::from_json(&unknown), Err(Error::Artifact { .. })));
    assert!("Keccak".parse::<Transcript>().is_err());
}

/// A key file of these parameters and as many commitments, all of them the identity.
fn key_file(key: &ProvingKey, params: Params) -> Vec<u8> {
    const POINT_BYTES: usize = 64;
    let columns = |params: &Params| params.fixed_columns() + params.permuted();
    let own = columns(&key.vk.params) * POINT_BYTES + codec::DIGEST_BYTES;
    let mut bytes = VerifyingKey { params: params.clone(), ..key.vk.clone() }.to_bytes();
    bytes.truncate(bytes.len() - own);
    bytes.resize(bytes.len() + columns(&params) * POINT_BYTES, 0);
    bytes.extend(codec::digest(&bytes));
    bytes
}

/// Found by fuzzing: codes of so many bits that an encoding of the output shifted them away.
#[test]
fn key_files_with_impossible_limbs_are_refused() {
    let (_, key) = keys(&small());
    for (limb_bits, value_limbs, remainder_limbs) in
        [(93, 1, 1), (16, 4, 1), (1, 1, 1), (8, 5, 1), (8, 0, 1), (8, 1, 0)]
    {
        let digits = Digits { limb_bits, value_limbs, remainder_limbs };
        let own = key.vk.to_bytes();
        let varints = |digits: &Digits| [digits.limb_bits, digits.value_limbs, digits.remainder_limbs].map(|v| v as u8);
        let known = varints(&key.vk.params.digits);
        let at = own.windows(3).position(|bytes| bytes == known).unwrap();
        let mut file = own[..own.len() - codec::DIGEST_BYTES].to_vec();
        file[at..at + 3].copy_from_slice(&varints(&digits));
        file.extend(codec::digest(&file));
        let refused = VerifyingKey::from_bytes(&file);
        assert!(matches!(&refused, Err(Error::Artifact { .. })), "{digits:?}");
    }
}

/// Every size at its limit, alone and with the others.
#[test]
fn no_key_file_takes_much_more_memory_than_a_circuit_of_its_size() {
    let (_, key) = keys(&small());
    let most = |largest: u32, count: u32| (0..count).map(|i| largest - count + 1 + i).collect::<Vec<_>>();
    let mut read = 0;
    for activations in [1, 2, 4, 8, 16, 32, 64] {
        for count in [0, 1, 4, 16] {
            for (step, hop, spread) in [(32, 1, 2), (2, 4_000, 2), (2, 60_000, 2), (2, 1, 1_000), (32, 4_000, 1_000)] {
                for (negative, pairs) in [(false, false), (true, true)] {
                    let params = Params {
                        lanes: Lanes { activations, weights: 2 },
                        steps: most(step.max(count + 1), count),
                        hops: most(hop.max(count), count),
                        spreads: most(spread.max(count + 1), count),
                        negative,
                        pairs,
                        weight_lanes: [2; 2],
                        ..key.vk.params.clone()
                    };
                    let what = format!("{activations} lanes, {count} of {step}, {hop}, {spread}, {negative}");
                    let file = key_file(&key, params);
                    let (bytes, result) = most_bytes(|| VerifyingKey::from_bytes(&file));
                    assert!(bytes <= (64 << 20), "{what}: {bytes} bytes for a file of {}", file.len());
                    read += usize::from(result.is_ok());
                }
            }
        }
    }
    assert!(read > 100, "{read}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// With a digest made right, so that the body itself is read.
    #[test]
    fn damaged_keys_are_refused(at in 12usize..800, bit in 0u8..8, cut in 0usize..40) {
        let (_, key) = keys(&small());
        let bytes = key.vk.to_bytes();
        let mut body = bytes[..bytes.len() - codec::DIGEST_BYTES].to_vec();
        let at = at % body.len();
        body[at] ^= 1 << bit;
        body.truncate(body.len() - cut);
        body.extend(codec::digest(&body));
        if let Ok(read) = VerifyingKey::from_bytes(&body) {
            prop_assert_eq!(read.to_bytes(), body);
            prop_assert_ne!(read.digest(), key.vk.digest());
        }
    }

    #[test]
    fn damaged_proof_files_are_refused_or_differ(at in 0usize..4000, byte in any::<u8>()) {
        let proof = Proof {
            vk: [7; 32],
            context: Context::Bytes(vec![1, 2]),
            transcript: Transcript::Keccak,
            codes: crate::statement::PublicCodes { output: vec![1, 2, 3], input: vec![], commitments: vec![], output_commitment: None },
            bytes: vec![9; 900],
            binding: None,
            credential: None,
        };
        let mut text = proof.to_json().into_bytes();
        let at = at % text.len();
        text[at] = byte;
        if let Ok(read) = Proof::from_json(&String::from_utf8_lossy(&text)) {
            prop_assert_eq!(Proof::from_json(&read.to_json()).unwrap(), read);
        }
    }
}
