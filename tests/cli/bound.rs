//! Which private weights: a publisher names a model, proves with it, and a relying party checks which one it was.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::world::{self, Invocation, Run, hushproof, models, scratch};

/// A model with private weights, its keys and its name.
struct Publisher {
    folder: PathBuf,
}

impl Publisher {
    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn new(name: &str) -> Self {
        let publisher = Self { folder: scratch(name) };
        hushproof(&["srs", "new", "-k", "9", "-o", &publisher.path("s.srs")]).ok();
        publisher.compile("model.hush", &[]);
        publisher.commit(&[]).ok();
        publisher
    }

    fn compile(&self, hush: &str, options: &[&str]) -> Run {
        hushproof(&["compile", &models("breast_cancer_mlp.onnx"), "-o", &self.path(hush), "--srs", &self.path("s.srs")])
            .args(&["--calibration", &models("breast_cancer_calibration.json"), "--weights", "private", "--json"])
            .args(options)
            .ok()
    }

    fn commit(&self, options: &[&str]) -> Invocation {
        hushproof(&["model", "commit", &self.path("model.hush"), "--srs", &self.path("s.srs"), "--json"]).args(options)
    }

    fn prove(&self, proof: &str, options: &[&str]) -> Run {
        let (hush, srs) = (self.path("model.hush"), self.path("s.srs"));
        let input = models("breast_cancer_record.json");
        hushproof(&["prove", &hush, "--input", &input, "--srs", &srs, "--context", "c0ffee", "--json"])
            .args(&["-o", &self.path(proof)])
            .args(options)
            .run()
    }

    fn verify(&self, proof: &str, options: &[&str]) -> Run {
        let vk = self.path("model.vk");
        hushproof(&["verify", &vk, &self.path(proof), "--context", "c0ffee", "--json"]).args(options).run()
    }
}

#[test]
fn a_proof_says_which_model_it_is_about() {
    let publisher = Publisher::new("bound");
    let path = |name: &str| publisher.path(name);
    let (id, opening) = (path("model.id.json"), path("model.id.opening.json"));
    let public: Value = world::read_json(&id);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&opening), mode(&id) & 0o044), (0o600, 0o044));
    }
    let secret: Value = world::read_json(&opening);
    // A second commitment would leave the first id without what proves under it.
    publisher.commit(&[]).run().refused("option");
    assert_eq!(world::read_json::<Value>(&opening), secret);
    assert_eq!((&public["id"], &public["vk"]), (&secret["id"], &secret["vk"]));
    assert!(public.get("random_rows").is_none() && secret["random_rows"][0].is_array());

    for transcript in ["blake2b", "keccak"] {
        let proved = publisher.prove("proof.json", &["--model-opening", &opening, "--transcript", transcript]);
        let proved = proved.ok_status().json();
        assert_eq!(proved["model_id"], public["id"]);
        assert!(proved["binding_bytes"].as_u64().is_some_and(|bytes| bytes <= 320), "{proved}");
        let verified = publisher.verify("proof.json", &["--model", &id]).ok_status();
        assert!(!verified.stderr.contains("private"), "{}", verified.stderr);
        assert_eq!(verified.json()["model_id"], public["id"]);
    }
    let file: Value = world::read_json(&path("proof.json"));
    assert_eq!(file["public"]["model"], public["id"]);
    let text = file.to_string();
    for row in secret["random_rows"].as_array().unwrap().iter().flat_map(|rows| rows.as_array().unwrap()) {
        assert!(!text.contains(row.as_str().unwrap()));
    }
    // What is not asked is not told, and whoever verifies hears of it.
    let unasked = publisher.verify("proof.json", &[]).ok_status();
    assert!(unasked.json().get("model_id").is_none(), "{}", unasked.stdout);
    assert!(unasked.stderr.contains("not which") && unasked.stderr.contains("not checked"), "{}", unasked.stderr);

    let rejected = |proof: &str, id: &str, code: &str| {
        let run = publisher.verify(proof, &["--model", id]);
        assert_eq!((run.status, &run.json()["code"], &run.json()["verified"]), (1, &json!(code), &json!(false)));
        run.json()["reason"].as_str().unwrap().to_owned()
    };
    publisher.prove("plain.json", &[]).ok_status();
    assert!(rejected("plain.json", &id, "model-binding").contains("no model"));
    let (other_id, other_opening) = (path("other.id.json"), path("other.opening.json"));
    publisher.commit(&["-o", &other_id, "--opening", &other_opening, "--vk", &path("model.vk")]).ok();
    assert!(rejected("proof.json", &other_id, "model-binding").contains("another model"));
    // The binding of another proof.
    publisher.prove("second.json", &["--model-opening", &opening]).ok_status();
    let mut second: Value = world::read_json(&path("second.json"));
    let own = std::mem::replace(&mut second["binding"], file["binding"].clone());
    fs::write(path("forged.json"), second.to_string()).unwrap();
    assert!(rejected("forged.json", &id, "model-binding").contains("does not hold"));
    // The rest of a proof comes first.
    second["binding"] = own;
    let output = second["public"]["outputs"][0].as_u64().unwrap();
    second["public"]["outputs"][0] = json!(output ^ 1);
    fs::write(path("forged.json"), second.to_string()).unwrap();
    rejected("forged.json", &id, "rejected");
}

#[test]
fn files_that_do_not_belong_to_the_key_are_unusable() {
    let publisher = Publisher::new("bound wrongly");
    let path = |name: &str| publisher.path(name);
    let (id, opening) = (path("model.id.json"), path("model.id.opening.json"));
    publisher.prove("proof.json", &["--model-opening", &opening]).ok_status();
    let refused = |run: Run, code: &str| {
        assert_eq!((run.status, &run.json()["code"]), (2, &json!(code)), "{}", run.stdout);
    };
    // The one file in place of the other.
    refused(publisher.verify("proof.json", &["--model", &opening]), "artifact");
    refused(publisher.prove("none.json", &["--model-opening", &id]), "artifact");
    let public: Value = world::read_json(&id);
    let mut damaged = public.clone();
    for (field, value) in [("id", json!("00".repeat(32))), ("commitments", json!([])), ("version", json!(2))] {
        damaged[field] = value;
        fs::write(path("damaged.json"), damaged.to_string()).unwrap();
        let run = publisher.verify("proof.json", &["--model", &path("damaged.json")]);
        refused(run, if field == "version" { "version" } else { "artifact" });
        damaged = public.clone();
    }
    // Another key: other bits make another circuit.
    publisher.compile("other.hush", &["--output", "threshold=0.5"]);
    let (other, srs) = (path("other.hush"), path("s.srs"));
    hushproof(&["model", "commit", &other, "--srs", &srs]).ok();
    refused(publisher.verify("proof.json", &["--model", &path("other.id.json")]), "key-mismatch");
    refused(publisher.prove("none.json", &["--model-opening", &path("other.id.opening.json")]), "key-mismatch");
    // Random rows that hide something else.
    let mut secret: Value = world::read_json(&opening);
    secret["random_rows"].as_array_mut().unwrap().swap(0, 1);
    fs::write(path("swapped.json"), secret.to_string()).unwrap();
    refused(publisher.prove("none.json", &["--model-opening", &path("swapped.json")]), "artifact");
    assert!(!publisher.folder.join("none.json").exists());
    // Public weights are named by their key.
    let files = crate::world().compile(&publisher.folder, "breast_cancer_logreg", &[]);
    let run = hushproof(&["model", "commit", &files.hush, "--srs", &crate::world().srs, "--json"]).run();
    assert!(run.json()["error"].as_str().unwrap().contains("public"), "{}", run.stdout);
    refused(run, "option");
    assert!(!publisher.folder.join("breast_cancer_logreg.id.json").exists());
}

#[test]
fn a_manifest_names_the_model() {
    let publisher = Publisher::new("bound by a manifest");
    let path = |name: &str| publisher.path(name);
    let (id, opening) = (path("model.id.json"), path("model.id.opening.json"));
    publisher.prove("proof.json", &["--model-opening", &opening]).ok_status();
    let (other_id, other_opening) = (path("other.id.json"), path("other.opening.json"));
    publisher.commit(&["-o", &other_id, "--opening", &other_opening]).ok();
    let (keys, onnx) = (path("keys.json"), models("breast_cancer_mlp.onnx"));
    hushproof(&["attest", "key", "-o", &path("key.jwk"), "--public", &keys]).ok();
    let sign = |output: &str, options: &[&str]| {
        hushproof(&["manifest", "sign", &onnx, "--model", &path("model.hush"), "--vk", &path("model.vk")])
            .args(&["--calibration", &models("breast_cancer_calibration.json"), "--weights", "private"])
            .args(&["--key", &path("key.jwk"), "--issuer", "models.example", "--json", "-o", &path(output)])
            .args(options)
            .ok()
            .json()
    };
    let public: Value = world::read_json(&id);
    assert_eq!(sign("manifest.jws", &["--model-id", &id])["model_id"], public["id"]);
    assert_eq!(sign("none.jws", &[]).get("model_id"), None);
    let verify = |manifest: &str, id: &str| {
        publisher.verify("proof.json", &["--model", id, "--manifest", &path(manifest), "--publisher-keys", &keys])
    };
    let verified = verify("manifest.jws", &id).ok_status().json();
    assert_eq!((&verified["model_id"], &verified["publisher"]), (&public["id"], &json!("models.example")));
    for (manifest, id) in [("manifest.jws", &other_id), ("none.jws", &id)] {
        let run = verify(manifest, id);
        assert_eq!((run.status, &run.json()["code"]), (1, &json!("manifest")), "{manifest}: {}", run.stdout);
    }
    // A manifest that names a model asks for it.
    let keys_of = ["--manifest", &path("manifest.jws"), "--publisher-keys", &keys];
    publisher.verify("proof.json", &keys_of).refused("option");
    let check = |id: &str| {
        let manifest = path("manifest.jws");
        hushproof(&["manifest", "verify", &manifest, "--publisher-keys", &keys, "--model-id", id, "--json"]).run()
    };
    check(&id).ok_status();
    assert_eq!(check(&other_id).json()["code"], "manifest");
}
