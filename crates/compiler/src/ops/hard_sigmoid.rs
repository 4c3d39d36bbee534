//! [HardSigmoid](https://onnx.ai/onnx/operators/onnx__HardSigmoid.html): y = clamp(alpha · x + beta, 0, 1), element by
//! element. Opset 6+.
//!
//! The integer model has it in a table.

use hushproof_core::graph::Function;

use super::{
    op::{Attrs, Mark, Op, OpDef, OpResult},
    support::function::Elementwise,
};

pub(super) const DEF: OpDef = OpDef {
    onnx: "HardSigmoid",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "clamp(alpha · x + beta, 0, 1)",
    marks: &[Mark::Probabilities],
    parse,
};

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let (alpha, beta) = (attrs.float("alpha", 0.2), attrs.float("beta", 0.5));
    attrs.finish()?;
    Ok(Elementwise::table(Function::HardSigmoid { alpha, beta }))
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn hard_sigmoid() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[1.0, -4.0, 4.0])], &[1, 3], &[0.7, 0.0, 1.0]);
        let steep = case.with("alpha", Attr::Float(1.0)).with("beta", Attr::Float(0.0));
        steep.gives(&[&private(&[1, 2], &[0.25, -1.0])], &[1, 2], &[0.25, 0.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
