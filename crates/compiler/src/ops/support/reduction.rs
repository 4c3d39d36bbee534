//! Reductions over some axes that stand for others. The axes are an attribute up to opset 17, a constant input from
//! 18.

use crate::ops::{
    op::{Attrs, Id, Inputs, OpResult, Rewriter, axis},
    support::{inputs::only, shapes::grown},
};

/// What is reduced.
pub(in crate::ops) struct Reduction {
    /// Its values.
    pub(in crate::ops) x: Id,
    axes: Vec<usize>,
    keepdims: bool,
}

impl Reduction {
    pub(in crate::ops) fn new(mut attrs: Attrs, inputs: &[Option<Id>], to: &Rewriter<'_>) -> OpResult<Self> {
        let x = only(inputs)?;
        let new = attrs.opset() >= 18;
        let mut names = if new { None } else { attrs.ints("axes") };
        let keepdims = attrs.flag("keepdims", true);
        let noop = new && attrs.flag("noop_with_empty_axes", false);
        attrs.finish()?;
        if let Some(axes) = Inputs(inputs).optional(1) {
            names = Some(to.list(axes, "the axes")?);
        }
        let rank = to.shape(x).len();
        let names = names.unwrap_or_default();
        let axes = if names.is_empty() && !noop {
            (0..rank).collect()
        } else {
            names.into_iter().map(|name| axis(name, rank)).collect::<OpResult<_>>()?
        };
        Ok(Self { x, axes, keepdims })
    }

    /// The same reduction of a tensor of the same shape.
    pub(in crate::ops) fn of(&self, x: Id) -> Self {
        Self { x, axes: self.axes.clone(), keepdims: self.keepdims }
    }

    /// The sum of values in the place of x.
    pub(in crate::ops) fn sum(&self, values: Id, to: &mut Rewriter<'_>) -> OpResult<Id> {
        if self.axes.is_empty() { Ok(values) } else { to.reduce("ReduceSum", values, &self.axes, self.keepdims) }
    }

    /// x as a matrix whose rows are reduced.
    pub(in crate::ops) fn rows(&self, to: &mut Rewriter<'_>) -> OpResult<Id> {
        let shape = to.shape(self.x);
        let mut order: Vec<usize> = (0..shape.len()).filter(|axis| !self.axes.contains(axis)).collect();
        let rows = order.iter().map(|axis| shape[*axis]).product();
        order.extend((0..shape.len()).filter(|axis| self.axes.contains(axis)));
        let moved = if order.is_sorted() { self.x } else { to.transpose(self.x, &order)? };
        to.reshape(moved, &[rows, shape.iter().product::<usize>() / rows])
    }

    /// The results where x is empty, each of which is of no values.
    ///
    /// # Errors
    /// If an axis that stays is empty, so that there are no results.
    pub(in crate::ops) fn of_nothing(&self, to: &mut Rewriter<'_>, result: f64) -> OpResult<Vec<Id>> {
        let fact = to.fact(self.x);
        let kept = fact.shape.iter().enumerate().filter(|(axis, _)| self.keepdims || !self.axes.contains(axis));
        let shape: Vec<_> = kept.map(|(axis, size)| if self.axes.contains(&axis) { 1 } else { *size }).collect();
        let len = grown(0, &shape)?;
        Ok(vec![to.tensor(fact.dtype, shape, vec![result; len])?])
    }

    /// A column of results in its shape.
    pub(in crate::ops) fn shaped(&self, column: Id, to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
        let sizes = to.shape(self.x).into_iter().enumerate();
        let kept = sizes.filter(|(axis, _)| self.keepdims || !self.axes.contains(axis));
        let shape: Vec<_> = kept.map(|(axis, size)| if self.axes.contains(&axis) { 1 } else { size }).collect();
        Ok(vec![to.reshape(column, &shape)?])
    }
}
