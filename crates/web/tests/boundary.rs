//! `www/src/lib/boundary.ts` declares the data of the modules as they serialize it.

use std::{collections::BTreeMap, env, fs, path::Path};

use hushproof_core::prove::{Seconds, StageSeconds};
use hushproof_web_compiler::boundary as compiler;
use hushproof_web_prover::boundary as prover;
use ts_rs::{Config, TS};

const HEADER: &str = "\
/**
 * The data that the wasm modules take and give, made from the Rust types: `boundary.rs` in `crates/web-prover` and
 * `crates/web-compiler`. `HUSHPROOF_WRITE_DOCS=1 cargo test -p hushproof-web` rewrites this file.
 */
";

const TYPES: [fn(&Config) -> String; 39] = [
    declaration::<prover::Arithmetic>,
    declaration::<prover::SrsOrigin>,
    declaration::<prover::Transcript>,
    declaration::<prover::RequestAt>,
    declaration::<prover::CredentialAt>,
    declaration::<prover::AttestedAt>,
    declaration::<prover::ShownCommitments>,
    declaration::<prover::CommitmentTexts>,
    declaration::<prover::RequestChoices>,
    declaration::<prover::RequestInfo<'_>>,
    declaration::<prover::SchemaInfo<'_>>,
    declaration::<prover::Committed>,
    declaration::<prover::SignedKind>,
    declaration::<prover::SignedStatement<'_>>,
    declaration::<prover::CredentialInfo>,
    declaration::<prover::ManifestInfo>,
    declaration::<prover::Info<'_>>,
    declaration::<prover::InputInfo<'_>>,
    declaration::<prover::PartInfo<'_>>,
    declaration::<prover::CategoriesInfo<'_>>,
    declaration::<prover::OutputInfo<'_>>,
    declaration::<prover::Proved<'_>>,
    declaration::<prover::Predicted<'_>>,
    declaration::<prover::Attestation>,
    declaration::<prover::Verified<'_>>,
    declaration::<prover::Keys>,
    declaration::<compiler::Port<'_>>,
    declaration::<compiler::OnnxInfo<'_>>,
    declaration::<compiler::Compiled<'_>>,
    declaration::<compiler::CompileReport<'_>>,
    declaration::<compiler::Accuracy>,
    declaration::<compiler::OutputAccuracy>,
    declaration::<compiler::PredictedCost>,
    declaration::<compiler::ReadChoices>,
    declaration::<compiler::Choices>,
    declaration::<compiler::Target>,
    declaration::<compiler::Output>,
    declaration::<compiler::Visibility>,
    declaration::<compiler::Preference>,
];

/// A type with its documentation. The fields of a struct are documented, which puts each in lines of its own.
fn declaration<T: TS>(config: &Config) -> String {
    let declared = T::decl(config);
    let declared = match declared.split_once(" = { \n") {
        Some((name, fields)) => {
            let name = name.replace("type ", "interface ");
            let fields = on_one_line(&fields.replace(", };", ";").replace(", \n", ";\n"));
            format!("{name} {{\n  {}\n}}", fields.replace('\n', "\n  "))
        }
        None => declared,
    };
    format!("\n{}export {declared}\n", on_one_line(&T::docs().unwrap()))
}

/// With each comment that has one line of text on one line.
fn on_one_line(text: &str) -> String {
    let mut parts = text.split("/**\n *");
    let mut joined = parts.next().unwrap().to_owned();
    for part in parts {
        let (comment, rest) = part.split_once("\n */").unwrap();
        let several = comment.contains('\n');
        joined += &if several { format!("/**\n *{part}") } else { format!("/**{comment} */{rest}") };
    }
    joined
}

#[test]
fn the_types_are_declared() {
    let config = Config::new().with_large_int("number");
    let made = TYPES.iter().fold(HEADER.to_owned(), |text, declaration| text + &declaration(&config));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www/src/lib/boundary.ts");
    if env::var_os("HUSHPROOF_WRITE_DOCS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), made, "rewrite it as it says");
}

/// They are declared as maps of numbers.
#[test]
fn seconds_are_numbers() {
    let seconds =
        [serde_json::to_value(Seconds { witness: 1.0, prove: 2.0 }), serde_json::to_value(StageSeconds::default())];
    for fields in seconds {
        serde_json::from_value::<BTreeMap<String, f64>>(fields.unwrap()).unwrap();
    }
}
