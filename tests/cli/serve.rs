//! `hushproof serve` on a free port.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    client::Client,
    world::{self, hushproof, models, scratch, world},
};

/// The server; it ends when this is dropped.
struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    /// Serves an empty page.
    fn start(name: &str, keys: &[&str]) -> Self {
        let root = scratch(name);
        std::fs::write(root.join("index.html"), "page").unwrap();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_hushproof"));
        serve.args(["serve", "--addr", "127.0.0.1:0", "--root"]).arg(&root);
        for key in keys {
            serve.args(["--vk", key]);
        }
        let mut child = serve.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, addr) = line.trim().split_once("listening on http://").unwrap();
        Self { child, addr: addr.parse().unwrap() }
    }

    fn connect(&self) -> Client {
        Client::connect(self.addr)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_server_says_of_a_proof_what_the_command_says() {
    let (folder, input) = (scratch("serve-proofs"), models("breast_cancer_record.json"));
    let (path, mlp) = (folder.join("proof.json"), world().model("breast_cancer_mlp"));
    world().prove(&mlp, input.as_ref(), &path, "c0ffee").ok_status();
    let file = path.display().to_string();
    let command = hushproof(&["verify", &mlp.vk, &file, "--context", "c0ffee", "--json"]).ok().json();
    let proof: Value = world::read_json(&file);
    let server = Server::start("serve-keys", &[&world().model("breast_cancer_logreg").vk, &mlp.vk]);
    let ask = |vk: &str, context: &str| {
        let request = json!({"proof": proof, "context": context, "vk": vk});
        let reply = server.connect().verify(&request.to_string());
        (reply.status, reply.json())
    };

    let (status, valid) = ask("breast_cancer_mlp.vk", "c0ffee");
    assert_eq!((status, &valid["verified"]), (200, &json!(true)), "{valid}");
    for field in ["verified", "model", "outputs", "weights", "srs"] {
        assert_eq!(valid[field], command[field], "{field}");
    }
    assert_eq!((&valid["vk"], &valid["context"]), (&proof["vk"], &json!("c0ffee")));
    assert_eq!(ask(proof["vk"].as_str().unwrap(), "c0ffee").1, valid);
    let (status, invalid) = ask("breast_cancer_mlp.vk", "c0ffef");
    assert_eq!((status, &invalid["verified"], &invalid["code"]), (200, &json!(false), &json!("rejected")));
    let (status, other) = ask("breast_cancer_logreg.vk", "c0ffee");
    assert_eq!((status, other["code"].as_str(), other.get("verified")), (400, Some("key-mismatch"), None));
    let listed = server.connect().get("/api/keys").json();
    assert_eq!((&listed["keys"][1]["vk"], &listed["keys"][1]["file"]), (&proof["vk"], &json!("breast_cancer_mlp.vk")));
}

#[test]
fn a_public_input_and_a_threshold_are_in_the_answer() {
    let folder = scratch("serve-public");
    let model = world().compile(&folder, "breast_cancer_logreg", &["--input", "public", "--output", "threshold=0.5"]);
    let path = folder.join("proof.json");
    world().prove(&model, models("breast_cancer_record.json").as_ref(), &path, "").ok_status();
    let file = path.display().to_string();
    let command = hushproof(&["verify", &model.vk, &file, "--json"]).ok().json();
    let server = Server::start("serve-public-root", &[&model.vk]);
    let request = json!({"proof": world::read_json::<Value>(&file), "vk": "breast_cancer_logreg.vk"});
    let answer = server.connect().verify(&request.to_string()).json();
    for field in ["verified", "outputs", "inputs", "threshold"] {
        assert_eq!(answer[field], command[field], "{field}: {answer}");
    }
}

#[test]
fn unusable_arguments_are_refused() {
    let missing = scratch("serve-missing").join("none").display().to_string();
    hushproof(&["serve", "--root", &missing]).run().refused("option");
    let root = scratch("serve-root").display().to_string();
    hushproof(&["serve", "--root", &root, "--vk", &missing]).run().refused("io");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    hushproof(&["serve", "--root", &root, "--addr", &addr]).run().refused("option");
}
