//! [CenterCropPad](https://onnx.ai/onnx/operators/onnx__CenterCropPad.html): the middle of a tensor, or the tensor in
//! the middle of zeros, to constant sizes. Opset 18+. Exact: values are only moved.

use super::{
    op::{OpError, OpResult, RewriteDef, axis},
    support::{
        inputs::pair,
        moves::{self, Moves},
    },
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "CenterCropPad",
    opsets: 18..=27,
    inputs: 2..=2,
    summary: "cut or padded with zeros around the middle to constant sizes",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let names = attrs.ints("axes");
        attrs.finish()?;
        let (x, sizes) = pair(inputs)?;
        let shape = to.shape(x);
        let sizes = to.list(sizes, "the sizes")?;
        let axes = match names {
            Some(names) => names.into_iter().map(|name| axis(name, shape.len())).collect::<OpResult<Vec<_>>>()?,
            None => (0..shape.len()).collect(),
        };
        if axes.len() != sizes.len() {
            return Err(OpError::Graph(format!("{} sizes for {} axes", sizes.len(), axes.len())));
        }
        let mut changed = shape.clone();
        for (axis, size) in axes.into_iter().zip(sizes) {
            changed[axis] = moves::size(usize::try_from(size).ok().filter(|size| *size > 0))?;
        }
        // The odd value more is cut, and the odd zero more added, behind.
        let moves = Moves::resized(&shape, &changed, |axis, i| {
            let (from, size) = (shape[axis], changed[axis]);
            let (cut, before) = (from.saturating_sub(size) / 2, size.saturating_sub(from) / 2);
            (i + cut).checked_sub(before).filter(|at| *at < from)
        })?;
        let (shape, sources) = (moves.shape(), moves.indices());
        Ok(vec![to.select(x, shape, sources, 0.0)?])
    },
};
