//! [Gather](https://onnx.ai/onnx/operators/onnx__Gather.html): the slices of an axis that indices name. Opset 1+.
//!
//! Constant indices only move values, exactly. A private one into a constant is looked up; one into private values is
//! compared with every value it may have, by what it is computed from or else by the length of the axis, and the result
//! is the sum of the products with what the values stand for. One below 0 counts from the end, one out of range selects
//! nothing.

use super::{
    op::{Mark, OpError, OpResult, RewriteDef, axis},
    support::{
        indices::{OneOf, from_the_end, index},
        inputs::pair,
        lookup::lookup,
        shapes::grown,
    },
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Gather",
    opsets: 1..=27,
    inputs: 2..=2,
    summary: "slices of an axis by index, constant or private",
    marks: &[Mark::TakesEmpty],
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(0);
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let shape = to.shape(data);
        let axis = axis(name, shape.len())?;
        let size = shape[axis];
        let (outer, inner): (usize, usize) = (shape[..axis].iter().product(), shape[axis + 1..].iter().product());
        let mut result = shape[..axis].to_vec();
        result.extend(to.shape(indices));
        result.extend(&shape[axis + 1..]);
        if to.value(indices).is_some() {
            let indices = to.list(indices, "the indices")?;
            let indices = indices.into_iter().map(|i| index(i, size)).collect::<OpResult<Vec<_>>>()?;
            grown(to.len(data), &[outer, indices.len(), inner])?;
            let starts = (0..outer).flat_map(|o| indices.iter().map(move |i| (o * size + i) * inner));
            let sources = starts.flat_map(|start| (start..start + inner).map(|i| Some(i as u32))).collect();
            return Ok(vec![to.select(data, result, sources, 0.0)?]);
        }
        let count = to.len(indices);
        if to.fact(data).is_empty() {
            return Err(OpError::Graph("there is nothing to choose from".into()));
        }
        if outer == 1
            && let Some(table) = to.value(data).cloned()
        {
            grown(count, &[inner])?;
            let top = (size - 1) as f64;
            let (low, high) = to.bounds(indices).map_or((0.0, top), |bounds| {
                let (low, high) = bounds.iter().fold((top, 0.0f64), |(l, h), (low, high)| (l.min(*low), h.max(*high)));
                if low < 0.0 { (0.0, top) } else { (low.min(top), high.clamp(low.min(top), top)) }
            });
            let sizes = to.number(size as f64)?;
            let index = from_the_end(to, indices, sizes)?;
            let index = to.affine(index, 1.0, -low)?;
            let rows =
                lookup(to, index, &table.data()[low as usize * inner..][..(high - low + 1.0) as usize * inner], inner)?;
            let y = to.reshape(rows, &result)?;
            if table.fact().dtype != DType::Int {
                return Ok(vec![to.relabel(y, table.fact().dtype)?]);
            }
            let column = |c: usize| table.data().iter().skip(c).step_by(inner).copied();
            let bounds = (0..count * inner).map(|at| range(column(at % inner))).collect();
            let y = to.relabel(y, DType::Int)?;
            to.bound(y, bounds);
            return Ok(vec![y]);
        }
        let one = OneOf::new(to, indices, size)?;
        // One row for each index, in it the values of all outer coordinates.
        let rows = one.pick(to, data, outer * inner, |_, value, c| (c / inner * size + value) * inner + c % inner)?;
        let rows = to.reshape(rows, &[count, outer, inner])?;
        let moved = if outer == 1 { rows } else { to.transpose(rows, &[1, 0, 2])? };
        Ok(vec![to.reshape(moved, &result)?])
    },
};

/// Least and largest of some values.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn gather() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        case.gives(&[&x, &integers(&[2], &[-1, 0])], &[2, 3], &[4.0, 5.0, 6.0, 1.0, 2.0, 3.0]);
        let columns = case.with("axis", Attr::Int(1));
        columns.gives(&[&x, &integers(&[1, 2], &[2, 0])], &[2, 1, 2], &[3.0, 1.0, 6.0, 4.0]);
        columns.gives(&[&x, &integers(&[2], &[2, 0]).into_private()], &[2, 2], &[3.0, 1.0, 6.0, 4.0]);
        columns.gives(&[&x, &integers(&[2], &[-1, -3]).into_private()], &[2, 2], &[3.0, 1.0, 6.0, 4.0]);
        case.graph_error(&[&x, &integers(&[1], &[2])]);
        let none = integers(&[0], &[]);
        case.gives(&[&integers(&[2], &[5, 6]), &none], &[0], &[]);
        case.gives(&[&x, &none], &[0, 3], &[]);
        case.graph_error(&[&none, &integers(&[1], &[0])]);
        case.graph_error(&[&none, &integers(&[1], &[0]).into_private()]);
    }
}
