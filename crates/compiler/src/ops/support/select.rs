//! Moves of values, and changes of their element kind, that have no ONNX operator of their own.

use crate::{
    ops::op::{Inputs, Lowered, Op, OpError, OpResult, Operand, tensor},
    tensor::{DType, Fact, Tensor},
};

/// Single values of a tensor.
#[derive(Debug)]
pub(in crate::ops) struct Select {
    /// Shape of the result.
    pub(in crate::ops) shape: Vec<usize>,
    /// Flat element of the input for each value; without one the value is `fill`.
    pub(in crate::ops) sources: Vec<Option<u32>>,
    /// See `sources`.
    pub(in crate::ops) fill: f64,
}

impl Op for Select {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.fact;
        let fact = Fact { dtype: x.dtype, shape: self.shape.clone() };
        let len = x.len();
        let inside = self.sources.iter().flatten().all(|source| (*source as usize) < len);
        if fact.checked_len() != Some(self.sources.len()) || !inside {
            return Err(OpError::shape(format!("{} elements to choose from", len), &[&self.shape]));
        }
        Ok(vec![fact])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let value = |source: &Option<u32>| source.map_or(self.fill, |source| x.data()[source as usize]);
        let fact = Fact { dtype: x.fact().dtype, shape: self.shape.clone() };
        Ok(vec![tensor(fact, self.sources.iter().map(value).collect())?])
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let missing = |source: &Option<u32>| if source.is_none() { self.fill } else { 0.0 };
        let shift = if self.fill == 0.0 { vec![] } else { self.sources.iter().map(missing).collect() };
        let sources = self.sources.iter().map(|source| source.map(|source| (0, source))).collect();
        Ok(vec![Lowered::Gather { sources, shift }])
    }
}

/// The same values in another element kind, which they fit.
#[derive(Debug)]
pub(in crate::ops) struct Relabel {
    /// Element kind of the result.
    pub(in crate::ops) dtype: DType,
}

impl Op for Relabel {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![Fact { dtype: self.dtype, shape: inputs.get(0)?.fact.shape.clone() }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        Ok(vec![tensor(Fact { dtype: self.dtype, shape: x.shape().to_vec() }, x.data().to_vec())?])
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Reshape])
    }
}
