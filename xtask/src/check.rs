//! `cargo xtask check`: formatting, lints, documentation and layering, without running anything. Profiles are those of
//! the builds that follow in `cargo xtask test`, which saves compiling procedural macros and build scripts twice.

use crate::process::{command, execute, root};
use crate::toolchain::{Build, COMPILER, TARGET, THREADS, Toolchain};
use crate::{layering, setup};
use anyhow::Result;

/// Checks the Rust sources natively and for wasm32, and the page's TypeScript.
pub(crate) fn run() -> Result<()> {
    layering::check()?;
    execute(command("cargo").args(["fmt", "--all", "--check"]))?;
    // Not the tests: they give up loudly where library code must not, and inherit the strict lints of the file they are
    // in.
    let clippy = ["clippy", "--release", "--workspace", "--lib", "--bins", "--locked", "--", "--deny", "warnings"];
    execute(command("cargo").args(clippy))?;
    for build in [&THREADS, &COMPILER] {
        wasm(build)?;
    }
    let documentation = ["doc", "--release", "--workspace", "--no-deps", "--locked"];
    execute(command("cargo").args(documentation).env("RUSTDOCFLAGS", "--deny warnings"))?;
    // The fuzz targets have a lock file of their own, which nothing else here reads.
    execute(command("cargo").args(["fetch", "--quiet", "--locked", "--manifest-path", "fuzz/Cargo.toml"]))?;
    setup::npm_packages()?;
    execute(command("npm").args(["run", "check"]).current_dir(root().join("www")))
}

/// Lints for wasm32, or only compiler warnings where the toolchain has no clippy.
fn wasm(build: &Build) -> Result<()> {
    let toolchain = Toolchain::require()?;
    let mut cargo = toolchain.cargo(build)?;
    let clippy = toolchain.has("cargo-clippy");
    cargo.arg(if clippy { "clippy" } else { "check" });
    cargo.args(["--locked", "--package", build.package, "--lib", "--profile", "web", "--target", TARGET]);
    cargo.args(["--features", build.features]);
    if clippy {
        cargo.args(["--", "--deny", "warnings"]);
    } else {
        cargo.arg("-Zwarnings").env("CARGO_BUILD_WARNINGS", "deny");
    }
    execute(&mut cargo)
}
