//! `cargo xtask build-web`: the wasm modules in `pkg/` and the page in `www/dist/`.

use crate::fingerprint::{Stamp, digest};
use crate::process::{command, execute, root};
use crate::setup;
use crate::toolchain::{BUILDS, Build, TARGET, Toolchain};
use anyhow::{Context, Result, bail};

const SOURCES: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "src",
    "crates",
    "xtask/src/build_web.rs",
    "xtask/src/rustc.rs",
    "xtask/src/toolchain.rs",
];
/// Most bytes of a module after gzip; what the prover's kernels, the circuits and halo2 take is well below, and so is the compiler.
const MOST_GZIP_BYTES: usize = 1_200_000;
const PAGE_SOURCES: &[&str] = &["www", "pkg/threads", "pkg/plain", "pkg/single", "pkg/compiler"];

/// Builds the wasm modules, the demo models and the page, or only the modules, or one of them; what is up to date is left
/// alone.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => {
            modules(&BUILDS)?;
            crate::native::artifacts()?;
            page()
        }
        [only] if only == "--modules" => modules(&BUILDS),
        [only, name] if only == "--modules" => {
            let build = BUILDS.into_iter().find(|build| build.name == name);
            modules(&[build.with_context(|| format!("no build named {name}"))?])
        }
        [argument, ..] => bail!("unexpected argument {argument}"),
    }
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
    check_size(build)
}

/// Prints the module's size, raw and as `gzip` sends it; refuses one that is too large to be downloaded by a page.
fn check_size(build: &Build) -> Result<()> {
    let path = module_path(build);
    let size = std::fs::metadata(&path).context("wasm-bindgen wrote no module")?.len();
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
