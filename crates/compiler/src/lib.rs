//! What compiles: ONNX models ([`onnx`]) become float networks, and these, on rows of typical inputs ([`data`]), the
//! integers that are proved ([`quant`], [`mod@compile`]). Nothing here knows keys or proofs.

pub mod compile;
pub mod data;
pub mod onnx;
mod ops;
pub mod quant;
mod tensor;
