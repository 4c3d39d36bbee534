//! What the modules for the browser share: conversions between JavaScript values and ours, errors as objects that are
//! thrown, progress. It exports nothing to JavaScript itself.
#![cfg(target_arch = "wasm32")]

mod error;
mod types;

pub use error::Thrown;
pub use types::{read_bytes, read_option, read_text, to_js, to_json};

use js_sys::Function;
use wasm_bindgen::JsValue;

/// Version of a module.
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Size of the linear memory; it never shrinks, so this is the peak.
pub fn memory_bytes() -> f64 {
    core::arch::wasm32::memory_size(0) as f64 * 65536.0
}

/// What hands the stages of a work and the fraction that is done to JavaScript.
pub fn reporter(on_progress: Option<Function>) -> impl FnMut(&'static str, f64) {
    move |stage, fraction| {
        if let Some(callback) = &on_progress {
            // A callback that throws must not stop a proof.
            drop(callback.call2(&JsValue::NULL, &stage.into(), &fraction.into()));
        }
    }
}
