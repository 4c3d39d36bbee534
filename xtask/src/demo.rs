//! `cargo xtask demo`: both demo models proved and verified, natively and in headless Chromium, in one table.

use crate::measure::{Plan, Subject, accuracy, cell, chromium, median, native as prove_natively, record};
use crate::native::{binary, models};
use crate::{build_web, table};
use anyhow::Result;
use serde_json::{Value, json};

const HEADINGS: &[&str] =
    &["model", "where", "prove s", "verify ms", "proof bytes", "download bytes", "accuracy float", "same class"];

/// Builds everything, proves both models in both places, and prints the table.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    crate::no_arguments(arguments)?;
    build_web::run(&[])?;
    let program = binary()?;
    let plan = Plan { runs: 3, threads: 2 };
    let mut rows = Vec::new();
    for model in models()? {
        let (float, same) = accuracy(&program, &model)?;
        let subject = Subject::bundled(&program, &model, record(&model)?)?;
        for measured in [prove_natively(&program, &subject, &plan)?, chromium(&program, &subject, &plan)?] {
            rows.push(row(&measured, float, same));
        }
    }
    print!("\n{}", table::render(HEADINGS, &rows));
    Ok(())
}

fn row(measured: &Value, float: f64, same: f64) -> Vec<String> {
    let text = |name: &str| measured[name].as_str().unwrap_or("-").to_owned();
    vec![
        text("model"),
        text("where"),
        cell(&json!(median(measured)), 1.0, 3),
        cell(&measured["verify_seconds"], 1000.0, 1),
        cell(&measured["proof_bytes"], 1.0, 0),
        cell(&measured["download_bytes"], 1.0, 0),
        format!("{:.2} %", float * 100.0),
        format!("{:.2} %", same * 100.0),
    ]
}
