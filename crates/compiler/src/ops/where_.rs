//! [Where](https://onnx.ai/onnx/operators/onnx__Where.html): a where the condition holds, else b, with numpy
//! broadcasting. Opset 9+.
//!
//! A choice of values where the condition is constant, else b + c · (a − b), rounded once.

use super::op::{Id, Inputs, Mark, OpError, RewriteDef, Rewriter};
use crate::tensor::{broadcast, broadcast_indices};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Where",
    opsets: 9..=27,
    inputs: 3..=3,
    summary: "a where the condition holds, else b",
    marks: &[Mark::TakesEmpty],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let get = |index| Inputs(inputs).get(index);
        let (condition, a, b) = (get(0)?, get(1)?, get(2)?);
        let dtype = to.fact(a).dtype;
        let misfit = || OpError::Graph("shapes that do not broadcast to one another".into());
        let shape = broadcast(&to.shape(condition), &to.shape(a)).ok_or_else(misfit)?;
        let shape = broadcast(&shape, &to.shape(b)).ok_or_else(misfit)?;
        if let Some(mask) = to.value(condition) {
            let mask: Vec<bool> =
                broadcast_indices(mask.shape(), &shape).into_iter().map(|i| mask.data()[i] != 0.0).collect();
            let chosen = |x: Id, holds: bool, to: &mut Rewriter<'_>| {
                let sources = broadcast_indices(&to.shape(x), &shape).into_iter().zip(&mask);
                let sources = sources.map(|(i, mask)| (*mask == holds).then_some(i as u32)).collect();
                to.select(x, shape.clone(), sources, 0.0)
            };
            if mask.iter().all(|mask| *mask) {
                return Ok(vec![chosen(a, true, to)?]);
            }
            if mask.iter().all(|mask| !*mask) {
                return Ok(vec![chosen(b, false, to)?]);
            }
            let (a, b) = (chosen(a, true, to)?, chosen(b, false, to)?);
            let (a, b) = (to.float(a)?, to.float(b)?);
            let y = to.op("Add", &[a, b])?;
            return Ok(vec![to.relabel(y, dtype)?]);
        }
        let (c, a, b) = (to.float(condition)?, to.float(a)?, to.float(b)?);
        let difference = to.op("Sub", &[a, b])?;
        let product = to.op("Mul", &[c, difference])?;
        let y = to.op("Add", &[product, b])?;
        Ok(vec![to.relabel(y, dtype)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, private, truths};

    #[test]
    fn where_() {
        let case = Case::new(&super::DEF);
        let (a, b) = (private(&[1, 2], &[1.0, 2.0]), constant(&[2, 1], &[-1.0, -2.0]));
        let condition = truths(&[2, 2], &[1, 0, 0, 1]);
        case.gives(&[&condition, &a, &b], &[2, 2], &[1.0, -1.0, -2.0, 2.0]);
        case.gives(&[&condition.into_private(), &a, &b], &[2, 2], &[1.0, -1.0, -2.0, 2.0]);
        case.gives(&[&truths(&[], &[1]), &a, &b], &[2, 2], &[1.0, 2.0, 1.0, 2.0]);
        case.graph_error(&[&truths(&[3], &[1, 0, 1]), &a, &b]);
    }
}
