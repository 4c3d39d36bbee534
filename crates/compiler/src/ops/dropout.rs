//! [Dropout](https://onnx.ai/onnx/operators/onnx__Dropout.html): y = x and a mask that keeps everything, as always in
//! inference. Opset 7+; the ratio is an attribute up to 11 and an input from 12. Exact. Unsupported: training mode.

use super::{
    op::{Inputs, Mark, OpError, RewriteDef},
    support::inputs::only,
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Dropout",
    opsets: 1..=27,
    inputs: 1..=3,
    summary: "x (inference)",
    marks: &[Mark::Passes],
    rewrite: |mut attrs, inputs, to| {
        let opset = attrs.opset();
        attrs.ignore(if opset < 12 { "ratio" } else { "seed" });
        attrs.finish()?;
        if let Some(training) = Inputs(inputs).optional(2) {
            let training = to.value(training).ok_or_else(|| OpError::unsupported("a private training_mode"))?;
            if training.data() != [0.0] {
                return Err(OpError::unsupported("training_mode"));
            }
        }
        let x = only(inputs)?;
        let dtype = if opset < 10 { to.fact(x).dtype } else { DType::Bool };
        let mask = to.tensor(dtype, to.shape(x), vec![1.0; to.len(x)])?;
        Ok(vec![to.op("Identity", &[x])?, mask])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, missing, private},
    };

    #[test]
    fn dropout() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2], &[1.0, 2.0]);
        case.gives(&[&x, &constant(&[], &[0.5]), &constant(&[], &[0.0])], &[1, 2], &[1.0, 2.0]);
        case.with("seed", Attr::Int(1)).gives(&[&x], &[1, 2], &[1.0, 2.0]);
        case.opset(10).with("ratio", Attr::Float(0.5)).gives(&[&x], &[1, 2], &[1.0, 2.0]);
        case.with("ratio", Attr::Float(0.5)).unsupported(&[]);
        case.unsupported(&[&x, &missing(), &constant(&[], &[1.0])]);
    }
}
