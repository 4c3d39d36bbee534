//! `cargo xtask onnx-tests`: ONNX's own node tests, by the program of `crates/onnx-node-tests`.

use crate::count::Counts;
use crate::process::{command, tee};
use crate::{native, system};
use anyhow::{Context, Result, bail};
use std::process::Command;

/// Runs the program with these arguments.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let status = program()?.args(arguments).status().context("cannot start the node tests")?;
    if !status.success() {
        bail!("the node tests ended with {status}");
    }
    Ok(())
}

/// All tests, as a step of `cargo xtask test`.
pub(crate) fn tests() -> Result<Counts> {
    let (output, _) = tee(program()?.arg("--prove"))?;
    let last = output.lines().rfind(|line| line.starts_with('{')).context("the node tests ended without a summary")?;
    let summary = native::parse(last)?;
    let count = |name: &str| summary[name].as_u64().and_then(|count| usize::try_from(count).ok());
    let (passed, failed) = count("as_listed").zip(count("not_as_listed")).context("the summary lacks counts")?;
    Ok(Counts { passed, failed })
}

fn program() -> Result<Command> {
    system::require(&system::PIP)?;
    Ok(command(native::program("hushproof-onnx-node-tests", "onnx-node-tests")?))
}
