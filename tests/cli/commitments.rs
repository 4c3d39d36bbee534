//! Schemas and commitments to records.

use serde_json::{Value, json};

use crate::world::{self, hushproof, scratch, world};

const PANEL: &str = r#"{"version": 1, "name": "blood panel", "fields": [
    {"name": "glucose", "kind": "decimal", "unit": "mg/dL", "decimals": 1, "min": 0, "max": 1000, "missing": true},
    {"name": "sex", "kind": "category", "values": ["female", "male"]}
]}"#;

#[test]
fn a_commitment_is_opened_by_its_owner_alone() {
    let folder = scratch("commitments");
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let path = |name: &str| folder.join(name).display().to_string();
    let schema = file("schema.json", PANEL);
    let checked = hushproof(&["schema", "check", &schema, "--json"]).ok().json();
    assert_eq!((&checked["elements"], &checked["bits"]), (&json!(2), &json!(14)), "{checked}");
    let record = file("record.json", r#"{"glucose": 91.2, "sex": "male"}"#);
    let (opening, public) = (path("opening.json"), path("commitment.json"));
    let commit = ["commit", "--schema", &schema, "--record", &record, "-o", &opening, "--json"];
    let made = hushproof(&commit).args(&["--public", &public]).ok().json();
    let (shown, kept): (Value, Value) = (world::read_json(&public), world::read_json(&opening));
    assert_eq!(shown, json!({"schema": checked["digest"], "commitment": made["commitment"]}));
    assert_eq!(kept["record"], json!({"glucose": 91.2, "sex": "male"}));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&opening).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Another salt, another commitment; the same one again only by its salt.
    assert_ne!(hushproof(&commit).ok().json()["commitment"], made["commitment"]);
    let salt = file("salt", kept["salt"].as_str().unwrap());
    assert_eq!(hushproof(&commit).args(&["--salt", &salt]).ok().json()["commitment"], made["commitment"]);

    let kept = std::fs::read(&opening).unwrap();
    let bad = [
        (r#"{"glucose": 91.2}"#, "record"),
        (r#"{"glucose": 91.2, "sex": "male", "age": 7}"#, "record"),
        (r#"{"glucose": 77777, "sex": "male"}"#, "record"),
        (r#"{"glucose": 77777, "sex": "#, "artifact"),
        (r#"{"glucose": 91.2, "glucose": 7777, "sex": "male"}"#, "artifact"),
    ];
    for (text, code) in bad {
        file("record.json", text);
        let run = hushproof(&commit).run();
        assert_eq!((run.status, &run.json()["code"]), (2, &json!(code)), "{text}");
        assert!(!run.stdout.contains("7777") && !run.stderr.contains("7777"), "{}", run.stderr);
    }
    file("salt", &"f".repeat(64));
    file("record.json", r#"{"glucose": 91.2, "sex": "male"}"#);
    assert_eq!(hushproof(&commit).args(&["--salt", &salt]).run().json()["code"], "option");
    assert_eq!(std::fs::read(&opening).unwrap(), kept);
}

#[test]
fn a_new_schema_is_the_models() {
    let folder = scratch("schemas");
    let (model, path) = (world().model("breast_cancer_mlp"), folder.join("schema.json").display().to_string());
    let made = hushproof(&["schema", "new", &model.hush, "--name", "tumour", "-o", &path, "--json"]).ok().json();
    assert_eq!(made["elements"], 30);
    let checked = hushproof(&["schema", "check", &path, "--model", &model.hush, "--json"]).ok().json();
    assert_eq!(checked["digest"], made["digest"]);
    std::fs::write(&path, PANEL).unwrap();
    let run = hushproof(&["schema", "check", &path, "--model", &model.hush, "--json"]).run();
    assert_eq!((run.status, &run.json()["code"]), (2, &json!("record")));
}

#[test]
fn an_issuer_signs_a_batch_that_shares_nothing() {
    let folder = scratch("attest");
    let path = |name: &str| folder.join(name).display().to_string();
    let (schema, record) = (path("schema.json"), path("record.json"));
    std::fs::write(&schema, PANEL).unwrap();
    std::fs::write(&record, r#"{"glucose": 91.2, "sex": "male"}"#).unwrap();
    let (key, keys, batch) = (path("key.jwk"), path("keys.json"), path("batch"));
    hushproof(&["attest", "key", "--alg", "EdDSA", "-o", &key, "--public", &keys]).ok();
    hushproof(&["commit", "--schema", &schema, "--record", &record, "--count", "3", "-o", &batch]).ok();
    let file = |kind: &str, i: u32| format!("{batch}/{i}.{kind}");
    let commitments = [1, 2, 3].map(|i| file("commitment.json", i));
    let mut sign = vec!["attest", "sign", "--key", &key, "--issuer", "labor.example", "--ttl", "60", "--now", "1000"];
    sign.push("--commitment");
    sign.extend(commitments.iter().map(String::as_str));
    hushproof(&sign).args(&["-o", &batch]).ok();

    let verify = |credential: &str, now: &str, commitment: &str| {
        hushproof(&["attest", "verify", credential, "--issuer-keys", &keys, "--now", now, "--json"])
            .args(&["--commitment", commitment])
            .run()
    };
    let credential = file("credential.jws", 2);
    let verified = verify(&credential, "1059", &commitments[1]).ok_status().json();
    assert_eq!((&verified["issuer"], &verified["expires"]), (&json!("labor.example"), &json!(1060)), "{verified}");
    for (now, commitment) in [("1060", 1), ("1000", 0), ("600", 1)] {
        let run = verify(&credential, now, &commitments[commitment]);
        assert_eq!((run.status, &run.json()["code"]), (1, &json!("credential")), "{now}");
    }
    // Of those that hold for long not even the second of signing is theirs alone.
    let long = path("long");
    let mut sign =
        vec!["attest", "sign", "--key", &key, "--issuer", "labor.example", "--ttl", "86400", "--now", "9999"];
    sign.extend(["--json", "-o", &long, "--commitment"]);
    sign.extend(commitments.iter().map(String::as_str));
    hushproof(&sign).ok();
    let one =
        hushproof(&["attest", "verify", &format!("{long}/1.credential.jws"), "--issuer-keys", &keys, "--now", "9999"]);
    let told = one.args(&["--json"]).ok().json();
    assert_eq!((&told["issued"], &told["expires"]), (&json!(7200), &json!(93600)), "{told}");
    // What two showings tell: a schema, an issuer and times, which all of its credentials have.
    let texts = [1, 2].map(|i| {
        let shown: Value = world::read_json(&file("commitment.json", i));
        let opening: Value = world::read_json(&file("opening.json", i));
        [shown["commitment"].to_string(), opening["salt"].to_string()]
    });
    assert!(texts[0].iter().zip(&texts[1]).all(|(a, b)| a != b), "{texts:?}");

    let other = path("other.json");
    hushproof(&["attest", "key", "-o", &path("other.jwk"), "--public", &other]).ok();
    let run = hushproof(&["attest", "verify", &credential, "--issuer-keys", &other, "--json"]).run();
    assert_eq!((run.status, &run.json()["code"]), (1, &json!("credential")));
    let broken = path("broken.jws");
    std::fs::write(&broken, "a.b").unwrap();
    hushproof(&["attest", "verify", &broken, "--issuer-keys", &keys]).run().refused("artifact");
    hushproof(&["attest", "verify", &credential, "--issuer-keys", &key]).run().refused("artifact");
    // A commitment is signed, never what opens it.
    let opening = file("opening.json", 1);
    hushproof(&["attest", "sign", "--key", &key, "--issuer", "a", "--ttl", "60", "--commitment", &opening])
        .args(&["-o", &broken])
        .run()
        .refused("artifact");
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), "a.b");
}
