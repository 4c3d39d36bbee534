//! Values by index: [Gather](https://onnx.ai/onnx/operators/onnx__Gather.html),
//! [GatherElements](https://onnx.ai/onnx/operators/onnx__GatherElements.html),
//! [GatherND](https://onnx.ai/onnx/operators/onnx__GatherND.html),
//! [ScatterElements](https://onnx.ai/onnx/operators/onnx__ScatterElements.html),
//! [ScatterND](https://onnx.ai/onnx/operators/onnx__ScatterND.html) and
//! [OneHot](https://onnx.ai/onnx/operators/onnx__OneHot.html).
//!
//! Constant indices only move values, exactly. A private index must be an integer whose range follows from the graph, as that
//! of a sum of truth values does: for each value in that range a table says whether it is the index, and the result is the
//! sum of the products with what the values stand for. Scatter takes constant indices only.

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
        let unknown = || OpError::unsupported("a private index whose range is not known");
        let bounds = to.bounds(indices).ok_or_else(unknown)?;
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
    summary: "slices of an axis by index, constant or of a known range",
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
    summary: "single values along an axis by index, constant or of a known range",
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

/// The slices that rows of indices name.
pub(super) const GATHER_ND: RewriteDef = RewriteDef {
    onnx: "GatherND",
    opsets: 11..=21,
    inputs: 2..=2,
    summary: "slices by constant rows of indices",
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
        let mut result = rows[..rows.len() - 1].to_vec();
        result.extend(&shape[batch + width..]);
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
    summary: "values replaced, added or multiplied along an axis at constant indices",
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
