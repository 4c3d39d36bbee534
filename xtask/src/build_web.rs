//! `cargo xtask build-web`: the wasm modules in `pkg/` and the page in `www/dist/`.

use crate::fingerprint::{Stamp, collect, digest};
use crate::native::{artifacts, artifacts_folder, quick_program};
use crate::process::{command, execute, root};
use crate::setup;
use crate::toolchain::{BUILDS, Build, TARGET, THREADS, Toolchain};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCES: &[&str] =
    &["Cargo.lock", "Cargo.toml", "crates", "xtask/src/build_web.rs", "xtask/src/rustc.rs", "xtask/src/toolchain.rs"];
/// Most bytes of a module after gzip; what the prover's kernels, the circuits and halo2 take is well below, and so is
/// the compiler.
const MOST_GZIP_BYTES: usize = 1_200_000;
const PAGE_SOURCES: &[&str] = &["www", "pkg/threads", "pkg/plain", "pkg/single", "pkg/compiler"];
const JAVASCRIPT_SOURCES: &[&str] =
    &["www/package-lock.json", "www/tsconfig.json", "www/tsconfig.lib.json", "www/src/lib"];

/// Cargo's profile of the modules.
const PROFILE: &str = "web";

/// Build the wasm modules (pkg/) and the page (www/dist/).
///
/// What is up to date is left alone.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only the wasm modules, or only this one of them.
    #[arg(long, value_name = "NAME", value_parser = build_named)]
    modules: Option<Option<&'static Build>>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    match options.modules {
        None => everything(),
        Some(None) => modules(&BUILDS),
        Some(Some(build)) => modules(&[build]),
    }
}

fn build_named(name: &str) -> Result<&'static Build> {
    let names = BUILDS.map(|build| build.name).join(", ");
    BUILDS.into_iter().find(|build| build.name == name).with_context(|| format!("the builds are {names}"))
}

/// All that the page needs.
pub(crate) fn everything() -> Result<()> {
    modules(&BUILDS)?;
    artifacts()?;
    page()
}

/// The folder of the page.
pub(crate) fn site() -> PathBuf {
    root().join("www/dist")
}

/// A site of just what the demo's browser loads: the compiled demo models, the JavaScript API and the prover with
/// threads.
pub(crate) fn demo_site() -> Result<PathBuf> {
    modules(&[&THREADS])?;
    javascript()?;
    let site = root().join("target/xtask/demo");
    copy_files(&artifacts_folder(), &site.join("artifacts"))?;
    for folder in ["lib", THREADS.name] {
        copy_files(&root().join("pkg").join(folder), &site.join("pkg").join(folder))?;
    }
    Ok(site)
}

/// Wasm modules below `pkg/`.
fn modules(builds: &[&Build]) -> Result<()> {
    let toolchain = Toolchain::require()?;
    let identity = toolchain.describe()?;
    for build in builds {
        let stamp = Stamp::new(build.name, digest(SOURCES, &identity)?);
        if stamp.is_current() && module_path(build).exists() {
            continue;
        }
        module(&toolchain, build)?;
        stamp.write()?;
    }
    Ok(())
}

fn module_path(build: &Build) -> PathBuf {
    root().join("pkg").join(build.name).join("hushproof_bg.wasm")
}

fn module(toolchain: &Toolchain, build: &Build) -> Result<()> {
    let mut cargo = toolchain.cargo(build)?;
    cargo.args(["build", "--package", build.package, "--features", build.features]);
    library_with_bindings(cargo, build.package, &root().join("pkg").join(build.name), "hushproof")?;
    check_size(build)
}

/// Builds the library of a package, as cargo is told to, and writes its module with bindings, as `NAME_bg.wasm` and
/// `NAME.js`.
pub(crate) fn library_with_bindings(mut cargo: Command, package: &str, folder: &Path, name: &str) -> Result<()> {
    execute(cargo.args(["--locked", "--lib", "--profile", PROFILE, "--target", TARGET]))?;
    // No wasm-opt: Debian's binaryen 108 breaks the externref table and saves nothing once compressed.
    let library = package.replace('-', "_");
    let wasm = root().join("target/web").join(TARGET).join(PROFILE).join(format!("{library}.wasm"));
    execute(command(quick_program("hushproof-bindgen", "bindgen")?).arg(wasm).arg(folder).arg(name))
}

/// Prints the module's size, raw and as `gzip` sends it; refuses one that is too large to be downloaded by a page.
fn check_size(build: &Build) -> Result<()> {
    let path = module_path(build);
    let size = std::fs::metadata(&path).context("there is no module")?.len();
    let compressed = command("gzip").args(["-9", "--stdout"]).arg(&path).output().context("cannot start gzip")?;
    if !compressed.status.success() {
        bail!("gzip failed: {}", compressed.status);
    }
    let gzip = compressed.stdout.len();
    println!("pkg/{}: {size} bytes of wasm, {gzip} after gzip", build.name);
    if gzip > MOST_GZIP_BYTES {
        bail!("pkg/{}: more than {MOST_GZIP_BYTES} bytes after gzip", build.name);
    }
    Ok(())
}

/// The JavaScript API, in `pkg/lib/`.
fn javascript() -> Result<()> {
    npm_build("library", JAVASCRIPT_SOURCES, "build:lib", &root().join("pkg/lib/index.js"))
}

/// The npm package's JavaScript and the page.
fn page() -> Result<()> {
    npm_build("page", PAGE_SOURCES, "build", &site().join("index.html"))
}

/// Runs a script of `www/package.json` that makes the file `made`, unless it did with these sources.
fn npm_build(name: &str, sources: &[&str], script: &str, made: &Path) -> Result<()> {
    setup::npm_packages()?;
    let stamp = Stamp::new(name, digest(sources, "")?);
    if stamp.is_current() && made.exists() {
        return Ok(());
    }
    execute(command("npm").args(["run", script]).current_dir(root().join("www")))?;
    stamp.write()
}

/// Makes `to` a folder of just what is in `from`.
fn copy_files(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to).with_context(|| format!("cannot remove {}", to.display()))?;
    }
    let mut files = BTreeSet::new();
    collect(from, &mut files)?;
    for file in files {
        let copy = to.join(file.strip_prefix(from)?);
        copy.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::copy(&file, &copy).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}
