//! The inputs of operators that stand for others.

use crate::ops::op::{Attrs, Id, Inputs, OpResult, Rewriter};

/// The only input.
pub(in crate::ops) fn only(inputs: &[Option<Id>]) -> OpResult<Id> {
    Inputs(inputs).get(0)
}

/// Two inputs.
pub(in crate::ops) fn pair(inputs: &[Option<Id>]) -> OpResult<(Id, Id)> {
    Ok((Inputs(inputs).get(0)?, Inputs(inputs).get(1)?))
}

/// A rewrite without attributes of two inputs.
pub(in crate::ops) fn without_attributes(attrs: Attrs, inputs: &[Option<Id>]) -> OpResult<(Id, Id)> {
    attrs.finish()?;
    pair(inputs)
}

/// All inputs from the left, two at a time.
pub(in crate::ops) fn fold(
    inputs: &[Option<Id>],
    to: &mut Rewriter<'_>,
    f: impl Fn(&mut Rewriter<'_>, Id, Id) -> OpResult<Id>,
) -> OpResult<Vec<Id>> {
    let first = only(inputs)?;
    let rest = (1..inputs.len()).map(|index| Inputs(inputs).get(index)).collect::<OpResult<Vec<_>>>()?;
    Ok(vec![rest.into_iter().try_fold(first, |a, b| f(to, a, b))?])
}
