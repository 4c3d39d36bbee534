//! [CastLike](https://onnx.ai/onnx/operators/onnx__CastLike.html): the values in the element type of another tensor.
//! Opset 15+. As Cast.

use super::{
    op::{Attr, RewriteDef},
    support::inputs::pair,
};
use crate::tensor::DType;

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "CastLike",
    opsets: 15..=27,
    inputs: 2..=2,
    summary: "to the element type of another tensor, as Cast",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        // About 8-bit floats only.
        attrs.ignore("saturate");
        attrs.ignore("round_mode");
        attrs.finish()?;
        let (x, like) = pair(inputs)?;
        let code = match to.fact(like).dtype {
            DType::Float => 1,
            DType::Int => 7,
            DType::Bool => 9,
            DType::Name => 8,
        };
        Ok(vec![to.with("Cast", &[("to", Attr::Int(code))], &[x])?])
    },
};
