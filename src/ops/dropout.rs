//! [Dropout](https://onnx.ai/onnx/operators/onnx__Dropout.html): y = x, as always in inference. Opset 7+; the ratio is
//! an attribute up to 11 and an input from 12. Exact. Unsupported: training mode, and use of the mask.

use super::{Attrs, Inputs, Lowered, Op, OpDef, OpError, OpResult, Operand};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef { onnx: "Dropout", opsets: 7..=21, inputs: 1..=3, summary: "x (inference)", parse };

#[derive(Debug)]
struct Dropout;

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.ignore(if attrs.opset() < 12 { "ratio" } else { "seed" });
    attrs.finish()?;
    Ok(Box::new(Dropout))
}

impl Op for Dropout {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        if let Some(training) = inputs.optional(2)
            && training.constant("training_mode")?.data() != [0.0]
        {
            return Err(OpError::unsupported("training_mode"));
        }
        Ok(vec![inputs.get(0)?.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        Ok(vec![inputs.get(0)?.clone()])
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Reshape])
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
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
