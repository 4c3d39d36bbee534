//! Manifests: signed, checked, named by verifiers, reproduced.

use serde_json::json;

use crate::world::{Files, hushproof, models, scratch, world};

#[test]
fn a_manifest_names_what_a_model_is_made_of() {
    let folder = scratch("manifests");
    let path = |name: &str| folder.join(name).display().to_string();
    let output = "--output=threshold=0.5";
    let Files { hush, vk } = world().compile(&folder, "breast_cancer_logreg", &[output, "--input", "public"]);
    let (onnx, rows) = (models("breast_cancer_logreg.onnx"), models("breast_cancer_calibration.json"));
    let (key, keys, manifest) = (path("key.jwk"), path("keys.json"), path("manifest.jws"));
    hushproof(&["attest", "key", "-o", &key, "--public", &keys]).ok();
    let sign = |options: &[&str], output: &str| {
        hushproof(&["manifest", "sign", &onnx, "--model", &hush, "--vk", &vk, "--calibration", &rows, "--key", &key])
            .args(&["--issuer", "models.example", "--licence", "MIT", "--json", "-o", output])
            .args(options)
            .run()
    };
    let signed = sign(&[output, "--input", "public"], &manifest).ok_status().json();
    assert_eq!(signed["settings"], json!(["--input=public", "--output=threshold=0.5"]), "{signed}");
    // Other settings make another model, of which nothing is signed.
    assert_eq!(sign(&["--input", "public"], &path("none.jws")).json()["code"], "option");
    assert!(!folder.join("none.jws").exists());
    let next = sign(&[output, "--input", "public", "--previous", &manifest], &path("next.jws")).ok_status().json();
    assert_eq!(next["previous"].as_str().map(str::len), Some(64));

    let check = |options: &[&str]| {
        hushproof(&["manifest", "verify", &manifest, "--publisher-keys", &keys, "--json"]).args(options).run()
    };
    let checked = check(&["--onnx", &onnx, "--model", &hush, "--vk", &vk]).ok_status().json();
    assert_eq!((&checked["issuer"], &checked["licence"]), (&json!("models.example"), &json!("MIT")), "{checked}");
    let other = world().model("breast_cancer_mlp");
    for wrong in [["--onnx", &rows], ["--model", &other.hush], ["--vk", &other.vk]] {
        let run = check(&wrong);
        assert_eq!((run.status, &run.json()["code"]), (1, &json!("manifest")), "{wrong:?}");
    }

    let reproduce = |onnx: &str, rows: &[&str]| {
        hushproof(&["reproduce", &manifest, "--publisher-keys", &keys, "--onnx", onnx, "--json"]).args(rows).run()
    };
    assert_eq!(reproduce(&onnx, &["--calibration", &rows]).ok_status().json()["reproduced"], true);
    assert_eq!(reproduce(&models("breast_cancer_mlp.onnx"), &["--calibration", &rows]).json()["code"], "manifest");
    assert_eq!(reproduce(&onnx, &["--calibration", &onnx]).json()["code"], "manifest");
    assert_eq!(reproduce(&onnx, &[]).json()["code"], "option");

    // A verifier takes no key that the manifest does not name.
    let proof = folder.join("proof.json");
    let model = Files { hush, vk };
    world().prove(&model, models("breast_cancer_record.json").as_ref(), &proof, "c0ffee").ok_status();
    let proof = proof.display().to_string();
    let verify = |vk: &str, keys: &str| {
        hushproof(&["verify", vk, &proof, "--context", "c0ffee", "--json", "--manifest", &manifest])
            .args(&["--publisher-keys", keys])
            .run()
    };
    assert_eq!(verify(&model.vk, &keys).ok_status().json()["publisher"], "models.example");
    let run = verify(&other.vk, &keys);
    assert_eq!((run.status, &run.json()["code"], &run.json()["verified"]), (1, &json!("manifest"), &json!(false)));
    let strangers = path("strangers.json");
    hushproof(&["attest", "key", "-o", &path("stranger.jwk"), "--public", &strangers]).ok();
    let run = verify(&model.vk, &strangers);
    assert_eq!((run.status, &run.json()["code"], &run.json()["verified"]), (1, &json!("manifest"), &json!(false)));
    assert_eq!(hushproof(&["verify", &model.vk, &proof, "--no-context", "--manifest", &manifest]).run().status, 2);
}
