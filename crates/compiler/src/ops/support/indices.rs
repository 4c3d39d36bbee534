//! Values by index: what the Gather and Scatter operators share.

use crate::{
    ops::{
        op::{Id, OpError, OpResult, Rewriter},
        support::{
            extreme::{larger, smaller},
            shapes::grown,
        },
    },
    tensor::DType,
};

/// An index in 0..size.
pub(in crate::ops) fn index(value: i64, size: usize) -> OpResult<usize> {
    let positive = if value < 0 { value.saturating_add(size as i64) } else { value };
    let inside = usize::try_from(positive).ok().filter(|index| *index < size);
    inside.ok_or_else(|| OpError::Graph(format!("index {value} is out of range for {size} values")))
}

/// Private indices as real numbers, with the constant `sizes` added to those below 0, which ONNX counts from the end.
pub(in crate::ops) fn from_the_end(to: &mut Rewriter<'_>, indices: Id, sizes: Id) -> OpResult<Id> {
    let real = to.float(indices)?;
    if to.bounds(indices).is_some_and(|bounds| bounds.iter().all(|(low, _)| *low >= 0.0)) {
        return Ok(real);
    }
    let least = to.at_least("Less", real, 0.0)?;
    let negative = to.affine(least, -1.0, 1.0)?;
    let added = to.op("Mul", &[negative, sizes])?;
    to.op("Add", &[real, added])
}

/// Private indices: for each of them the values it may have, in `width` columns, and whether each is it.
pub(in crate::ops) struct OneOf {
    /// Least value of each index.
    pub(in crate::ops) low: Vec<usize>,
    /// Number of values each index may have.
    pub(in crate::ops) width: usize,
    /// Truth values as real numbers, indices × width.
    pub(in crate::ops) chosen: Id,
}

impl OneOf {
    /// Indices in -size..size.
    pub(in crate::ops) fn new(to: &mut Rewriter<'_>, indices: Id, size: usize) -> OpResult<Self> {
        let whole = || vec![(0.0, (size - 1) as f64); to.len(indices)];
        let known = to.bounds(indices).filter(|bounds| bounds.iter().all(|(low, _)| *low >= 0.0));
        let bounds = known.unwrap_or_else(whole);
        let sizes = to.number(size as f64)?;
        let indices = from_the_end(to, indices, sizes)?;
        let top = (size - 1) as f64;
        let clamped: Vec<(usize, usize)> =
            bounds.iter().map(|(low, high)| (low.clamp(0.0, top) as usize, high.clamp(0.0, top) as usize)).collect();
        let width = clamped.iter().map(|(low, high)| high - low + 1).max().unwrap_or(1);
        let count = clamped.len();
        let low: Vec<usize> = clamped.into_iter().map(|(low, _)| low.min(size - width)).collect();
        let column = to.reshape(indices, &[count, 1])?;
        let least = to.floats(&[count, 1], low.iter().map(|low| *low as f64).collect())?;
        let offset = to.op("Sub", &[column, least])?;
        let chosen = to.one_hot("OneHot", offset, 1, width)?;
        Ok(Self { low, width, chosen })
    }

    /// For each index the `inner` values of a tensor that it stands for; `source` gives their first element for the
    /// number of an index and its value.
    pub(in crate::ops) fn pick(
        &self,
        to: &mut Rewriter<'_>,
        data: Id,
        inner: usize,
        source: impl Fn(usize, usize, usize) -> usize,
    ) -> OpResult<Id> {
        let count = self.low.len();
        grown(to.len(data), &[count, self.width, inner])?;
        let dtype = to.fact(data).dtype;
        let data = to.float(data)?;
        let sources = (0..count).flat_map(|i| (0..self.width).map(move |w| (i, w)));
        let sources = sources.flat_map(|(i, w)| (0..inner).map(move |c| (i, w, c)));
        let sources = sources.map(|(i, w, c)| Some(source(i, self.low[i] + w, c) as u32)).collect();
        let options = to.select(data, vec![count, self.width, inner], sources, 0.0)?;
        let chosen = to.reshape(self.chosen, &[count, self.width, 1])?;
        let bounds = to.value(options).filter(|_| dtype == DType::Int).map(|options| {
            let ranges = options.data().chunks_exact(self.width * inner);
            let range = |values: &[f64], c: usize| {
                let column = || values.iter().skip(c).step_by(inner).copied();
                (column().fold(f64::INFINITY, f64::min), column().fold(f64::NEG_INFINITY, f64::max))
            };
            ranges.flat_map(|values| (0..inner).map(move |c| range(values, c))).collect::<Vec<_>>()
        });
        let products = to.op("Mul", &[options, chosen])?;
        let sum = to.reduce("ReduceSum", products, &[1], false)?;
        let y = to.relabel(sum, dtype)?;
        if let Some(bounds) = bounds {
            to.bound(y, bounds);
        }
        Ok(y)
    }
}

/// Flat elements of a tensor that agree with those of a smaller one but along an axis: start and stride of the axis.
pub(in crate::ops) fn along(shape: &[usize], indices: &[usize], axis: usize) -> Vec<(usize, usize)> {
    let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
    let len: usize = indices.iter().product();
    let start = |mut at: usize| {
        let mut start = 0;
        for other in (0..indices.len()).rev() {
            let coordinate = at % indices[other];
            at /= indices[other];
            start += if other == axis { 0 } else { coordinate * stride(other) };
        }
        (start, stride(axis))
    };
    (0..len).map(start).collect()
}

pub(in crate::ops) fn check_along(shape: &[usize], indices: &[usize], axis: usize) -> OpResult<()> {
    let fits = shape.len() == indices.len() && (0..shape.len()).all(|i| i == axis || indices[i] <= shape[i]);
    if fits { Ok(()) } else { Err(OpError::shape("indices that fit the data but along the axis", &[shape, indices])) }
}

/// First flat element of the slice that each row of constant indices names, and the slice's length.
pub(in crate::ops) fn slices(shape: &[usize], indices: &[i64], width: usize) -> OpResult<(Vec<usize>, usize)> {
    let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
    let start = |row: &[i64]| {
        row.iter().enumerate().try_fold(0, |start, (axis, i)| Ok(start + index(*i, shape[axis])? * stride(axis)))
    };
    let starts = indices.chunks_exact(width).map(start).collect::<OpResult<_>>()?;
    Ok((starts, shape[width..].iter().product()))
}

/// Length of the rows of indices into a tensor without `batch` axes.
pub(in crate::ops) fn width(shape: &[usize], indices: &[usize], batch: usize) -> OpResult<usize> {
    let width = indices.last().copied().filter(|width| *width > 0 && width + batch <= shape.len());
    width.ok_or_else(|| OpError::shape("rows of no more indices than axes", &[shape, indices]))
}

/// Adds an operator of two operands.
type Join = fn(&mut Rewriter<'_>, Id, Id) -> OpResult<Id>;

/// The data with update i at element `targets[i]`: in its place, the last of several, or reduced with it, one after the
/// other.
pub(in crate::ops) fn scatter(
    to: &mut Rewriter<'_>,
    data: Id,
    updates: Id,
    targets: &[usize],
    reduction: &str,
) -> OpResult<Vec<Id>> {
    let join: Option<Join> = match reduction {
        "none" => None,
        "add" => Some(|to, a, b| to.op("Add", &[a, b])),
        "mul" => Some(|to, a, b| to.op("Mul", &[a, b])),
        "max" => Some(larger),
        "min" => Some(smaller),
        other => return Err(OpError::unsupported(format!("reduction = {other}"))),
    };
    let dtype = to.fact(data).dtype;
    let (mut data, updates) = (to.float(data)?, to.float(updates)?);
    let Some(join) = join else {
        let data = replaced(to, data, updates, targets.iter().copied().enumerate())?;
        return Ok(vec![to.relabel(data, dtype)?]);
    };
    // In each round every value is met once.
    let mut rounds: Vec<Vec<(usize, usize)>> = vec![];
    let mut seen = vec![0; to.len(data)];
    for (update, target) in targets.iter().enumerate() {
        if rounds.len() == seen[*target] {
            rounds.push(vec![]);
        }
        rounds[seen[*target]].push((update, *target));
        seen[*target] += 1;
    }
    for round in rounds {
        if reduction == "add" {
            let mut placed: Vec<Option<u32>> = vec![None; to.len(data)];
            round.iter().for_each(|(update, target)| placed[*target] = Some(*update as u32));
            let added = to.select(updates, to.shape(data), placed, 0.0)?;
            data = to.op("Add", &[data, added])?;
            continue;
        }
        let column =
            |element: fn(&(usize, usize)) -> usize| round.iter().map(|pair| Some(element(pair) as u32)).collect();
        let old = to.select(data, vec![round.len()], column(|pair| pair.1), 0.0)?;
        let new = to.select(updates, vec![round.len()], column(|pair| pair.0), 0.0)?;
        let joined = join(to, old, new)?;
        data = replaced(to, data, joined, round.iter().map(|pair| pair.1).enumerate())?;
    }
    Ok(vec![to.relabel(data, dtype)?])
}

/// The data with other values in the place of some: pairs of a value's number and the element that it replaces.
fn replaced(to: &mut Rewriter<'_>, data: Id, values: Id, pairs: impl Iterator<Item = (usize, usize)>) -> OpResult<Id> {
    let (shape, len) = (to.shape(data), to.len(data));
    let mut placed: Vec<Option<u32>> = vec![None; len];
    pairs.for_each(|(value, element)| placed[element] = Some(value as u32));
    let kept = (0..len).map(|i| placed[i].is_none().then_some(i as u32)).collect();
    let values = to.select(values, shape.clone(), placed, 0.0)?;
    let data = to.select(data, shape, kept, 0.0)?;
    to.op("Add", &[data, values])
}
