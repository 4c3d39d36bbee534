//! `hushproof serve`: the page with the headers that WebAssembly threads need, and a verification API.
//!
//! `/api` is the API of `docs/server.md`, for the verifying keys given with `--vk`. Everything else is a file below
//! `--root`.

mod api;
mod body;
mod connections;
mod files;
mod headers;
mod keys;
mod limits;
mod refusal;
mod signals;
mod stream;
#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use axum::{Router, middleware};
use hushproof::Error;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;

use self::{
    keys::{Key, LoadedKey},
    limits::Limits,
};
use crate::output;

/// Serve the page and a verification API
#[derive(Debug, clap::Args)]
#[command(after_help = "SIGINT or SIGTERM ends the server: running requests have 20 seconds to finish, then the exit \
                        status is 0. A second one ends it at once, with 130 or 143. Exit status 2: unusable arguments \
                        or files. docs/server.md describes the API and the limits.")]
pub(crate) struct ServeArgs {
    /// Address to listen on; browsers give a page threads only over HTTPS or from localhost
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: SocketAddr,
    /// Directory of the page; by default `www` next to the program, else `./www/dist`
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Verifying key for the verification API; may be repeated
    #[arg(long, value_name = "FILE")]
    vk: Vec<PathBuf>,
    /// Most connections at once; fewer where the system's limit of open files is low
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_connections: u32,
}

/// Serves until a signal ends it. Prints the address on standard output.
///
/// # Errors
/// When the page or a key cannot be read, or the address is taken.
pub(crate) fn run(args: ServeArgs) -> anyhow::Result<()> {
    let root = args.root.clone().map_or_else(default_root, Ok)?;
    if !root.is_dir() {
        let reason = format!("{} is not a directory", root.display());
        return Err(Error::Option { option: "--root", reason }.into());
    }
    let keys = args.vk.iter().map(|path| LoadedKey::read(path)).collect::<Result<Vec<_>, _>>()?;
    let mut origins = Vec::new();
    for origin in keys.iter().map(LoadedKey::origin) {
        if !origins.contains(&origin) {
            crate::files::announce(origin);
            origins.push(origin);
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(&args, &root, keys));
    // Whatever still runs was given its time.
    runtime.shutdown_background();
    served
}

async fn serve(args: &ServeArgs, root: &Path, keys: Vec<LoadedKey>) -> anyhow::Result<()> {
    let limits = Limits::new(connections(args.max_connections as usize));
    let app = router(root, keys.into_iter().map(|key| Arc::new(key) as Arc<dyn Key>).collect(), &limits)?;
    let taken = |error| Error::Option { option: "--addr", reason: format!("{}: {error}", args.addr) };
    let listener = TcpListener::bind(args.addr).await.map_err(taken)?;
    let addr = listener.local_addr()?;
    let stop = signals::stop()?;
    let address = format!("serving {} and listening on http://{addr}\n", root.display());
    output::text(&address, output::Channel::Output)?;
    if !addr.ip().is_loopback() {
        output::note("put an HTTPS proxy in front: browsers refuse threads to plain HTTP pages");
    }
    let cut = connections::serve(listener, app, limits, stop).await;
    if cut > 0 {
        output::note(&format!("cut {cut} connections that did not finish in {} s", limits.drain.as_secs()));
    }
    Ok(())
}

/// The connections that were asked for, or as many as there are open files for.
fn connections(asked: usize) -> usize {
    let affordable = limits::affordable_connections().unwrap_or(asked);
    if affordable < asked {
        output::note(&format!(
            "at most {affordable} connections at once: the system's limit of open files allows no more"
        ));
    }
    asked.min(affordable)
}

/// The whole service: API, files, compression and headers.
fn router(root: &Path, keys: Vec<Arc<dyn Key>>, limits: &Limits) -> anyhow::Result<Router> {
    let router = Router::new()
        .nest("/api", api::router(keys, limits))
        .fallback_service(files::service(&std::path::absolute(root)?))
        .layer(middleware::from_fn(headers::mark_incompressible))
        .layer(CompressionLayer::new().br(true).gzip(true).compress_when(headers::Compressible))
        .layer(middleware::from_fn(headers::add));
    Ok(router)
}

fn default_root() -> anyhow::Result<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("www")));
    beside
        .into_iter()
        .chain([PathBuf::from("www/dist")])
        .find(|root| root.join("index.html").is_file())
        .context("no page found; build it with `cargo xtask build-web` or name its directory with --root")
}
