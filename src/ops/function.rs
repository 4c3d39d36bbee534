//! What the elementwise functions share.

use super::{Inputs, Lowered, Op, OpResult, Operand, planes, tensor};
use crate::{
    graph::planar::{FloatActivation, Function},
    tensor::{Fact, Tensor},
};

/// An activation that is the same for every channel.
#[derive(Debug)]
pub(super) struct Elementwise(pub(super) FloatActivation);

impl Elementwise {
    /// A function by table.
    pub(super) fn table(function: Function) -> Box<dyn Op> {
        Box::new(Self(FloatActivation::Table(function)))
    }
}

impl Op for Elementwise {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        Ok(vec![inputs.get(0)?.float()?.fact.clone()])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        Ok(vec![tensor(x.fact().clone(), self.0.apply(planes(x.shape()), x.data().to_vec()))?])
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Function(self.0.clone())])
    }
}
