//! Reading a request's body whole, within limits of time, length and memory.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, HttpBody};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    limits::{Limits, MAX_BODY_BYTES, SHORT_BODY_BYTES},
    refusal::Refusal,
};

/// Reads bodies.
pub(super) struct Reader {
    time: Duration,
    long: Arc<Semaphore>,
}

/// A body that was read.
pub(super) struct Whole {
    pub(super) bytes: Vec<u8>,
    /// Whoever keeps the bytes, or what was made of them, keeps this too.
    pub(super) share: Option<OwnedSemaphorePermit>,
}

impl Reader {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { time: limits.body, long: Arc::new(Semaphore::new(limits.long_bodies)) }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// `Timeout`, `Length`, `Busy` or `Body`.
    pub(super) async fn read(&self, body: Body) -> Result<Whole, Refusal> {
        tokio::time::timeout(self.time, self.read_slowly(body)).await.unwrap_or(Err(Refusal::Timeout))
    }

    async fn read_slowly(&self, mut body: Body) -> Result<Whole, Refusal> {
        // What its head says; a body without a length says 0.
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        let mut share = self.share(declared, None)?;
        let mut bytes = Vec::with_capacity(declared);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Refusal::Body(error.to_string()))?;
            // Trailers are no data.
            let data = frame.into_data().unwrap_or_default();
            share = self.share(bytes.len() + data.len(), share)?;
            bytes.extend_from_slice(&data);
        }
        Ok(Whole { bytes, share })
    }

    /// The share of memory that so many bytes need.
    fn share(&self, bytes: usize, has: Option<OwnedSemaphorePermit>) -> Result<Option<OwnedSemaphorePermit>, Refusal> {
        if bytes > MAX_BODY_BYTES {
            Err(Refusal::Length)
        } else if bytes > SHORT_BODY_BYTES && has.is_none() {
            let share = self.long.clone().try_acquire_owned();
            share.map(Some).map_err(|_| Refusal::Busy("too many long requests at once"))
        } else {
            Ok(has)
        }
    }
}
