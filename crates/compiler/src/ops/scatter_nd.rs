//! [ScatterND](https://onnx.ai/onnx/operators/onnx__ScatterND.html): the data with slices replaced at rows of
//! indices, or reduced with others. Opset 11+; `reduction` from 16.
//!
//! The indices must be constant; it only moves values, exactly. A `reduction` by max or min is exact, one by products
//! rounds once for each update of a value.

use super::{
    op::{Inputs, OpError, RewriteDef},
    support::{
        indices::{scatter, slices, width},
        inputs::pair,
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ScatterND",
    opsets: 11..=27,
    inputs: 3..=3,
    summary: "slices replaced at constant rows of indices, or reduced with others",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let reduction = attrs.text("reduction").unwrap_or_else(|| "none".into());
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let updates = Inputs(inputs).get(2)?;
        let (shape, rows) = (to.shape(data), to.shape(indices));
        let width = width(&shape, &rows, 0)?;
        let list = to.list(indices, "the indices")?;
        let (starts, len) = slices(&shape, &list, width)?;
        let targets: Vec<usize> = starts.into_iter().flat_map(|start| start..start + len).collect();
        if to.len(updates) != targets.len() {
            return Err(OpError::shape("updates of every slice", &[&to.shape(updates), &rows]));
        }
        scatter(to, data, updates, &targets, &reduction)
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn scatter_nd() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let row = integers(&[1, 1], &[1]);
        case.gives(&[&x, &row, &private(&[1, 2], &[7.0, 8.0])], &[2, 2], &[1.0, 2.0, 7.0, 8.0]);
        let mul = case.with("reduction", Attr::Text("mul".into()));
        mul.gives(&[&x, &row, &private(&[1, 2], &[7.0, 8.0])], &[2, 2], &[1.0, 2.0, 21.0, 32.0]);
        let min = case.with("reduction", Attr::Text("min".into()));
        min.gives(&[&x, &row, &private(&[1, 2], &[7.0, 1.0])], &[2, 2], &[1.0, 2.0, 3.0, 1.0]);
        case.shape_error(&[&x, &row, &private(&[1], &[7.0])]);
        case.unsupported(&[&x, &row.into_private(), &private(&[1, 2], &[7.0, 8.0])]);
    }
}
