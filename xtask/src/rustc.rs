//! The compiler as cargo calls it for wasm32: this program is its `RUSTC_WRAPPER`.
//!
//! halo2-axiom turns on the feature `bn256-table` of halo2curves-axiom, which holds the Montgomery forms of 0 to 65535
//! in 2 MB of incompressible constants; without it `Fr::from(u64)` is a product. No manifest can turn the feature off
//! again, and `[patch]` cannot put a re-export of a compatible version in its place, so the wrapper leaves it out of
//! the command line.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, ExitCode};

/// The configuration flag that asks for it; being a flag of rustc, it also keeps such builds apart from others.
pub(crate) const WITHOUT_TABLE: &str = "hushproof_without_bn256_table";

const CRATE: &str = "halo2curves_axiom";
const FEATURE: &str = "feature=\"bn256-table\"";

/// Whether these arguments are a call by cargo: the compiler's path comes first.
pub(crate) fn is_call(arguments: &[String]) -> bool {
    let program = arguments.first().and_then(|program| Path::new(program).file_stem());
    program.is_some_and(|name| name == "rustc" || name == "clippy-driver")
}

/// Calls the compiler.
pub(crate) fn call(arguments: &[String]) -> Result<ExitCode> {
    let (program, rest) = arguments.split_first().context("no compiler")?;
    let status = Command::new(program).args(without_table(rest)).status();
    let status = status.with_context(|| format!("cannot start {program}"))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The arguments without the feature, if the flag is there and it is that crate.
fn without_table(arguments: &[String]) -> Vec<&String> {
    let has = |option: &str, value: &str| arguments.windows(2).any(|pair| pair[0] == option && pair[1] == value);
    let applies = has("--cfg", WITHOUT_TABLE) && has("--crate-name", CRATE);
    let feature = |i: usize| i + 1 < arguments.len() && arguments[i] == "--cfg" && arguments[i + 1] == FEATURE;
    let dropped = |i: usize| applies && (feature(i) || i > 0 && feature(i - 1));
    arguments.iter().enumerate().filter(|(i, _)| !dropped(*i)).map(|(_, argument)| argument).collect()
}

#[cfg(test)]
mod tests;
