//! [ArrayFeatureExtractor](https://onnx.ai/onnx/operators/onnx_aionnxml_ArrayFeatureExtractor.html): the features at
//! indices along the last axis. Operator sets 1 to 5.
//!
//! Constant indices only move values. A private one, into a constant row, is compared with numbers between the indices:
//! exact on integers; into private features it is Gather.

use std::sync::Arc;

use super::super::{
    op::{Attr, Id, Inputs, OpError, OpResult, RewriteDef, Rewriter},
    support::leaves::Steps,
};
use crate::tensor::{DType, Tensor};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ArrayFeatureExtractor",
    opsets: 1..=5,
    inputs: 2..=2,
    summary: "values at indices along the last axis",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let (x, indices) = (Inputs(inputs).get(0)?, Inputs(inputs).get(1)?);
        let shape = to.shape(x);
        if to.value(indices).is_none() {
            if let Some(row) = to.value(x).filter(|x| shape.last() == Some(&x.data().len())).cloned() {
                return Ok(vec![chosen(to, x, &row, indices)?]);
            }
            let axis = shape.len() as i64 - 1;
            let count = to.len(indices);
            let indices = to.reshape(indices, &[count])?;
            let y = to.with("Gather", &[("axis", Attr::Int(axis))], &[x, indices])?;
            let row = if shape.len() == 1 { vec![1, count] } else { to.shape(y) };
            return Ok(vec![to.reshape(y, &row)?]);
        }
        let indices = to.list(indices, "the indices")?;
        let size = shape.last().copied().unwrap_or(1);
        if shape.is_empty() || indices.iter().any(|index| !(0..size as i64).contains(index)) {
            return Err(OpError::Graph(format!("indices {indices:?} of {size} features")));
        }
        let axis = shape.len() as i64 - 1;
        let indices = to.ints(&indices)?;
        let y = to.with("Gather", &[("axis", Attr::Int(axis))], &[x, indices])?;
        // A vector becomes a row.
        let row = if shape.len() == 1 { vec![1, to.len(y)] } else { to.shape(y) };
        Ok(vec![to.reshape(y, &row)?])
    },
};

/// The values of a constant row at private indices.
fn chosen(to: &mut Rewriter<'_>, x: Id, row: &Tensor, indices: Id) -> OpResult<Id> {
    let (data, count) = (row.data(), to.len(indices));
    let edges = (1..data.len()).map(|at| at as f64 - 0.5).collect();
    let values = data.iter().map(|value| vec![*value]).collect();
    let y = if let [only] = data {
        let all = vec![*only; count];
        to.floats(&[1, count], all)?
    } else {
        let y = Steps { edges, values, names: None }.put(to, "ArrayFeatureExtractor", indices)?;
        to.reshape(y, &[1, count])?
    };
    let ends = |(low, high): (f64, f64), value: &f64| (low.min(*value), high.max(*value));
    let (low, high) = data.iter().fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    match row.fact().dtype {
        DType::Float => Ok(y),
        DType::Int => to.whole(y, low, high),
        DType::Bool => to.relabel(y, DType::Bool),
        DType::Name => {
            let names = to.names(x).unwrap_or_else(|| Arc::new(vec![]));
            to.named(y, names)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Case;

    #[test]
    fn array_feature_extractor() {
        let case = Case::new(&super::DEF);
        case.indexed(&[2, 0]).gives(&[5.0, 6.0, 7.0], &[&[7.0, 5.0]]);
        case.indexed(&[3]).graph_error(3);
        case.indexed(&[-1]).graph_error(3);
    }
}
