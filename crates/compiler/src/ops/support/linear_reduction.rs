//! Sums and means over some axes, which are layers of their own: what ReduceSum and ReduceMean share. The axes are an
//! attribute in older operator sets, a constant input in newer ones. Exact: the divisor is a constant of the layer.

use hushproof_core::graph::{Map, Sparse};

use crate::{
    ops::{
        op::{Attrs, Grid, Inputs, Lowered, Op, OpError, OpResult, Operand, axis, integers, planes, tensor},
        support::{means::mean, moves::list},
    },
    tensor::{DType, Fact, Tensor},
};

#[derive(Debug)]
struct LinearReduction {
    axes: Option<Vec<i64>>,
    keepdims: bool,
    noop_with_empty_axes: bool,
    /// Whether the sum is divided by the number of values.
    mean: bool,
}

/// Reads a reduction whose axes are an input from operator set `input_from` on.
pub(in crate::ops) fn parse(mut attrs: Attrs, input_from: i64, mean: bool) -> OpResult<Box<dyn Op>> {
    let new = attrs.opset() >= input_from;
    let op = LinearReduction {
        mean,
        axes: if new { None } else { attrs.ints("axes") },
        keepdims: attrs.flag("keepdims", true),
        noop_with_empty_axes: new && attrs.flag("noop_with_empty_axes", false),
    };
    attrs.finish()?;
    Ok(Box::new(op))
}

impl LinearReduction {
    /// Whether each axis is averaged away.
    fn reduced(&self, rank: usize, axes: Option<Vec<i64>>) -> OpResult<Vec<bool>> {
        let axes = axes.or_else(|| self.axes.clone()).unwrap_or_default();
        let mut reduced = vec![axes.is_empty() && !self.noop_with_empty_axes; rank];
        for name in axes {
            reduced[axis(name, rank)?] = true;
        }
        Ok(reduced)
    }

    fn shape(&self, shape: &[usize], reduced: &[bool]) -> Vec<usize> {
        let sizes = shape.iter().zip(reduced).filter(|(_, reduced)| self.keepdims || !**reduced);
        sizes.map(|(size, reduced)| if *reduced { 1 } else { *size }).collect()
    }
}

/// For each element of a tensor, the element of the result that it goes into.
fn targets(shape: &[usize], reduced: &[bool]) -> Vec<usize> {
    let (mut targets, mut stride) = (vec![0], 1);
    // Grows from the innermost axis outwards: `targets` covers the axes seen so far.
    for (size, reduced) in shape.iter().zip(reduced).rev() {
        let step = if *reduced { 0 } else { stride };
        let inner = targets;
        targets = (0..*size).flat_map(|i| inner.iter().map(move |target| target + i * step)).collect();
        stride *= if *reduced { 1 } else { *size };
    }
    targets
}

/// How many values each result is the mean of.
fn count(shape: &[usize], reduced: &[bool]) -> f64 {
    shape.iter().zip(reduced).map(|(size, reduced)| if *reduced { *size as f64 } else { 1.0 }).product()
}

impl Op for LinearReduction {
    fn facts(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Fact>> {
        let fact = if self.mean { inputs.get(0)?.float()?.fact } else { inputs.get(0)?.fact };
        if matches!(fact.dtype, DType::Bool | DType::Name) {
            return Err(OpError::unsupported("truth values; insert a Cast"));
        }
        let reduced = self.reduced(fact.shape.len(), list(&inputs, 1, "the axes")?)?;
        Ok(vec![Fact { dtype: fact.dtype, shape: self.shape(&fact.shape, &reduced) }])
    }

    fn eval(&self, inputs: Inputs<'_, &Tensor>) -> OpResult<Vec<Tensor>> {
        let x = inputs.get(0)?;
        let reduced = self.reduced(x.shape().len(), inputs.optional(1).map(integers))?;
        let shape = self.shape(x.shape(), &reduced);
        let mut mean = vec![0.0; shape.iter().product()];
        targets(x.shape(), &reduced).into_iter().zip(x.data()).for_each(|(target, x)| mean[target] += x);
        let count = if self.mean { count(x.shape(), &reduced) } else { 1.0 };
        mean.iter_mut().for_each(|mean| *mean /= count);
        Ok(vec![tensor(Fact { dtype: x.fact().dtype, shape }, mean)?])
    }

    fn lower(&self, inputs: Inputs<'_, Operand<'_>>) -> OpResult<Vec<Lowered>> {
        let shape = &inputs.get(0)?.fact.shape;
        let reduced = self.reduced(shape.len(), list(&inputs, 1, "the axes")?)?;
        let spatial = |(axis, reduced): (usize, &bool)| *reduced == (axis >= 2);
        let from = planes(shape);
        if matches!(shape[..], [1, _, _] | [1, _, _, _]) && reduced.iter().enumerate().all(spatial) {
            let mut map = mean(&Grid::whole(from), from.channels, true)?;
            if let (false, Map::Conv(conv)) = (self.mean, &mut map) {
                conv.weights.iter_mut().for_each(|weight| *weight = 1.0);
            }
            return Ok(vec![Lowered::Map { map, bias: vec![0.0; from.channels] }]);
        }
        let weight = if self.mean { 1.0 / count(shape, &reduced) } else { 1.0 };
        let columns = targets(shape, &reduced).into_iter().map(|target| vec![(target as u32, weight)]).collect();
        let bias = vec![0.0; planes(&self.shape(shape, &reduced)).channels];
        Ok(vec![Lowered::Map { map: Map::Sparse(Sparse { columns }), bias }])
    }
}
