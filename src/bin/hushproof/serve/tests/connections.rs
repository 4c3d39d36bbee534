//! Real connections to a running server. No limit is short but the one that a test is about.

use std::{
    net::{SocketAddr, TcpStream},
    sync::{Arc, Barrier, mpsc},
    thread,
    time::Duration,
};

use serde_json::json;
use tokio::{net::TcpListener, sync::oneshot};

use super::{
    super::{
        connections,
        limits::{HEAD_BYTES, Limits, SHORT_BODY_BYTES},
        router,
    },
    FakeKey, Site,
    client::{Client, PATIENCE, Reply, VERIFY},
};

const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(50);
/// More than two sockets buffer.
const LARGE: u64 = 32 << 20;

/// Tells how many connections a server cut, once it has ended.
struct Ended(mpsc::Receiver<usize>);

impl Ended {
    fn cut(&self) -> usize {
        self.0.recv_timeout(PATIENCE).unwrap()
    }
}

/// A server that runs until it is told to stop.
struct Server {
    addr: SocketAddr,
    /// Where a verification that a proof asks to wait for meets its test, twice.
    gate: Arc<Barrier>,
    stop: oneshot::Sender<()>,
    ended: Ended,
    _site: Site,
}

impl Server {
    fn start(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits { head: LONG, body: LONG, stall: LONG, drain: LONG, ..Limits::new(64) };
        change(&mut limits);
        let site = Site::new();
        std::fs::File::create(site.0.join("www/large.srs")).unwrap().set_len(LARGE).unwrap();
        let gate = Arc::new(Barrier::new(2));
        let key = FakeKey { gate: gate.clone(), ..FakeKey::new("aa11", "a.vk") };
        let app = router(&site.0.join("www"), vec![Arc::new(key)], &limits).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (addr, (stop, stopped)) = (listener.local_addr().unwrap(), oneshot::channel());
        let (end, ended) = mpsc::channel();
        thread::spawn(move || {
            let stop = async { _ = stopped.await };
            // Most tests do not wait for it.
            _ = end.send(runtime.block_on(connections::serve(listener, app, limits, stop)));
        });
        Self { addr, gate, stop, ended: Ended(ended), _site: site }
    }

    fn connect(&self) -> Client {
        Client::connect(self.addr)
    }

    /// Tells the server to stop, and waits until it listens no more.
    fn stop(self) -> Ended {
        self.stop.send(()).unwrap();
        while TcpStream::connect(self.addr).is_ok() {
            thread::yield_now();
        }
        self.ended
    }
}

/// A request that the fake key finds valid.
fn valid() -> String {
    json!({"proof": {"proof": "00"}, "context": "0102", "vk": "aa11"}).to_string()
}

fn assert_busy(reply: &Reply) {
    assert_eq!((reply.status, reply.json()["code"].as_str()), (503, Some("busy")));
    assert_eq!(reply.header("retry-after"), Some("1"));
}

#[test]
fn clients_that_send_no_request_lock_nobody_out() {
    let server = Server::start(|limits| limits.connections = 3);
    let mut others: Vec<Client> = (0..9).map(|_| server.connect()).collect();
    for (index, client) in others.iter_mut().enumerate() {
        match index % 3 {
            0 => client.send("GET / HTTP/1.1\r\nHost"),
            1 => client.send(format!("{VERIFY}Content-Length: 9\r\n\r\n{{")),
            _ => {}
        }
    }
    assert_eq!(server.connect().get("/").status, 200);
    assert!(others.swap_remove(0).has_ended());
}

#[test]
fn whoever_waits_longest_makes_room() {
    let server = Server::start(|limits| limits.connections = 2);
    let (mut early, mut late) = (server.connect(), server.connect());
    // What counts is the last that a client did.
    late.begin(9);
    early.begin(valid().len());
    assert_eq!(server.connect().get("/").status, 200);
    assert!(late.has_ended());
    early.send(valid());
    assert_eq!(early.reply().json()["verified"], true);
}

#[test]
fn a_request_that_is_answered_keeps_its_place() {
    let server = Server::start(|limits| limits.connections = 2);
    let mut downloading = server.connect();
    downloading.send("GET /large.srs HTTP/1.1\r\nHost: test\r\n\r\n");
    let (_, head) = downloading.head();
    let silent = server.connect();
    assert_eq!(server.connect().get("/").status, 200);
    assert!(silent.has_ended());
    assert!(head.contains(&format!("content-length: {LARGE}")));
    assert_eq!(downloading.rest(LARGE), LARGE);
}

#[test]
fn an_answer_ends_before_its_connection_makes_room() {
    let server = Server::start(|limits| limits.connections = 1);
    let mut downloading = server.connect();
    downloading.send("GET /large.srs HTTP/1.1\r\nHost: test\r\n\r\n");
    downloading.head();
    let addr = server.addr;
    let next = thread::spawn(move || Client::connect(addr).get("/").status);
    assert_eq!(downloading.rest(LARGE), LARGE);
    assert_eq!(next.join().unwrap(), 200);
    assert!(downloading.has_ended());
}

#[test]
fn long_heads_are_refused() {
    let server = Server::start(|_| {});
    assert_eq!(server.connect().get(&format!("/?{}", "x".repeat(HEAD_BYTES))).status, 431);
    assert_eq!(server.connect().get(&format!("/?{}", "x".repeat(HEAD_BYTES / 2))).status, 200);
}

#[test]
fn slow_heads_are_cut() {
    let server = Server::start(|limits| limits.head = SHORT);
    let (silent, mut begun, mut served) = (server.connect(), server.connect(), server.connect());
    begun.send("GET / HTTP/1.1\r\nHost");
    assert_eq!(served.get("/").status, 200);
    assert!(silent.has_ended() && begun.has_ended() && served.has_ended());
}

#[test]
fn slow_bodies_are_cut() {
    let server = Server::start(|limits| limits.body = SHORT);
    let mut client = server.connect();
    client.begin(9);
    client.send("{");
    let reply = client.reply();
    assert_eq!((reply.status, reply.json()["code"].as_str()), (408, Some("timeout")));
    assert!(client.has_ended());
}

#[test]
fn clients_that_take_no_answer_are_cut() {
    let server = Server::start(|limits| limits.stall = SHORT);
    let mut client = server.connect();
    client.send("GET /large.srs HTTP/1.1\r\nHost: test\r\n\r\n");
    client.head();
    // It would drain for an hour.
    assert_eq!(server.stop().cut(), 0);
}

#[test]
fn running_requests_finish_when_the_server_stops() {
    let server = Server::start(|_| {});
    let (silent, mut idle, mut running) = (server.connect(), server.connect(), server.connect());
    assert_eq!(idle.get("/").status, 200);
    running.begin(valid().len());
    let ended = server.stop();
    running.send(valid());
    assert_eq!(running.reply().json()["verified"], true);
    assert!(running.has_ended() && idle.has_ended() && silent.has_ended());
    assert_eq!(ended.cut(), 0);
}

#[test]
fn stopping_has_a_deadline() {
    let server = Server::start(|limits| limits.drain = SHORT);
    let mut running = server.connect();
    running.begin(9);
    assert_eq!(server.stop().cut(), 1);
}

#[test]
fn long_bodies_share_their_memory_and_short_ones_need_none() {
    let server = Server::start(|limits| limits.long_bodies = 1);
    let (long, mut first) = (SHORT_BODY_BYTES + 1, server.connect());
    first.begin(long);
    let mut second = server.connect();
    second.send(format!("{VERIFY}Content-Length: {long}\r\nExpect: 100-continue\r\n\r\n"));
    assert_busy(&second.reply());
    let mut chunked = server.connect();
    chunked.send(format!("{VERIFY}Transfer-Encoding: chunked\r\n\r\n{long:x}\r\n"));
    chunked.send(" ".repeat(long));
    assert_busy(&chunked.reply());
    assert_eq!(server.connect().verify(&valid()).json()["verified"], true);
    first.send(format!("{}{}", valid(), " ".repeat(long - valid().len())));
    assert_eq!(first.reply().json()["verified"], true);
    assert_eq!(server.connect().verify(&format!("{}{}", valid(), " ".repeat(long))).json()["verified"], true);
}

#[test]
fn verifications_beyond_the_limit_are_told_when_to_come_again() {
    let server = Server::start(|limits| limits.verifications = 1);
    let (gate, mut first) = (server.gate.clone(), server.connect());
    let first = thread::spawn(move || first.verify(&valid().replace("00", "wait")));
    gate.wait();
    assert_busy(&server.connect().verify(&valid()));
    gate.wait();
    assert_eq!(first.join().unwrap().json()["verified"], true);
    assert_eq!(server.connect().verify(&valid()).json()["verified"], true);
}
