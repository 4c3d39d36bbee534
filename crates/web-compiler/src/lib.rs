//! Compilation of ONNX models in a browser.

pub mod boundary;
#[cfg(target_arch = "wasm32")]
pub mod exports;
