//! [Sigmoid](https://onnx.ai/onnx/operators/onnx__Sigmoid.html): y = 1 / (1 + e^−x), element by element. Opset 6+.
//!
//! At the output whoever reads it applies it, and a comparison with a constant is one of its argument; elsewhere the
//! integer model interpolates it.

use hushproof_core::{
    float,
    graph::{FloatActivation, Function},
};

use super::{
    op::{Attrs, Inputs, Lowered, Mark, Op, OpDef, OpResult, Operand},
    support::elementwise,
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Sigmoid",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "1 / (1 + e^−x)",
    marks: &[Mark::Probabilities],
    parse,
};

#[derive(Debug)]
struct Sigmoid;

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Box::new(Sigmoid))
}

impl Op for Sigmoid {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![inputs.get(0)?.float()?.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        elementwise::map(inputs, float::sigmoid)
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Function(FloatActivation::Table(Function::Sigmoid))])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn sigmoid() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 4], &[0.0, 3f64.ln(), -1e6, 1e6]);
        case.gives(&[&x], &[1, 4], &[0.5, 0.75, 0.0, 1.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
