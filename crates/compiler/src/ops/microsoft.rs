//! Operators of the domain `com.microsoft`, into which ONNX Runtime's optimizer joins others; their meaning is that of
//! [its documentation](https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md).

mod fused;
mod gelu;
mod quantized;
mod skip_normalization;

use super::op::RewriteDef;

/// What the names of the domain's operators start with here.
pub(super) const PREFIX: &str = "com.microsoft.";

/// Every supported operator of the domain, sorted by name.
pub(super) const REWRITES: &[&RewriteDef] = &[
    &gelu::BIAS_GELU,
    &quantized::DYNAMIC_QUANTIZE_MAT_MUL,
    &gelu::FAST_GELU,
    &fused::FUSED_CONV,
    &fused::FUSED_GEMM,
    &fused::FUSED_MAT_MUL,
    &gelu::GELU,
    &quantized::MAT_MUL_INTEGER_TO_FLOAT,
    &gelu::QUICK_GELU,
    &skip_normalization::SKIP_LAYER_NORMALIZATION,
    &skip_normalization::SKIP_SIMPLIFIED_LAYER_NORMALIZATION,
];

/// What to do about an operator of the domain that is not supported.
pub(super) const ADVICE: &str =
    "export or optimize the model without the operators of com.microsoft (ONNX Runtime's optimization level \"basic\")";
