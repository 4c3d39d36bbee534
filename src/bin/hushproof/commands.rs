//! The subcommands, one file each.

mod compile;
mod evaluate;
mod input;
mod inspect;
mod keys;
mod prove;
mod srs;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::serve;

/// Zero-knowledge proofs of what a neural network says about private data.
///
/// A publisher compiles an ONNX model, a person proves the model's output on data that stays on their device, anyone
/// verifies. Not audited.
#[derive(Parser)]
#[command(name = "hushproof", version)]
#[command(after_help = "Exit status: 0 success, 1 invalid proof, 2 unusable arguments or files.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Compile(compile::Args),
    Inspect(inspect::Args),
    Evaluate(evaluate::Args),
    Input(input::Args),
    Srs(srs::Args),
    Keys(keys::Args),
    Prove(prove::Args),
    Verify(verify::Args),
    Serve(serve::ServeArgs),
}

/// Runs the subcommand that the arguments name and turns its outcome into an exit status.
pub(crate) fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Compile(args) => compile::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Input(args) => input::run(args),
        Command::Srs(args) => srs::run(args),
        Command::Keys(args) => keys::run(args),
        Command::Prove(args) => prove::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Serve(args) => serve::run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = error.downcast_ref().map_or("failed", hushproof::Error::code);
            eprintln!("hushproof: error[{code}]: {error:#}");
            let invalid = matches!(error.downcast_ref(), Some(hushproof::Error::Rejected(_)));
            ExitCode::from(if invalid { 1 } else { 2 })
        }
    }
}
