//! The subcommands, one file each.

mod attest;
mod choices;
mod commit;
mod compile;
mod evaluate;
mod input;
mod inspect;
mod keys;
mod manifest;
mod model;
mod predict;
mod prove;
mod request;
mod schema;
mod srs;
mod verify;

use std::{fmt, process::ExitCode};

use clap::{Parser, Subcommand};
use hushproof::Error;
use serde_json::json;

use crate::{
    output::{self, Channel},
    serve,
};

/// Zero-knowledge proofs of what a neural network says about private data.
///
/// A publisher compiles an ONNX model, a person proves the model's output on data that stays on their device, anyone
/// verifies. Not audited.
#[derive(Parser)]
#[command(name = "hushproof", version)]
#[command(
    after_help = "Exit status: 0 success; 1 an invalid proof, a credential or manifest that does not hold, a missed target of accuracy, refused rows; 2 unusable \
                  arguments or files. With --json a failure is an object too, with `code` and `error`, on standard output.\n\nAs a file to read, `-` is standard input. \
                  As a file to write, it is standard output; the report then goes to standard error. Symbolic links \
                  are followed, devices and pipes written through, regular files replaced when the new one is \
                  complete. Inputs, models with private weights, openings of commitments and private keys are \
                  written for their owner alone."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Attest(attest::Args),
    Commit(commit::Args),
    Compile(compile::Args),
    Inspect(inspect::Args),
    Evaluate(evaluate::Args),
    Input(input::Args),
    Srs(srs::Args),
    Keys(keys::Args),
    Manifest(manifest::Args),
    Model(model::Args),
    Predict(predict::Args),
    Prove(prove::Args),
    Reproduce(manifest::Reproduce),
    Request(request::Args),
    Schema(schema::Args),
    Verify(verify::Args),
    Serve(serve::ServeArgs),
}

impl Command {
    /// Whether results and errors are JSON objects.
    const fn json(&self) -> bool {
        match self {
            Self::Attest(args) => args.json,
            Self::Commit(args) => args.json,
            Self::Compile(args) => args.json,
            Self::Inspect(args) => args.json,
            Self::Evaluate(args) => args.json,
            Self::Input(args) => args.json,
            Self::Srs(args) => args.json,
            Self::Keys(args) => args.json,
            Self::Manifest(args) => args.json,
            Self::Model(args) => args.json,
            Self::Predict(args) => args.json,
            Self::Prove(args) => args.json,
            Self::Reproduce(args) => args.json,
            Self::Request(args) => args.json,
            Self::Schema(args) => args.json,
            Self::Verify(args) => args.json,
            Self::Serve(_) => false,
        }
    }

    fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Attest(args) => attest::run(args),
            Self::Commit(args) => commit::run(args),
            Self::Compile(args) => compile::run(args),
            Self::Inspect(args) => inspect::run(args),
            Self::Evaluate(args) => evaluate::run(args),
            Self::Input(args) => input::run(args),
            Self::Srs(args) => srs::run(args),
            Self::Keys(args) => keys::run(args),
            Self::Manifest(args) => manifest::run(args),
            Self::Model(args) => model::run(args),
            Self::Predict(args) => predict::run(args),
            Self::Prove(args) => prove::run(args),
            Self::Reproduce(args) => manifest::reproduce(&args),
            Self::Request(args) => request::run(args),
            Self::Schema(args) => schema::run(args),
            Self::Verify(args) => verify::run(args),
            Self::Serve(args) => serve::run(args),
        }
    }
}

/// Marks a failure whose object a command has printed itself.
#[derive(Debug)]
struct Reported;

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reported")
    }
}

/// A result that was printed and is not good: a target is missed, or rows are refused.
#[derive(Debug)]
struct NotGood {
    code: &'static str,
    message: String,
}

impl fmt::Display for NotGood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NotGood {}

/// Runs the subcommand that the arguments name and turns its outcome into an exit status.
pub(crate) fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return usage(&error),
    };
    let json = command.json();
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let (known, not_good) = (error.downcast_ref::<Error>(), error.downcast_ref::<NotGood>());
            let code = known.map(Error::code).or(not_good.map(|not_good| not_good.code)).unwrap_or("failed");
            let message = known.map_or_else(|| format!("{error:#}"), ToString::to_string);
            if json && not_good.is_none() && error.downcast_ref::<Reported>().is_none() {
                print_failure(code, &message);
            }
            output::note(&format!("hushproof: error[{code}]: {message}"));
            let verdict = not_good.is_some()
                || matches!(known, Some(Error::Rejected(_) | Error::Untrusted { .. } | Error::Accuracy { .. }));
            ExitCode::from(if verdict { 1 } else { 2 })
        }
    }
}

/// Prints help, the version, or what is wrong with the arguments.
fn usage(error: &clap::Error) -> ExitCode {
    // Where nobody can be told, there is nothing else to do.
    drop(error.print());
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    if std::env::args_os().take_while(|argument| argument != "--").any(|argument| argument == "--json") {
        let text = error.to_string();
        let message = text.lines().next().unwrap_or_default();
        print_failure("usage", message.strip_prefix("error: ").unwrap_or(message));
    }
    ExitCode::from(2)
}

/// Prints the object of a failure.
fn print_failure(code: &str, message: &str) {
    // The failure itself is told on standard error and by the exit status.
    drop(output::print(&json!({ "code": code, "error": message }), true, Channel::Output));
}
