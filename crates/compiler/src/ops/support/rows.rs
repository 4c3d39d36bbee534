//! Tensors as matrices whose rows are the values along an axis, and what is computed of rows.

use hushproof_core::graph::Unary;

use crate::{
    ops::op::{Attr, Attrs, Id, OpResult, Rewriter, axis},
    tensor::DType,
};

/// How a tensor was brought into rows.
pub(in crate::ops) struct Rows {
    /// Shape before, its axes with the one of the rows last.
    shape: Vec<usize>,
    /// Where each axis of the original goes.
    inverse: Vec<usize>,
}

impl Rows {
    /// The same for rows of another length.
    pub(in crate::ops) fn with_size(mut self, size: usize) -> Self {
        if let Some(last) = self.shape.last_mut() {
            *last = size;
        }
        self
    }

    /// Back to the original order of axes.
    pub(in crate::ops) fn undo(&self, to: &mut Rewriter<'_>, y: Id) -> OpResult<Id> {
        let y = to.reshape(y, &self.shape)?;
        if self.inverse.is_sorted() { Ok(y) } else { to.transpose(y, &self.inverse) }
    }
}

/// The tensor as a matrix, whose rows are the values along an axis.
pub(in crate::ops) fn last(to: &mut Rewriter<'_>, x: Id, axis: usize) -> OpResult<(Id, Rows)> {
    let shape = to.shape(x);
    let mut order: Vec<usize> = (0..shape.len()).filter(|other| *other != axis).collect();
    order.push(axis);
    let moved = if order.is_sorted() { x } else { to.transpose(x, &order)? };
    let shape: Vec<usize> = order.iter().map(|axis| shape[*axis]).collect();
    let mut inverse = vec![0; order.len()];
    order.iter().enumerate().for_each(|(to, from)| inverse[*from] = to);
    let size = shape[shape.len() - 1];
    let rows = to.reshape(moved, &[shape.iter().product::<usize>() / size, size])?;
    Ok((rows, Rows { shape, inverse }))
}

/// The tensor as a matrix, whose rows are the values along the axis that an operator names; before operator set 13
/// those of all axes from it on.
pub(in crate::ops) fn named(attrs: &mut Attrs, to: &mut Rewriter<'_>, x: Id) -> OpResult<(Id, Rows)> {
    let (flattens, shape) = (attrs.opset() < 13, to.shape(x));
    let name = attrs.int("axis").unwrap_or(if flattens { 1 } else { -1 });
    let axis = axis(name, shape.len())?;
    if !flattens {
        return last(to, x, axis);
    }
    let rows = to.reshape(x, &[shape[..axis].iter().product(), shape[axis..].iter().product()])?;
    Ok((rows, Rows { inverse: (0..shape.len()).collect(), shape }))
}

/// The largest value of each row of a matrix, as a column.
pub(in crate::ops) fn largest(to: &mut Rewriter<'_>, x: Id) -> OpResult<Id> {
    let (rows, size) = (to.shape(x)[0], to.shape(x)[1]);
    if size == 1 {
        return Ok(x);
    }
    let x = to.float(x)?;
    let planes = to.reshape(x, &[1, 1, rows, size])?;
    let most = to.with("MaxPool", &[("kernel_shape", Attr::Ints(vec![1, size as i64]))], &[planes])?;
    to.reshape(most, &[rows, 1])
}

/// x − max, e^(x − max) and Σ e^(x − max) of each row of a matrix.
pub(in crate::ops) fn exponentials(to: &mut Rewriter<'_>, x: Id) -> OpResult<(Id, Id, Id)> {
    let most = largest(to, x)?;
    let shifted = to.op("Sub", &[x, most])?;
    let exponentials = to.table("Exp", Unary::Exp, shifted)?;
    let sum = to.reduce("ReduceSum", exponentials, &[1], true)?;
    Ok((shifted, exponentials, sum))
}

/// The same by comparing all values of a row with one another, as real numbers: no value is rounded for that.
pub(in crate::ops) fn leading(to: &mut Rewriter<'_>, x: Id, last: bool) -> OpResult<Id> {
    let size = to.shape(x)[1];
    let x = to.float(x)?;
    let pairs: Vec<(usize, usize)> = (0..size).flat_map(|i| (i + 1..size).map(move |j| (i, j))).collect();
    let count = pairs.len();
    let mut weights = vec![0.0; size * count];
    let mut wins = vec![0.0; count * size];
    let mut given = vec![0.0; size];
    for (pair, (i, j)) in pairs.iter().enumerate() {
        (weights[i * count + pair], weights[j * count + pair]) = (1.0, -1.0);
        (wins[pair * size + i], wins[pair * size + j]) = (1.0, -1.0);
        given[*j] += 1.0;
    }
    let weights = to.floats(&[size, count], weights)?;
    let differences = to.op("MatMul", &[x, weights])?;
    let leads = to.compares(differences, last)?;
    let leads = to.float(leads)?;
    // A value is the largest if it wins against all others.
    let most = (size - 1) as f64;
    let wins = to.floats(&[count, size], wins)?;
    let given = to.floats(&[1, size], given.into_iter().map(|given| given - most).collect())?;
    let won = to.op("MatMul", &[leads, wins])?;
    let won = to.op("Add", &[won, given])?;
    let won = to.compares(won, false)?;
    to.float(won)
}

/// Whether each value of a matrix is the largest of its row, the first of equals, or the `last`.
pub(in crate::ops) fn one_largest(to: &mut Rewriter<'_>, x: Id, last: bool) -> OpResult<Id> {
    let size = to.shape(x)[1];
    let x = to.float(x)?;
    let most = largest(to, x)?;
    let difference = to.op("Sub", &[x, most])?;
    let equal = to.at_least("ArgMax", difference, 0.0)?;
    // 1 for a value that is the largest, less 1 for each that is in front of it (or behind): 1 for one value only.
    let weight = |at: usize| {
        let (other, value) = if last { (at % size, at / size) } else { (at / size, at % size) };
        if other < value { -1.0 } else { f64::from(other == value) }
    };
    let weights = to.floats(&[size, size], (0..size * size).map(weight).collect())?;
    let one = to.op("MatMul", &[equal, weights])?;
    let one = to.at_least("ArgMax", one, 0.5)?;
    to.relabel(one, DType::Bool)
}
