//! [Expand](https://onnx.ai/onnx/operators/onnx__Expand.html): broadcast to a constant shape. Opset 8+. Exact: it
//! only moves values. An empty shape is that of a number, to which everything broadcasts.

use super::{
    op::{Mark, OpError, RewriteDef},
    support::{
        inputs::pair,
        shapes::{grown, sizes},
    },
};
use crate::tensor::{broadcast, broadcast_indices};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Expand",
    opsets: 8..=27,
    inputs: 2..=2,
    summary: "broadcast to a constant shape",
    marks: &[Mark::TakesEmpty],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let (x, shape) = pair(inputs)?;
        let wanted = sizes(to.list(shape, "the shape")?)?;
        let shape = to.shape(x);
        let result =
            broadcast(&shape, &wanted).ok_or_else(|| OpError::shape("a shape to broadcast to", &[&shape, &wanted]))?;
        grown(to.len(x), &result)?;
        let sources = broadcast_indices(&shape, &result).into_iter().map(|i| Some(i as u32)).collect();
        Ok(vec![to.select(x, result, sources, 0.0)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn expand() {
        let case = Case::new(&super::DEF);
        let x = private(&[1, 2], &[1.0, 2.0]);
        case.gives(&[&x, &integers(&[2], &[2, 1])], &[2, 2], &[1.0, 2.0, 1.0, 2.0]);
        case.gives(&[&x, &integers(&[0], &[])], &[1, 2], &[1.0, 2.0]);
        case.shape_error(&[&x, &integers(&[1], &[3])]);
        case.graph_error(&[&x, &integers(&[2], &[1 << 26, 1])]);
        case.unsupported(&[&x, &integers(&[1], &[2]).into_private()]);
    }
}
