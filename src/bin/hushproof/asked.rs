//! Options that say what a proof is made for.

use std::{path::PathBuf, time::SystemTime};

use hushproof::{Error, Result, codec, request::Asked};

use crate::files;

/// What a relying party asked for. No context at all is asked for by name: an empty text may be a variable that was not
/// set.
#[derive(clap::Args)]
pub(crate) struct AskedArgs {
    /// The relying party's request that the proof answers; its key and its expiry are checked
    #[arg(long, value_name = "REQUEST.json")]
    pub(crate) request: Option<PathBuf>,
    /// The relying party's context (nonce) that the proof is bound to, in place of a request
    #[arg(long, value_name = "HEX", conflicts_with = "request")]
    context: Option<String>,
    /// Bound to no context: whoever has such a proof can show it again
    #[arg(long, conflicts_with_all = ["request", "context"])]
    no_context: bool,
    #[command(flatten)]
    pub(crate) clock: Clock,
}

impl AskedArgs {
    /// What was asked for; nothing where no option says so.
    pub(crate) fn read(&self) -> Result<Option<Asked>> {
        let refuse = |reason: String| Error::Option { option: "--context", reason };
        match (&self.request, &self.context) {
            (Some(path), _) => Ok(Some(Asked::request(files::request(path)?, self.clock.now()?))),
            (None, Some(text)) if text.is_empty() => Err(refuse("empty; for none at all say --no-context".to_owned())),
            (None, Some(text)) => Ok(Some((&codec::from_hex(text).map_err(refuse)?).into())),
            (None, None) => Ok(self.no_context.then(|| (&[]).into())),
        }
    }
}

/// When something is checked.
#[derive(clap::Args)]
pub(crate) struct Clock {
    /// The time that a request's expiry is compared with, in seconds since 1970; the system's without it
    #[arg(long, value_name = "SECONDS")]
    now: Option<u64>,
}

impl Clock {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> Result<u64> {
        let before = || Error::Option { option: "--now", reason: "the system's clock is before 1970".to_owned() };
        self.now.or_else(since_1970).ok_or_else(before)
    }
}

/// Seconds since 1970 by the system's clock; none where that is before.
pub(crate) fn since_1970() -> Option<u64> {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|time| time.as_secs())
}
