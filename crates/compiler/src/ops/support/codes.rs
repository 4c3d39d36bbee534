//! What the quantized operators share: parameters per tensor or per axis, and inputs of the graph that are codes.

use crate::{
    ops::op::{Affine, Codes, Id, Inputs, Lowered, Op, OpError, OpResult, Operand, Rewriter, axis, tensor},
    tensor::{DType, Fact, Tensor},
};

/// The parameter of each value of a tensor: one number for all, or one for each coordinate of an axis.
pub(in crate::ops) fn spread(shape: &[usize], parameter: &Tensor, name: i64) -> OpResult<Vec<f64>> {
    let len = shape.iter().product();
    let values = parameter.data();
    if let [value] = values {
        return Ok(vec![*value; len]);
    }
    if parameter.shape().len() > 1 {
        return Err(OpError::unsupported("scales per block; give one per tensor or per axis"));
    }
    let axis = axis(name, shape.len())?;
    if shape[axis] != values.len() {
        return Err(OpError::shape(
            format!("one parameter for each of {} coordinates", shape[axis]),
            &[&[values.len()]],
        ));
    }
    let inner: usize = shape[axis + 1..].iter().product();
    Ok((0..len).map(|i| values[i / inner % values.len()]).collect())
}

/// Scales of each value, which must be positive.
pub(in crate::ops) fn scales(shape: &[usize], parameter: &Tensor, name: i64) -> OpResult<Vec<f64>> {
    if parameter.data().iter().any(|scale| *scale <= 0.0) {
        return Err(OpError::Graph("has a scale that is not positive".into()));
    }
    spread(shape, parameter, name)
}

/// The real numbers that codes stand for.
pub(in crate::ops) fn values(shape: &[usize], scale: &Tensor, zero: Option<&Tensor>, name: i64) -> OpResult<Affine> {
    let scale = spread(shape, scale, name)?;
    let zero = zero.map_or_else(|| Ok(vec![0.0; scale.len()]), |zero| spread(shape, zero, name))?;
    let shift = scale.iter().zip(zero).map(|(scale, zero)| -zero * scale).collect();
    Ok(Affine::elements(scale.len(), scale.into_iter().enumerate().collect(), shift))
}

/// Codes that are given as an input of the graph, as an operator: what exceeds their element type is cut.
#[derive(Debug)]
struct Given {
    limits: [f64; 2],
}

impl Given {
    fn codes(&self, len: usize) -> Codes {
        Codes { scale: vec![1.0; len], zero: 0.0, limits: self.limits }
    }
}

impl Op for Given {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![inputs.get(0)?.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        Ok(vec![tensor(x.fact().clone(), self.codes(x.data().len()).eval(x.data()))?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Quantize(self.codes(inputs.get(0)?.fact.len()))])
    }
}

/// Codes; of an input of the graph so that they are met exactly.
pub(in crate::ops) fn exact(to: &mut Rewriter<'_>, x: Id) -> OpResult<Id> {
    match to.limits(x) {
        Some(limits) => {
            let codes = to.put("QuantizeLinear", Box::new(Given { limits }), x)?;
            codes.first().copied().ok_or_else(|| OpError::Graph("has no output".into()))
        }
        None => Ok(x),
    }
}

/// Codes as the integers above their zero points, as real numbers.
pub(in crate::ops) fn above_zero(to: &mut Rewriter<'_>, x: Id, zero: Option<Id>) -> OpResult<Id> {
    let x = exact(to, x)?;
    let x = to.relabel(x, DType::Float)?;
    let Some(zero) = zero else { return Ok(x) };
    let zero = to.relabel(zero, DType::Float)?;
    to.op("Sub", &[x, zero])
}
