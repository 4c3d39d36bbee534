//! How much of everything the server takes, and for how long.

use std::time::Duration;

/// Longest request body, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 1 << 20;
/// Bodies up to this length, in bytes, are always read; of longer ones at most [`Limits::long_bodies`] at once.
pub(super) const SHORT_BODY_BYTES: usize = 1 << 16;
/// Longest head of a request, and a connection's buffer, in bytes.
pub(super) const HEAD_BYTES: usize = 1 << 15;

/// Descriptors for everything but connections and the files that they read: standard streams, listener, signals, keys.
#[cfg(unix)]
const OTHER_DESCRIPTORS: u64 = 24;

/// What one server takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections at once.
    pub(super) connections: usize,
    /// Time for the head of a request, from the connection's start or the last answer on.
    pub(super) head: Duration,
    /// Time for the body of a request, from its head on.
    pub(super) body: Duration,
    /// Time in which a client must take some more of an answer.
    pub(super) stall: Duration,
    /// Time for running requests when the server is to end.
    pub(super) drain: Duration,
    /// Bodies longer than [`SHORT_BODY_BYTES`] in memory at once.
    pub(super) long_bodies: usize,
    /// Verifications that wait or run at once.
    pub(super) verifications: usize,
}

impl Limits {
    /// The limits for a number of connections.
    pub(super) const fn new(connections: usize) -> Self {
        Self {
            connections,
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            drain: Duration::from_secs(20),
            long_bodies: 32,
            verifications: 64,
        }
    }
}

/// The most connections for which the system's limit of open files leaves each one a file; `None` where it sets none.
#[cfg(unix)]
pub(super) fn affordable_connections() -> Option<usize> {
    let descriptors = rlimit::Resource::NOFILE.get_soft().ok()?;
    usize::try_from(descriptors.saturating_sub(OTHER_DESCRIPTORS) / 2).ok().map(|connections| connections.max(1))
}

/// The system sets no limit of open files that matters here.
#[cfg(not(unix))]
pub(super) const fn affordable_connections() -> Option<usize> {
    None
}
