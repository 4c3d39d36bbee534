//! [GatherND](https://onnx.ai/onnx/operators/onnx__GatherND.html): the slices that rows of indices name. Opset 11+;
//! `batch_dims` from 12.
//!
//! Constant indices only move values, exactly. A private one is compared with every value it may have, by
//! what it is computed from or else by the length of the axis, and the result is the sum of the products with what
//! the values stand for; one below 0 counts from the end, one out of range selects nothing. Unsupported: private
//! indices with `batch_dims`.

use super::{
    op::{Id, OpError, OpResult, RewriteDef, Rewriter},
    support::{
        indices::{OneOf, from_the_end, slices, width},
        inputs::pair,
    },
};
use crate::tensor::DType;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "GatherND",
    opsets: 11..=27,
    inputs: 2..=2,
    summary: "slices by rows of indices, constant or private",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let batch = attrs.int("batch_dims").unwrap_or(0);
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let (shape, rows) = (to.shape(data), to.shape(indices));
        let batch = usize::try_from(batch).ok().filter(|b| *b < rows.len() && *b < shape.len());
        let batch = batch.ok_or_else(|| OpError::Graph("batch_dims is out of range".into()))?;
        if shape[..batch] != rows[..batch] {
            return Err(OpError::shape("the same batch axes", &[&shape, &rows]));
        }
        let width = width(&shape, &rows, batch)?;
        let mut result = rows[..rows.len() - 1].to_vec();
        result.extend(&shape[batch + width..]);
        if to.value(indices).is_none() {
            if batch > 0 {
                return Err(OpError::unsupported("private indices with batch_dims"));
            }
            let (flat, size) = flattened(to, indices, &shape, width)?;
            let inner = shape[width..].iter().product();
            let one = OneOf::new(to, flat, size)?;
            let values = one.pick(to, data, inner, |_, value, c| value * inner + c)?;
            return Ok(vec![to.reshape(values, &result)?]);
        }
        let list = to.list(indices, "the indices")?;
        let batches: usize = shape[..batch].iter().product();
        let block: usize = shape[batch..].iter().product();
        let mut sources = vec![];
        for (b, list) in list.chunks_exact(list.len() / batches).enumerate() {
            let (starts, len) = slices(&shape[batch..], list, width)?;
            sources.extend(
                starts.into_iter().flat_map(|start| (0..len).map(move |i| Some((b * block + start + i) as u32))),
            );
        }
        Ok(vec![to.select(data, result, sources, 0.0)?])
    },
};

/// Rows of private indices as single ones into the first `width` axes together, and how many values those have.
fn flattened(to: &mut Rewriter<'_>, indices: Id, shape: &[usize], width: usize) -> OpResult<(Id, usize)> {
    let rows = to.len(indices) / width;
    let sizes = to.floats(&[width], shape[..width].iter().map(|size| *size as f64).collect())?;
    let indices = from_the_end(to, indices, sizes)?;
    let matrix = to.reshape(indices, &[rows, width])?;
    let strides = (0..width).map(|axis| shape[axis + 1..width].iter().product::<usize>() as f64).collect();
    let strides = to.floats(&[width, 1], strides)?;
    let flat = to.op("MatMul", &[matrix, strides])?;
    let (flat, size) = (to.relabel(flat, DType::Int)?, shape[..width].iter().product());
    to.bound(flat, vec![(0.0, (size - 1) as f64); rows]);
    Ok((flat, size))
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, integers, private},
    };

    #[test]
    fn gather_nd() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let at = integers(&[2, 2], &[0, 0, 1, -1]);
        case.gives(&[&x, &at], &[2], &[1.0, 4.0]);
        case.gives(&[&x, &integers(&[1, 1], &[1])], &[1, 2], &[3.0, 4.0]);
        case.gives(&[&x, &integers(&[1, 2], &[1, 1]).into_private()], &[1], &[4.0]);
        case.gives(&[&x, &integers(&[2, 2], &[-1, 0, 0, -1]).into_private()], &[2], &[3.0, 2.0]);
        let batched = case.with("batch_dims", Attr::Int(1));
        batched.gives(&[&x, &integers(&[2, 1], &[1, 0])], &[2], &[2.0, 3.0]);
        batched.unsupported(&[&x, &integers(&[2, 1], &[1, 0]).into_private()]);
    }
}
