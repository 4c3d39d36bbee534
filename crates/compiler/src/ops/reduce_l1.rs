//! [ReduceL1](https://onnx.ai/onnx/operators/onnx__ReduceL1.html): Σ |x| over constant axes. Opset 1+; the axes are
//! an attribute up to 17, an input from 18.
//!
//! |x| rounded once, and a sum.

use super::{op::RewriteDef, support::reduction::Reduction};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ReduceL1",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "Σ |x| over constant axes",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let x = Reduction::new(attrs, inputs, to)?;
        let values = to.op("Abs", &[x.x])?;
        Ok(vec![x.sum(values, to)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_l1() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, -4.0, 3.0, -2.0]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[2, 1], &[5.0, 5.0]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x], &[], &[10.0]);
        case.opset(13).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[1, 2], &[4.0, 6.0]);
    }
}
