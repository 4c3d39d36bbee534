//! One test: imported, compiled on its own inputs and run on the integers that are proved, and the result compared with
//! what ONNX expects.
//!
//! Integers and truth values must be equal once rounded, real numbers within 1 % of the output's range, zero included.

use std::{collections::HashSet, fs, path::Path};

use anyhow::{Context, Result, bail};
use hushproof::{
    compile::{Compiled, Options, compile},
    onnx,
    prove::{ProvingKey, Srs, Transcript, keygen, prove, verify},
};
use rand_core::OsRng;
use serde::Serialize;

use crate::{
    binding::Binding,
    case::{self, Case, Vector},
    list::Verdict,
};

/// Largest error of a real number, as a share of the output's range, zero included.
const TOLERANCE: f64 = 0.01;
/// The inputs that calibrate are those that are run, so that little margin is needed.
const MARGIN: f64 = 2.0;
/// log2 of the rows of the largest circuit that is proved.
pub(crate) const MAX_K: u32 = 12;

/// What becomes of a test.
#[derive(Serialize)]
pub(crate) struct Outcome {
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
    /// Largest error of a real number, as a share of its output's range.
    error: Option<f64>,
    k: Option<u32>,
    pub(crate) proved: bool,
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, error: None, k: None, proved: false }
    }
}

impl Outcome {
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Verdict::Failed { reason: reason.into() }.into()
    }

    fn unsupported(reason: impl Into<String>) -> Self {
        Verdict::Unsupported { reason: reason.into() }.into()
    }
}

/// Runs a test in the first way that is not refused; with an SRS also proves it.
pub(crate) fn run(folder: &Path, operators: &[String], srs: Option<&Srs>) -> Outcome {
    // Whatever it is, reading it must end well.
    if let Ok(bytes) = fs::read(folder.join("model.onnx")) {
        let _ = onnx::import(&bytes);
    }
    let known: HashSet<&str> = onnx::operators().map(|(name, _)| name).collect();
    let unknown: Vec<&str> = operators.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
    if !unknown.is_empty() {
        return Outcome::unsupported(format!("no {}", unknown.join(", ")));
    }
    let case = match Case::read(folder) {
        Ok(case) => case,
        Err(error) => return Outcome::unsupported(format!("{error:#}")),
    };
    let tensors = case.vectors.iter().flat_map(|vector| vector.inputs.iter().chain(&vector.outputs));
    for tensor in tensors {
        if let Err(error) = case::values(tensor) {
            return Outcome::unsupported(format!("{error:#}"));
        }
    }
    let [vector] = &case.vectors[..] else { return Outcome::failed("several vectors") };
    if vector.outputs.iter().any(case::is_empty) {
        return Outcome::unsupported("an empty result");
    }
    let mut refusals: Vec<String> = vec![];
    for binding in Binding::all(vector) {
        let (compiled, row) = match prepare(&case, vector, &binding) {
            Ok(prepared) => prepared,
            Err(error) => {
                refusals.push(error.to_string().replace('\n', " "));
                continue;
            }
        };
        let names = || case.model.graph.iter().flat_map(|graph| binding.names(graph)).map(str::to_owned).collect();
        let verdict = if binding.zero { Verdict::Constant } else { Verdict::Pass { constant: names() } };
        let mut outcome = Outcome { k: Some(compiled.layout.k), ..verdict.into() };
        let result = compiled.model.predict(&row).map_err(anyhow::Error::from);
        let checked = result.and_then(|got| compare(&got, vector, binding.zero)).and_then(|error| {
            outcome.error = error;
            match srs.filter(|_| compiled.layout.k <= MAX_K && !binding.zero) {
                Some(srs) => check_proof(&compiled, &row, srs),
                None => Ok(false),
            }
        });
        match checked {
            Ok(proved) => outcome.proved = proved,
            Err(error) => outcome.verdict = Verdict::Failed { reason: format!("{error:#}") },
        }
        return outcome;
    }
    // With the least refused: the first way to bind only what is certainly constant, before all is.
    let index = usize::from(refusals.len() > 2);
    Outcome::unsupported(refusals.into_iter().nth(index).unwrap_or_default())
}

/// Compiles a test with its inputs bound, on these; also gives the values of the private ones.
fn prepare(case: &Case, vector: &Vector, binding: &Binding) -> Result<(Compiled, Vec<f64>)> {
    let (model, private) = binding.apply(&case.model, vector);
    let network = onnx::import(&case::bytes(&model))?;
    let names: Vec<&str> = match &private[..] {
        [(name, _)] => vec![name],
        _ => network.input.name.split('+').collect(),
    };
    let mut row = vec![];
    for name in names {
        let found = private.iter().find(|(private, _)| private == name);
        let (_, tensor) = found.with_context(|| format!("the network has an input {name}"))?;
        row.extend(case::values(tensor)?);
    }
    // What it gives is compared with what the test expects.
    let options = Options { margin: MARGIN, input_margin: MARGIN, accept_error: true, ..Options::default() };
    let rows = vec![row];
    let compiled = compile(network, &rows, &options)?;
    Ok((compiled, rows.concat()))
}

/// Compares the values of all outputs with what is expected; gives the largest error of a real number.
fn compare(got: &[f64], vector: &Vector, real: bool) -> Result<Option<f64>> {
    let mut rest = got;
    let mut largest = None;
    for tensor in &vector.outputs {
        let expected = case::values(tensor)?;
        let Some((values, behind)) = rest.split_at_checked(expected.len()) else {
            bail!("{} output values are too few", got.len());
        };
        rest = behind;
        if case::is_exact(tensor) && !real {
            if let Some((i, (got, expected))) = pairs(values, &expected).find(|(_, (a, b))| a.round() != **b) {
                bail!("gives {got} instead of the integer {expected} at value {i}");
            }
            continue;
        }
        let [low, high] = expected.iter().fold([0.0f64; 2], |[low, high], y| [low.min(*y), high.max(*y)]);
        let range = if high > low { high - low } else { 1.0 };
        let distance = |(a, b): (&f64, &f64)| (a - b).abs() / range;
        let worst = pairs(values, &expected).max_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
        let Some((i, (got, expected))) = worst else { continue };
        let error = distance((got, expected));
        if error > TOLERANCE {
            bail!("error {:.2} % of the output's range: gives {got} instead of {expected} at value {i}", error * 100.0);
        }
        largest = Some(error.max(largest.unwrap_or(0.0)));
    }
    if !rest.is_empty() {
        bail!("{} output values are too many", got.len());
    }
    Ok(largest)
}

/// Values with what is expected, and their numbers.
fn pairs<'a>(got: &'a [f64], expected: &'a [f64]) -> impl Iterator<Item = (usize, (&'a f64, &'a f64))> {
    got.iter().zip(expected).enumerate()
}

/// Proves a row and has the stock verifier check it.
fn check_proof(compiled: &Compiled, row: &[f64], srs: &Srs) -> Result<bool> {
    let vk = keygen(&compiled.model, srs)?;
    let key = ProvingKey::new(&compiled.model, vk, srs)?;
    let proved = prove(&compiled.model, &key, row, b"onnx", Transcript::Blake2b, OsRng, &mut |_, _| {})?;
    let verified = verify(&key.vk, &proved.proof, b"onnx")?;
    if verified.outputs != proved.outputs {
        bail!("the verifier reads other outputs than the prover gave");
    }
    Ok(true)
}
