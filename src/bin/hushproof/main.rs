//! The command line of hushproof.

mod commands;
mod files;
mod output;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Zero-knowledge proofs of what a neural network says about private data.
///
/// A publisher compiles an ONNX model, a person proves the model's output on data that stays on their device, anyone
/// verifies. Not audited.
#[derive(Parser)]
#[command(
    name = "hushproof",
    version,
    after_help = "Exit status: 0 success, 1 invalid proof, 2 unusable arguments or files."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Compile(commands::compile::Args),
    Inspect(commands::inspect::Args),
    Evaluate(commands::evaluate::Args),
    Srs(commands::srs::Args),
    Keys(commands::keys::Args),
    Prove(commands::prove::Args),
    Verify(commands::verify::Args),
    Serve(serve::ServeArgs),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Compile(args) => commands::compile::run(args),
        Command::Inspect(args) => commands::inspect::run(args),
        Command::Evaluate(args) => commands::evaluate::run(args),
        Command::Srs(args) => commands::srs::run(args),
        Command::Keys(args) => commands::keys::run(args),
        Command::Prove(args) => commands::prove::run(args),
        Command::Verify(args) => commands::verify::run(args),
        Command::Serve(args) => commands::serve::run(args),
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
