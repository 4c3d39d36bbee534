//! `hushproof serve` on a free port.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    client::Client,
    world::{self, hushproof, models, scratch, world},
};

/// The server; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    /// Serves an empty page; `limits` are options of the shell's `ulimit`.
    pub(crate) fn start(name: &str, keys: &[&str], limits: &str) -> Self {
        let root = scratch(name);
        std::fs::write(root.join("index.html"), "page").unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{limits} exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_hushproof")]);
        shell.args(["serve", "--addr", "127.0.0.1:0", "--root"]).arg(&root);
        for key in keys {
            shell.args(["--vk", key]);
        }
        let mut child = shell.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, addr) = line.trim().split_once("listening on http://").unwrap();
        Self { child, addr: addr.parse().unwrap() }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.addr)
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until nobody can connect any more.
    fn wait_until_closed(&self) {
        while TcpStream::connect(self.addr).is_ok() {
            std::thread::yield_now();
        }
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
    let server = Server::start("serve-keys", &[&world().model("breast_cancer_logreg").vk, &mlp.vk], "");
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
    world().prove(&model, models("breast_cancer_record.json").as_ref(), &path, "c0ffee").ok_status();
    let file = path.display().to_string();
    let command = hushproof(&["verify", &model.vk, &file, "--context", "c0ffee", "--json"]).ok().json();
    let server = Server::start("serve-public-root", &[&model.vk], "");
    let request =
        json!({"proof": world::read_json::<Value>(&file), "context": "c0ffee", "vk": "breast_cancer_logreg.vk"});
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
    assert_eq!(hushproof(&["serve", "--root", &root, "--max-connections", "0"]).run().status, 2);
}

#[cfg(unix)]
#[test]
fn few_open_files_are_enough() {
    let server = Server::start("serve-files", &[], "ulimit -n 64 &&");
    let idle: Vec<_> = (0..100).map(|_| server.connect()).collect();
    let mut client = server.connect();
    for _ in 0..3 {
        let reply = client.get("/index.html");
        assert_eq!((reply.status, reply.body.as_slice()), (200, &b"page"[..]));
    }
    drop(idle);
}

#[cfg(unix)]
#[test]
fn signals_let_running_requests_finish() {
    for signal in ["INT", "TERM"] {
        let (mut server, body) = (Server::start(&format!("serve-{signal}"), &[], ""), "{}");
        let mut client = server.connect();
        client.begin(body.len());
        server.signal(signal);
        server.wait_until_closed();
        client.send(body);
        assert_eq!(client.reply().json()["code"], "request");
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_server_at_once() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let mut server = Server::start(&format!("serve-twice-{signal}"), &[], "");
        let mut client = server.connect();
        client.begin(9);
        server.signal(signal);
        server.wait_until_closed();
        server.signal(signal);
        assert_eq!(server.child.wait().unwrap().code(), Some(status));
    }
}
