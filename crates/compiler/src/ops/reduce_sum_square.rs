//! [ReduceSumSquare](https://onnx.ai/onnx/operators/onnx__ReduceSumSquare.html): Σ x² over constant axes. Opset 1+;
//! the axes are an attribute up to 17, an input from 18.
//!
//! Squares, rounded once, and a sum.

use super::{op::RewriteDef, support::reduction::Reduction};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ReduceSumSquare",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "Σ x² over constant axes",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let x = Reduction::new(attrs, inputs, to)?;
        let squares = to.op("Mul", &[x.x, x.x])?;
        Ok(vec![x.sum(squares, to)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_sum_square() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[3.0, -4.0, 0.0, 2.0]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[2, 1], &[25.0, 4.0]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x], &[], &[29.0]);
        case.opset(13).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[1, 2], &[9.0, 20.0]);
    }
}
