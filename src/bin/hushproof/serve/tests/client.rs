//! An HTTP client that keeps no rule: it sends what a test says, in the pieces that it says.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// No test waits so long unless the server hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub(crate) struct Client(BufReader<TcpStream>);

/// The answer to a request.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Lower-case names with their values, one a line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends a part of a request. What a server that has hung up makes of it is for the reader to see.
    pub(crate) fn send(&mut self, part: impl AsRef<[u8]>) {
        let _ = self.0.get_mut().write_all(part.as_ref());
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
        self.reply()
    }

    /// The head of a verification request; the server reads its body once this returns.
    pub(crate) fn begin(&mut self, length: usize) {
        self.send(format!("{VERIFY}Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"));
        assert_eq!(self.head().0, 100);
    }

    pub(crate) fn verify(&mut self, body: &str) -> Reply {
        self.send(format!("{VERIFY}Content-Length: {}\r\n\r\n{body}", body.len()));
        self.reply()
    }

    /// The status and the head of an answer.
    pub(crate) fn head(&mut self) -> (u16, String) {
        let (mut lines, mut line) = (String::new(), String::new());
        while self.0.read_line(&mut line).unwrap() > 2 {
            lines += &std::mem::take(&mut line);
        }
        let status = lines.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {lines}"));
        (status.parse().unwrap(), lines.to_ascii_lowercase())
    }

    pub(crate) fn reply(&mut self) -> Reply {
        let (status, head) = self.head();
        let mut reply = Reply { status, head, body: Vec::new() };
        let length = reply.header("content-length").map(|length| length.parse().unwrap());
        (&mut self.0).take(length.unwrap_or(u64::MAX)).read_to_end(&mut reply.body).unwrap();
        reply
    }

    /// How many of so many bytes come.
    pub(crate) fn rest(&mut self, length: u64) -> u64 {
        std::io::copy(&mut (&mut self.0).take(length), &mut std::io::sink()).unwrap()
    }

    /// Whether the server has ended the connection, or ends it now, without a word.
    pub(crate) fn has_ended(mut self) -> bool {
        // A connection that ends with unread bytes is reset.
        self.0.fill_buf().map_or_else(|error| error.kind() == std::io::ErrorKind::ConnectionReset, <[u8]>::is_empty)
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values = self.head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        values.last()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// How the head of a verification request begins.
pub(crate) const VERIFY: &str = "POST /api/verify HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n";
