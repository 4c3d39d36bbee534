//! `cargo xtask onnx-tests`: ONNX's own node tests, by the program of `crates/onnx-node-tests`.

use crate::count::Counts;
use crate::process::{command, tee};
use crate::{native, system};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::process::Command;

/// Run ONNX's node tests and compare what becomes of each with their list.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// What the program takes; --help lists it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
    options: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let status = program()?.args(&options.options).status().context("cannot start the node tests")?;
    if !status.success() {
        bail!("the node tests ended with {status}");
    }
    Ok(())
}

/// All tests, as a step of `cargo xtask test`.
pub(crate) fn tests() -> Result<Counts> {
    #[derive(Deserialize)]
    struct Summary {
        as_listed: usize,
        not_as_listed: usize,
    }
    let (output, _) = tee(program()?.arg("--prove"))?;
    let last = output.lines().rfind(|line| line.starts_with('{')).context("the node tests ended without a summary")?;
    let summary: Summary = native::parse(last)?;
    Ok(Counts { passed: summary.as_listed, failed: summary.not_as_listed })
}

fn program() -> Result<Command> {
    system::require(&system::PIP)?;
    Ok(command(native::program("hushproof-onnx-node-tests", "onnx-node-tests")?))
}
