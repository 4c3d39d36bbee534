//! What Greater, GreaterOrEqual, Less and LessOrEqual share: a threshold of a private tensor against one constant.

use super::{Inputs, Lowered, OpError, OpResult, Operand, elementwise};
use crate::tensor::{DType, Fact};

/// Truth values in the shape of the broadcast.
pub(super) fn facts(inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
    let mut facts = elementwise::facts(inputs)?;
    facts.iter_mut().for_each(|fact| fact.dtype = DType::Bool);
    Ok(facts)
}

/// Input `greater` ≥ (or, if `strict`, >) the other of the first two inputs.
pub(super) fn lower(inputs: Inputs<'_, Operand<'_>>, greater: usize, strict: bool) -> OpResult<Vec<Lowered>> {
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
