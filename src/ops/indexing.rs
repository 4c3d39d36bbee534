//! Values by index: [Gather](https://onnx.ai/onnx/operators/onnx__Gather.html),
//! [GatherElements](https://onnx.ai/onnx/operators/onnx__GatherElements.html),
//! [GatherND](https://onnx.ai/onnx/operators/onnx__GatherND.html),
//! [ScatterElements](https://onnx.ai/onnx/operators/onnx__ScatterElements.html),
//! [ScatterND](https://onnx.ai/onnx/operators/onnx__ScatterND.html) and
//! [OneHot](https://onnx.ai/onnx/operators/onnx__OneHot.html).
//!
//! Constant indices only move values, exactly. For each value that a private
//! index may have, by what it is computed from or else by the length of the axis, a table says whether it is the index, and
//! the result is the sum of the products with what the values stand for; an index out of range or below 0 selects nothing.
//! Private indices of Scatter must be distinct, as ONNX asks, and go with no `reduction`.

use super::{
    Id, Inputs, OpError, OpResult, RewriteDef, Rewriter,
    activations::{only, pair},
    axis,
};
use crate::{
    graph::planar::Unary,
    tensor::{DType, MAX_ELEMENTS},
};

/// An index in 0..size.
fn index(value: i64, size: usize) -> OpResult<usize> {
    let positive = if value < 0 { value.saturating_add(size as i64) } else { value };
    let inside = usize::try_from(positive).ok().filter(|index| *index < size);
    inside.ok_or_else(|| OpError::Graph(format!("index {value} is out of range for {size} values")))
}

/// Private indices: for each of them the values it may have, in `width` columns, and whether each is it.
struct OneOf {
    /// Least value of each index.
    low: Vec<usize>,
    width: usize,
    /// Truth values as real numbers, indices × width.
    chosen: Id,
}

impl OneOf {
    /// Indices in 0..size.
    fn new(to: &mut Rewriter<'_>, indices: Id, size: usize) -> OpResult<Self> {
        let whole = || vec![(0.0, (size - 1) as f64); to.len(indices)];
        let bounds = to.bounds(indices).unwrap_or_else(whole);
        let top = (size - 1) as f64;
        let clamped: Vec<(usize, usize)> =
            bounds.iter().map(|(low, high)| (low.clamp(0.0, top) as usize, high.clamp(0.0, top) as usize)).collect();
        let width = clamped.iter().map(|(low, high)| high - low + 1).max().unwrap_or(1);
        let count = clamped.len();
        let low: Vec<usize> = clamped.into_iter().map(|(low, _)| low.min(size - width)).collect();
        let indices = to.float(indices)?;
        let column = to.reshape(indices, &[count, 1])?;
        let values = low.iter().flat_map(|low| (0..width).map(move |i| (low + i) as f64)).collect();
        let values = to.floats(&[count, width], values)?;
        let difference = to.op("Sub", &[column, values])?;
        let chosen = to.table("OneHot", Unary::Zero, difference)?;
        Ok(Self { low, width, chosen })
    }

    /// For each index the `inner` values of a tensor that it stands for; `source` gives their first element for the number of an
    /// index and its value.
    fn pick(
        &self,
        to: &mut Rewriter<'_>,
        data: Id,
        inner: usize,
        source: impl Fn(usize, usize, usize) -> usize,
    ) -> OpResult<Id> {
        let count = self.low.len();
        if count.saturating_mul(self.width).saturating_mul(inner) > MAX_ELEMENTS {
            return Err(OpError::Graph("a private index chooses among too many values".into()));
        }
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

/// The slices of an axis that indices name.
pub(super) const GATHER: RewriteDef = RewriteDef {
    onnx: "Gather",
    opsets: 7..=21,
    inputs: 2..=2,
    summary: "slices of an axis by index, constant or private",
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(0);
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let shape = to.shape(data);
        let axis = axis(name, shape.len())?;
        let size = shape[axis];
        let (outer, inner): (usize, usize) = (shape[..axis].iter().product(), shape[axis + 1..].iter().product());
        let mut result = shape[..axis].to_vec();
        result.extend(to.shape(indices));
        result.extend(&shape[axis + 1..]);
        if to.value(indices).is_some() {
            let indices = to.list(indices, "the indices")?;
            let indices = indices.into_iter().map(|i| index(i, size)).collect::<OpResult<Vec<_>>>()?;
            if outer.saturating_mul(indices.len()).saturating_mul(inner) > MAX_ELEMENTS {
                return Err(OpError::Graph("the result is too large".into()));
            }
            let starts = (0..outer).flat_map(|o| indices.iter().map(move |i| (o * size + i) * inner));
            let sources = starts.flat_map(|start| (start..start + inner).map(|i| Some(i as u32))).collect();
            return Ok(vec![to.select(data, result, sources, 0.0)?]);
        }
        let count = to.len(indices);
        let one = OneOf::new(to, indices, size)?;
        // One row for each index, in it the values of all outer coordinates.
        let rows = one.pick(to, data, outer * inner, |_, value, c| (c / inner * size + value) * inner + c % inner)?;
        let rows = to.reshape(rows, &[count, outer, inner])?;
        let moved = if outer == 1 { rows } else { to.transpose(rows, &[1, 0, 2])? };
        Ok(vec![to.reshape(moved, &result)?])
    },
};

/// Flat elements of a tensor that agree with those of a smaller one but along an axis: start and stride of the axis.
fn along(shape: &[usize], indices: &[usize], axis: usize) -> Vec<(usize, usize)> {
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

fn check_along(shape: &[usize], indices: &[usize], axis: usize) -> OpResult<()> {
    let fits = shape.len() == indices.len() && (0..shape.len()).all(|i| i == axis || indices[i] <= shape[i]);
    if fits { Ok(()) } else { Err(OpError::shape("indices that fit the data but along the axis", &[shape, indices])) }
}

/// For each index the value there along an axis, at the same place otherwise.
pub(super) const GATHER_ELEMENTS: RewriteDef = RewriteDef {
    onnx: "GatherElements",
    opsets: 11..=21,
    inputs: 2..=2,
    summary: "single values along an axis by index, constant or private",
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(0);
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let (shape, result) = (to.shape(data), to.shape(indices));
        let axis = axis(name, shape.len())?;
        check_along(&shape, &result, axis)?;
        let places = along(&shape, &result, axis);
        if to.value(indices).is_some() {
            let indices = to.list(indices, "the indices")?;
            let source = |(i, (start, stride)): (i64, (usize, usize))| {
                Ok(Some((start + index(i, shape[axis])? * stride) as u32))
            };
            let sources = indices.into_iter().zip(places).map(source).collect::<OpResult<_>>()?;
            return Ok(vec![to.select(data, result, sources, 0.0)?]);
        }
        let one = OneOf::new(to, indices, shape[axis])?;
        let values = one.pick(to, data, 1, |i, value, _| places[i].0 + value * places[i].1)?;
        Ok(vec![to.reshape(values, &result)?])
    },
};

/// First flat element of the slice that each row of constant indices names, and the slice's length.
fn slices(shape: &[usize], indices: &[i64], width: usize) -> OpResult<(Vec<usize>, usize)> {
    let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
    let start = |row: &[i64]| {
        row.iter().enumerate().try_fold(0, |start, (axis, i)| Ok(start + index(*i, shape[axis])? * stride(axis)))
    };
    let starts = indices.chunks_exact(width).map(start).collect::<OpResult<_>>()?;
    Ok((starts, shape[width..].iter().product()))
}

/// Length of the rows of indices into a tensor without `batch` axes.
fn width(shape: &[usize], indices: &[usize], batch: usize) -> OpResult<usize> {
    let width = indices.last().copied().filter(|width| *width > 0 && width + batch <= shape.len());
    width.ok_or_else(|| OpError::shape("rows of no more indices than axes", &[shape, indices]))
}

/// Rows of private indices as single ones into the first `width` axes together, and how many values those have.
fn flattened(to: &mut Rewriter<'_>, indices: Id, shape: &[usize], width: usize) -> OpResult<(Id, usize)> {
    let rows = to.len(indices) / width;
    let indices = to.float(indices)?;
    let matrix = to.reshape(indices, &[rows, width])?;
    let strides = (0..width).map(|axis| shape[axis + 1..width].iter().product::<usize>() as f64).collect();
    let strides = to.floats(&[width, 1], strides)?;
    let flat = to.op("MatMul", &[matrix, strides])?;
    Ok((to.relabel(flat, DType::Int)?, shape[..width].iter().product()))
}

/// The data with values replaced at private places: at each, whose number for update i is `places[i]` = (start, stride) of an
/// axis, the update.
fn scatter_private(
    to: &mut Rewriter<'_>,
    [data, indices, updates]: [Id; 3],
    size: usize,
    places: &[(usize, usize)],
) -> OpResult<Vec<Id>> {
    let (shape, dtype, len) = (to.shape(data), to.fact(data).dtype, to.len(data));
    let one = OneOf::new(to, indices, size)?;
    let (data, updates) = (to.float(data)?, to.float(updates)?);
    let count = places.len();
    let targets = (0..count).flat_map(|i| (0..one.width).map(move |w| (i, w)));
    let targets: Vec<usize> = targets.map(|(i, w)| places[i].0 + (one.low[i] + w) * places[i].1).collect();
    let sources = targets.iter().map(|target| Some(*target as u32)).collect();
    let old = to.select(data, vec![count, one.width], sources, 0.0)?;
    let column = to.reshape(updates, &[count, 1])?;
    let change = to.op("Sub", &[column, old])?;
    let change = to.op("Mul", &[change, one.chosen])?;
    let mut y = to.reshape(data, &[len])?;
    // Each value sums the changes that may meet it: as many rounds as the most of them.
    let mut rounds: Vec<Vec<Option<u32>>> = vec![];
    let mut seen = vec![0; len];
    for (at, target) in targets.into_iter().enumerate() {
        if rounds.len() == seen[target] {
            rounds.push(vec![None; len]);
        }
        rounds[seen[target]][target] = Some(at as u32);
        seen[target] += 1;
    }
    if rounds.len().saturating_mul(len) > MAX_ELEMENTS {
        return Err(OpError::Graph("private indices choose among too many values".into()));
    }
    let count = rounds.len();
    let all = to.select(change, vec![count, len], rounds.concat(), 0.0)?;
    let sum = to.reduce("ReduceSum", all, &[0], false)?;
    y = to.op("Add", &[y, sum])?;
    let y = to.reshape(y, &shape)?;
    Ok(vec![to.relabel(y, dtype)?])
}

/// The slices that rows of indices name.
pub(super) const GATHER_ND: RewriteDef = RewriteDef {
    onnx: "GatherND",
    opsets: 11..=21,
    inputs: 2..=2,
    summary: "slices by rows of indices, constant or private",
    rewrite: |mut attrs, inputs, to| {
        let batch = attrs.int("batch_dims").unwrap_or(0);
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let (shape, rows) = (to.shape(data), to.shape(indices));
        let batch = usize::try_from(batch).ok().filter(|b| *b < rows.len() && *b < shape.len());
        let batch = batch.ok_or_else(|| OpError::Graph("batch_dims is out of range".into()))?;
        if shape[..batch] != rows[..batch] {
            return Err(OpError::shape("the same batch axes", &[&shape, &rows]));
        }
        let width = width(&shape, &rows, batch)?;
        let mut result = rows[..rows.len() - 1].to_vec();
        result.extend(&shape[batch + width..]);
        if to.value(indices).is_none() {
            if batch > 0 {
                return Err(OpError::unsupported("private indices with batch_dims"));
            }
            let (flat, size) = flattened(to, indices, &shape, width)?;
            let inner = shape[width..].iter().product();
            let one = OneOf::new(to, flat, size)?;
            let values = one.pick(to, data, inner, |_, value, c| value * inner + c)?;
            return Ok(vec![to.reshape(values, &result)?]);
        }
        let list = to.list(indices, "the indices")?;
        let batches: usize = shape[..batch].iter().product();
        let block: usize = shape[batch..].iter().product();
        let mut sources = vec![];
        for (b, list) in list.chunks_exact(list.len() / batches).enumerate() {
            let (starts, len) = slices(&shape[batch..], list, width)?;
            sources.extend(
                starts.into_iter().flat_map(|start| (0..len).map(move |i| Some((b * block + start + i) as u32))),
            );
        }
        Ok(vec![to.select(data, result, sources, 0.0)?])
    },
};

/// The data with values replaced: at each target, the number of the update that goes there, the last of several.
fn scatter(to: &mut Rewriter<'_>, data: Id, updates: Id, targets: &[usize], reduction: &str) -> OpResult<Vec<Id>> {
    let (shape, dtype) = (to.shape(data), to.fact(data).dtype);
    let len = to.len(data);
    let mut placed: Vec<Option<u32>> = vec![None; len];
    for (update, target) in targets.iter().enumerate() {
        if placed[*target].replace(update as u32).is_some() && reduction != "none" {
            return Err(OpError::unsupported("several updates of one value"));
        }
    }
    let kept = (0..len).map(|i| (reduction != "none" || placed[i].is_none()).then_some(i as u32)).collect();
    let updates = to.select(updates, shape.clone(), placed, if reduction == "mul" { 1.0 } else { 0.0 })?;
    let data = to.select(data, shape, kept, 0.0)?;
    let (data, updates) = (to.float(data)?, to.float(updates)?);
    let y = match reduction {
        "none" | "add" => to.op("Add", &[data, updates])?,
        "mul" => to.op("Mul", &[data, updates])?,
        other => return Err(OpError::unsupported(format!("reduction = {other}"))),
    };
    Ok(vec![to.relabel(y, dtype)?])
}

/// The data with single values replaced.
pub(super) const SCATTER_ELEMENTS: RewriteDef = RewriteDef {
    onnx: "ScatterElements",
    opsets: 11..=21,
    inputs: 3..=3,
    summary: "values replaced along an axis, or added or multiplied at constant indices",
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(0);
        let reduction = attrs.text("reduction").unwrap_or_else(|| "none".into());
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let updates = Inputs(inputs).get(2)?;
        let (shape, places) = (to.shape(data), to.shape(indices));
        let axis = axis(name, shape.len())?;
        check_along(&shape, &places, axis)?;
        if to.shape(updates) != places {
            return Err(OpError::shape("as many updates as indices", &[&places, &to.shape(updates)]));
        }
        if to.value(indices).is_none() {
            if reduction != "none" {
                return Err(OpError::unsupported("private indices with a reduction"));
            }
            let places = along(&shape, &places, axis);
            return scatter_private(to, [data, indices, updates], shape[axis], &places);
        }
        let list = to.list(indices, "the indices")?;
        let target = |(i, (start, stride)): (i64, (usize, usize))| Ok(start + index(i, shape[axis])? * stride);
        let targets = list.into_iter().zip(along(&shape, &places, axis)).map(target).collect::<OpResult<Vec<_>>>()?;
        scatter(to, data, updates, &targets, &reduction)
    },
};

/// The data with slices replaced.
pub(super) const SCATTER_ND: RewriteDef = RewriteDef {
    onnx: "ScatterND",
    opsets: 11..=21,
    inputs: 3..=3,
    summary: "slices replaced, added or multiplied at constant rows of indices",
    rewrite: |mut attrs, inputs, to| {
        let reduction = attrs.text("reduction").unwrap_or_else(|| "none".into());
        attrs.finish()?;
        let (data, indices) = pair(inputs)?;
        let updates = Inputs(inputs).get(2)?;
        let (shape, rows) = (to.shape(data), to.shape(indices));
        let width = width(&shape, &rows, 0)?;
        let list = to.list(indices, "the indices")?;
        let (starts, len) = slices(&shape, &list, width)?;
        let targets: Vec<usize> = starts.into_iter().flat_map(|start| start..start + len).collect();
        if to.len(updates) != targets.len() {
            return Err(OpError::shape("updates of every slice", &[&to.shape(updates), &rows]));
        }
        scatter(to, data, updates, &targets, &reduction)
    },
};

/// Whether each of `depth` numbers is the index, on a new axis.
pub(super) const ONE_HOT: RewriteDef = RewriteDef {
    onnx: "OneHot",
    opsets: 9..=21,
    inputs: 3..=3,
    summary: "one of two constants for each number below `depth`, on a new axis",
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(-1);
        attrs.finish()?;
        let indices = only(inputs)?;
        let depth = to.list(Inputs(inputs).get(1)?, "the depth")?.first().copied().unwrap_or(0);
        let depth = usize::try_from(depth).ok().filter(|depth| (1..=1 << 16).contains(depth));
        let depth = depth.ok_or_else(|| OpError::Graph("the depth is out of range".into()))?;
        let values = Inputs(inputs).get(2)?;
        let dtype = to.fact(values).dtype;
        let [off, on] = to.value(values).map_or(&[][..], |values| values.data()) else {
            return Err(OpError::unsupported("the two values must be constants"));
        };
        let (off, on) = (*off, *on);
        let shape = to.shape(indices);
        let axis = axis(name, shape.len() + 1)?;
        let mut expanded = shape;
        expanded.insert(axis, 1);
        let indices = to.float(indices)?;
        let indices = to.reshape(indices, &expanded)?;
        let mut column = vec![1; expanded.len()];
        column[axis] = depth;
        let numbers = to.floats(&column, (0..depth).map(|i| i as f64).collect())?;
        let difference = to.op("Sub", &[indices, numbers])?;
        let equal = to.table("OneHot", Unary::Zero, difference)?;
        let y = to.affine(equal, on - off, off)?;
        if dtype == DType::Int {
            return Ok(vec![to.whole(y, on.min(off), on.max(off))?]);
        }
        Ok(vec![to.relabel(y, dtype)?])
    },
};
