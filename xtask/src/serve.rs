//! `cargo xtask serve`: the page with its isolation headers, served by the native program.

use crate::process::{command, execute};
use crate::{build_web, native};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

/// Builds everything and serves the page until it is interrupted.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let address = arguments.first().map_or("127.0.0.1:8080", String::as_str);
    crate::no_arguments(arguments.get(1..).unwrap_or_default())?;
    build_web::run(&[])?;
    execute(command(native::binary()?).args(["serve", "--addr", address, "--root", "www/dist"]))
}

/// `hushproof serve` on a free port; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    /// Serves the built page.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let mut serve = command(program);
        serve.args(["serve", "--addr", "127.0.0.1:0", "--root", "www/dist"]).stdout(Stdio::piped());
        let mut child = serve.spawn().context("cannot start hushproof serve")?;
        let lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        let mut server = Self { child, url: String::new() };
        for line in lines.into_iter().flatten() {
            if let Some((_, url)) = line?.split_once("listening on ") {
                server.url = url.trim().to_owned();
                return Ok(server);
            }
        }
        bail!("hushproof serve ended without telling its address")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing else to do about it here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
