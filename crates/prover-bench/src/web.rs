//! What the page's worker calls; results are JSON.

use wasm_bindgen::prelude::*;
pub use wasm_bindgen_rayon::init_thread_pool;

use crate::{Error, Subject, System, kernels};

/// Both provers on a model (`hush` and `input`), or on the synthetic circuit of 2^k rows when `hush` is empty. With
/// `system` (`ours` or `stock`) the memory of one proof instead.
#[wasm_bindgen]
pub fn prover(
    k: u32,
    hush: &[u8],
    input: &[u8],
    params: Vec<u8>,
    runs: usize,
    system: &str,
) -> Result<String, JsValue> {
    measure(k, hush, input, params, runs, system).map_err(|error| JsError::new(&error.to_string()).into())
}

fn measure(k: u32, hush: &[u8], input: &[u8], params: Vec<u8>, runs: usize, system: &str) -> Result<String, Error> {
    let subject = if hush.is_empty() { Subject::Synthetic { k } } else { Subject::model(hush, input)? };
    let row = match system {
        "" => subject.compare(&params, runs)?,
        "ours" => subject.memory(params, System::Ours)?,
        "stock" => subject.memory(params, System::Stock)?,
        other => return Err(format!("no prover named {other}").into()),
    };
    Ok(row.to_string())
}

/// Rows of [`kernels`], one a line.
#[wasm_bindgen(js_name = kernelRows)]
pub fn kernel_rows(ks: &[u32]) -> Result<String, JsValue> {
    let rows = kernels(ks).map_err(|error| JsError::new(&error.to_string()))?;
    Ok(rows.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
