//! How long this machine proves, beside the one that predictions are made for (docs/benchmarks.md).
//!
//! A bundled network is proved once and the outcome kept in the user's cache folder, for as many processors and this
//! version. `HUSHPROOF_SPEED` takes its place.

use std::{fs, path::PathBuf, thread, time::Instant};

use hushproof::{
    compile::{self, Options, Reduction},
    onnx::ReadOptions,
    prove::{self, ProvingKey, Srs, Transcript},
};
use rand_core::OsRng;
use serde::{Deserialize, Serialize};

use crate::output;

const NETWORK: &[u8] = include_bytes!("../../../models/digits_cnn.onnx");
/// What its inputs are between.
const RANGE: [f64; 2] = [0.0, 16.0];
/// Seconds that a proof of it takes on the machine of docs/benchmarks.md.
const SECONDS: f64 = 0.064;
/// The fastest of so many proofs counts, as other programs may run.
const PROOFS: usize = 4;
/// A machine may be so many times as fast or slow as the other.
const MOST: f64 = 100.0;

/// What is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: String,
    processors: usize,
    /// This machine's seconds for each of the other's.
    factor: f64,
}

/// This machine's seconds for each predicted one; measured where nothing is kept, which takes about a second.
pub(crate) fn factor() -> f64 {
    sane(known().or_else(measured))
}

/// The same; 1 where nothing is kept.
pub(crate) fn kept_factor() -> f64 {
    sane(known())
}

fn sane(factor: Option<f64>) -> f64 {
    factor.filter(|factor| (1.0 / MOST..=MOST).contains(factor)).unwrap_or(1.0)
}

fn known() -> Option<f64> {
    let given = std::env::var("HUSHPROOF_SPEED").ok().and_then(|value| value.parse().ok());
    given.or_else(kept)
}

fn file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || folder("HOME").map(|home| home.join(".cache"));
    let cache = folder("XDG_CACHE_HOME").or_else(home).or_else(|| folder("LOCALAPPDATA"))?;
    Some(cache.join("hushproof").join("speed.json"))
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn kept() -> Option<f64> {
    let kept: Kept = serde_json::from_slice(&fs::read(file()?).ok()?).ok()?;
    let same = kept.version == env!("CARGO_PKG_VERSION") && kept.processors == processors();
    same.then_some(kept.factor)
}

/// Proves, and keeps the outcome where it can be kept.
fn measured() -> Option<f64> {
    output::note("note: measuring how fast this machine proves, once");
    let factor = fastest().ok()? / SECONDS;
    let kept = Kept { version: env!("CARGO_PKG_VERSION").to_owned(), processors: processors(), factor };
    if let (Some(file), Ok(text)) = (file(), serde_json::to_vec(&kept)) {
        let folder = file.parent().map(fs::create_dir_all);
        // Whoever can't keep it measures again.
        if folder.is_some_and(|made| made.is_ok()) {
            drop(fs::write(file, text));
        }
    }
    Some(factor)
}

/// Seconds of the fastest proof.
fn fastest() -> hushproof::Result<f64> {
    let (_, network) = compile::import(NETWORK, &ReadOptions::default(), &Reduction::Full)?;
    let input = vec![RANGE[1] / 2.0; network.input.len()];
    let options = Options { input_range: Some(RANGE), input_margin: 1.0, ..Options::default() };
    let compiled = compile::compile(network, &[], &options)?;
    let srs = Srs::new_development(compiled.layout.k, OsRng)?;
    let key = ProvingKey::new(&compiled.model, prove::keygen(&compiled.model, &srs)?, &srs)?;
    let mut fastest = f64::INFINITY;
    for _ in 0..PROOFS {
        let start = Instant::now();
        prove::prove(&compiled.model, &key, &input, b"", Transcript::default(), OsRng, &mut |_, _| {})?;
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    Ok(fastest)
}
