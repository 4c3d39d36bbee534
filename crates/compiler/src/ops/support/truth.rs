//! What And, Or and Xor share: each compares the sum of two truth values.

use crate::ops::op::{Id, OpResult, Rewriter};

/// The sum of two truth values, as real numbers.
pub(in crate::ops) fn sum(to: &mut Rewriter<'_>, (a, b): (Id, Id)) -> OpResult<Id> {
    let (a, b) = (to.float(a)?, to.float(b)?);
    to.op("Add", &[a, b])
}
