//! `hushproof serve`: the page with the headers that WebAssembly threads need, and a verification API.
//!
//! `/api` is the API of `docs/server.md`, for the verifying keys given with `--vk`. Everything else is a file below
//! `--root`.

mod api;
mod files;
mod headers;
mod json;
mod keys;
mod refusal;
#[cfg(test)]
mod tests;

use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use axum::{Router, middleware};
use hushproof::{Error, prove::srs::Origin};
use tower_http::compression::CompressionLayer;

use self::keys::{Key, LoadedKey};

/// Serve the page and a verification API
#[derive(Debug, clap::Args)]
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
}

/// Serves until interrupted with Ctrl-C, then lets running requests finish; a second Ctrl-C ends the program at once.
/// Prints the address on standard output.
///
/// # Errors
/// When the page or a key cannot be read, or the address is taken.
pub(crate) async fn serve(args: ServeArgs) -> anyhow::Result<()> {
    let root = args.root.map_or_else(default_root, Ok)?;
    if !root.is_dir() {
        let reason = format!("{} is not a directory", root.display());
        return Err(Error::Option { option: "--root", reason }.into());
    }
    let keys = args.vk.iter().map(|path| LoadedKey::read(path)).collect::<Result<Vec<_>, _>>()?;
    if keys.iter().any(LoadedKey::is_of_development) {
        crate::files::announce(Origin::Development);
    }
    let app = router(&root, keys.into_iter().map(|key| Arc::new(key) as Arc<dyn Key>).collect())?;
    let taken = |error| Error::Option { option: "--addr", reason: format!("{}: {error}", args.addr) };
    let listener = tokio::net::TcpListener::bind(args.addr).await.map_err(taken)?;
    let addr = listener.local_addr()?;
    writeln!(std::io::stdout(), "serving {} and listening on http://{addr}", root.display())?;
    if !addr.ip().is_loopback() {
        writeln!(std::io::stderr(), "put an HTTPS proxy in front: browsers refuse threads to plain HTTP pages")?;
    }
    tokio::spawn(async {
        interrupted().await;
        interrupted().await;
        std::process::exit(130);
    });
    axum::serve(listener, app).with_graceful_shutdown(interrupted()).await?;
    Ok(())
}

/// The whole service: API, files, compression and headers.
fn router(root: &Path, keys: Vec<Arc<dyn Key>>) -> anyhow::Result<Router> {
    let router = Router::new()
        .nest("/api", api::router(keys))
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

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a signal handler the program ends as any other when interrupted.
        std::future::pending::<()>().await;
    }
}
