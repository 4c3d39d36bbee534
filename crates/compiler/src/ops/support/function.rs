//! What the elementwise functions share.

use hushproof_core::graph::{FloatActivation, Function, Unary};

use crate::{
    ops::{
        op::{Attrs, Id, Inputs, Lowered, Op, OpResult, Operand, Rewriter, planes, tensor, trees::Monotone},
        support::masks,
    },
    tensor::{Fact, Tensor},
};

/// An activation that is the same for every channel.
#[derive(Debug)]
pub(in crate::ops) struct Elementwise(pub(in crate::ops) FloatActivation);

impl Elementwise {
    /// A function of one value by table.
    pub(in crate::ops) fn unary(attrs: Attrs, function: Unary) -> OpResult<Box<dyn Op>> {
        attrs.finish()?;
        Ok(Self::table(Function::Unary(function)))
    }

    /// A function by table.
    pub(in crate::ops) fn table(function: Function) -> Box<dyn Op> {
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

    fn monotone(&self, _: usize) -> Option<Monotone> {
        match &self.0 {
            FloatActivation::Table(Function::Unary(Unary::Truncate)) => Some(Monotone::Truncated),
            FloatActivation::Table(Function::Unary(Unary::Floor)) => Some(Monotone::Floor),
            FloatActivation::Table(Function::Unary(Unary::Ceil)) => Some(Monotone::Ceil),
            _ => None,
        }
    }

    fn lower(&self, _: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        Ok(vec![Lowered::Function(self.0.clone())])
    }

    fn rewrite(&self, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Option<Vec<Id>>> {
        match self.0 {
            FloatActivation::Table(Function::Unary(Unary::Exp)) => masks::exponential(to, Inputs(inputs).get(0)?),
            _ => Ok(None),
        }
    }
}
