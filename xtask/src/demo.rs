//! `cargo xtask demo`: both demo models proved and verified, natively and in headless Chromium, in one table.

use crate::build_web::demo_site;
use crate::measure::{Measured, Plan, Shares, Subject, accuracy, chromium, native as prove_natively, record};
use crate::native::{artifacts, binary, models};
use crate::table::{Column, Row, count, number, render};
use anyhow::Result;
use serde::Serialize;

/// A line of the table.
#[derive(Clone, Serialize)]
struct Line {
    measured: Measured,
    shares: Shares,
}

impl Row for Line {
    const COLUMNS: &'static [Column<Self>] = &[
        ("model", |row| row.measured.model.clone()),
        ("where", |row| row.measured.place.clone()),
        ("prove s", |row| number(row.measured.median(), 3)),
        ("verify ms", |row| number(row.measured.verify_seconds.map(|seconds| seconds * 1e3), 1)),
        ("proof bytes", |row| count(row.measured.proof_bytes)),
        ("download bytes", |row| count(row.measured.download_bytes)),
        ("accuracy float", |row| format!("{:.2} %", row.shares.float * 100.0)),
        ("same class", |row| format!("{:.2} %", row.shares.same * 100.0)),
    ];
}

/// Proves both models natively and prints the rows, then builds what a browser needs and proves there, too.
pub(crate) fn run() -> Result<()> {
    eprintln!("demo: building the native prover; the first time takes about five minutes on two cores");
    artifacts()?;
    let program = binary()?;
    let plan = Plan { runs: 3, threads: 2 };
    let (mut subjects, mut native) = (Vec::new(), Vec::new());
    for model in models()? {
        let subject = Subject::bundled(&program, &model, record(&model)?)?;
        native.push(Line { measured: prove_natively(&program, &subject, &plan)?, shares: accuracy(&program, &model)? });
        subjects.push(subject);
    }
    println!("\n{}", render(&native));
    eprintln!("demo: building the prover for the browser; the first time takes about three minutes on two cores");
    let site = demo_site()?;
    let mut lines = Vec::new();
    for (subject, native) in subjects.iter().zip(native) {
        let chromium = Line { measured: chromium(&program, &site, subject, &plan)?, ..native.clone() };
        lines.extend([native, chromium]);
    }
    print!("\n{}", render(&lines));
    Ok(())
}
