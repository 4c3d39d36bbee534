//! The larger and the smaller of two values, by a Relu of their difference: what Max and Min share.

use crate::{
    ops::op::{Id, OpError, OpResult, Rewriter},
    tensor::{broadcast, broadcast_indices},
};

/// A bound that no value is beyond, as it is of no use to calibrate what is: half the largest number of single
/// precision.
pub(in crate::ops) const BEYOND: f64 = f32::MAX as f64 / 2.0;

/// The larger of each pair of values: a + relu(b − a).
pub(in crate::ops) fn larger(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Id> {
    match unbounded(to, a, b, |bound, (low, _)| bound <= low)? {
        Some(y) => Ok(y),
        None => extreme(to, a, b, "Add", |a, b| [b, a]),
    }
}

/// The smaller of each pair of values: a − relu(a − b).
pub(in crate::ops) fn smaller(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Id> {
    match unbounded(to, a, b, |bound, (_, high)| bound >= high)? {
        Some(y) => Ok(y),
        None => extreme(to, a, b, "Sub", |a, b| [a, b]),
    }
}

/// The private one of two values, where the other is a constant that is beyond all that it can be.
fn unbounded(to: &mut Rewriter<'_>, a: Id, b: Id, is_beyond: impl Fn(f64, (f64, f64)) -> bool) -> OpResult<Option<Id>> {
    let (x, bound) = if to.value(a).is_some() { (b, a) } else { (a, b) };
    let Some(bound) = to.value(bound).filter(|_| to.value(x).is_none()) else { return Ok(None) };
    let range = to.bounds(x).map_or((-BEYOND, BEYOND), |bounds| {
        bounds.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (a, b)| (low.min(*a), high.max(*b)))
    });
    if !bound.data().iter().all(|bound| is_beyond(*bound, range)) {
        return Ok(None);
    }
    let misfit = || OpError::Graph("shapes that do not broadcast to one another".into());
    let shape = broadcast(&to.shape(x), bound.shape()).ok_or_else(misfit)?;
    let sources = broadcast_indices(&to.shape(x), &shape).into_iter().map(|i| Some(i as u32)).collect();
    to.select(x, shape, sources, 0.0).map(Some)
}

/// One of the values, moved by what the other is beyond it; the private one, if the other is constant.
fn extreme(to: &mut Rewriter<'_>, a: Id, b: Id, join: &'static str, beyond: fn(Id, Id) -> [Id; 2]) -> OpResult<Id> {
    let dtype = to.fact(a).dtype;
    let (a, b) = (to.float(a)?, to.float(b)?);
    let (a, b) = if to.value(a).is_some() { (b, a) } else { (a, b) };
    let difference = to.op("Sub", &beyond(a, b))?;
    let more = to.op("Relu", &[difference])?;
    let y = to.op(join, &[a, more])?;
    to.relabel(y, dtype)
}
