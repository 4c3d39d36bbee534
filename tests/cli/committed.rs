//! Proofs about committed records: a clinic signs, a patient proves, a hospital verifies.

use serde_json::{Value, json};

use crate::world::{self, Invocation, Run, hushproof, models, scratch, world};

/// The files of a showing.
struct Showing {
    folder: std::path::PathBuf,
    hush: String,
    vk: String,
    schema: String,
    keys: String,
    request: String,
}

const NOW: &str = "1000";

impl Showing {
    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// A model of records, a clinic's key, and a hospital's request for its credential.
    fn new(name: &str) -> Self {
        let folder = scratch(name);
        let path = |name: &str| folder.join(name).display().to_string();
        let rows = models("breast_cancer_calibration.json");
        let (schema, plain) = (path("schema.json"), world().model("breast_cancer_logreg"));
        hushproof(&[
            "schema",
            "new",
            &plain.hush,
            "--data",
            &rows,
            "--decimals",
            "2",
            "--name",
            "biopsy",
            "-o",
            &schema,
        ])
        .ok();
        let files = world().compile(&folder, "breast_cancer_logreg", &["--schema", &schema]);
        let digest = hushproof(&["schema", "check", &schema, "--json"]).ok().json()["digest"].clone();
        let (keys, request) = (path("keys.json"), path("request.json"));
        hushproof(&["attest", "key", "-o", &path("key.jwk"), "--public", &keys]).ok();
        hushproof(&["request", "new", "--vk", &files.vk, "--audience", "hospital.example", "--purpose", "check-up"])
            .args(&["--ttl", "600", "--issuer", "clinic.example", "--schema", digest.as_str().unwrap(), "--now", NOW])
            .args(&["-o", &request])
            .ok();
        let showing = Self { hush: files.hush, vk: files.vk, schema, keys, request, folder };
        let mut row: Value = world::read_json(&models("breast_cancer_record.json"));
        showing.commit("own", &row);
        row["record"][0][3] = json!(700.25);
        showing.commit("other", &row);
        showing
    }

    /// A record's opening, commitment and credential.
    fn commit(&self, name: &str, record: &Value) {
        let file = |kind: &str| self.path(&format!("{name}.{kind}"));
        std::fs::write(file("record.json"), record.to_string()).unwrap();
        hushproof(&["commit", "--schema", &self.schema, "--record", &file("record.json"), "-o", &file("opening.json")])
            .args(&["--public", &file("commitment.json")])
            .ok();
        self.sign(name, &self.path("key.jwk"), "clinic.example", &file("credential.jws"));
    }

    fn sign(&self, name: &str, key: &str, issuer: &str, output: &str) {
        let commitment = self.path(&format!("{name}.commitment.json"));
        hushproof(&["attest", "sign", "--key", key, "--issuer", issuer, "--ttl", "300", "--now", NOW, "-o", output])
            .args(&["--commitment", &commitment])
            .ok();
    }

    fn prove(&self, opening: &str, credential: &str, proof: &str) -> Invocation {
        let prove =
            hushproof(&["prove", &self.hush, "--opening", &self.path(opening), "--srs", &world().srs, "--json"])
                .args(&["--request", &self.request, "--now", "1010", "--vk", &self.vk, "-o", &self.path(proof)]);
        if credential.is_empty() { prove } else { prove.args(&["--credential", &self.path(credential)]) }
    }

    fn verify(&self, proof: &str, now: &str, options: &[&str]) -> Run {
        hushproof(&["verify", &self.vk, &self.path(proof), "--request", &self.request, "--now", now, "--json"])
            .args(options)
            .run()
    }
}

#[test]
fn a_clinic_signs_a_patient_proves_and_a_hospital_verifies() {
    let showing = Showing::new("showing");
    let proved = showing.prove("own.opening.json", "own.credential.jws", "proof.json").ok().json();
    let keys = ["--issuer-keys", &showing.keys];
    let verified = showing.verify("proof.json", "1100", &keys).ok_status().json();
    let shown: Value = world::read_json(&showing.path("own.commitment.json"));
    assert_eq!((&verified["input_commitment"], &verified["schema"]), (&shown["commitment"], &shown["schema"]));
    assert_eq!(proved["input_commitment"], shown["commitment"]);
    assert_eq!(verified["credential"], json!({"issuer": "clinic.example", "issued": 1000, "expires": 1300}));
    // The model reads what was committed to.
    let record = world::read_json::<Value>(&showing.path("own.record.json"));
    let input = showing.path("input.json");
    std::fs::write(&input, record.to_string()).unwrap();
    let predicted = hushproof(&["predict", &showing.hush, "--input", &input, "--json"]).ok().json();
    assert_eq!(predicted["outputs"], verified["outputs"]);
    // Nothing that is shown has a value of the record, or the salt.
    let opening: Value = world::read_json(&showing.path("own.opening.json"));
    let text = std::fs::read_to_string(showing.path("proof.json")).unwrap();
    assert!(!text.contains(opening["salt"].as_str().unwrap()) && !text.contains("record"), "{text}");

    // Each of these is no such showing.
    let (stranger, strangers) = (showing.path("stranger.jwk"), showing.path("strangers.json"));
    hushproof(&["attest", "key", "-o", &stranger, "--public", &strangers]).ok();
    let refused = |now: &str, options: &[&str], code: &str| {
        let run = showing.verify("proof.json", now, options);
        assert_eq!(
            (run.status, &run.json()["code"], &run.json()["verified"]),
            (1, &json!(code), &json!(false)),
            "{now}"
        );
    };
    refused("1100", &[], "rejected");
    refused("1100", &["--issuer-keys", &strangers], "credential");
    refused("1300", &keys, "credential");
    refused("1600", &keys, "credential");
    let forged = showing.path("forged.jws");
    showing.sign("own", &stranger, "clinic.example", &forged);
    refused("1100", &[keys[0], keys[1], "--credential", &forged], "credential");
    let renamed = showing.path("renamed.jws");
    showing.sign("own", &showing.path("key.jwk"), "another.example", &renamed);
    refused("1100", &[keys[0], keys[1], "--credential", &renamed], "rejected");
    refused("1100", &[keys[0], keys[1], "--credential", &showing.path("other.credential.jws")], "credential");
    // A proof's file without its credential, and one with another commitment.
    let mut file: Value = serde_json::from_str(&text).unwrap();
    let credential = file.as_object_mut().unwrap().remove("credential").unwrap();
    std::fs::write(showing.path("proof.json"), file.to_string()).unwrap();
    refused("1100", &keys, "credential");
    let other: Value = world::read_json(&showing.path("other.commitment.json"));
    file["credential"] = json!(std::fs::read_to_string(showing.path("other.credential.jws")).unwrap());
    file["public"]["input_commitment"] = other["commitment"].clone();
    std::fs::write(showing.path("proof.json"), file.to_string()).unwrap();
    refused("1100", &keys, "rejected");
    file["credential"] = credential;
    for bad in [json!("00"), json!("f".repeat(64)), json!(7), json!(null)] {
        file["public"]["input_commitment"] = bad.clone();
        std::fs::write(showing.path("proof.json"), file.to_string()).unwrap();
        let run = showing.verify("proof.json", "1100", &keys);
        let missing = bad.is_null();
        assert_eq!(run.status, if missing { 1 } else { 2 }, "{bad}");
    }
}

#[test]
fn what_could_not_be_verified_is_not_proved() {
    let showing = Showing::new("not showing");
    let refused = |run: Run, status: i32, code: &str| {
        assert_eq!((run.status, &run.json()["code"]), (status, &json!(code)), "{}", run.stdout);
        assert!(!showing.folder.join("none.json").exists());
    };
    let prove = |opening: &str, credential: &str| showing.prove(opening, credential, "none.json");
    refused(prove("own.opening.json", "").run(), 1, "rejected");
    refused(prove("own.opening.json", "other.credential.jws").run(), 1, "credential");
    let mut opening: Value = world::read_json(&showing.path("own.opening.json"));
    let salt = opening["salt"].clone();
    opening["salt"] = json!("1".repeat(64).replace('1', "0"));
    std::fs::write(showing.path("salted.json"), opening.to_string()).unwrap();
    refused(prove("salted.json", "own.credential.jws").run(), 2, "artifact");
    opening["salt"] = salt;
    opening["record"]["record"][0][0] = json!(12.5);
    std::fs::write(showing.path("changed.json"), opening.to_string()).unwrap();
    refused(prove("changed.json", "own.credential.jws").run(), 2, "artifact");
    // Models take the one or the other.
    let plain = world().model("breast_cancer_logreg");
    let (record, opening) = (showing.path("own.record.json"), showing.path("own.opening.json"));
    let none = showing.path("none.json");
    for (model, option, file) in [(&plain.hush, "--opening", &opening), (&showing.hush, "--input", &record)] {
        let run =
            hushproof(&["prove", model, option, file, "--srs", &world().srs, "--no-context", "--json", "-o", &none]);
        refused(run.run(), 2, "option");
    }
    // A request of another schema, or for a model that takes no record.
    for (vk, schema) in [(&showing.vk, "11".repeat(32)), (&plain.vk, "11".repeat(32))] {
        let request = showing.path("another.json");
        hushproof(&["request", "new", "--vk", vk, "--audience", "a", "--purpose", "b", "--ttl", "600", "--now", NOW])
            .args(&["--schema", &schema, "-o", &request])
            .ok();
        let model = if *vk == showing.vk { &showing.hush } else { &plain.hush };
        let given = if *vk == showing.vk { ["--opening", &opening] } else { ["--input", &record] };
        let run = hushproof(&["prove", model, "--srs", &world().srs, "--request", &request, "--now", NOW, "--json"])
            .args(&given)
            .args(&["-o", &none])
            .run();
        refused(run, 1, "rejected");
    }
    // Rows beyond the schema, and a manifest that names it.
    let beyond = showing.path("beyond.json");
    let mut row: Value = world::read_json(&record);
    row["record"][0][3] = json!(777_777);
    std::fs::write(&beyond, row.to_string()).unwrap();
    let run = hushproof(&["commit", "--schema", &showing.schema, "--record", &beyond, "-o", &none, "--json"]).run();
    assert!(!run.stderr.contains("777777") && !run.stdout.contains("777777"), "{}", run.stdout);
    refused(run, 2, "record");
    let rows = models("breast_cancer_calibration.json");
    let (onnx, manifest) = (models("breast_cancer_logreg.onnx"), showing.path("manifest.jws"));
    hushproof(&["manifest", "sign", &onnx, "--model", &showing.hush, "--vk", &showing.vk, "--calibration", &rows])
        .args(&["--key", &showing.path("key.jwk"), "--issuer", "models.example", "--schema", &showing.schema])
        .args(&["-o", &manifest])
        .ok();
    let reproduce = |options: &[&str]| {
        hushproof(&["reproduce", &manifest, "--publisher-keys", &showing.keys, "--onnx", &onnx, "--json"])
            .args(&["--calibration", &rows])
            .args(options)
            .run()
    };
    assert_eq!(reproduce(&["--schema", &showing.schema]).ok_status().json()["reproduced"], true);
    assert_eq!(reproduce(&[]).json()["code"], "option");
}
