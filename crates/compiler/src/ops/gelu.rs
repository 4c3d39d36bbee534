//! [Gelu](https://onnx.ai/onnx/operators/onnx__Gelu.html): y = x · Φ(x) with the normal distribution Φ, or its
//! approximation by tanh. Opset 20+.
//!
//! The integer model has it in a table.

use hushproof_core::graph::Function;

use super::{
    op::{Attrs, Op, OpDef, OpResult},
    support::function::Elementwise,
};

pub(super) const DEF: OpDef =
    OpDef { onnx: "Gelu", opsets: 20..=27, inputs: 1..=1, summary: "x · Φ(x), exact or by tanh", marks: &[], parse };

fn parse(mut attrs: Attrs) -> OpResult<Box<dyn Op>> {
    let function = match attrs.text("approximate").as_deref() {
        None | Some("none") => Function::Gelu,
        Some("tanh") => Function::GeluTanh,
        Some(other) => {
            attrs.reject(format!("approximate = {other}"));
            Function::Gelu
        }
    };
    attrs.finish()?;
    Ok(Elementwise::table(function))
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn gelu() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[0.0, 1.0])], &[1, 2], &[0.0, 0.841_344_746_068_542_9]);
        let tanh = case.with("approximate", Attr::Text("tanh".into()));
        tanh.gives(&[&private(&[1], &[2.0])], &[1], &[super::Function::GeluTanh.eval(2.0)]);
        case.with("approximate", Attr::Text("other".into())).unsupported(&[]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
