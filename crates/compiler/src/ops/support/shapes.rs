//! Sizes: constant shapes, and the blocks of pixels that DepthToSpace and SpaceToDepth move.

use crate::{
    ops::op::{Id, OpError, OpResult, Rewriter},
    tensor::Fact,
};

/// Most values that a result may have which is larger than its source.
const MAX_GROWN: usize = 1 << 24;

/// The number of values of a result of these sizes, for a source of `from` values; before anything is made for each of
/// them.
///
/// # Errors
/// If there are more than 2^24 and more than in the source.
pub(in crate::ops) fn grown(from: usize, sizes: &[usize]) -> OpResult<usize> {
    let most = from.max(MAX_GROWN);
    let values = sizes.iter().try_fold(1usize, |values, size| values.checked_mul(*size));
    values
        .filter(|values| *values <= most)
        .ok_or_else(|| OpError::Graph(format!("the result has more than {most} values")))
}

/// Sizes that a tensor may have.
pub(in crate::ops) fn sizes(list: Vec<i64>) -> OpResult<Vec<usize>> {
    let sizes = any_sizes(list)?;
    if sizes.contains(&0) {
        return Err(OpError::Graph(format!("shape {sizes:?} is empty")));
    }
    Ok(sizes)
}

/// Sizes that a constant may have, which may be empty.
pub(in crate::ops) fn any_sizes(list: Vec<i64>) -> OpResult<Vec<usize>> {
    let sizes: Option<Vec<usize>> = list.iter().map(|size| usize::try_from(*size).ok()).collect();
    let fits = |shape: &Vec<usize>| Fact::float(shape.clone()).bounded_len().is_some();
    sizes.filter(fits).ok_or_else(|| OpError::Graph(format!("shape {list:?} is none, or too large")))
}

/// The block size and the four sizes of a tensor.
pub(in crate::ops) fn blocks(to: &Rewriter<'_>, x: Id, size: Option<i64>) -> OpResult<(usize, [usize; 4])> {
    let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0);
    let size = size.ok_or_else(|| OpError::Graph("blocksize is missing or not positive".into()))?;
    let shape = to.shape(x);
    let shape = <[usize; 4]>::try_from(shape.clone()).map_err(|_| OpError::shape("four axes", &[&shape]))?;
    Ok((size, shape))
}
