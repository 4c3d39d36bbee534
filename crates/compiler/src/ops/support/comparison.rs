//! What Greater, GreaterOrEqual, Less and LessOrEqual share: as the last step a threshold of a private tensor against
//! one constant, of values of the graph's input comparisons of ranks, elsewhere an inner comparison of the difference
//! with 0.

use crate::{
    ops::{
        op::{Ending, Id, Inputs, Lowered, OpError, OpResult, Operand, Rewriter, trees::Mode},
        support::{elementwise, leaves::of_input},
    },
    tensor::{DType, Fact},
};

/// Truth values in the shape of the broadcast.
pub(in crate::ops) fn facts(inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
    let dtype = inputs.get(0)?.fact.dtype;
    if dtype != inputs.get(1)?.fact.dtype || dtype == DType::Name {
        return Err(OpError::unsupported("operands must be numbers of one type"));
    }
    let shape = elementwise::broadcast_shapes(inputs.get(0)?.fact, inputs.get(1)?.fact)?;
    let mut facts = vec![Fact::float(shape)];
    facts.iter_mut().for_each(|fact| fact.dtype = DType::Bool);
    Ok(facts)
}

/// Input `greater` ≥ (or, if `strict`, >) the other of the first two inputs.
pub(in crate::ops) fn lower(inputs: Inputs<'_, Operand<'_>>, greater: usize, strict: bool) -> OpResult<Vec<Lowered>> {
    let lesser = 1 - greater;
    let (input, negate, constant) = match (inputs.get(greater)?.constant, inputs.get(lesser)?.constant) {
        (None, Some(constant)) => (greater, false, constant),
        (Some(constant), None) => (lesser, true, constant),
        _ => return Err(OpError::Graph("both operands depend on the input; one must be a constant".into())),
    };
    let x = inputs.get(input)?.fact;
    let at = match constant.data() {
        [first, rest @ ..] if rest.iter().all(|value| value == first) => *first,
        _ => return Err(OpError::unsupported("the constant must be a single value")),
    };
    if constant.fact().len() > 1 && elementwise::broadcast_shapes(x, constant.fact())? != x.shape {
        return Err(OpError::unsupported("the constant must not enlarge the tensor it is compared with"));
    }
    Ok(vec![Lowered::Threshold { input, negate, at: if negate { -at } else { at }, strict }])
}

/// Where the comparison is not the last step: whether the difference is positive, or not negative. Two private operands
/// and several constants are compared by their difference everywhere.
pub(in crate::ops) fn rewrite(
    inputs: &[Option<Id>],
    to: &mut Rewriter<'_>,
    greater: usize,
    strict: bool,
) -> OpResult<Option<Vec<Id>>> {
    let (a, b) = (Inputs(inputs).get(greater)?, Inputs(inputs).get(1 - greater)?);
    let single = |x: Id| to.value(x).is_some_and(|c| c.data().iter().all(|value| *value == c.data()[0]));
    let last = to.ending() == Ending::Output;
    let enlarges = |x: Id, by: Id| to.value(by).is_some_and(|c| c.fact().len() > to.len(x));
    if last && (single(a) && !enlarges(b, a) || single(b) && !enlarges(a, b)) {
        return Ok(None);
    }
    let modes = if strict { (Mode::Greater, Mode::Less) } else { (Mode::GreaterOrEqual, Mode::LessOrEqual) };
    for (x, constant, mode) in [(a, b, modes.0), (b, a, modes.1)] {
        if let (false, Some(y)) = (last, of_input(to, "Greater", x, constant, mode)?) {
            return Ok(Some(vec![y]));
        }
    }
    let (a, b) = (to.float(a)?, to.float(b)?);
    let difference = to.op("Sub", &[a, b])?;
    if last {
        let zero = to.number(0.0)?;
        return Ok(Some(vec![to.op(if strict { "Greater" } else { "GreaterOrEqual" }, &[difference, zero])?]));
    }
    Ok(Some(vec![to.compares(difference, strict)?]))
}
