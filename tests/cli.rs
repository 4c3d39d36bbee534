//! The command line, end to end, on the bundled models.

#[path = "cli/accuracy.rs"]
mod accuracy;
#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/bound.rs"]
mod bound;
#[cfg(unix)]
#[path = "cli/chained.rs"]
mod chained;
#[expect(dead_code, reason = "what the server's own tests need")]
#[path = "../src/bin/hushproof/serve/tests/client.rs"]
mod client;
#[path = "cli/commitments.rs"]
mod commitments;
#[path = "cli/committed.rs"]
mod committed;
#[cfg(unix)]
#[path = "cli/files.rs"]
mod files;
#[path = "cli/graph.rs"]
mod graph;
#[path = "cli/imports.rs"]
mod imports;
#[path = "cli/provenance.rs"]
mod provenance;
#[path = "cli/requests.rs"]
mod requests;
#[path = "cli/serve.rs"]
mod serve;
#[path = "cli/setup.rs"]
mod setup;
#[path = "cli/tamper.rs"]
mod tamper;
#[path = "cli/world.rs"]
mod world;

use serde_json::Value;
use world::{Run, hushproof, models, scratch, world};

#[test]
fn every_model_proves_and_verifies() {
    for name in ["breast_cancer_logreg", "breast_cancer_mlp"] {
        let folder = scratch(&format!("prove-{name}"));
        let model = world().model(name);
        let proof = folder.join("proof.json");
        let run =
            hushproof(&["prove", &model.hush, "--input", &models("breast_cancer_record.json"), "--srs", &world().srs])
                .args(&["--context", "c0ffee", "-o", &proof.display().to_string(), "--json"])
                .ok();
        let object = run.json();
        for field in ["keygen", "witness", "prove", "verify"] {
            assert!(object["seconds"][field].as_f64().is_some_and(|seconds| seconds > 0.0), "{name}: {object}");
        }
        assert_eq!(object["verified"], true);
        assert_eq!(object["srs"], "development");
        assert!(run.stderr.contains("development SRS"), "a development SRS is announced");
        let proved = object["outputs"]["probability"][0].as_f64().unwrap();
        let reference: Vec<f64> = world::read_json(&models(&format!("{name}.reference.json")));
        assert!((proved - reference[3]).abs() < 0.01, "{name}: proved {proved}, float {}", reference[3]);

        let run = hushproof(&["verify", &model.vk, &proof.display().to_string(), "--srs", &world().srs])
            .args(&["--context", "c0ffee", "--json"])
            .ok();
        assert_eq!(run.json()["outputs"], object["outputs"]);
        let verified = world().verify(&model, &proof, "c0ffee");
        assert_eq!(verified.status, 0, "an SRS is not needed to verify");
        assert_eq!(world().verify(&model, &proof, "c0ffef").status, 1, "another context");
        assert_eq!(world().verify(&model, &proof, "").status, 1, "no context");
    }
}

#[test]
fn a_proof_over_keccak_verifies_as_one() {
    let (model, folder) = (world().model("breast_cancer_logreg"), scratch("keccak"));
    let (input, proof) = (models("breast_cancer_record.json"), folder.join("proof.json"));
    let path = proof.display().to_string();
    hushproof(&["prove", &model.hush, "--input", &input, "--srs", &world().srs, "-o", &path])
        .args(&["--context", "0123", "--transcript", "keccak"])
        .run()
        .ok_status();
    assert!(std::fs::read_to_string(&proof).unwrap().contains("\"transcript\":\"keccak\""));
    world().verify(&model, &proof, "0123").ok_status();
}

#[test]
fn every_held_out_row_keeps_its_class() {
    for name in ["breast_cancer_logreg", "breast_cancer_mlp"] {
        let model = world().model(name);
        let onnx = models(&format!("{name}.onnx"));
        let run =
            hushproof(&["evaluate", &onnx, &model.hush, "--data", &models("breast_cancer_test.json"), "--json"]).ok();
        let report = run.json();
        assert_eq!(report["rows"], 171);
        assert_eq!(report["out_of_range"], 0);
        assert_eq!(report["agreeing"], 171, "{name}: {report}");
        assert!(report["max_abs_error"].as_f64().unwrap() < 0.01, "{name}: {report}");
    }
}

#[test]
fn a_decision_is_all_that_a_threshold_reveals() {
    let folder = scratch("threshold");
    let model = world().compile(&folder, "breast_cancer_mlp", &["--output", "threshold=0.5"]);
    let rows: Value = world::read_json(&models("breast_cancer_test.json"));
    let reference: Vec<f64> = world::read_json(&models("breast_cancer_mlp.reference.json"));
    for row in [0usize, 3] {
        let input = folder.join(format!("{row}.json"));
        std::fs::write(&input, serde_json::json!({ "record": [rows["record"][row]] }).to_string()).unwrap();
        let proof = folder.join("proof.json");
        world().prove(&model, &input, &proof, "").ok_status();
        let file: Value = world::read_json(&proof.display().to_string());
        assert_eq!(file["public"]["outputs"], serde_json::json!([u64::from(reference[row] >= 0.5)]));
        world().verify(&model, &proof, "").ok_status();
    }
}

#[test]
fn an_argmax_reveals_the_index() {
    let folder = scratch("argmax");
    let calibration = world::small_calibration(&folder, "argmax5");
    let hush = folder.join("argmax5.hush").display().to_string();
    hushproof(&["compile", &models("small/argmax5.onnx"), "-o", &hush, "--calibration", &calibration])
        .args(&["--srs", &world().srs])
        .ok();
    let model = world::Files { vk: hush.replace(".hush", ".vk"), hush };
    let vectors: Value = world::read_json(&models("small/argmax5.json"));
    let (name, rows) = vectors["inputs"].as_object().unwrap().iter().next().unwrap();
    let expected = vectors["outputs"].as_object().unwrap().values().next().unwrap();
    for row in 0..3 {
        let input = folder.join("input.json");
        std::fs::write(&input, serde_json::json!({ name: [rows[row]] }).to_string()).unwrap();
        let proof = folder.join("proof.json");
        let run = world().prove(&model, &input, &proof, "");
        let outputs = run.ok_status().json()["outputs"].as_object().unwrap().values().next().unwrap().clone();
        assert_eq!(outputs[0].as_f64(), expected[row].as_array().map_or(expected[row].as_f64(), |v| v[0].as_f64()));
        world().verify(&model, &proof, "").ok_status();
    }
}

#[test]
fn a_public_input_is_part_of_the_statement() {
    let folder = scratch("public-input");
    let model = world().compile(&folder, "breast_cancer_logreg", &["--input", "public"]);
    let proof = folder.join("proof.json");
    world().prove(&model, models("breast_cancer_record.json").as_ref(), &proof, "").ok_status();
    let verified =
        hushproof(&["verify", &model.vk, &proof.display().to_string(), "--no-context", "--json"]).ok().json();
    assert_eq!(verified["inputs"]["record"].as_array().unwrap().len(), 30);
    let mut file: Value = world::read_json(&proof.display().to_string());
    assert_eq!(file["public"]["inputs"].as_array().unwrap().len(), 30);
    file["public"]["inputs"][7] = (file["public"]["inputs"][7].as_u64().unwrap() ^ 1).into();
    std::fs::write(&proof, file.to_string()).unwrap();
    assert_eq!(world().verify(&model, &proof, "").status, 1);
}

#[test]
fn private_weights_are_in_no_key() {
    let folder = scratch("private-weights");
    let path = |name: &str| folder.join(name).display().to_string();
    let (srs, hush, vk, proof) = (path("s.srs"), path("m.hush"), path("m.vk"), path("proof.json"));
    hushproof(&["srs", "new", "-k", "12", "-o", &srs]).ok();
    let compiled = hushproof(&["compile", &models("breast_cancer_mlp.onnx"), "-o", &hush, "--srs", &srs])
        .args(&["--calibration", &models("breast_cancer_calibration.json"), "--output", "threshold=0.5"])
        .args(&["--weights", "private", "--json"])
        .ok()
        .json();
    assert_eq!(compiled["weights"], "private");
    assert_eq!(compiled["accuracy"]["agreeing"], compiled["accuracy"]["rows"], "{compiled}");
    let inspected = hushproof(&["inspect", &hush, "--json"]).ok();
    assert!(inspected.stderr.contains("not which"), "what a proof does not say: {}", inspected.stderr);
    let inspected = inspected.json();
    assert_eq!(inspected["weights"]["visibility"], "private");
    assert!(inspected["weights"]["proved_bits"].as_u64().is_some_and(|bits| bits > 8));
    assert_eq!(inspected["advice_columns"], compiled["advice_columns"]);
    let record = models("breast_cancer_record.json");
    let proved = hushproof(&["prove", &hush, "--input", &record, "--srs", &srs, "-o", &proof, "--json"]).ok().json();
    assert_eq!(proved["k"], inspected["k"]);
    assert_eq!(proved["advice_columns"], inspected["advice_columns"]);
    let verified = hushproof(&["verify", &vk, &proof, "--no-context", "--json"]).ok().json();
    assert_eq!(verified["weights"], "private");
    assert_eq!(verified["outputs"], proved["outputs"]);
    let mut file: Value = world::read_json(&proof);
    file["public"]["outputs"][0] = (file["public"]["outputs"][0].as_u64().unwrap() ^ 1).into();
    std::fs::write(&proof, file.to_string()).unwrap();
    assert_eq!(hushproof(&["verify", &vk, &proof, "--no-context"]).run().status, 1);
}

#[test]
fn models_compile_without_data() {
    let folder = scratch("no-data");
    let path = |name: &str| folder.join(name).display().to_string();
    let (hush, page) = (path("m.hush"), path("report.html"));
    let run = hushproof(&["compile", &models("digits_cnn.onnx"), "-o", &hush, "--input-range", "0,16"])
        .args(&["--report", &page, "--json"])
        .ok();
    assert!(run.stderr.contains("no calibration data"), "{}", run.stderr);
    let object = run.json();
    assert_eq!(object["calibration_rows"], 0);
    assert_eq!(object["report"]["data"]["random"], serde_json::json!([0.0, 16.0]));
    assert!(object["report"]["layers"].as_array().is_some_and(|layers| layers.len() > 4));
    assert!(std::fs::read_to_string(&page).unwrap().contains("No data"));
    let onnx = models("digits_cnn.onnx");
    let report = hushproof(&["evaluate", &onnx, &hush, "--data", &models("digits_test.json"), "--json"]).ok().json();
    assert_eq!(report["out_of_range"], 0);
    assert!(report["top1_agreement"].as_f64().unwrap() > 0.98, "{report}");
}

#[test]
fn inspect_tells_what_a_proof_costs() {
    let model = world().model("breast_cancer_logreg");
    let object = hushproof(&["inspect", &model.hush, "--json"]).ok().json();
    assert!(object["k"].as_u64().unwrap() <= 9);
    assert!(object["advice_columns"].as_u64().unwrap() <= 18);
    assert!(object["predicted_seconds"]["native"].as_f64().unwrap() > 0.0);
    assert_eq!(object["layers"][0]["activation"], "none");
    assert_eq!(object["output"]["finish"]["function"], "sigmoid");
}

#[test]
fn help_and_usage_errors() {
    let help = hushproof(&["--help"]).ok();
    for command in
        ["compile", "inspect", "evaluate", "input", "srs", "keys", "model", "predict", "prove", "verify", "serve"]
    {
        assert!(help.stdout.contains(command), "{command} is in the help");
    }
    let run: Run = hushproof(&["prove"]).run();
    assert_eq!(run.status, 2);
}
