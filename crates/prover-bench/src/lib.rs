//! Measures hushproof's prover against the stock one: the same circuit, SRS and random values, alternating in one run.
//!
//! `cargo xtask bench prover` drives this crate natively (`prover-bench`) and, with `--web`, in a headless browser.

mod case;
mod kernels;
mod memory;
mod subject;
mod synthetic;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use kernels::kernels;
pub use memory::System;
pub use subject::{Subject, params};

/// Whatever ended a measurement.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The median, of nothing 0.
fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}
