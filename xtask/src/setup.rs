//! Everything the other tasks need. Each task asks only for its own part; what is there already costs a look.

use crate::process::{capture, command, execute, root};
use crate::system;
use crate::toolchain::Toolchain;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

const GECKODRIVER_VERSION: &str = "0.37.1";

/// Installs what any task needs.
pub(crate) fn run() -> Result<()> {
    println!("wasm toolchain: {}", Toolchain::require()?.describe()?);
    let programs = [
        ("wasm-bindgen-test-runner", wasm_test_runner()?),
        ("chromium", system::require(&system::CHROMIUM)?),
        ("chromedriver", system::require(&system::CHROMEDRIVER)?),
        ("firefox", system::require(&system::FIREFOX)?),
        ("geckodriver", geckodriver()?),
    ];
    for (name, path) in programs {
        println!("{name}: {}", path.display());
    }
    npm_packages()
}

/// What runs `#[wasm_bindgen_test]` in a browser, of exactly the version of the library in the lock file.
pub(crate) fn wasm_test_runner() -> Result<PathBuf> {
    cargo_program("wasm-bindgen-test-runner", "wasm-bindgen-cli", &locked_version("wasm-bindgen")?)
}

/// What drives Firefox.
pub(crate) fn geckodriver() -> Result<PathBuf> {
    cargo_program("geckodriver", "geckodriver", GECKODRIVER_VERSION)
}

/// The packages that `www/package-lock.json` names, unless they are as new as it.
pub(crate) fn npm_packages() -> Result<()> {
    let www = root().join("www");
    let modified = |path: &str| std::fs::metadata(www.join(path)).and_then(|data| data.modified()).ok();
    let lock = modified("package-lock.json").context("www/package-lock.json is missing")?;
    if modified("node_modules/.package-lock.json").is_some_and(|installed| installed >= lock) {
        return Ok(());
    }
    if system::find(&["npm"]).is_none() {
        bail!("npm is missing: install Node.js 20.19 or later");
    }
    execute(command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(www))
}

fn cargo_program(program: &str, package: &str, version: &str) -> Result<PathBuf> {
    let installed = || {
        let path = system::find(&[program])?;
        let text = capture(command(&path).arg("--version")).ok()?;
        text.split_whitespace().any(|word| word == version).then_some(path)
    };
    if let Some(path) = installed() {
        return Ok(path);
    }
    let install = |locked: &[&str]| {
        let mut cargo = command("cargo");
        cargo.args(["install", "--force", package, "--version", version, "--bin", program]).args(locked);
        // Their own speed hardly matters; the time to build them does.
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1").env("CARGO_PROFILE_RELEASE_LTO", "off");
        execute(cargo.env("CARGO_TARGET_DIR", root().join("target/tools")))
    };
    // A published lock file may name versions that have been withdrawn since.
    install(&["--locked"]).or_else(|_| install(&[]))?;
    installed()
        .with_context(|| format!("cargo installed {package} {version}, but {program} {version} is not to be found"))
}

/// The version of a package in Cargo.lock.
fn locked_version(package: &str) -> Result<String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    version_in(&lock, package).with_context(|| format!("Cargo.lock has no {package}"))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{package}\"\n")))?;
    let version = entry.lines().find_map(|line| line.strip_prefix("version = \""))?;
    Some(version.trim_end_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn version_of_the_named_package() {
        let lock =
            "[[package]]\nname = \"ab\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.0.0\"\n";
        assert_eq!(version_in(lock, "a").as_deref(), Some("2.0.0"));
        assert_eq!(version_in(lock, "b"), None);
    }
}
