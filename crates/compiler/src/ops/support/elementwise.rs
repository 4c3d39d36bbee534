//! What Add, Sub, Mul and Div share: numpy broadcasting of two operands.

use crate::{
    ops::op::{Affine, Inputs, Lowered, OpError, OpResult, Operand, tensor},
    tensor::{DType, Fact, Tensor, broadcast, broadcast_indices},
};

/// The broadcast of the first two inputs, numbers of the same kind.
pub(in crate::ops) fn facts(inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
    let (a, b) = (inputs.get(0)?, inputs.get(1)?);
    if a.fact.dtype != b.fact.dtype || matches!(a.fact.dtype, DType::Bool | DType::Name) {
        return Err(OpError::unsupported("operands must be numbers of one type"));
    }
    Ok(vec![Fact { dtype: a.fact.dtype, shape: broadcast_shapes(a.fact, b.fact)? }])
}

/// Shape of the broadcast of two operands.
pub(in crate::ops) fn broadcast_shapes(a: &Fact, b: &Fact) -> OpResult<Vec<usize>> {
    broadcast(&a.shape, &b.shape)
        .ok_or_else(|| OpError::shape("shapes that broadcast to one another", &[&a.shape, &b.shape]))
}

/// `f` of the broadcast first two inputs, as a tensor of kind `dtype`.
pub(in crate::ops) fn eval(
    inputs: Inputs<'_, &Tensor>,
    dtype: DType,
    f: impl Fn(f64, f64) -> f64,
) -> OpResult<Vec<Tensor>> {
    let (a, b) = (inputs.get(0)?, inputs.get(1)?);
    let shape = broadcast_shapes(a.fact(), b.fact())?;
    let (left, right) = (broadcast_indices(a.shape(), &shape), broadcast_indices(b.shape(), &shape));
    let data = left.into_iter().zip(right).map(|(i, j)| f(a.data()[i], b.data()[j])).collect();
    Ok(vec![tensor(Fact { dtype, shape }, data)?])
}

/// `f` of each element of the first input.
pub(in crate::ops) fn map(inputs: Inputs<'_, &Tensor>, f: impl Fn(f64) -> f64) -> OpResult<Vec<Tensor>> {
    let x = inputs.get(0)?;
    Ok(vec![tensor(x.fact().clone(), x.data().iter().map(|x| f(*x)).collect())?])
}

/// a + `sign` · b.
pub(in crate::ops) fn lower_sum(inputs: Inputs<'_, Operand<'_>>, sign: f64) -> OpResult<Vec<Lowered>> {
    let (a, b) = (inputs.get(0)?, inputs.get(1)?);
    let shape = broadcast_shapes(a.fact, b.fact)?;
    let linear = |x: Operand<'_>, sign: f64, other: Operand<'_>, other_sign: f64| {
        let terms: Vec<_> = broadcast_indices(&x.fact.shape, &shape).into_iter().map(|i| (i, sign)).collect();
        let shift = match other.constant {
            Some(c) => broadcast_indices(c.shape(), &shape).into_iter().map(|i| other_sign * c.data()[i]).collect(),
            None => vec![0.0; terms.len()],
        };
        Affine::elements(x.fact.len(), terms, shift)
    };
    let mut maps = vec![];
    if a.constant.is_none() {
        maps.push((0, linear(a, 1.0, b, sign)));
    }
    if b.constant.is_none() {
        maps.push((1, linear(b, sign, a, 1.0)));
    }
    Ok(vec![Lowered::Affine(maps)])
}

/// The product of two private inputs.
pub(in crate::ops) fn lower_product(inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
    let (a, b) = (inputs.get(0)?.fact, inputs.get(1)?.fact);
    let shape = broadcast_shapes(a, b)?;
    let elements = [a, b].map(|x| broadcast_indices(&x.shape, &shape).into_iter().map(|i| i as u32).collect());
    Ok(vec![Lowered::Multiply { elements }])
}

/// The private input `input` times `factor` of the constant input.
pub(in crate::ops) fn lower_scale(
    inputs: Inputs<'_, Operand<'_>>,
    input: usize,
    constant: &Tensor,
    factor: impl Fn(f64) -> f64,
) -> OpResult<Vec<Lowered>> {
    let x = inputs.get(input)?.fact;
    let shape = broadcast_shapes(x, constant.fact())?;
    let source = broadcast_indices(&x.shape, &shape);
    let scale = broadcast_indices(constant.shape(), &shape).into_iter().map(|i| factor(constant.data()[i]));
    let terms: Vec<_> = source.into_iter().zip(scale).collect();
    let shift = vec![0.0; terms.len()];
    Ok(vec![Lowered::Affine(vec![(input, Affine::elements(x.len(), terms, shift))])])
}
