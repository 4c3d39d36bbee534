//! `cargo xtask test-wasm`: the tests marked `#[wasm_bindgen_test]`, by wasm-pack in headless Chromium, on one thread.

use crate::count::{Counts, libtest};
use crate::process::{command, root, tee};
use crate::test::judge;
use crate::toolchain::{Build, SINGLE, SINGLE_RELAXED, Toolchain};
use crate::{setup, system};
use anyhow::{Result, bail};

/// A package's folder, the build to test and what else cargo is told.
type Suite = (&'static str, &'static Build, &'static [&'static str]);

const SUITES: &[Suite] = &[
    (".", &SINGLE, &["--no-default-features"]),
    ("crates/bn254", &SINGLE, &["--test", "web"]),
    ("crates/bn254", &SINGLE_RELAXED, &["--test", "web"]),
    ("crates/halo2-prover", &SINGLE, &["--test", "web"]),
    ("crates/halo2-prover", &SINGLE_RELAXED, &["--test", "web"]),
];

/// Runs the tests; the arguments go to cargo.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let counts = tests(arguments)?;
    if counts.failed > 0 {
        bail!("{} tests failed", counts.failed);
    }
    Ok(())
}

/// Runs the tests and counts them: the library's, and those of the kernels and the prover with relaxed SIMD and without.
pub(crate) fn tests(arguments: &[String]) -> Result<Counts> {
    let toolchain = Toolchain::require()?;
    setup::wasm_bindgen()?;
    let (wasm_pack, driver) = (setup::wasm_pack()?, system::require(&system::CHROMEDRIVER)?);
    system::require(&system::CHROMIUM)?;
    let mut counts = Counts::default();
    for (package, build, options) in SUITES {
        let mut wasm_pack = toolchain.prepare(command(&wasm_pack), build)?;
        wasm_pack.current_dir(root().join(package)).env("CHROMEDRIVER", &driver);
        wasm_pack.args(["test", "--headless", "--chrome", "--release", "--", "--locked"]);
        wasm_pack.args(*options).args(arguments);
        let (output, succeeded) = tee(&mut wasm_pack)?;
        counts += judge(libtest(&output), succeeded)?;
    }
    Ok(counts)
}
