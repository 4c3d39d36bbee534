//! `cargo xtask fuzz`: every fuzz target for a while, from the files of the demo models. Any stable Rust does; a
//! finding is left in `fuzz/artifacts/TARGET`.

use crate::native::artifacts_folder;
use crate::process::{capture, command, execute, root};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// What libFuzzer needs of the code it drives: counters at every edge, and the checks of a debug build.
const FLAGS: &str = "--cfg fuzzing -C debug-assertions -C passes=sancov-module -C llvm-args=-sanitizer-coverage-level=4 \
    -C llvm-args=-sanitizer-coverage-inline-8bit-counters -C llvm-args=-sanitizer-coverage-pc-table \
    -C llvm-args=-sanitizer-coverage-trace-compares";

/// Run the fuzz targets, each for a while, from the files of the demo models.
///
/// A finding is left in fuzz/artifacts/TARGET.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds for each target.
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u32,
    /// Only this target.
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let targets = targets()?;
    if let Some(name) = options.target.as_ref().filter(|name| !targets.contains(name)) {
        bail!("no fuzz target {name}; there are {}", targets.join(", "));
    }
    let host = host()?;
    let build = root().join("target/fuzz");
    let mut cargo = command("cargo");
    cargo.args(["build", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", &host]);
    execute(cargo.env("CARGO_TARGET_DIR", &build).env("RUSTFLAGS", FLAGS))?;
    for name in targets.iter().filter(|name| options.target.as_ref().is_none_or(|target| target == *name)) {
        let corpus = root().join("fuzz/corpus").join(name);
        let findings = root().join("fuzz/artifacts").join(name);
        std::fs::create_dir_all(&corpus)?;
        std::fs::create_dir_all(&findings)?;
        let mut fuzzer = command(build.join(&host).join("release").join(name));
        fuzzer
            .arg(format!("-max_total_time={}", options.seconds))
            .arg(format!("-artifact_prefix={}/", findings.display()));
        // Keys of this length must not take more; libFuzzer itself takes some.
        let most = if name == "verifying_key" { "-rss_limit_mb=512" } else { "-rss_limit_mb=2048" };
        fuzzer.args(["-max_len=65536", "-timeout=10", most, "-print_final_stats=1"]);
        execute(fuzzer.arg(&corpus).args(seeds()))?;
    }
    Ok(())
}

/// Folders of files that the fuzzers start from; a file of another format is one more malformed input.
fn seeds() -> Vec<PathBuf> {
    let folders = [
        root().join("fuzz/seeds"),
        root().join("models/small"),
        artifacts_folder(),
        root().join("target/xtask/proofs"),
    ];
    folders.into_iter().filter(|folder| folder.is_dir()).collect()
}

/// The names of the files in `fuzz/fuzz_targets`.
fn targets() -> Result<Vec<String>> {
    let entries = std::fs::read_dir(root().join("fuzz/fuzz_targets")).context("cannot read fuzz/fuzz_targets")?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let names = paths.iter().filter_map(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

/// The triple of this machine.
fn host() -> Result<String> {
    let version = capture(command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV told no host")?.to_owned())
}
