//! [Softplus](https://onnx.ai/onnx/operators/onnx__Softplus.html): y = ln(1 + e^x), element by element. Opset 1+.
//!
//! The integer model has it in a table.

use hushproof_core::graph::Function;

use super::{
    op::{Attrs, Op, OpDef, OpResult},
    support::function::Elementwise,
};

pub(super) const DEF: OpDef =
    OpDef { onnx: "Softplus", opsets: 1..=27, inputs: 1..=1, summary: "ln(1 + e^x)", marks: &[], parse };

fn parse(attrs: Attrs) -> OpResult<Box<dyn Op>> {
    attrs.finish()?;
    Ok(Elementwise::table(Function::Softplus))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn softplus() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[0.0, 1.0, -1e3])], &[1, 3], &[2f64.ln(), 1.313_261_687_518_222_8, 0.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
