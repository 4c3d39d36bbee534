//! `cargo xtask test-web`: the built page in headless Chromium and Firefox, driven by the scripts in `www/tests`.

use crate::count::{Counts, node};
use crate::process::{command, root, tee};
use crate::test::judge;
use crate::{build_web, native, setup, system};
use anyhow::{Result, bail};

/// Builds the page and the native program, and runs the tests.
pub(crate) fn run() -> Result<()> {
    build_web::everything()?;
    let counts = tests()?;
    if counts.failed > 0 {
        bail!("{} tests failed", counts.failed);
    }
    Ok(())
}

/// Runs the tests on what is built, and counts them.
pub(crate) fn tests() -> Result<Counts> {
    let mut npm = command("npm");
    npm.args(["test"]).current_dir(root().join("www"));
    npm.env("HUSHPROOF_BIN", native::binary()?);
    npm.env("CHROMIUM_BIN", system::require(&system::CHROMIUM)?);
    npm.env("FIREFOX_BIN", system::require(&system::FIREFOX)?);
    npm.env("GECKODRIVER_BIN", setup::geckodriver()?);
    let (output, succeeded) = tee(&mut npm)?;
    judge(node(&output), succeeded)
}
