//! The larger and the smaller of two values, by a Relu of their difference: what Max and Min share.

use crate::ops::op::{Id, OpResult, Rewriter};

/// The larger of each pair of values: a + relu(b − a).
pub(in crate::ops) fn larger(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Id> {
    extreme(to, a, b, "Add", |a, b| [b, a])
}

/// The smaller of each pair of values: a − relu(a − b).
pub(in crate::ops) fn smaller(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Id> {
    extreme(to, a, b, "Sub", |a, b| [a, b])
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
