//! [HardSwish](https://onnx.ai/onnx/operators/onnx__HardSwish.html): y = x · clamp(x / 6 + 1/2, 0, 1), element by
//! element. Opset 14+.
//!
//! The integer model has it in a table.

use hushproof_core::graph::Function;

use super::{
    op::{Attrs, Op, OpDef, OpResult},
    support::function::Elementwise,
};

pub(super) const DEF: OpDef = OpDef {
    onnx: "HardSwish",
    opsets: 14..=27,
    inputs: 1..=1,
    summary: "x · clamp(x / 6 + 1/2, 0, 1)",
    marks: &[],
    parse,
};

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Elementwise::table(Function::HardSwish))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn hard_swish() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 4], &[0.0, 1.5, -4.0, 5.0])], &[1, 4], &[0.0, 1.125, 0.0, 5.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
