//! The native program of `cargo xtask bench prover`; every command but `params` prints one JSON object a line.
//!
//! ```text
//! prover-bench params K FILE                                 parameters from a fixed seed
//! prover-bench kernels K...
//! prover-bench compare PARAMS RUNS synthetic K
//! prover-bench compare PARAMS RUNS model FILE.hush INPUT.json
//! prover-bench memory PARAMS ours|stock synthetic K          in a fresh process; or `model` as above
//! ```
#![expect(clippy::print_stdout, reason = "the program's purpose is to print")]

use hushproof_prover_bench::{Error, Subject, System, kernels, params};

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["params", k, file] => std::fs::write(file, params(k.parse()?)?)?,
        ["kernels", ks @ ..] => {
            let ks = ks.iter().map(|k| k.parse()).collect::<Result<Vec<u32>, _>>()?;
            kernels(&ks)?.iter().for_each(|row| println!("{row}"));
        }
        ["compare", file, runs, what @ ..] => {
            println!("{}", subject(what)?.compare(&std::fs::read(file)?, runs.parse()?)?);
        }
        ["memory", file, system, what @ ..] => {
            let system = match *system {
                "ours" => System::Ours,
                "stock" => System::Stock,
                other => return Err(format!("no prover named {other}").into()),
            };
            println!("{}", subject(what)?.memory(std::fs::read(file)?, system)?);
        }
        _ => return Err("unknown arguments; the head of this program's source lists them".into()),
    }
    Ok(())
}

fn subject(words: &[&str]) -> Result<Subject, Error> {
    match words {
        ["synthetic", k] => Ok(Subject::Synthetic { k: k.parse()? }),
        ["model", hush, input] => Subject::model(&std::fs::read(hush)?, &std::fs::read(input)?),
        _ => Err("expected `synthetic K` or `model FILE.hush INPUT.json`".into()),
    }
}
