//! Honest bindings, and each way to pass off other weights, another proof or another file.

use std::collections::HashSet;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{OsRng, SeedableRng};

use super::*;
use crate::{
    circuit::tests::fixtures,
    graph::Map,
    prove::{Proved, ProvingKey, Transcript, keygen, prove, verify, verify_model},
    request::Context,
};

/// A model with its keys, a commitment to its weights and an input.
struct Committed {
    srs: Srs,
    model: Model,
    key: ProvingKey,
    opening: ModelOpening,
    values: Vec<f64>,
}

impl Committed {
    fn new(model: Model, input: &[i64]) -> Self {
        let srs = Srs::new_development(Layout::new(&model).unwrap().k, OsRng).unwrap();
        let vk = VerifyingKey::from_bytes(&keygen(&model, &srs).unwrap().to_bytes()).unwrap();
        let opening = ModelOpening::new(&model, &vk, &srs, OsRng).unwrap();
        let key = ProvingKey::new(&model, vk, &srs).unwrap();
        Self { values: fixtures::values(&model, input), srs, model, key, opening }
    }

    fn small() -> Self {
        let (_, model, input) = fixtures::private().into_iter().find(|(name, ..)| *name == "private dense").unwrap();
        Self::new(model, &input)
    }

    fn vk(&self) -> &VerifyingKey {
        &self.key.vk
    }

    fn id(&self) -> &ModelCommitment {
        &self.opening.commitment
    }

    fn prove(&self, context: &[u8], transcript: Transcript) -> Proved {
        prove(&self.model, &self.key, &self.values, context, transcript, OsRng, &mut |_, _| {}).unwrap()
    }

    fn bound(&self, context: &[u8], transcript: Transcript) -> Proof {
        let mut proved = self.prove(context, transcript);
        proved.bind(&self.key, &self.opening, OsRng).unwrap();
        proved.proof
    }

    /// What verifiers say, and the binding's own check where the proof would not pass.
    fn rejected(&self, what: &str, proof: &Proof) {
        let outcome = verify_model(self.vk(), proof, b"nonce", self.id());
        assert!(matches!(outcome, Err(Error::Rejected(_))), "{what}: {outcome:?}");
        let outcome = self.id().verify(self.vk(), &self.vk().digest(), proof);
        assert!(matches!(outcome, Err(Error::Rejected(Rejection::Binding))), "{what}: {outcome:?}");
    }
}

/// A proof with other bytes as its binding.
fn rebound(proof: &Proof, bytes: Vec<u8>) -> Proof {
    let model = proof.binding.as_ref().unwrap().model;
    Proof { binding: Some(Binding { model, bytes }), ..proof.clone() }
}

#[test]
fn a_bound_proof_says_which_model_it_is_about() {
    for (index, (name, model, input)) in fixtures::private().into_iter().enumerate() {
        let transcript = Transcript::ALL[index % 2];
        let committed = Committed::new(model, &input);
        let id = ModelCommitment::from_json(&committed.id().to_json()).unwrap();
        assert_eq!(id, *committed.id(), "{name}");
        let opening = ModelOpening::from_json(&committed.opening.to_json()).unwrap();
        let mut proved = committed.prove(b"nonce", transcript);
        proved.bind(&committed.key, &opening, OsRng).unwrap();
        let proof = Proof::from_json(&proved.proof.to_json()).unwrap();
        assert_eq!(proof, proved.proof, "{name}");
        let verified = verify_model(committed.vk(), &proof, b"nonce", &id).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(verified.model, Some(*id.id()), "{name}");
        // What nobody asked for was not checked.
        let plain = verify(committed.vk(), &proof, b"nonce").unwrap();
        assert_eq!((plain.model, &plain.outputs), (None, &verified.outputs), "{name}");
        let rows = committed.key.prover.random_rows();
        assert_eq!(proof.binding.unwrap().bytes.len(), 32 * (1 + rows), "{name}");
        let shown = format!("{proved:?}");
        assert!(!shown.contains("random_rows") && !shown.contains("RandomRows"), "{shown}");
    }
}

#[test]
fn a_proof_that_is_bound_to_nothing_or_another_model_is_rejected() {
    let committed = Committed::small();
    let plain = committed.prove(b"nonce", Transcript::Blake2b).proof;
    let outcome = verify_model(committed.vk(), &plain, b"nonce", committed.id());
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Unbound))), "{outcome:?}");
    let proof = committed.bound(b"nonce", Transcript::Blake2b);
    let other = ModelOpening::new(&committed.model, committed.vk(), &committed.srs, OsRng).unwrap().commitment;
    assert_ne!(other.id(), committed.id().id(), "two commitments to one model share nothing");
    assert!(other.points.iter().all(|point| !committed.id().points.contains(point)));
    let outcome = verify_model(committed.vk(), &proof, b"nonce", &other);
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::OtherModel))), "{outcome:?}");
    assert_eq!(outcome.unwrap_err().code(), "model-binding");
    // One that says that it is about that model.
    let renamed = Binding { model: *other.id(), ..proof.binding.clone().unwrap() };
    let renamed = Proof { binding: Some(renamed), ..proof };
    let outcome = verify_model(committed.vk(), &renamed, b"nonce", &other);
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Binding))), "{outcome:?}");
}

/// The first weight that can be one less.
fn a_weight(model: &mut Model) -> &mut i64 {
    let maps = model.layers.iter_mut().flat_map(|layer| &mut layer.terms).map(|term| &mut term.map);
    let weights = maps.flat_map(|map| match map {
        Map::Conv(conv) => conv.weights.iter_mut().collect::<Vec<_>>(),
        Map::Product(product) => vec![&mut product.weight],
        Map::Sparse(sparse) => sparse.columns.iter_mut().flatten().map(|entry| &mut entry.1).collect(),
    });
    weights.into_iter().find(|weight| **weight > 0).unwrap()
}

#[test]
fn other_weights_under_one_id_are_rejected() {
    for name in ["private dense", "private one-dimensional"] {
        let (_, model, input) = fixtures::private().into_iter().find(|(fixture, ..)| *fixture == name).unwrap();
        let committed = Committed::new(model, &input);
        let edits: [(&str, fn(&mut Model)); 3] = [
            ("one weight", |model| *a_weight(model) -= 1),
            ("one bias", |model| *model.layers[0].bias.last_mut().unwrap() += 1),
            ("two weights swapped", |model| {
                let Some(Map::Sparse(map)) =
                    model.layers.last_mut().and_then(|l| l.terms.first_mut()).map(|t| &mut t.map)
                else {
                    return *a_weight(model) -= 2;
                };
                let [first, second] = &mut map.columns[..2] else { panic!("two columns") };
                std::mem::swap(&mut first[0].1, &mut second[0].1);
            }),
        ];
        for (what, edit) in edits {
            let what = format!("{name}: {what}");
            let mut other = committed.model.clone();
            edit(&mut other);
            assert_ne!(other.digest(), committed.model.digest(), "{what}");
            // The key is the same, which says nothing of weights, and so the proof is valid.
            let key = ProvingKey::new(&other, committed.vk().clone(), &committed.srs).unwrap();
            let mut proved =
                prove(&other, &key, &committed.values, b"nonce", Transcript::Keccak, OsRng, &mut |_, _| {}).unwrap();
            verify(committed.vk(), &proved.proof, b"nonce").unwrap();
            let forged = committed.opening.bind(committed.vk(), &proved.proof, &proved.random_rows, OsRng).unwrap();
            let forged = Proof { binding: Some(forged), ..proved.proof.clone() };
            let outcome = verify_model(committed.vk(), &forged, b"nonce", committed.id());
            assert!(matches!(outcome, Err(Error::Rejected(Rejection::Binding))), "{what}: {outcome:?}");
            // Whoever mistakes one opening for another is told.
            let refused = proved.bind(&key, &committed.opening, OsRng);
            assert!(matches!(refused, Err(Error::Artifact { .. })), "{what}: {refused:?}");
            assert_eq!(proved.proof.binding, None, "{what}");
        }
    }
}

#[test]
fn columns_that_change_places_are_rejected() {
    let committed = Committed::small();
    let proved = committed.prove(b"nonce", Transcript::Blake2b);
    assert!(committed.id().points.len() > 2);
    // The random rows of another column.
    let mut opening = committed.opening.clone();
    opening.random_rows.swap(0, 1);
    assert_eq!(opening.check(&committed.key).unwrap_err().code(), "artifact");
    let binding = opening.bind(committed.vk(), &proved.proof, &proved.random_rows, OsRng).unwrap();
    committed.rejected("random rows", &Proof { binding: Some(binding), ..proved.proof.clone() });
    // Commitments of the proof, bound anew.
    let mut proof = proved.proof.clone();
    let places = &committed.vk().weights.as_ref().unwrap().places;
    let (first, second) = proof.bytes.split_at_mut(32 * places[1]);
    first[32 * places[0]..][..32].swap_with_slice(&mut second[..32]);
    let binding = committed.opening.bind(committed.vk(), &proof, &proved.random_rows, OsRng).unwrap();
    committed.rejected("commitments", &Proof { binding: Some(binding), ..proof });
    // Published commitments: another id.
    let mut points = committed.id().points.clone();
    points.swap(0, 1);
    let swapped = ModelCommitment::new(committed.vk().digest(), points);
    assert_ne!(swapped.id(), committed.id().id());
    let opening = ModelOpening { commitment: swapped, ..committed.opening.clone() };
    let binding = opening.bind(committed.vk(), &proved.proof, &proved.random_rows, OsRng).unwrap();
    let proof = Proof { binding: Some(binding), ..proved.proof };
    let outcome = verify_model(committed.vk(), &proof, b"nonce", &opening.commitment);
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Binding))), "{outcome:?}");
}

#[test]
fn a_binding_belongs_to_one_proof_for_one_context() {
    let committed = Committed::small();
    for transcript in Transcript::ALL {
        let (proof, other) = (committed.bound(b"nonce", transcript), committed.bound(b"nonce", transcript));
        verify_model(committed.vk(), &proof, b"nonce", committed.id()).unwrap();
        committed.rejected("of another proof", &Proof { binding: other.binding.clone(), ..proof.clone() });
        let elsewhere = committed.bound(b"other", transcript);
        committed.rejected("for another context", &Proof { binding: elsewhere.binding.clone(), ..proof.clone() });
        let relabelled = Proof { context: Context::Bytes(b"other".to_vec()), ..proof.clone() };
        committed.rejected("relabelled", &relabelled);
        let hash = Transcript::ALL.into_iter().find(|other| *other != transcript).unwrap();
        committed.rejected("of another hash", &Proof { transcript: hash, ..proof.clone() });
        let mut codes = proof.clone();
        codes.codes.output[0] ^= 1;
        committed.rejected("other outputs", &codes);
        // Commitments of another proof, with its binding and without.
        let mut spliced = proof.clone();
        for place in &committed.vk().weights.as_ref().unwrap().places {
            let bytes = 32 * place..32 * (place + 1);
            spliced.bytes[bytes.clone()].copy_from_slice(&other.bytes[bytes]);
        }
        committed.rejected("another proof's commitments", &spliced);
        committed.rejected("and its binding", &Proof { binding: other.binding, ..spliced });
        for at in (0..proof.bytes.len()).step_by(97) {
            let mut altered = proof.clone();
            altered.bytes[at] ^= 1;
            let outcome = committed.id().verify(committed.vk(), &committed.vk().digest(), &altered);
            assert!(matches!(outcome, Err(Error::Rejected(_))), "byte {at} of the proof: {outcome:?}");
        }
    }
}

#[test]
fn bindings_have_one_form() {
    let committed = Committed::small();
    let proof = committed.bound(b"nonce", Transcript::Blake2b);
    let bytes = proof.binding.clone().unwrap().bytes;
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1 << (at % 8);
        committed.rejected(&format!("byte {at}"), &rebound(&proof, altered));
    }
    for len in [0, 31, 32, 33, bytes.len() - 32, bytes.len() - 1] {
        committed.rejected("cut off", &rebound(&proof, bytes[..len].to_vec()));
    }
    for more in [1, 32] {
        committed.rejected("too long", &rebound(&proof, [bytes.as_slice(), &vec![0; more]].concat()));
    }
    // The same scalar, not below the modulus.
    let modulus = -Fr::ONE;
    let mut same = bytes.clone();
    let mut carry = 1u16;
    for (byte, m) in same[32..64].iter_mut().zip(modulus.to_repr().as_ref()) {
        let sum = u16::from(*byte) + u16::from(*m) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert_eq!(carry, 0);
    committed.rejected("scalar beyond the modulus", &rebound(&proof, same));
    let with_point = |point: [u8; 32]| rebound(&proof, [point.as_slice(), &bytes[32..]].concat());
    let infinity: [u8; 32] = G1Affine::identity().to_bytes().as_ref().try_into().unwrap();
    committed.rejected("infinity", &with_point(infinity));
    let off = (2u8..).map(|x| [[x].as_slice(), &[0; 31]].concat()).find(|bytes| read_point(bytes).is_none()).unwrap();
    committed.rejected("off the curve", &with_point(off.try_into().unwrap()));
    committed.rejected("not reduced", &with_point([0x3f; 32]));
    // The flag of infinity beside a point, which the library's reader takes for that point.
    let mut flagged: [u8; 32] = bytes[..32].try_into().unwrap();
    flagged[31] |= 0x80;
    committed.rejected("another form of the point", &with_point(flagged));
}

#[test]
fn random_rows_that_are_used_again_leave_nothing_to_prove() {
    let committed = Committed::small();
    let proved = committed.prove(b"nonce", Transcript::Keccak);
    let weights = committed.vk().weights.as_ref().unwrap();
    let points = weights.commitments(&proved.proof.bytes).unwrap();
    let random_rows = weights.columns.iter().map(|column| elements(&proved.random_rows, *column)).collect();
    let opening = ModelOpening {
        commitment: ModelCommitment::new(committed.vk().digest(), points),
        random_rows,
        ..committed.opening.clone()
    };
    let binding = opening.bind(committed.vk(), &proved.proof, &proved.random_rows, OsRng).unwrap();
    let mut proved = proved;
    proved.proof.binding = Some(binding);
    verify_model(committed.vk(), &proved.proof, b"nonce", &opening.commitment).unwrap();
}

/// Proofs and commitments of one model have only in common what is public.
#[test]
fn bound_proofs_share_no_points_or_scalars() {
    let committed = Committed::small();
    let proofs = [b"one", b"two"].map(|context| committed.bound(context, Transcript::Blake2b));
    let points = &committed.vk().weights.as_ref().unwrap().places;
    let words = |proof: &Proof| {
        let fresh = points.iter().map(|place| proof.bytes[32 * place..][..32].to_vec());
        let binding = proof.binding.as_ref().unwrap().bytes.chunks(32).map(<[u8]>::to_vec);
        fresh.chain(binding).collect::<Vec<_>>()
    };
    let published = committed.id().points.iter().map(|point| point.to_bytes().as_ref().to_vec());
    let all: Vec<_> = proofs.iter().flat_map(words).chain(published).collect();
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    assert_eq!(proofs[0].binding.as_ref().unwrap().model, proofs[1].binding.as_ref().unwrap().model);
    // The openings of two commitments, too.
    let other = ModelOpening::new(&committed.model, committed.vk(), &committed.srs, OsRng).unwrap();
    let rows: Vec<_> = [&committed.opening, &other].iter().flat_map(|o| o.random_rows.concat()).collect();
    assert_eq!(rows.iter().map(field::to_hex).collect::<HashSet<_>>().len(), rows.len());
}

#[test]
fn nothing_that_is_shown_has_a_random_row() {
    let committed = Committed::small();
    let shown = [committed.bound(b"nonce", Transcript::Blake2b).to_json(), committed.id().to_json()].concat();
    for row in committed.opening.random_rows.concat() {
        assert!(!shown.contains(&field::to_hex(&row)) && !shown.contains(&hex::encode(row.to_repr())));
    }
}

#[test]
fn a_commitment_is_for_one_key() {
    let committed = Committed::small();
    let proof = committed.bound(b"nonce", Transcript::Blake2b);
    let mut other = committed.vk().clone();
    other.model.push('2');
    let outcome = verify_model(&other, &proof, b"nonce", committed.id());
    assert!(matches!(outcome, Err(Error::KeyMismatch { kind: ArtifactKind::ModelCommitment, .. })), "{outcome:?}");
    let (key, own) = (ProvingKey::new(&committed.model, other, &committed.srs).unwrap(), &committed.key);
    assert_eq!(committed.opening.check(&key).unwrap_err().code(), "key-mismatch");
    committed.opening.check(own).unwrap();
    for count in [0, 1, committed.id().points.len() - 1, committed.id().points.len() + 1] {
        let points = committed.id().points.iter().cycle().take(count).copied().collect();
        let id = ModelCommitment::from_json(&ModelCommitment::new(committed.vk().digest(), points).to_json()).unwrap();
        let outcome = verify_model(committed.vk(), &proof, b"nonce", &id);
        assert!(matches!(outcome, Err(Error::Artifact { .. })), "{count} commitments: {outcome:?}");
    }
    let mut few = committed.opening.clone();
    few.random_rows[1].pop();
    assert_eq!(few.check(own).unwrap_err().code(), "artifact");
    // Files that do not belong together.
    let foreign = Srs::new_development(committed.srs.k(), OsRng).unwrap();
    let made = |model: &Model, vk: &VerifyingKey, srs: &Srs| ModelOpening::new(model, vk, srs, OsRng).err().unwrap();
    assert_eq!(made(&committed.model, committed.vk(), &foreign).code(), "srs-mismatch");
    let (_, public, _) = fixtures::all().remove(0);
    assert_eq!(made(&public, committed.vk(), &committed.srs).code(), "key-mismatch");
    let srs = Srs::new_development(Layout::new(&public).unwrap().k, OsRng).unwrap();
    let vk = keygen(&public, &srs).unwrap();
    assert_eq!(made(&public, &vk, &srs).code(), "option");
    let none = ModelCommitment::new(vk.digest(), Vec::new());
    assert_eq!(none.check(&vk).unwrap_err().code(), "option");
}

#[test]
fn files_have_one_form() {
    let committed = Committed::small();
    let (id, opening) = (committed.id().to_json(), committed.opening.to_json());
    let first = hex::encode(committed.id().points[0].to_bytes());
    let vk = hex::encode(committed.id().vk);
    let off = format!("{:0<64}", "04");
    assert!(read_point(&hex::decode(&off).unwrap()).is_none());
    let edits = [
        (first.as_str(), first.to_uppercase()),
        (first.as_str(), format!("{}80", "0".repeat(62))),
        (first.as_str(), "0".repeat(64)),
        (first.as_str(), off),
        (first.as_str(), "3f".repeat(32)),
        (first.as_str(), first[2..].to_owned()),
        (first.as_str(), hex::encode(G1Affine::generator().to_bytes())),
        (vk.as_str(), "00".repeat(32)),
        (vk.as_str(), "00".to_owned()),
        (r#""version":1"#, r#""version":1,"version":1"#.to_owned()),
        (r#""version":1"#, r#""version":1,"more":1"#.to_owned()),
        (r#""version":1"#, r#""version":"1""#.to_owned()),
        ("{", "[{".to_owned()),
        ("}", String::new()),
    ];
    for (from, to) in &edits {
        for (text, code) in [(&id, read_id as fn(&str) -> &'static str), (&opening, read_opening)] {
            assert!(text.contains(from), "{from}");
            assert_eq!(code(&text.replacen(from, to, 1)), "artifact", "{from} → {to}");
        }
    }
    let newer = id.replace(r#""version":1"#, r#""version":2"#);
    assert_eq!(read_id(&newer), "version");
    assert_eq!((read_id(&opening), read_opening(&id)), ("artifact", "artifact"));
    // Messages have no secrets.
    let row = field::to_hex(&committed.opening.random_rows[0][0]);
    for (from, to) in [(&row, "f".repeat(64)), (&row, row[1..].to_owned()), (&format!("\"{row}\""), "7".to_owned())] {
        let error = ModelOpening::from_json(&opening.replacen(from, &to, 1)).err().unwrap();
        assert_eq!(error.code(), "artifact");
        assert!(!error.to_string().contains(&row[..8]), "{error}");
    }
    let mut fewer = committed.opening.clone();
    fewer.random_rows.pop();
    assert_eq!(read_opening(&fewer.to_json()), "artifact");
    let seal = hex::encode(committed.opening.seal);
    for other in ["00".repeat(32), "00".to_owned(), seal.to_uppercase()] {
        let read = ModelOpening::from_json(&opening.replace(&seal, &other));
        let code = read.and_then(|opening| opening.check(&committed.key)).unwrap_err().code();
        assert_eq!(code, "artifact", "{other}");
    }
}

fn read_id(text: &str) -> &'static str {
    ModelCommitment::from_json(text).err().map_or("none", |error| error.code())
}

fn read_opening(text: &str) -> &'static str {
    ModelOpening::from_json(text).err().map_or("none", |error| error.code())
}

#[test]
fn a_key_file_has_the_points_of_its_random_rows() {
    let committed = Committed::small();
    let vk = committed.vk();
    let weights = vk.weights.as_ref().unwrap();
    let last: Vec<_> = committed.srs.g_lagrange().skip((1 << vk.k) - weights.random_rows.len()).collect();
    assert_eq!(weights.random_rows, last);
    assert_eq!(weights.random_rows.len(), committed.key.prover.random_rows());
    let file = vk.to_bytes();
    let body = &file[..file.len() - DIGEST_BYTES];
    let read = |body: &[u8]| {
        let sealed = [body, &codec::digest(body)].concat();
        VerifyingKey::from_bytes(&sealed)
    };
    let points = 64 * last.len();
    let before = read(&body[..body.len() - points]).unwrap_err();
    assert!(before.to_string().contains("hushproof keys"), "{before}");
    for wrong in [vec![0; 64], vec![0xff; 64], [[1; 32], [1; 32]].concat()] {
        let altered = [&body[..body.len() - 64], wrong.as_slice()].concat();
        assert!(matches!(read(&altered), Err(Error::Artifact { .. })));
    }
    assert!(matches!(read(&body[..body.len() - 64]), Err(Error::Artifact { .. })));
    // Other points are another key.
    let other = [&body[..body.len() - 64], &body[body.len() - 128..body.len() - 64]].concat();
    assert_ne!(read(&other).unwrap().digest(), vk.digest());
}

#[test]
fn a_proof_file_has_a_model_and_a_binding_or_neither() {
    let committed = Committed::small();
    let text = committed.bound(b"nonce", Transcript::Blake2b).to_json();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let edits: [fn(&mut serde_json::Value); 5] = [
        |file| drop(file.as_object_mut().unwrap().remove("binding")),
        |file| drop(file["public"].as_object_mut().unwrap().remove("model")),
        |file| file["public"]["model"] = "00".into(),
        |file| file["binding"] = "0".into(),
        |file| file["binding"] = file["binding"].as_str().unwrap().to_uppercase().into(),
    ];
    for edit in edits {
        let mut altered = file.clone();
        edit(&mut altered);
        assert_eq!(Proof::from_json(&altered.to_string()).unwrap_err().code(), "artifact", "{altered}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_files_are_refused(at in 0usize..4000, byte in any::<u8>()) {
        // One opening for all cases.
        static FILE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        let text = FILE.get_or_init(|| Committed::small().opening.to_json());
        let mut bytes = text.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let altered = String::from_utf8_lossy(&bytes).into_owned();
        if let Ok(read) = ModelOpening::from_json(&altered) {
            prop_assert_eq!(ModelOpening::from_json(&read.to_json()).unwrap().to_json(), read.to_json());
        }
    }
}

/// Deterministic where the generator is.
#[test]
fn commitments_hide_columns_by_their_random_rows() {
    let committed = Committed::small();
    let made = |seed| {
        let rng = ChaCha20Rng::seed_from_u64(seed);
        ModelOpening::new(&committed.model, committed.vk(), &committed.srs, rng).unwrap()
    };
    assert_eq!(made(1).to_json(), made(1).to_json());
    let (a, b) = (made(1), made(2));
    let weights = committed.vk().weights.as_ref().unwrap();
    for (column, (first, second)) in a.commitment.points.iter().zip(&b.commitment.points).enumerate() {
        let rows = a.random_rows[column].iter().zip(&b.random_rows[column]);
        let differences: Vec<Fr> = rows.map(|(first, second)| second - first).collect();
        let moved = first.to_curve()
            + weights.random_rows.iter().zip(&differences).map(|(row, difference)| row * difference).sum::<G1>();
        assert_eq!(moved.to_affine(), *second, "column {column}");
    }
}
