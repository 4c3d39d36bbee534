//! Every field of a proof file, changed: exit status 1, or 2 where the file is no longer one of this key.

use serde_json::{Value, json};

use crate::world::{self, models, scratch, world};

/// How each field of the proof file is changed, and the exit status that must follow.
fn mutations(proof: &Value) -> Vec<(&'static str, &'static str, Value, i32)> {
    let hex = |field: &str| proof[field].as_str().unwrap().to_owned();
    let flip = |text: &str, at: usize| {
        let digit = u8::from_str_radix(&text[at..=at], 16).unwrap() ^ 1;
        format!("{}{digit:x}{}", &text[..at], &text[at + 1..])
    };
    let bytes = hex("proof");
    let code = proof["public"]["outputs"][0].as_u64().unwrap();
    let public = |outputs: Value| json!({ "outputs": outputs });
    let mut all = vec![
        ("format", "the version before", json!(1), 2),
        ("format", "a later version", json!(3), 2),
        ("vk", "another key", json!(flip(&hex("vk"), 0)), 2),
        ("context", "another context", json!(flip(&hex("context"), 1)), 1),
        ("context", "no context", json!(""), 1),
        ("public", "one bit", public(json!([code ^ 1])), 1),
        ("public", "a code out of range", public(json!([u64::MAX])), 1),
        ("public", "one more code", public(json!([code, 0])), 1),
        ("public", "no code", public(json!([])), 1),
        ("public", "input codes of a private input", json!({ "outputs": [code], "inputs": [1] }), 1),
        ("public", "an array for an object", json!([[code]]), 2),
        ("proof", "upper case", json!(bytes.to_uppercase()), 2),
        ("vk", "upper case", json!(hex("vk").to_uppercase()), 2),
        ("proof", "one byte more", json!(format!("{bytes}00")), 1),
        ("proof", "one byte less", json!(bytes[2..].to_owned()), 1),
        ("proof", "empty", json!(""), 1),
        ("proof", "no hexadecimal", json!("xx"), 2),
        ("unknown", "an unknown field", json!(1), 2),
    ];
    // One bit in every element of the proof: points and scalars have 32 bytes.
    for element in 0..bytes.len() / 64 {
        all.push(("proof", "one bit", json!(flip(&bytes, element * 64 + 1)), 1));
        all.push(("proof", "a value that is not reduced", json!(overwrite(&bytes, element)), 1));
    }
    all
}

/// All bits of one element set.
fn overwrite(bytes: &str, element: usize) -> String {
    format!("{}{}{}", &bytes[..element * 64], "f".repeat(64), &bytes[(element + 1) * 64..])
}

#[test]
fn every_changed_field_is_rejected() {
    let folder = scratch("tamper");
    let model = world().model("breast_cancer_logreg");
    let path = folder.join("proof.json");
    world().prove(&model, models("breast_cancer_record.json").as_ref(), &path, "0123").ok_status();
    world().verify(&model, &path, "0123").ok_status();
    let proof: Value = world::read_json(&path.display().to_string());
    let mutations = mutations(&proof);
    for field in proof.as_object().unwrap().keys() {
        assert!(mutations.iter().any(|mutation| mutation.0 == field), "{field} is never changed");
    }
    for (field, how, value, status) in mutations {
        let mut changed = proof.clone();
        changed[field] = value;
        std::fs::write(&path, changed.to_string()).unwrap();
        let run = world().verify(&model, &path, "0123");
        assert_eq!(run.status, status, "{field}: {how}: {}", run.stderr);
    }
}

/// A proof that is accepted has one text but for the order of fields and the space between them.
#[test]
fn a_field_twice_or_an_array_is_refused() {
    let folder = scratch("proof-forms");
    let model = world().model("breast_cancer_logreg");
    let path = folder.join("proof.json");
    world().prove(&model, models("breast_cancer_record.json").as_ref(), &path, "0123").ok_status();
    let proof = std::fs::read_to_string(&path).unwrap();
    let object: Value = serde_json::from_str(&proof).unwrap();
    let twice = proof.replacen("\"format\":2", "\"format\":2,\"format\":2", 1);
    let outputs_twice = proof.replacen("\"outputs\":", "\"outputs\":[],\"outputs\":", 1);
    let fields = ["format", "vk", "context", "transcript", "public", "proof"].map(|name| object[name].clone());
    for text in [twice, outputs_twice, json!(fields).to_string()] {
        assert_ne!(text, proof);
        std::fs::write(&path, text).unwrap();
        world().verify(&model, &path, "0123").refused("artifact");
    }
}

#[test]
fn a_proof_of_another_model_is_refused() {
    let folder = scratch("another-model");
    let path = folder.join("proof.json");
    let logreg = world().model("breast_cancer_logreg");
    world().prove(&logreg, models("breast_cancer_record.json").as_ref(), &path, "0123").ok_status();
    world().verify(&world().model("breast_cancer_mlp"), &path, "0123").refused("key-mismatch");
}
