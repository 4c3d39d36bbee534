//! `cargo xtask test`: everything that CI runs.

use crate::count::{Counts, libtest};
use crate::process::{command, tee};
use crate::{build_web, check, mutants, onnx_tests, setup, test_web, wasm_test};
use anyhow::{Result, bail};
use std::io::Write;
use std::time::Instant;

/// The native tests; hushproof-bindgen has none, and is built otherwise where it is used.
pub(crate) const NATIVE_TESTS: [&str; 6] =
    ["test", "--release", "--workspace", "--locked", "--exclude", "hushproof-bindgen"];

/// A step and what it does; steps without tests of their own count none.
type Step = (&'static str, fn() -> Result<Counts>);

const STEPS: &[Step] = &[
    ("setup", || setup::run().map(|()| Counts::default())),
    ("check", || check::run().map(|()| Counts::default())),
    ("native tests", native),
    ("mutants", || mutants::sample().map(|()| Counts::default())),
    ("onnx tests", onnx_tests::tests),
    ("build-web", || build_web::everything().map(|()| Counts::default())),
    ("wasm tests", wasm_test::tests),
    ("web tests", test_web::tests),
];

/// Runs all steps, also those after a failure. The last line is `N passed, N failed`; a step that fails for another
/// reason than its tests counts as one failure.
pub(crate) fn run() -> Result<()> {
    let mut total = Counts::default();
    let mut lines = Vec::new();
    for (name, step) in STEPS {
        println!("\n=== {name}");
        let start = Instant::now();
        let verdict = match step() {
            Ok(counts) => {
                total += counts;
                format!("{} passed, {} failed", counts.passed, counts.failed)
            }
            Err(error) => {
                total.failed += 1;
                format!("FAILED: {error:#}")
            }
        };
        lines.push(format!("{name:<14}{:>8.1} s  {verdict}", start.elapsed().as_secs_f64()));
        println!("=== {}", lines[lines.len() - 1]);
    }
    println!("\n{}\n{} passed, {} failed", lines.join("\n"), total.passed, total.failed);
    std::io::stdout().flush()?;
    if total.failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}

fn native() -> Result<Counts> {
    let mut cargo = command("cargo");
    let (output, succeeded) = tee(cargo.args(NATIVE_TESTS).arg("--no-fail-fast"))?;
    judge(libtest(&output), succeeded)
}

/// Refuses a run that failed without a failed test, and one in which no test ran.
pub(crate) fn judge(counts: Counts, succeeded: bool) -> Result<Counts> {
    if !succeeded && counts.failed == 0 {
        bail!("failed after {} passed tests, without a failed one", counts.passed);
    }
    if counts.passed + counts.failed == 0 {
        bail!("no test ran");
    }
    Ok(counts)
}
