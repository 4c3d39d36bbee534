//! [ReduceMin](https://onnx.ai/onnx/operators/onnx__ReduceMin.html): min x over constant axes. Opset 1+; the axes are
//! an attribute up to 17, an input from 18.
//!
//! Exact: −max −x by a MaxPool.

use super::{
    op::RewriteDef,
    support::{reduction::Reduction, rows::largest},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ReduceMin",
    opsets: 1..=27,
    inputs: 1..=2,
    summary: "least value over constant axes",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let x = Reduction::new(attrs, inputs, to)?;
        let dtype = to.fact(x.x).dtype;
        let rows = x.rows(to)?;
        let negated = to.affine(rows, -1.0, 0.0)?;
        let most = largest(to, negated)?;
        let least = to.affine(most, -1.0, 0.0)?;
        let least = to.relabel(least, dtype)?;
        x.shaped(least, to)
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn reduce_min() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, 4.0, 3.0, -2.0]);
        case.gives(&[&x, &integers(&[1], &[-1])], &[2, 1], &[1.0, -2.0]);
        case.with("keepdims", Attr::Int(0)).gives(&[&x], &[], &[-2.0]);
        case.opset(13).with("axes", Attr::Ints(vec![0])).gives(&[&x], &[1, 2], &[1.0, -2.0]);
    }
}
