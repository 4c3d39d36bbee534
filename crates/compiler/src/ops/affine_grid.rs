//! [AffineGrid](https://onnx.ai/onnx/operators/onnx__AffineGrid.html): where each value of an image of constant size
//! lies before an affine map, constant or private. Opset 20+. Exact: the map times constant coordinates.

use super::{
    op::{Attrs, Id, OpError, OpResult, RewriteDef, Rewriter},
    support::{inputs::pair, spatial::MAX_ENTRIES},
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "AffineGrid",
    opsets: 20..=27,
    inputs: 2..=2,
    summary: "coordinates of an image of constant size under affine maps",
    marks: &[],
    rewrite,
};

fn rewrite(mut attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    let corners = attrs.flag("align_corners", false);
    attrs.finish()?;
    let (theta, size) = pair(inputs)?;
    let size = to.list(size, "the size")?;
    let size =
        size.into_iter().map(|size| usize::try_from(size).ok().filter(|size| *size > 0)).collect::<Option<Vec<_>>>();
    let misfit = || OpError::Graph("the size does not fit the maps".into());
    let size = size.filter(|size| matches!(size.len(), 4 | 5)).ok_or_else(misfit)?;
    let (n, space) = (size[0], &size[2..]);
    let (rank, shape) = (space.len(), to.shape(theta));
    let count = space.iter().try_fold(1usize, |all, size| all.checked_mul(*size)).filter(|all| *all <= MAX_ENTRIES);
    let count = count.filter(|_| shape == [n, rank, rank + 1]).ok_or_else(misfit)?;
    // Rows of coordinates from the last axis to the first, and 1.
    let mut base = Vec::with_capacity(count * (rank + 1));
    for mut at in 0..count {
        for size in space.iter().rev() {
            let i = (at % size) as f64;
            at /= size;
            base.push(match (corners, size) {
                (true, 1) => 0.0,
                (true, size) => 2.0 * i / (size - 1) as f64 - 1.0,
                (false, size) => (2.0 * i + 1.0) / *size as f64 - 1.0,
            });
        }
        base.push(1.0);
    }
    let base = to.floats(&[count, rank + 1], base)?;
    let theta = to.transpose(theta, &[0, 2, 1])?;
    let grid = to.op("MatMul", &[base, theta])?;
    let shape = [&[n][..], space, &[rank]].concat();
    Ok(vec![to.reshape(grid, &shape)?])
}
