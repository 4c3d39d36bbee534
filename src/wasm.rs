//! Bindings for the browser: convert, call, map the error.
//!
//! A module either proves and verifies or, with the feature `compile`, compiles: who proves downloads no compiler.

#[cfg(feature = "compile")]
pub mod compiler;
#[cfg(not(feature = "compile"))]
pub mod prover;
mod types;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::error::Error;

#[cfg(feature = "web-threads")]
pub use wasm_bindgen_rayon::init_thread_pool;

/// Version of this package.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Size of the linear memory; it never shrinks, so this is the peak.
#[wasm_bindgen(js_name = memoryBytes)]
pub fn memory_bytes() -> f64 {
    core::arch::wasm32::memory_size(0) as f64 * 65536.0
}

fn reporter(on_progress: Option<Function>) -> impl FnMut(&'static str, f64) {
    move |stage, fraction| {
        if let Some(callback) = &on_progress {
            // A callback that throws must not stop a proof.
            drop(callback.call2(&JsValue::NULL, &stage.into(), &fraction.into()));
        }
    }
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        types::error_to_js(&error)
    }
}
