//! Weighted sums of single values with constant weights, for operators that have no map of their own: interpolations
//! and overlapping blocks.

use hushproof_core::graph::{Map, Sparse};

use crate::{
    ops::{
        op::{Inputs, Lowered, Op, OpError, OpResult, Operand, planes, tensor},
        support::spatial::MAX_ENTRIES,
    },
    tensor::{Fact, Tensor},
};

/// What values of a result are sums of: flat elements of the input with their weights.
pub(in crate::ops) type Taps = Vec<Vec<(u32, f64)>>;

/// A constant linear map.
#[derive(Debug)]
pub(in crate::ops) struct Weighted {
    /// Shape of the result.
    pub(in crate::ops) shape: Vec<usize>,
    /// For each value of it what it is the sum of.
    pub(in crate::ops) taps: Taps,
}

impl Op for Weighted {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let x = inputs.get(0)?.float()?.fact;
        let (len, fact) = (x.len(), Fact::float(self.shape.clone()));
        let inside = self.taps.iter().flatten().all(|(source, _)| (*source as usize) < len);
        let entries: usize = self.taps.iter().map(Vec::len).sum();
        if fact.checked_len() != Some(self.taps.len()) || !inside {
            return Err(OpError::shape(format!("{len} elements to sum"), &[&self.shape]));
        }
        if entries > MAX_ENTRIES {
            return Err(OpError::Graph(format!("more than {MAX_ENTRIES} weights")));
        }
        Ok(vec![fact])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?.data();
        let sum = |taps: &Vec<(u32, f64)>| taps.iter().map(|(source, weight)| x[*source as usize] * weight).sum();
        Ok(vec![tensor(Fact::float(self.shape.clone()), self.taps.iter().map(sum).collect())?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let mut columns = vec![vec![]; inputs.get(0)?.fact.len()];
        for (target, taps) in (0u32..).zip(&self.taps) {
            for (source, weight) in taps {
                let column: &mut Vec<(u32, f64)> = &mut columns[*source as usize];
                match column.last_mut() {
                    Some((last, sum)) if *last == target => *sum += weight,
                    _ => column.push((target, *weight)),
                }
            }
        }
        let bias = vec![0.0; planes(&self.shape).channels];
        Ok(vec![Lowered::Map { map: Map::Sparse(Sparse { columns }), bias }])
    }
}
