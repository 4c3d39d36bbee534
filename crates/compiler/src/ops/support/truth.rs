//! What And, Or and Xor share: each is a table of the sum of two truth values.

use crate::ops::op::{Id, OpResult, Rewriter};

/// The sum of two truth values, plus a number.
pub(in crate::ops) fn sum(to: &mut Rewriter<'_>, (a, b): (Id, Id), shift: f64) -> OpResult<Id> {
    let (a, b) = (to.float(a)?, to.float(b)?);
    let sum = to.op("Add", &[a, b])?;
    to.affine(sum, 1.0, shift)
}
