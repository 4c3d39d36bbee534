//! Connections: at most so many at once, and each only as long as its client keeps up. When a new one finds no place,
//! the one that has waited longest for a request of its client makes room.

use std::{
    collections::BTreeMap,
    io,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    http::{Request, Response},
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
};
use tower::ServiceExt;

use super::{
    limits::{HEAD_BYTES, Limits},
    stream::Stream,
};

/// How long nothing is accepted after the system refused to.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, then lets running requests finish; returns how many connections were open at the deadline.
pub(super) async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: impl Future<Output = ()>) -> usize {
    let places = Places { free: Arc::new(Semaphore::new(limits.connections)), waiting: Arc::default() };
    let (graceful, mut stop) = (GracefulShutdown::new(), pin!(stop));
    loop {
        let (tcp, place) = tokio::select! {
            accepted = places.accept(&listener) => accepted,
            () = &mut stop => break,
        };
        let connection = Arc::new(Connection::new(places.waiting.clone()));
        let served = connection.serve(tcp, app.clone(), limits, graceful.watcher());
        tokio::spawn(async {
            served.await;
            drop(place);
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(limits.drain, graceful.shutdown()).await;
    if drained.is_ok() { 0 } else { limits.connections - places.free.available_permits() }
}

/// Places for connections.
struct Places {
    free: Arc<Semaphore>,
    waiting: Arc<Waiting>,
}

impl Places {
    /// The next connection and its place.
    async fn accept(&self, listener: &TcpListener) -> (TcpStream, OwnedSemaphorePermit) {
        loop {
            match listener.accept().await {
                Ok((tcp, _)) => {
                    if let Some(place) = self.take().await {
                        return (tcp, place);
                    }
                }
                Err(error) if is_of_client(&error) => {}
                Err(_) => {
                    self.waiting.cut_longest();
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// A free place, or that of whoever waits longest, or the next one that becomes free.
    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        while self.free.available_permits() == 0 && !self.waiting.cut_longest() {
            tokio::select! {
                place = self.free.clone().acquire_owned() => return place.ok(),
                () = self.waiting.one_more.notified() => {}
            }
        }
        self.free.clone().acquire_owned().await.ok()
    }
}

/// Whether a connection ended before it was accepted.
fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Connections that wait for a request.
#[derive(Default)]
struct Waiting {
    line: Mutex<Line>,
    one_more: Notify,
}

/// By their turns, which grow: how to cut them.
#[derive(Default)]
struct Line {
    turns: BTreeMap<u64, Arc<Notify>>,
    next: u64,
}

impl Waiting {
    fn enter(&self, cut: Arc<Notify>) -> u64 {
        let mut line = lock(&self.line);
        let turn = line.next;
        line.next += 1;
        line.turns.insert(turn, cut);
        self.one_more.notify_one();
        turn
    }

    fn leave(&self, turn: u64) {
        lock(&self.line).turns.remove(&turn);
    }

    /// Cuts the connection that waits longest, if any waits.
    fn cut_longest(&self) -> bool {
        let longest = lock(&self.line).turns.pop_first();
        longest.inspect(|(_, cut)| cut.notify_one()).is_some()
    }
}

/// One connection.
struct Connection {
    waiting: Arc<Waiting>,
    cut: Arc<Notify>,
    state: Mutex<State>,
}

/// What a connection is at.
enum State {
    /// Waiting for the rest of a request since this turn.
    Receiving(u64),
    /// Making and sending an answer.
    Answering,
    /// Sending the last bytes of an answer.
    Answered,
}

impl Connection {
    fn new(waiting: Arc<Waiting>) -> Self {
        let cut = Arc::new(Notify::new());
        let state = State::Receiving(waiting.enter(cut.clone()));
        Self { waiting, cut, state: Mutex::new(state) }
    }

    /// Serves requests until the client ends or does not keep up, or another connection takes the place.
    async fn serve(self: Arc<Self>, tcp: TcpStream, app: Router, limits: Limits, watcher: Watcher) {
        let [arriving, answering, sending] = [(); 3].map(|()| self.clone());
        let app = app.map_request(move |request: Request<Incoming>| arriving.arrived(request)).map_response(
            move |response: Response<Body>| {
                response.map(|body| Body::new(Tracked::new(body, &answering, Self::answered)))
            },
        );
        let stream = TokioIo::new(Stream::new(tcp, limits.stall, move || sending.sent()));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.head);
        http.max_header_size(HEAD_BYTES).max_buf_size(HEAD_BYTES);
        let served = watcher.watch(http.serve_connection(stream, TowerToHyperService::new(app)));
        tokio::select! {
            // What went wrong is the client's.
            _ = served => {}
            () = self.cut.notified() => {}
        }
    }

    /// The head of a request is here; its body takes a turn of its own.
    fn arrived(self: &Arc<Self>, request: Request<Incoming>) -> Request<Body> {
        self.received();
        if !request.body().is_end_stream() {
            self.wait();
        }
        request.map(|body| Body::new(Tracked::new(body, self, Self::received)))
    }

    /// All of a request is here, or no more is wanted of it.
    fn received(&self) {
        self.change(State::Answering);
    }

    /// All of an answer is written.
    fn answered(&self) {
        self.change(State::Answered);
    }

    /// All that was written is sent.
    fn sent(&self) {
        if matches!(*lock(&self.state), State::Answered) {
            self.wait();
        }
    }

    fn wait(&self) {
        self.change(State::Receiving(self.waiting.enter(self.cut.clone())));
    }

    fn change(&self, state: State) {
        let before = std::mem::replace(&mut *lock(&self.state), state);
        if let State::Receiving(turn) = before {
            self.waiting.leave(turn);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.received();
    }
}

/// A body that tells its connection when it is dropped, and that is once all of it was read.
struct Tracked<B> {
    body: B,
    connection: Arc<Connection>,
    dropped: fn(&Connection),
}

impl<B> Tracked<B> {
    fn new(body: B, connection: &Arc<Connection>, dropped: fn(&Connection)) -> Self {
        Self { body, connection: connection.clone(), dropped }
    }
}

impl<B> Drop for Tracked<B> {
    fn drop(&mut self) {
        (self.dropped)(&self.connection);
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Tracked<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_makes_room_once_its_answer_is_sent() {
        let waiting = Arc::new(Waiting::default());
        let connection = Connection::new(waiting.clone());
        connection.received();
        assert!(!waiting.cut_longest());
        connection.sent();
        assert!(!waiting.cut_longest());
        connection.answered();
        assert!(!waiting.cut_longest());
        connection.sent();
        assert!(waiting.cut_longest());
        connection.wait();
        drop(connection);
        assert!(!waiting.cut_longest());
    }
}
