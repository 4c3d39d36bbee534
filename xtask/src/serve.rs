//! `cargo xtask serve`: the page with its isolation headers, served by the native program.

use crate::process::{command, execute};
use crate::{build_web, native};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

/// Build everything and serve the page.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(default_value = "127.0.0.1:8080")]
    address: String,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    build_web::everything()?;
    execute(command(native::binary()?).args(["serve", "--addr", &options.address, "--root"]).arg(build_web::site()))
}

/// `hushproof serve` on a free port; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    /// Serves a site's folder.
    pub(crate) fn start(program: &Path, site: &Path) -> Result<Self> {
        let mut serve = command(program);
        serve.args(["serve", "--addr", "127.0.0.1:0", "--root"]).arg(site).stdout(Stdio::piped());
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
