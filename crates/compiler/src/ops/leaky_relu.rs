//! [LeakyRelu](https://onnx.ai/onnx/operators/onnx__LeakyRelu.html): y = x where x ≥ 0, else alpha · x, element by
//! element. Opset 6+.
//!
//! The slope goes into the weights that read the result.

use hushproof_core::graph::FloatActivation;

use super::{
    op::{Attrs, Inputs, Lowered, Op, OpDef, OpResult, Operand, planes},
    support::elementwise,
};
use crate::tensor::{Fact, Tensor};

pub(super) const DEF: OpDef = OpDef {
    onnx: "LeakyRelu",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "x where x ≥ 0, else alpha · x",
    marks: &[],
    parse,
};

#[derive(Debug)]
struct LeakyRelu {
    alpha: f64,
}

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let alpha = attrs.float("alpha", 0.01);
    attrs.finish()?;
    Ok(Box::new(LeakyRelu { alpha }))
}

impl Op for LeakyRelu {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![inputs.get(0)?.float()?.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        elementwise::map(inputs, |x| if x < 0.0 { self.alpha * x } else { x })
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let slope = vec![self.alpha; planes(&inputs.get(0)?.fact.shape).channels];
        Ok(vec![Lowered::Function(FloatActivation::PRelu { slope })])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn leaky_relu() {
        let case = Case::new(&super::DEF).with("alpha", Attr::Float(0.25));
        case.gives(&[&private(&[1, 3], &[-4.0, 0.0, 2.5])], &[1, 3], &[-1.0, 0.0, 2.5]);
        case.unsupported(&[&integers(&[1], &[1])]);
        Case::new(&super::DEF).with("alpha", Attr::Float(f64::NAN)).unsupported(&[]);
    }
}
