//! `cargo xtask test-wasm`: the tests marked `#[wasm_bindgen_test]`, by wasm-pack in headless Chromium, on one thread.

use crate::count::{Counts, libtest};
use crate::process::{command, tee};
use crate::test::judge;
use crate::toolchain::{SINGLE, Toolchain};
use crate::{setup, system};
use anyhow::{Result, bail};

/// Runs the tests; the arguments go to cargo.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let counts = tests(arguments)?;
    if counts.failed > 0 {
        bail!("{} tests failed", counts.failed);
    }
    Ok(())
}

/// Runs the tests and counts them.
pub(crate) fn tests(arguments: &[String]) -> Result<Counts> {
    let toolchain = Toolchain::require()?;
    setup::wasm_bindgen()?;
    let mut wasm_pack = toolchain.prepare(command(setup::wasm_pack()?), &SINGLE)?;
    system::require(&system::CHROMIUM)?;
    wasm_pack.env("CHROMEDRIVER", system::require(&system::CHROMEDRIVER)?);
    wasm_pack
        .args(["test", "--headless", "--chrome", "--release", "--", "--locked", "--no-default-features"])
        .args(arguments);
    let (output, succeeded) = tee(&mut wasm_pack)?;
    judge(libtest(&output), succeeded)
}
