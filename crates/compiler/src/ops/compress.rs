//! [Compress](https://onnx.ai/onnx/operators/onnx__Compress.html): the slices along an axis (or the values of the
//! flattened tensor) for which a constant condition holds. Opset 9+. Exact: values are only moved. Unsupported: private
//! conditions.

use super::{
    non_zero::ADVICE,
    op::{OpError, RewriteDef, axis},
    support::inputs::pair,
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Compress",
    opsets: 9..=27,
    inputs: 2..=2,
    summary: "slices for which a constant condition holds",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis");
        attrs.finish()?;
        let (x, condition) = pair(inputs)?;
        let condition = to.value(condition).ok_or_else(|| OpError::unsupported(ADVICE))?;
        let chosen: Vec<usize> = (0..condition.data().len()).filter(|i| condition.data()[*i] != 0.0).collect();
        let shape = to.shape(x);
        let (size, inner, mut result, axis) = match name {
            None => (to.len(x), 1, vec![to.len(x)], 0),
            Some(name) => {
                let axis = axis(name, shape.len())?;
                (shape[axis], shape[axis + 1..].iter().product::<usize>(), shape, axis)
            }
        };
        if chosen.last().is_some_and(|last| *last >= size) {
            return Err(OpError::Graph("the condition is longer than the axis".into()));
        }
        let outer: usize = result[..axis].iter().product();
        result[axis] = chosen.len();
        let slices = (0..outer).flat_map(|o| chosen.iter().map(move |i| (o * size + i) * inner));
        let sources = slices.flat_map(|start| (start..start + inner).map(|i| Some(i as u32))).collect();
        Ok(vec![to.select(x, result, sources, 0.0)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, private},
    };

    #[test]
    fn compress() {
        let case = Case::new(&super::DEF);
        let (x, second) = (private(&[2, 2], &[1.0, 2.0, 3.0, 4.0]), constant(&[2], &[0.0, 1.0]));
        case.gives(&[&x, &second], &[1], &[2.0]);
        case.with("axis", Attr::Int(0)).gives(&[&x, &second], &[1, 2], &[3.0, 4.0]);
        case.with("axis", Attr::Int(-1)).gives(&[&x, &second], &[2, 1], &[2.0, 4.0]);
        case.unsupported(&[&x, &private(&[2], &[0.0, 1.0])]);
        case.graph_error(&[&x, &constant(&[5], &[1.0; 5])]);
    }
}
