//! [CumSum](https://onnx.ai/onnx/operators/onnx__CumSum.html): the sums of all values up to each along a constant
//! axis. Opset 11+. Exact: a product with a triangle of ones.

use super::{
    op::{RewriteDef, axis},
    support::{inputs::pair, rows::last},
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "CumSum",
    opsets: 11..=27,
    inputs: 2..=2,
    summary: "sums up to each value along a constant axis",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (exclusive, reverse) = (attrs.flag("exclusive", false), attrs.flag("reverse", false));
        attrs.finish()?;
        let (x, name) = pair(inputs)?;
        let dtype = to.fact(x).dtype;
        let name = to.list(name, "the axis")?.first().copied().unwrap_or(0);
        let axis = axis(name, to.shape(x).len())?;
        let x = to.relabel(x, DType::Float)?;
        let (rows, back) = last(to, x, axis)?;
        let size = to.shape(rows)[1];
        let summed = |at: usize| {
            let (from, into) = if reverse { (at % size, at / size) } else { (at / size, at % size) };
            f64::from(from < into || from == into && !exclusive)
        };
        let triangle = to.floats(&[size, size], (0..size * size).map(summed).collect())?;
        let sums = to.op("MatMul", &[rows, triangle])?;
        let sums = back.undo(to, sums)?;
        Ok(vec![to.relabel(sums, dtype)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn cum_sum() {
        let case = Case::new(&super::DEF);
        let (x, axis) = (private(&[1, 3], &[1.0, 2.0, 3.0]), integers(&[], &[1]));
        case.gives(&[&x, &axis], &[1, 3], &[1.0, 3.0, 6.0]);
        case.with("reverse", Attr::Int(1)).gives(&[&x, &axis], &[1, 3], &[6.0, 5.0, 3.0]);
        case.with("exclusive", Attr::Int(1)).gives(&[&x, &axis], &[1, 3], &[0.0, 1.0, 3.0]);
        case.graph_error(&[&x, &integers(&[], &[2])]);
    }
}
