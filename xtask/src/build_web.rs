//! `cargo xtask build-web`: the wasm modules in `pkg/` and the page in `www/dist/`.

use crate::fingerprint::{Stamp, digest};
use crate::process::{command, execute, root};
use crate::setup;
use crate::toolchain::{Build, SINGLE, TARGET, THREADS, Toolchain};
use anyhow::{Context, Result};

const SOURCES: &[&str] =
    &["Cargo.lock", "Cargo.toml", "src", "crates", "xtask/src/build_web.rs", "xtask/src/toolchain.rs"];
const PAGE_SOURCES: &[&str] = &["www", "pkg/threads", "pkg/single"];

/// Builds both wasm modules, the demo models and the page, or only the modules; what is up to date is left alone.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let only_modules = arguments == ["--modules"];
    if !only_modules {
        crate::no_arguments(arguments)?;
    }
    modules()?;
    if only_modules {
        return Ok(());
    }
    crate::native::artifacts()?;
    page()
}

/// The wasm modules `pkg/threads` and `pkg/single`.
fn modules() -> Result<()> {
    let toolchain = Toolchain::require()?;
    let identity = toolchain.describe()?;
    for build in [&THREADS, &SINGLE] {
        let stamp = Stamp::new(build.name, digest(SOURCES, &identity)?);
        if stamp.is_current() && module_path(build).exists() {
            continue;
        }
        module(&toolchain, build)?;
        stamp.write()?;
    }
    Ok(())
}

fn module_path(build: &Build) -> std::path::PathBuf {
    root().join("pkg").join(build.name).join("hushproof_bg.wasm")
}

fn module(toolchain: &Toolchain, build: &Build) -> Result<()> {
    let bindgen = setup::wasm_bindgen()?;
    let mut cargo = toolchain.cargo(build)?;
    cargo.args(["build", "--locked", "--package", "hushproof", "--lib", "--profile", "web", "--target", TARGET]);
    cargo.args(["--no-default-features", "--features", build.features]);
    execute(&mut cargo)?;
    let wasm = root().join("target/web").join(TARGET).join("web/hushproof.wasm");
    let folder = root().join("pkg").join(build.name);
    // No wasm-opt: Debian's binaryen 108 breaks the externref table and saves nothing once compressed.
    let mut generator = command(bindgen);
    generator.args([
        "--target",
        "web",
        "--out-name",
        "hushproof",
        "--remove-name-section",
        "--remove-producers-section",
    ]);
    generator.arg("--out-dir").arg(&folder).arg(&wasm);
    execute(&mut generator)?;
    let size = std::fs::metadata(module_path(build)).context("wasm-bindgen wrote no module")?.len();
    println!("pkg/{}: {size} bytes of wasm", build.name);
    Ok(())
}

/// The npm package's JavaScript and the page.
fn page() -> Result<()> {
    setup::npm_packages()?;
    let inputs = digest(PAGE_SOURCES, "")?;
    let stamp = Stamp::new("page", inputs);
    if stamp.is_current() && root().join("www/dist/index.html").exists() {
        return Ok(());
    }
    execute(command("npm").args(["run", "build"]).current_dir(root().join("www")))?;
    stamp.write()
}
