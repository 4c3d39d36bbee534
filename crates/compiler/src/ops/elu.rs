//! [Elu](https://onnx.ai/onnx/operators/onnx__Elu.html): y = x where x ≥ 0, else alpha · (e^x − 1), element by element.
//! Opset 6+.
//!
//! The integer model has it in a table.

use hushproof_core::graph::Function;

use super::{
    op::{Attrs, Op, OpDef, OpResult},
    support::function::Elementwise,
};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Elu",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "x where x ≥ 0, else alpha · (e^x − 1)",
    marks: &[],
    parse,
};

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let alpha = attrs.float("alpha", 1.0);
    attrs.finish()?;
    Ok(Elementwise::table(Function::Elu { alpha }))
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn elu() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[1.0, 0.0, -1.0])], &[1, 3], &[1.0, 0.0, (-1f64).exp_m1()]);
        case.with("alpha", Attr::Float(2.0)).gives(&[&private(&[1], &[-1e3])], &[1], &[-2.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
