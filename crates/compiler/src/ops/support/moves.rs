//! What the operators share that only move values: for each axis of the output, which coordinate of the input it shows.

use crate::{
    ops::{
        op::{Inputs, Lowered, OpError, OpResult, Operand, integers, tensor},
        support::shapes::grown,
    },
    tensor::{Fact, MAX_ELEMENTS, Tensor},
};

/// Where the values of an output come from in one input.
#[derive(Debug)]
pub(in crate::ops) struct Moves {
    /// Per axis of the output: for each coordinate the one of the input, or none; and the distance of neighbours in the
    /// input.
    axes: Vec<(Vec<Option<usize>>, usize)>,
}

impl Moves {
    /// Coordinates along each axis of an input of this shape.
    pub(in crate::ops) fn along(shape: &[usize], axes: Vec<Vec<Option<usize>>>) -> Self {
        Self { axes: axes.into_iter().zip(strides(shape)).collect() }
    }

    /// The same for a result of the given sizes, each coordinate by its axis and place.
    ///
    /// # Errors
    /// Those of [`grown`].
    pub(in crate::ops) fn resized(
        shape: &[usize],
        sizes: &[usize],
        coordinate: impl Fn(usize, usize) -> Option<usize>,
    ) -> OpResult<Self> {
        grown(shape.iter().product(), sizes)?;
        let along = |(axis, size): (usize, &usize)| (0..*size).map(|i| coordinate(axis, i)).collect();
        Ok(Self::along(shape, sizes.iter().enumerate().map(along).collect()))
    }

    /// The same coordinates, the axes in another order: axis i of the output is axis `order[i]` of the input.
    pub(in crate::ops) fn permuted(shape: &[usize], order: &[usize]) -> Self {
        let strides = strides(shape);
        Self { axes: order.iter().map(|axis| ((0..shape[*axis]).map(Some).collect(), strides[*axis])).collect() }
    }

    /// Every coordinate of an axis of this size.
    pub(in crate::ops) fn all(size: usize) -> Vec<Option<usize>> {
        (0..size).map(Some).collect()
    }

    /// Shape of the output.
    pub(in crate::ops) fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|(coordinates, _)| coordinates.len()).collect()
    }

    /// Flat element of the input for each value of the output.
    pub(in crate::ops) fn indices(&self) -> Vec<Option<u32>> {
        let mut indices = vec![Some(0)];
        // Grows from the innermost axis outwards: `indices` covers the axes seen so far.
        for (coordinates, stride) in self.axes.iter().rev() {
            let inner = indices;
            let at = |c: &Option<usize>| c.map(|c| (c * stride) as u32);
            let outer = coordinates.iter().map(at);
            indices = outer.flat_map(|o| inner.iter().map(move |i| Some(o? + (*i)?))).collect();
        }
        indices
    }

    /// The values of the output; `fill` where there is none in the input.
    pub(in crate::ops) fn eval(&self, x: &Tensor, fill: f64) -> OpResult<Tensor> {
        let value = |index: Option<u32>| index.map_or(fill, |index| x.data()[index as usize]);
        let data = self.indices().into_iter().map(value).collect();
        tensor(Fact { dtype: x.fact().dtype, shape: self.shape() }, data)
    }

    /// The normal form, of the first input.
    pub(in crate::ops) fn lower(&self, fill: f64) -> Lowered {
        let indices = self.indices();
        let outside = |index: &Option<u32>| if index.is_none() { fill } else { 0.0 };
        let shift = if fill == 0.0 { vec![] } else { indices.iter().map(outside).collect() };
        Lowered::Gather { sources: indices.into_iter().map(|index| Some((0, index?))).collect(), shift }
    }
}

/// Distance of neighbours along each axis.
fn strides(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|axis| shape[axis + 1..].iter().product()).collect()
}

/// The integers of an input that must be constant, if it is given.
pub(in crate::ops) fn list(inputs: &Inputs<'_, Operand<'_>>, index: usize, what: &str) -> OpResult<Option<Vec<i64>>> {
    inputs.optional(index).map(|input| input.constant(what).map(integers)).transpose()
}

/// The size of a changed axis, if a tensor may be so large.
pub(in crate::ops) fn size(size: Option<usize>) -> OpResult<usize> {
    let size = size.filter(|size| *size <= MAX_ELEMENTS);
    size.ok_or_else(|| OpError::Graph(format!("an axis of the result has more than {MAX_ELEMENTS} values")))
}
