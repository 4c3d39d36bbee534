//! Chained proofs: an embedding is committed to once and compared later, as `examples/match` does it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::world::{self, Run, example, hushproof, models, scratch};

/// The folder of the example's parties.
struct Parties(PathBuf);

impl Parties {
    fn new(name: &str) -> Self {
        let parties = Self(scratch(name));
        parties.run("publisher.sh", &["../../models"]);
        parties
    }

    fn script(&self, script: &str, arguments: &[&str]) -> Run {
        example(&format!("match/{script}"), arguments).args(&[&self.path("")]).run()
    }

    fn run(&self, script: &str, arguments: &[&str]) -> Run {
        self.script(script, arguments).ok_status()
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// A picture of a digit among the held-out ones.
    fn picture(&self, name: &str, digit: u64, nth: usize) -> String {
        let images: Value = world::read_json(&models("digits_test.json"));
        let labels: Vec<u64> = world::read_json(&models("digits_test_labels.json"));
        let row = labels.iter().enumerate().filter(|(_, label)| **label == digit).nth(nth).unwrap().0;
        let path = self.path(name);
        std::fs::write(&path, json!({ "image": [images["image"][row]] }).to_string()).unwrap();
        path
    }
}

#[test]
fn an_embedding_is_enrolled_once_and_compared_later() {
    let parties = Parties::new("match");
    parties.run("gate.sh", &["ask", "ada"]);
    let photo = parties.picture("photo.json", 3, 0);
    parties.run("person.sh", &["embed", "photo", &photo, "gate/ada.embedding.json"]);
    let enrol = ["enrol", "ada", "person/photo.proof.json", "person/photo.commitment.json"];
    parties.run("gate.sh", &enrol);
    parties.run("gate.sh", &["ask", "ada"]);
    for (name, digit) in [("selfie", 3), ("other", 7)] {
        let picture = parties.picture(&format!("{name}.json"), digit, 1);
        parties.run("person.sh", &["embed", name, &picture, "gate/ada.embedding.json"]);
        parties.run("person.sh", &["match", "photo", name, "gate/ada.match.json"]);
    }
    let file = |name: &str, kind: &str| format!("person/{name}.{kind}.json");
    let check = |shown: &str, matched: &str| {
        let (proof, commitment) = (file(shown, "proof"), file(shown, "commitment"));
        parties.script("gate.sh", &["check", "ada", &proof, &commitment, &file(matched, "proof")])
    };
    assert_eq!(check("selfie", "photo-selfie").status, 0);
    assert_eq!(check("other", "photo-other").status, 1);
    // The comparison of a picture that was not shown.
    assert_eq!(check("other", "photo-selfie").status, 1);

    // What the gate sees holds no picture, no embedding and no salt.
    let opening: Value = world::read_json(&parties.path("person/photo.opening.json"));
    let proof = std::fs::read_to_string(parties.path("person/photo.proof.json")).unwrap();
    assert!(!proof.contains(opening["salt"].as_str().unwrap()));
    assert_eq!(serde_json::from_str::<Value>(&proof).unwrap()["public"]["outputs"], json!([]));
}

#[test]
fn commitments_that_do_not_belong_together_are_refused() {
    let parties = Parties::new("mismatch");
    let (embedding, matches) = (parties.path("publisher/embedding"), parties.path("publisher/match"));
    let srs = parties.path("publisher/model.srs");
    let prove = |model: &str, name: &str, given: &[&str]| {
        let (hush, vk) = (format!("{model}.hush"), format!("{model}.vk"));
        hushproof(&["prove", &hush, "--srs", &srs, "--vk", &vk, "--context", "01", "-o", &parties.path(name), "--json"])
            .args(given)
            .run()
    };
    let [photo, other] = [("photo.json", 3), ("other.json", 7)].map(|(name, digit)| parties.picture(name, digit, 0));
    let first = prove(&embedding, "a.json", &["--input", &photo]).ok_status().json();
    assert_eq!(first["output_opening"], json!(parties.path("a.opening.json")));
    assert_eq!(first["outputs"], json!({}));
    let shown = parties.path("b.commitment.json");
    prove(&embedding, "b.json", &["--input", &other, "--output-commitment", &shown]).ok_status();
    let [a, b] = ["a.opening.json", "b.opening.json"].map(|name| parties.path(name));
    prove(&matches, "ab.json", &["--opening", &a, "--opening", &b]).ok_status();

    // As many openings as records; of their schema; that open something.
    let mut altered: Value = world::read_json(&a);
    altered["record"]["e0"] = json!(altered["record"]["e0"].as_f64().unwrap() + 1.0);
    let bad = parties.path("bad.opening.json");
    std::fs::write(&bad, altered.to_string()).unwrap();
    altered["record"]["e0"] = json!(51);
    let beyond = parties.path("beyond.opening.json");
    std::fs::write(&beyond, altered.to_string()).unwrap();
    let credential = parties.path("a.commitment.json");
    for (given, code) in [
        (&["--opening", &a][..], "option"),
        (&["--opening", &a, "--opening", &b, "--opening", &b], "option"),
        (&["--opening", &a, "--opening", &bad], "artifact"),
        (&["--opening", &a, "--opening", &beyond], "record"),
        (&["--opening", &a, "--opening", &b, "--credential", &shown], "option"),
        (&["--opening", &a, "--opening", &b, "--output-opening", &credential], "option"),
        (&["--input", &photo], "option"),
    ] {
        prove(&matches, "none.json", given).refused(code);
        assert!(!Path::new(&parties.path("none.json")).exists());
    }
    // What opens the commitment has no place beside a stream.
    let hush = format!("{embedding}.hush");
    let stream = ["prove", &hush, "--input", &photo, "--srs", &srs, "--context", "01", "-o", "-"];
    hushproof(&stream).run().refused("option");

    let verify = |vk: &str, proof: &str, given: &[&str]| {
        hushproof(&["verify", &format!("{vk}.vk"), &parties.path(proof), "--context", "01", "--json"]).args(given).run()
    };
    let (ab, own) = (["--input-commitment", &shown, "--input-commitment", &shown], parties.path("a.public.json"));
    let kept: Value = world::read_json(&a);
    let public = json!({"schema": kept["schema"], "commitment": kept["commitment"]});
    std::fs::write(&own, public.to_string()).unwrap();
    let right = ["--input-commitment", &own, "--input-commitment", &shown];
    assert_eq!(verify(&matches, "ab.json", &right).ok_status().json()["outputs"], json!({"same": [0.0]}));
    verify(&embedding, "b.json", &["--output-commitment", &shown]).ok_status();
    let swapped = [right[2], right[3], right[0], right[1]];
    for (vk, proof, given) in [
        (&matches, "ab.json", &ab[..]),
        (&matches, "ab.json", &swapped),
        (&matches, "ab.json", &right[..2]),
        (&matches, "ab.json", &["--output-commitment", &shown]),
        (&embedding, "b.json", &["--output-commitment", &own]),
        (&embedding, "b.json", &["--input-commitment", &shown]),
    ] {
        let run = verify(vk, proof, given);
        assert_eq!((run.status, run.json()["verified"].clone()), (1, json!(false)), "{proof}: {given:?}");
    }
    // Other commitments in the proofs' files.
    for (vk, proof, field) in [(&embedding, "b.json", "output_commitment"), (&matches, "ab.json", "input_commitments")]
    {
        let file: Value = world::read_json(&parties.path(proof));
        let other = if field == "output_commitment" {
            kept["commitment"].clone()
        } else {
            json!([kept["commitment"], kept["commitment"]])
        };
        for (value, status) in [(other, 1), (json!(null), 1), (json!("00"), 2), (json!([]), 2)] {
            let mut altered = file.clone();
            altered["public"][field] = value.clone();
            std::fs::write(parties.path("altered.json"), altered.to_string()).unwrap();
            let run = verify(vk, "altered.json", &[]);
            assert_eq!(run.status, status, "{field} {value}: {}", run.stderr);
        }
    }
}

#[test]
fn schemas_that_are_no_output_or_not_the_inputs_are_refused() {
    let folder = scratch("output-schemas");
    let file = |name: &str, value: Value| {
        let path = folder.join(name).display().to_string();
        std::fs::write(&path, value.to_string()).unwrap();
        path
    };
    let numbers = |count: usize, max: f64, decimals: u32| json!({"version": 1, "name": "out", "vector": {"length": count, "decimals": decimals, "min": 0, "max": max}});
    let maybe = json!({"version": 1, "name": "out", "fields": [{"name": "p", "kind": "decimal", "decimals": 3, "min": 0, "max": 1, "missing": true}]});
    let (good, two) = (file("good.json", numbers(1, 1.0, 4)), file("two.json", numbers(2, 1.0, 4)));
    let (fine, maybe) = (file("fine.json", numbers(1, 1.0, 9)), file("maybe.json", maybe));
    let out = folder.join("model.hush").display().to_string();
    let compile = |model: &str, rows: &str, options: &[&str]| {
        hushproof(&["compile", &models(model), "--calibration", &models(rows), "-o", &out, "--json"])
            .args(options)
            .run()
    };
    let mlp = |options: &[&str]| compile("breast_cancer_mlp.onnx", "breast_cancer_calibration.json", options);
    for options in [
        &["--output", "committed"][..],
        &["--output", "private"],
        &["--output-schema", &good],
        &["--output", "committed", "--output-schema", &two],
        &["--output", "committed", "--output-schema", &fine],
        &["--output", "committed", "--output-schema", &maybe],
        &["--schema", &good, "--schema", &good],
    ] {
        mlp(options).refused("option");
        assert!(!Path::new(&out).exists(), "{options:?}");
    }
    // A range that the rows leave is no range of the output, and the field is named.
    let narrow = file(
        "narrow.json",
        json!({"version": 1, "name": "out", "vector": {"length": 1, "decimals": 4, "min": 0.4, "max": 0.6}}),
    );
    let run = mlp(&["--output", "committed", "--output-schema", &narrow]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("out[0]") && run.stderr.contains("0.4 to 0.6"), "{}", run.stderr);
    assert!(!Path::new(&out).exists());
    let embedding = ["digits_embedding.onnx", "digits_calibration.json"];
    compile(embedding[0], embedding[1], &["--output", "argmax", "--output-schema", &good]).refused("option");

    // The probability itself, which its reader would apply a function for.
    mlp(&["--output", "committed", "--output-schema", &good]).ok_status();
    let predicted =
        hushproof(&["predict", &out, "--input", &models("breast_cancer_record.json"), "--json"]).ok().json();
    let value = predicted["outputs"]["probability"][0].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&value) && (value * 10_000.0).fract().abs() < 1e-9, "{value}");
}
