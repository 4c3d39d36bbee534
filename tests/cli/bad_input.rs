//! Each named bad input: its own error, exit status 2, and nothing written.

use std::path::Path;

use serde_json::json;

use crate::world::{hushproof, models, scratch, small_calibration, world};

fn compile(folder: &Path, onnx: &str, calibration: &str) -> crate::world::Run {
    let hush = folder.join("refused.hush");
    let run = hushproof(&["compile", onnx, "-o", &hush.display().to_string(), "--calibration", calibration]).run();
    assert!(run.status == 0 || !hush.exists(), "a refused compile leaves nothing");
    run
}

#[test]
fn unusable_models() {
    let folder = scratch("models");
    let calibration = models("breast_cancer_calibration.json");
    compile(&folder, &models("manifest.json"), &calibration).refused("not-onnx");
    compile(&folder, &models("no-such-file.onnx"), &calibration).refused("io");
    compile(&folder, &models("small/external_data.onnx"), &calibration).refused("external-data");
    compile(&folder, &models("small/dynamic_inner.onnx"), &calibration).refused("dynamic-shape");
    let run = compile(&folder, &models("small/unsupported.onnx"), &calibration).refused("unsupported-operators");
    assert!(run.stderr.contains("dense1/det (Det)"), "the node is named: {}", run.stderr);
    let bytes = std::fs::read(models("breast_cancer_mlp.onnx")).unwrap();
    let truncated = folder.join("truncated.onnx");
    std::fs::write(&truncated, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(compile(&folder, &truncated.display().to_string(), &calibration).status, 2);
}

#[test]
fn unusable_calibration_and_options() {
    let folder = scratch("calibration");
    let onnx = models("breast_cancer_logreg.onnx");
    let hush = folder.join("refused.hush").display().to_string();
    compile(&folder, &onnx, &small_calibration(&folder, "argmax3")).refused("input-name");
    let empty = folder.join("empty.json");
    std::fs::write(&empty, json!({ "record": [] }).to_string()).unwrap();
    assert_eq!(compile(&folder, &onnx, &empty.display().to_string()).status, 2);
    let calibration = models("breast_cancer_calibration.npz");
    let calibrated = ["compile", &onnx, "-o", &hush, "--calibration", &calibration];
    let run = hushproof(&calibrated).args(&["--max-error", "1e-12"]).run();
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("error[accuracy]"), "{}", run.stderr);
    assert!(run.stderr.contains("Most is lost at"), "{}", run.stderr);
    hushproof(&calibrated).args(&["--max-error", "0"]).run().refused("option");
    assert_eq!(hushproof(&calibrated).args(&["--input-range", "0,1"]).run().status, 2, "rows have ranges of their own");
    assert_eq!(hushproof(&["compile", &onnx, "-o", &hush, "--input-range", "1,0"]).run().status, 2);
    assert!(!Path::new(&hush).exists());
    for (option, value) in [("--input", "committed"), ("--weights", "committed"), ("--output", "private")] {
        let arguments = ["compile", &onnx, "-o", &hush, "--calibration", &calibration, option, value];
        hushproof(&arguments).run().refused("option");
    }
    hushproof(&["compile", &onnx, "-o", &hush, "--calibration", &calibration]).ok();
}

#[test]
fn unusable_inputs() {
    let folder = scratch("inputs");
    let record: serde_json::Value = crate::world::read_json(&models("breast_cancer_record.json"));
    let values = record["record"][0].as_array().unwrap().clone();
    let changed = |index: usize, value: serde_json::Value| {
        let mut values = values.clone();
        values[index] = value;
        json!({ "record": [values] })
    };
    let cases = [
        ("input-name", json!({ "recrod": [values] })),
        ("input-shape", json!({ "record": [values[1..]] })),
        ("input-shape", json!({ "record": values[..29] })),
        ("input-range", changed(3, json!(1e9))),
        ("input-value", changed(3, json!("NaN"))),
        ("input-value", changed(3, json!(null))),
        ("artifact", json!([1, 2])),
    ];
    let model = world().model("breast_cancer_logreg");
    for (code, input) in cases {
        let (path, proof) = (folder.join("input.json"), folder.join("proof.json"));
        std::fs::write(&path, input.to_string()).unwrap();
        let run = world().prove(&model, &path, &proof, "").refused(code);
        assert!(!run.stderr.contains("1000000000"), "a private value is never printed");
        assert!(!proof.exists());
    }
}

#[test]
fn unusable_srs_files() {
    let folder = scratch("srs");
    let model = world().model("breast_cancer_logreg");
    let record = models("breast_cancer_record.json");
    let prove = |srs: &Path| {
        let proof = folder.join("proof.json");
        let (srs, out) = (srs.display().to_string(), proof.display().to_string());
        let run = hushproof(&["prove", &model.hush, "--input", &record, "--srs", &srs, "-o", &out]).run();
        assert!(!proof.exists());
        run
    };
    let small = folder.join("small.srs");
    hushproof(&["srs", "new", "-k", "4", "-o", &small.display().to_string()]).ok();
    prove(&small).refused("srs-too-small");

    let bytes = std::fs::read(&world().srs).unwrap();
    let changed = folder.join("changed.srs");
    std::fs::write(&changed, &bytes[..bytes.len() - 1]).unwrap();
    prove(&changed).refused("artifact");
    let mut altered = bytes.clone();
    altered[bytes.len() / 2] ^= 1;
    std::fs::write(&changed, &altered).unwrap();
    prove(&changed).refused("artifact");
    hushproof(&["srs", "check", &changed.display().to_string()]).run().refused("artifact");
    hushproof(&["srs", "check", &world().srs]).ok();

    let other = folder.join("other.srs").display().to_string();
    hushproof(&["srs", "new", "-k", "9", "-o", &other]).ok();
    let proof = folder.join("out.json").display().to_string();
    hushproof(&["prove", &model.hush, "--input", &record, "--srs", &other, "--vk", &model.vk, "-o", &proof])
        .run()
        .refused("srs-mismatch");
}

#[test]
fn unusable_model_and_key_files() {
    let folder = scratch("artifacts");
    let model = world().model("breast_cancer_logreg");
    for (path, kind) in [(&model.hush, "hush"), (&model.vk, "vk")] {
        let bytes = std::fs::read(path).unwrap();
        let file = folder.join(format!("changed.{kind}"));
        let name = file.display().to_string();
        let refuse = |bytes: &[u8], code: &str| {
            std::fs::write(&file, bytes).unwrap();
            let arguments = match kind {
                "hush" => vec!["inspect", name.as_str()],
                _ => vec!["verify", name.as_str(), name.as_str(), "--no-context"],
            };
            hushproof(&arguments).run().refused(code);
        };
        refuse(&bytes[..bytes.len() - 1], "artifact");
        refuse(&[bytes.as_slice(), &[0]].concat(), "artifact");
        refuse(b"", "artifact");
        let mut altered = bytes.clone();
        altered[bytes.len() / 2] ^= 1;
        refuse(&altered, "artifact");
        let mut version = bytes.clone();
        version[8] = 99;
        refuse(&version, "version");
    }
    let mlp = world().model("breast_cancer_mlp");
    let proof = folder.join("proof.json").display().to_string();
    let record = models("breast_cancer_record.json");
    hushproof(&["prove", &model.hush, "--input", &record, "--srs", &world().srs, "--vk", &mlp.vk, "-o", &proof])
        .run()
        .refused("key-mismatch");
}
