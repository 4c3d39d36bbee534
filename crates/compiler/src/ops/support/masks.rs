//! Masks of attention: sums with constants so low that the softmax of what they are added to is 0 there.
//!
//! A range that holds such constants would leave no bits for the scores. So a sum with some is noted, and its softmax
//! is computed of the scores that the mask leaves, exactly 0 elsewhere.

use hushproof_core::graph::Unary;

use crate::{
    ops::{
        op::{Id, Mask, OpError, OpResult, Rewriter},
        support::rows::exponentials,
    },
    tensor::{DType, broadcast, broadcast_indices},
};

/// What a mask adds at most where it hides a value: e^−1000 is 0 in double precision.
const HIDDEN: f64 = -1000.0;

/// The sum of two operands, noted as masked where one is a constant that hides values; none for other sums.
pub(in crate::ops) fn sum(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Option<Vec<Id>>> {
    let (x, constant) = if to.value(a).is_some() { (b, a) } else { (a, b) };
    let hides = |value: &f64| *value <= HIDDEN;
    let Some(mask) = to.value(constant).filter(|mask| mask.fact().dtype == DType::Float) else { return Ok(None) };
    if to.value(x).is_some() || !mask.data().iter().any(hides) || mask.data().iter().all(hides) {
        return Ok(None);
    }
    let (from, data) = (mask.shape().to_vec(), mask.data().to_vec());
    let Some(shape) = broadcast(&to.shape(x), &from) else { return Ok(None) };
    let kept = to.floats(&from, data.iter().map(|value| if hides(value) { 0.0 } else { *value }).collect())?;
    let hidden = to.floats(&from, data.iter().map(|value| if hides(value) { -value } else { 0.0 }).collect())?;
    let plain = to.op("Add", &[x, kept])?;
    let y = to.op("Sub", &[plain, hidden])?;
    let shown = broadcast_indices(&from, &shape).into_iter().map(|i| !hides(&data[i])).collect();
    to.note_mask(y, Mask { plain, shown });
    Ok(Some(vec![y]))
}

/// What is subtracted from a sum with a mask, from the values that are shown; none for other differences.
pub(in crate::ops) fn difference(to: &mut Rewriter<'_>, a: Id, b: Id) -> OpResult<Option<Vec<Id>>> {
    let Some(Mask { plain, shown }) = to.mask(a).filter(|_| to.mask(b).is_none()) else { return Ok(None) };
    let plain = to.op("Sub", &[plain, b])?;
    let shape = to.shape(plain);
    if shape != to.shape(a) {
        return Ok(None);
    }
    let sources = shown.iter().enumerate().map(|(i, shown)| shown.then_some(i as u32)).collect();
    let y = to.select(plain, shape, sources, -f64::from(f32::MAX))?;
    to.note_mask(y, Mask { plain, shown });
    Ok(Some(vec![y]))
}

/// e^x of a sum with a mask: 0 where it hides; none of other values.
pub(in crate::ops) fn exponential(to: &mut Rewriter<'_>, x: Id) -> OpResult<Option<Vec<Id>>> {
    let Some(Mask { plain, shown }) = to.mask(x) else { return Ok(None) };
    let shape = to.shape(plain);
    let sources = shown.iter().enumerate().map(|(i, shown)| shown.then_some(i as u32)).collect();
    let plain = to.select(plain, shape.clone(), sources, 0.0)?;
    let y = to.table("Exp", Unary::Exp, plain)?;
    let ones = to.floats(&shape, shown.iter().map(|shown| f64::from(u8::from(*shown))).collect())?;
    Ok(Some(vec![to.op("Mul", &[y, ones])?]))
}

/// The rows of a matrix, with a value that is shown in place of each that is not.
pub(in crate::ops) fn filled(to: &mut Rewriter<'_>, rows: Id, shown: &[bool]) -> OpResult<Id> {
    let shape = to.shape(rows);
    let size = shape.last().copied().filter(|size| *size > 0).ok_or_else(|| OpError::Graph("no rows".into()))?;
    let mut sources = vec![];
    for (row, shown) in shown.chunks_exact(size).enumerate() {
        let first = shown.iter().position(|shown| *shown);
        let first = first.ok_or_else(|| OpError::Graph("a mask hides all values of a row".into()))?;
        let source = |(i, shown): (usize, &bool)| Some((row * size + if *shown { i } else { first }) as u32);
        sources.extend(shown.iter().enumerate().map(source));
    }
    to.select(rows, shape, sources, 0.0)
}

/// The softmax of the rows of a matrix, of the values that are shown; 0 for the others.
pub(in crate::ops) fn softmax(to: &mut Rewriter<'_>, rows: Id, shown: &[bool]) -> OpResult<Id> {
    let shape = to.shape(rows);
    if shown.iter().all(|shown| *shown) {
        let (_, exponentials, sum) = exponentials(to, rows)?;
        let inverse = to.table("Reciprocal", Unary::Reciprocal, sum)?;
        return to.op("Mul", &[exponentials, inverse]);
    }
    let filled = filled(to, rows, shown)?;
    let (_, exponentials, _) = exponentials(to, filled)?;
    let ones = to.floats(&shape, shown.iter().map(|shown| f64::from(u8::from(*shown))).collect())?;
    let exponentials = to.op("Mul", &[exponentials, ones])?;
    let sum = to.reduce("ReduceSum", exponentials, &[1], true)?;
    let inverse = to.table("Reciprocal", Unary::Reciprocal, sum)?;
    to.op("Mul", &[exponentials, inverse])
}
