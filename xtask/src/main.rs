//! Development tasks of hushproof. `cargo xtask` lists them.

mod bench;
mod bench_compile;
mod bench_ezkl;
mod bench_prover;
mod build_web;
mod check;
mod count;
mod demo;
mod env;
mod fingerprint;
mod fuzz;
mod layering;
mod measure;
mod native;
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

use anyhow::{Result, bail};
use std::process::ExitCode;

/// A subcommand: its name, what it does in one line, and the function that is given the arguments after the name.
struct Task {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: &[Task] = &[
    Task { name: "setup", about: "install every tool the other tasks need", run: setup::run },
    Task { name: "check", about: "formatting, lints, documentation and layering", run: check::run },
    Task { name: "test", about: "everything that CI runs, in one command", run: test::run },
    Task {
        name: "build-web",
        about: "build pkg/ (wasm) and www/dist/ (page) [--modules [NAME]: only pkg/, or one build of it]",
        run: build_web::run,
    },
    Task {
        name: "test-wasm",
        about: "run the wasm-bindgen tests, of the library and its kernels, in headless Chromium",
        run: wasm_test::run,
    },
    Task { name: "test-web", about: "drive the built page in headless browsers", run: test_web::run },
    Task {
        name: "serve",
        about: "build everything and serve the page [ADDR, default 127.0.0.1:8080]",
        run: serve::run,
    },
    Task { name: "demo", about: "prove and verify both demo models, natively and in the browser", run: demo::run },
    Task {
        name: "bench",
        about: "measure proving [--web] [--model M --input I --calibration D] [--runs N] [--vs-ezkl] …",
        run: bench::run,
    },
    Task {
        name: "peer-suite",
        about: "take another project's networks from import to a compared proof DIR [--json] [--only NAME] …",
        run: peer_suite::run,
    },
    Task {
        name: "bench prover",
        about: "measure our prover against the stock one [--web] [--json] [--runs N] [--threads N] [--k 12,14,16] [--no-models]",
        run: bench_prover::run,
    },
    Task {
        name: "bench compile",
        about: "measure compiling [--web [--keys]] [--json] [--runs N] [--model X.onnx --calibration DATA]",
        run: bench_compile::run,
    },
    Task { name: "fuzz", about: "run the fuzz targets [--seconds N] [--target NAME]", run: fuzz::run },
    Task { name: "env", about: "print the environment in which cargo and wasm-pack build for wasm32", run: env::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if rustc::is_call(&arguments) {
        return report(rustc::call(&arguments));
    }
    report(dispatch(&arguments).map(|()| ExitCode::SUCCESS))
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

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        println!("cargo xtask TASK [ARGUMENTS]\n");
        for task in TASKS {
            println!("  {:<13}{}", task.name, task.about);
        }
        return Ok(());
    };
    match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(rest),
        None => bail!("no task named {name}; `cargo xtask` lists them"),
    }
}

/// Refuses arguments for a task that takes none.
fn no_arguments(arguments: &[String]) -> Result<()> {
    match arguments.first() {
        Some(argument) => bail!("unexpected argument {argument}"),
        None => Ok(()),
    }
}
