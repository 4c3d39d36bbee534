//! What a proof costs: on two threads the work of the stock prover, of which ours takes a share; and our prover's
//! memory.

use super::DEGREE;
use crate::float;

/// Predicted cost of one proof on two threads.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Prediction {
    /// Native proving time.
    pub native_seconds: f64,
    /// Proving time in a browser.
    pub browser_seconds: f64,
    /// Peak memory of the native program, from reading the model to the proof.
    pub memory_bytes: u64,
}

impl Prediction {
    /// The same with times of a machine that takes `factor` times as long.
    #[must_use]
    pub fn on_machine(self, factor: f64) -> Self {
        let (native_seconds, browser_seconds) = (self.native_seconds * factor, self.browser_seconds * factor);
        Self { native_seconds, browser_seconds, ..self }
    }
}

/// What the linear memory of a browser's WebAssembly can grow to.
pub const BROWSER_MEMORY_BYTES: u64 = 4 << 30;

/// What the cost follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// log2 rows.
    pub(super) k: u32,
    /// Advice columns.
    pub(super) advice: usize,
    /// Those of them that hold small integers, whose multi-scalar multiplications skip most additions.
    pub(super) small: usize,
    /// Fixed columns.
    pub(super) fixed: usize,
    /// Columns under copy constraints.
    pub(super) permuted: usize,
}

impl Shape {
    /// Counts the stock prover's work: one multi-scalar multiplication per committed column, quotient piece and
    /// opening; transforms of every column, fixed ones too, to the extended domain; one pass over the gates there.
    pub(super) fn predict(&self) -> Prediction {
        let n = f64::from(1u32 << self.k);
        let extended = 4.0 * n;
        let advice = (self.advice + self.permuted.div_ceil(DEGREE - 2)) as f64;
        let fixed = (self.fixed + self.permuted) as f64;
        let pieces = (DEGREE - 1) as f64;
        let msm = {
            let window = (float::ln(n) + 2.0).floor().max(3.0);
            (254.0 / window).ceil() * (n + float::exp2(window)) * POINT_ADDITION_SECONDS
        };
        let transform = |n: f64| n * float::log2(n) / 2.0 * FIELD_PRODUCT_SECONDS;
        let commitments = advice - self.small as f64 * (1.0 - SMALL_SHARE) + 1.0 + pieces + 2.0;
        let transforms = advice * transform(n) + (advice + fixed + 1.0) * transform(extended);
        let gates = extended * (8.0 * advice + 7.0 * fixed) * FIELD_PRODUCT_SECONDS;
        let openings = n * 3.0 * (advice + fixed + pieces) * FIELD_PRODUCT_SECONDS;
        let stock = FIXED_SECONDS + (commitments * msm + transforms + gates + openings) / THREADS;
        let native = SHARE * stock;
        let column = n * FIELD_BYTES;
        let kept = Some(pieces * fixed * column).filter(|bytes| *bytes <= KEPT_BYTES).unwrap_or(0.0);
        let columns = ADVICE_COPIES * advice + FIXED_COPIES * fixed;
        Prediction {
            native_seconds: native,
            browser_seconds: native * BROWSER_FACTOR,
            memory_bytes: (FIXED_BYTES + kept + columns * column) as u64,
        }
    }
}

// Measured on the machine class of docs/benchmarks.md.
const POINT_ADDITION_SECONDS: f64 = 0.42e-6;
const SMALL_SHARE: f64 = 0.2;
const FIELD_PRODUCT_SECONDS: f64 = 32e-9;
const FIXED_SECONDS: f64 = 28e-3;
const THREADS: f64 = 1.8;
const SHARE: f64 = 0.15;
const BROWSER_FACTOR: f64 = 3.8;
const FIELD_BYTES: f64 = 32.0;
/// Columns' worth of memory that a column takes at the peak, fitted to the peaks of five networks of k from 12 to 17;
/// they took between a sixth less and 4 % more.
const ADVICE_COPIES: f64 = 1.7;
const FIXED_COPIES: f64 = 2.55;
/// Most bytes of fixed columns' values on the cosets that the prover keeps from proof to proof.
const KEPT_BYTES: f64 = 28.0 * 1024.0 * 1024.0;
/// What the program takes for a model of few rows.
const FIXED_BYTES: f64 = 14.5 * 1024.0 * 1024.0;
