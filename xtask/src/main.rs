//! Development tasks of hushproof. `cargo xtask` lists them.

mod bench;
mod build_web;
mod check;
mod count;
mod demo;
mod fingerprint;
mod fuzz;
mod layering;
mod measure;
mod native;
mod onnx_tests;
mod peer_suite;
mod process;
mod rustc;
mod serve;
mod setup;
mod system;
mod table;
mod test;
mod test_web;
mod toolchain;
mod wasm_test;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// Development tasks of hushproof.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Prove and verify both demo models, natively and in headless Chromium.
    Demo,
    Serve(serve::Options),
    /// Everything that CI runs, in one command.
    Test,
    /// Formatting, lints, documentation and layering.
    Check,
    /// Install every tool that the other tasks need.
    Setup,
    BuildWeb(build_web::Options),
    /// Run the wasm-bindgen tests, of the library, its kernels and its prover, in headless Chromium.
    TestWasm,
    /// Drive the built page in headless browsers.
    TestWeb,
    OnnxTests(onnx_tests::Options),
    PeerSuite(peer_suite::Options),
    Bench(bench::Options),
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if rustc::is_call(&arguments) {
        return report(rustc::call(&arguments));
    }
    report(run(Arguments::parse().task).map(|()| ExitCode::SUCCESS))
}

fn report(result: Result<ExitCode>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Option<Task>) -> Result<()> {
    match task {
        None => Ok(Arguments::command().print_help()?),
        Some(Task::Demo) => demo::run(),
        Some(Task::Serve(options)) => serve::run(&options),
        Some(Task::Test) => test::run(),
        Some(Task::Check) => check::run(),
        Some(Task::Setup) => setup::run(),
        Some(Task::BuildWeb(options)) => build_web::run(&options),
        Some(Task::TestWasm) => wasm_test::run(),
        Some(Task::TestWeb) => test_web::run(),
        Some(Task::OnnxTests(options)) => onnx_tests::run(&options),
        Some(Task::PeerSuite(options)) => peer_suite::run(&options),
        Some(Task::Bench(options)) => bench::run(options),
        Some(Task::Fuzz(options)) => fuzz::run(&options),
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::{CommandFactory, Parser};

    /// Whether a command line is accepted.
    fn accepts(line: &str) -> bool {
        Arguments::try_parse_from(["cargo xtask"].into_iter().chain(line.split_whitespace())).is_ok()
    }

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn documented_command_lines_are_accepted() {
        for line in [
            "",
            "demo",
            "serve 127.0.0.1:9000",
            "build-web --modules",
            "build-web --modules single",
            "fuzz --seconds 600 --target onnx",
            "onnx-tests --only test_abs --prove",
            "peer-suite DIR --json --only NAME",
            "bench --web --runs 7",
            "bench --web --vs-ezkl --runs 3 --model breast_cancer_logreg",
            "bench --model X.onnx --input I.npy --row 3 --calibration D --data D --data-rows 0..9 -- --bits 11",
            "bench prover --web --runs 3 --k 12,14,16 --threads 1 --no-models",
            "bench compile --web --keys --model X.onnx --calibration DATA",
        ] {
            assert!(accepts(line), "{line}");
        }
    }

    #[test]
    fn others_are_refused() {
        for line in [
            "what",
            "demo --what",
            "build-web --modules other",
            "fuzz --seconds x",
            "peer-suite",
            "bench --runs 0",
            "bench --row x",
            "bench --data-rows 0..9",
            "bench --web prover",
            "bench prover --k 8",
            "bench prover --k 12,",
            "bench prover --k 21",
            "bench prover 14",
            "bench compile --model X.onnx",
            "bench compile --calibration D",
        ] {
            assert!(!accepts(line), "{line}");
        }
    }
}
