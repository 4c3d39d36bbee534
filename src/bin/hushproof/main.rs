//! The command line of hushproof.

mod asked;
mod commands;
mod files;
mod output;
mod serve;
mod speed;

fn main() -> std::process::ExitCode {
    commands::main()
}
