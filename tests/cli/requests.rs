//! Requests: made, shown, proved for, verified, on the command line and over HTTP.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{
    serve::Server,
    world::{self, Files, hushproof, models, scratch, world},
};

/// Made at 1,000, for 60 seconds.
fn request(folder: &Path, model: &Files, audience: &str) -> (String, Value) {
    let path = folder.join(format!("{audience}.json")).display().to_string();
    let made = hushproof(&["request", "new", "--vk", &model.vk, "--audience", audience, "--purpose", "a self-check"])
        .args(&["--ttl", "60", "--now", "1000", "-o", &path, "--json"])
        .ok()
        .json();
    (path, made)
}

fn prove(model: &Files, proof: &Path, asked: &[&str]) -> world::Run {
    let (input, proof) = (models("breast_cancer_record.json"), proof.display().to_string());
    hushproof(&["prove", &model.hush, "--input", &input, "--srs", &world().srs, "-o", &proof, "--json"])
        .args(asked)
        .run()
}

fn folder(name: &str) -> (PathBuf, Files) {
    (scratch(name), world().model("breast_cancer_logreg"))
}

#[test]
fn a_proof_answers_the_request_that_it_was_made_for() {
    let (folder, model) = folder("requests");
    let proof = folder.join("proof.json");
    let ((path, made), (other, _)) = (request(&folder, &model, "a.example"), request(&folder, &model, "b.example"));
    assert_eq!((&made["audience"], &made["expires"]), (&json!("a.example"), &json!(1060)), "{made}");
    let shown = hushproof(&["request", "show", &path, "--now", "1050", "--json"]).ok().json();
    assert_eq!((&shown["context"], &shown["seconds_left"]), (&made["context"], &json!(10)), "{shown}");

    let proved = prove(&model, &proof, &["--request", &path, "--now", "1001"]).ok_status().json();
    let file = proof.display().to_string();
    let verify = |asked: &[&str]| hushproof(&["verify", &model.vk, &file, "--json"]).args(asked).run();
    let verified = verify(&["--request", &path, "--now", "1059"]).ok_status().json();
    assert_eq!((&verified["verified"], &verified["outputs"]), (&json!(true), &proved["outputs"]));
    assert_eq!((&verified["context"], &verified["request"]["audience"]), (&made["context"], &json!("a.example")));
    verify(&["--context", made["context"].as_str().unwrap()]).ok_status();

    let late = verify(&["--request", &path, "--now", "1060"]);
    assert_eq!((late.status, &late.json()["code"]), (1, &json!("expired")));
    let another = verify(&["--request", &other, "--now", "1001"]);
    assert_eq!((another.status, &another.json()["code"]), (1, &json!("rejected")));
    // By the system's clock, which is later.
    assert_eq!(verify(&["--request", &path]).status, 1);
    // An issuer that is asked for is not passed over.
    let wanted = folder.join("wanted.json").display().to_string();
    let new = ["request", "new", "--vk", &model.vk, "--audience", "a", "--purpose", "b", "--ttl", "60", "-o", &wanted];
    hushproof(&new).args(&["--issuer", "labor.example", "--now", "1000"]).ok();
    assert_eq!(prove(&model, &proof, &["--request", &wanted, "--now", "1001"]).status, 1);
    assert_eq!(verify(&["--request", &wanted, "--now", "1001"]).json()["code"], "rejected");
    // What was asked for is not taken from the proof.
    assert_eq!(verify(&[]).json()["code"], "option");
}

#[test]
fn what_no_proof_can_answer_is_refused_before_there_is_one() {
    let (folder, model) = folder("requests-refused");
    let proof = folder.join("proof.json");
    let (path, _) = request(&folder, &model, "a.example");
    assert_eq!(prove(&model, &proof, &["--request", &path, "--now", "1060"]).json()["code"], "expired");
    let (elsewhere, _) = request(&folder, &world().model("breast_cancer_mlp"), "c.example");
    assert_eq!(prove(&model, &proof, &["--request", &elsewhere, "--now", "1001"]).json()["code"], "key-mismatch");
    let broken = folder.join("broken.json");
    std::fs::write(&broken, r#"{"version": 1}"#).unwrap();
    let broken = broken.display().to_string();
    assert_eq!(prove(&model, &proof, &["--request", &broken]).json()["code"], "artifact");
    assert_eq!(prove(&model, &proof, &["--request", &path, "--context", "00"]).json()["code"], "usage");
    assert!(!proof.exists());

    let new = ["request", "new", "--vk", &model.vk, "--purpose", "x", "--ttl", "60", "-o", &broken, "--json"];
    let bad: [(&[&str], &str); 5] = [
        (&["--audience", ""], "--audience"),
        (&["--audience", "a", "--nonce", "00"], "--nonce"),
        (&["--audience", "a", "--schema", "00"], "--schema"),
        (&["--audience", "a", "--response-uri", "http://a.example/"], "--response-uri"),
        (&["--audience", "a", "--now", "18446744073709551615"], "--ttl"),
    ];
    for (options, named) in bad {
        let run = hushproof(&new).args(options).run();
        let failure = run.json();
        assert_eq!((run.status, &failure["code"]), (2, &json!("option")), "{options:?}");
        assert!(failure["error"].as_str().unwrap().starts_with(&format!("{named}: ")), "{failure}");
    }
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), r#"{"version": 1}"#);
}

#[test]
fn the_server_takes_requests() {
    let (folder, model) = folder("requests-served");
    let (path, proof) = (folder.join("request.json").display().to_string(), folder.join("proof.json"));
    hushproof(&[
        "request",
        "new",
        "--vk",
        &model.vk,
        "--audience",
        "a",
        "--purpose",
        "b",
        "--ttl",
        "3600",
        "-o",
        &path,
    ])
    .ok();
    prove(&model, &proof, &["--request", &path]).ok_status();
    let (request, proof): (Value, Value) = (world::read_json(&path), world::read_json(&proof.display().to_string()));
    let server = Server::start("requests-served-root", &[&model.vk], "");
    let ask = |body: Value| server.connect().verify(&body.to_string()).json();
    let valid = ask(json!({"proof": proof, "request": request}));
    assert_eq!((&valid["verified"], &valid["request"]), (&json!(true), &request), "{valid}");
    let mut other = request.clone();
    other["purpose"] = json!("c");
    assert_eq!(ask(json!({"proof": proof, "request": other}))["code"], "rejected");
    other["expires"] = json!(1000);
    assert_eq!(ask(json!({"proof": proof, "request": other}))["code"], "expired");
    other["vk"] = json!("00".repeat(32));
    assert_eq!(ask(json!({"proof": proof, "request": other}))["code"], "unknown-key");
    assert_eq!(ask(json!({"proof": proof, "request": other, "vk": proof["vk"]}))["code"], "key-mismatch");
    assert_eq!(ask(json!({"proof": proof, "request": request, "no_context": true}))["code"], "request");
    assert_eq!(ask(json!({"proof": proof, "request": {"version": 1}}))["code"], "request");
}
