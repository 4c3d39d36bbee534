//! `cargo xtask fuzz`: every fuzz target for a while, from the files of the demo models. Any stable Rust does; a finding is
//! left in `fuzz/artifacts/TARGET`.

use crate::native::artifacts_folder;
use crate::process::{capture, command, execute, root};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// What libFuzzer needs of the code it drives: counters at every edge, and the checks of a debug build.
const FLAGS: &str = "--cfg fuzzing -C debug-assertions -C passes=sancov-module -C llvm-args=-sanitizer-coverage-level=4 \
    -C llvm-args=-sanitizer-coverage-inline-8bit-counters -C llvm-args=-sanitizer-coverage-pc-table \
    -C llvm-args=-sanitizer-coverage-trace-compares";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options {
    seconds: u32,
    target: Option<String>,
}

/// Builds the targets and runs each for `--seconds N`, or only `--target NAME`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
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
        fuzzer.args(["-max_len=65536", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]);
        execute(fuzzer.arg(&corpus).args(seeds()))?;
    }
    Ok(())
}

/// Folders of files that the fuzzers start from; a file of another format is one more malformed input.
fn seeds() -> Vec<PathBuf> {
    let folders = [root().join("models/small"), artifacts_folder(), root().join("target/xtask/proofs")];
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

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { seconds: 10, target: None };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let value = rest.next().with_context(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--seconds" => {
                options.seconds = value.parse().with_context(|| format!("not a number of seconds: {value}"))?
            }
            "--target" => options.target = Some(value.clone()),
            _ => bail!("unexpected argument {argument}"),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::{Options, parse};

    #[test]
    fn arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let expected = Options { seconds: 3, target: Some("srs".to_owned()) };
        assert_eq!(parse(&words("--seconds 3 --target srs")).ok(), Some(expected));
        for wrong in ["--seconds", "--seconds x", "--what 1"] {
            assert!(parse(&words(wrong)).is_err(), "{wrong}");
        }
    }
}
