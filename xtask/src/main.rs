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
mod mutants;
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
    Mutants(mutants::Options),
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
        Some(Task::Mutants(options)) => mutants::run(&options),
    }
}

#[cfg(test)]
mod tests;
