//! `cargo xtask test-wasm`: the tests marked `#[wasm_bindgen_test]`, in headless Chromium, on one thread.

use crate::count::{Counts, libtest};
use crate::process::tee;
use crate::test::judge;
use crate::toolchain::{Build, SINGLE, SINGLE_RELAXED, TARGET, Toolchain};
use crate::{setup, system};
use anyhow::{Result, bail};

/// A build and what cargo tests with it: the kernels and the prover also with relaxed SIMD. Only files of integration
/// tests that have such tests: nothing else of a package's tests is compiled for wasm32.
const SUITES: &[(&Build, &[&str])] =
    &[(&SINGLE, &["--package", "hushproof-core", "--test", "functions"]), (&SINGLE_RELAXED, &[])];

/// Runs the tests.
pub(crate) fn run() -> Result<()> {
    let counts = tests()?;
    if counts.failed > 0 {
        bail!("{} tests failed", counts.failed);
    }
    Ok(())
}

/// Runs the tests and counts them.
pub(crate) fn tests() -> Result<Counts> {
    let toolchain = Toolchain::require()?;
    let (runner, driver) = (setup::wasm_test_runner()?, system::require(&system::CHROMEDRIVER)?);
    system::require(&system::CHROMIUM)?;
    let mut counts = Counts::default();
    for (build, more) in SUITES {
        let mut cargo = toolchain.cargo(build)?;
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner).env("CHROMEDRIVER", &driver);
        cargo.env("WASM_BINDGEN_TEST_ONLY_WEB", "1").env("WASM_BINDGEN_TEST_TIMEOUT", "600");
        cargo.args(["test", "--release", "--locked", "--no-fail-fast", "--target", TARGET]);
        cargo
            .args(["--package", "hushproof-bn254", "--package", "hushproof-halo2-prover", "--test", "web"])
            .args(*more);
        let (output, succeeded) = tee(&mut cargo)?;
        counts += judge(libtest(&output), succeeded)?;
    }
    Ok(counts)
}
