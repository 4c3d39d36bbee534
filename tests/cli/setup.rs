//! SRS files that are not what they say, at every place where keys are made.

use std::path::Path;

use hushproof::codec;
use serde_json::json;

use crate::world::{hushproof, models, scratch, world};

/// Bytes of a point, and where the Lagrange basis begins in a file of 2^k points.
const POINT_BYTES: usize = 64;
const HEADER_BYTES: usize = 20;

/// Writes an SRS file with another body and the checksum of it.
fn reseal(mut bytes: Vec<u8>, change: impl Fn(&mut [u8]), path: &Path) {
    let end = bytes.len() - codec::DIGEST_BYTES;
    change(&mut bytes[..end]);
    let digest = codec::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&digest);
    std::fs::write(path, bytes).unwrap();
}

/// Two points of the Lagrange basis changed places, under the genuine fingerprint: whoever makes a key of it makes one
/// of other columns.
#[test]
fn no_key_is_made_of_a_doctored_basis() {
    let folder = scratch("doctored-srs");
    let text = |name: &str| folder.join(name).display().to_string();
    let model = world().model("breast_cancer_mlp");
    // Of exactly the model's size, so that the basis is used as it stands.
    let k = hushproof(&["inspect", &model.hush, "--json"]).ok().json()["k"].as_u64().unwrap();
    hushproof(&["srs", "new", "-k", &k.to_string(), "-o", &text("genuine.srs")]).ok();
    let doctored = folder.join("doctored.srs");
    reseal(
        std::fs::read(text("genuine.srs")).unwrap(),
        |body| {
            let (one, two) = body[HEADER_BYTES + (POINT_BYTES << k)..].split_at_mut(POINT_BYTES);
            one.swap_with_slice(&mut two[..POINT_BYTES]);
        },
        &doctored,
    );
    let srs = text("doctored.srs");
    let (onnx, record) = (models("breast_cancer_mlp.onnx"), models("breast_cancer_record.json"));
    let calibration = models("breast_cancer_calibration.json");
    let compile = ["compile", &onnx, "--calibration", &calibration, "-o", &text("b.hush"), "--srs", &srs];
    let runs = [
        hushproof(&["keys", &model.hush, "--srs", &srs, "-o", &text("a.vk")]),
        hushproof(&compile),
        hushproof(&["prove", &model.hush, "--input", &record, "--srs", &srs, "--no-context", "-o", &text("c.json")]),
        hushproof(&["srs", "import", &srs, "-o", &text("d.srs")]),
        hushproof(&["srs", "import", &srs, "-k", "4", "-o", &text("e.srs")]),
        hushproof(&["srs", "check", &srs]),
    ];
    for run in runs {
        run.run().refused("srs-invalid");
    }
    for name in ["a.vk", "b.vk", "c.json", "d.srs", "e.srs"] {
        assert!(!folder.join(name).exists(), "{name} was written");
    }
}

#[test]
fn a_development_srs_that_calls_itself_a_ceremony_is_of_unknown_origin() {
    let folder = scratch("fake-ceremony");
    let fake = folder.join("fake.srs");
    reseal(std::fs::read(&world().srs).unwrap(), |body| body[12] = 1, &fake);
    let srs = fake.display().to_string();
    let checked = hushproof(&["srs", "check", &srs, "--json"]).ok().json();
    assert_eq!((&checked["origin"], &checked["valid"]), (&json!("unknown"), &json!(true)));
    let vk = folder.join("model.vk").display().to_string();
    let run =
        hushproof(&["keys", &world().model("breast_cancer_logreg").hush, "--srs", &srs, "-o", &vk, "--json"]).ok();
    assert_eq!(run.json()["srs"], "unknown");
    assert!(run.stderr.contains("unknown origin"), "{}", run.stderr);
}

#[test]
fn a_key_is_written_only_if_it_is_the_expected_one() {
    let folder = scratch("expected-key");
    let model = world().model("breast_cancer_logreg");
    let vk = folder.join("model.vk");
    let keys = |digest: &str| {
        hushproof(&["keys", &model.hush, "--srs", &world().srs, "-o", &vk.display().to_string(), "--expect", digest])
    };
    keys(&"0".repeat(64)).run().refused("key-mismatch");
    assert!(!vk.exists());
    let digest = codec::digest(&std::fs::read(&model.vk).unwrap());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    keys(&digest).ok();
    assert_eq!(std::fs::read(&vk).unwrap(), std::fs::read(&model.vk).unwrap());
}
