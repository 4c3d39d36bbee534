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
