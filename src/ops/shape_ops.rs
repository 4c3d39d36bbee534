//! Shapes and moves: [Shape](https://onnx.ai/onnx/operators/onnx__Shape.html), [Size](https://onnx.ai/onnx/operators/onnx__Size.html),
//! [ConstantOfShape](https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html),
//! [Range](https://onnx.ai/onnx/operators/onnx__Range.html), [EyeLike](https://onnx.ai/onnx/operators/onnx__EyeLike.html),
//! [Expand](https://onnx.ai/onnx/operators/onnx__Expand.html), [Tile](https://onnx.ai/onnx/operators/onnx__Tile.html),
//! [Trilu](https://onnx.ai/onnx/operators/onnx__Trilu.html),
//! [DepthToSpace](https://onnx.ai/onnx/operators/onnx__DepthToSpace.html) and
//! [SpaceToDepth](https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html). All exact: what depends on shapes alone is folded,
//! the rest only moves values.

use super::{
    Id, Inputs, OpError, OpResult, RewriteDef, Rewriter,
    activations::{only, pair},
};
use crate::tensor::{DType, Fact, MAX_ELEMENTS, broadcast, broadcast_indices};

/// Sizes that a tensor may have.
fn sizes(list: Vec<i64>) -> OpResult<Vec<usize>> {
    let sizes: Option<Vec<usize>> = list.iter().map(|size| usize::try_from(*size).ok()).collect();
    let fits = |shape: &Vec<usize>| Fact::float(shape.clone()).checked_len().is_some_and(|len| len <= MAX_ELEMENTS);
    sizes.filter(fits).ok_or_else(|| OpError::Graph(format!("shape {list:?} is empty or too large")))
}

/// The sizes of a tensor.
pub(super) const SHAPE: RewriteDef = RewriteDef {
    onnx: "Shape",
    opsets: 7..=21,
    inputs: 1..=1,
    summary: "the sizes of a tensor, folded",
    rewrite: |mut attrs, inputs, to| {
        let (start, end) = (attrs.int("start").unwrap_or(0), attrs.int("end"));
        attrs.finish()?;
        let shape: Vec<i64> = to.shape(only(inputs)?).into_iter().map(|size| size as i64).collect();
        let rank = shape.len() as i64;
        let at = |i: i64| if i < 0 { i.saturating_add(rank) } else { i }.clamp(0, rank) as usize;
        let (start, end) = (at(start), at(end.unwrap_or(rank)));
        if start >= end {
            return Err(OpError::Graph("no axis is left".into()));
        }
        Ok(vec![to.ints(&shape[start..end])?])
    },
};

/// The number of values.
pub(super) const SIZE: RewriteDef = RewriteDef {
    onnx: "Size",
    opsets: 7..=21,
    inputs: 1..=1,
    summary: "the number of values, folded",
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let len = to.len(only(inputs)?);
        Ok(vec![to.tensor(DType::Int, vec![], vec![len as f64])?])
    },
};

/// A constant tensor.
pub(super) const CONSTANT_OF_SHAPE: RewriteDef = RewriteDef {
    onnx: "ConstantOfShape",
    opsets: 9..=21,
    inputs: 1..=1,
    summary: "one value everywhere, folded",
    rewrite: |mut attrs, inputs, to| {
        let value = attrs.tensor("value");
        attrs.finish()?;
        let shape = sizes(to.list(only(inputs)?, "the shape")?)?;
        let (dtype, fill) = value
            .map_or((DType::Float, 0.0), |value| (value.fact().dtype, value.data().first().copied().unwrap_or(0.0)));
        let len = shape.iter().product();
        Ok(vec![to.tensor(dtype, shape, vec![fill; len])?])
    },
};

/// Numbers from a start to a limit.
pub(super) const RANGE: RewriteDef = RewriteDef {
    onnx: "Range",
    opsets: 11..=21,
    inputs: 3..=3,
    summary: "constant numbers in steps, folded",
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let constant = |index: usize| {
            let value = to.value(Inputs(inputs).get(index)?).and_then(|value| value.data().first().copied());
            value.ok_or_else(|| OpError::unsupported("start, limit and step must be constants"))
        };
        let (start, limit, step) = (constant(0)?, constant(1)?, constant(2)?);
        let count = ((limit - start) / step).ceil();
        if !(1.0..=1e6).contains(&count) {
            return Err(OpError::Graph(format!("{count} numbers; 1 to 1000000 are accepted")));
        }
        let dtype = to.fact(only(inputs)?).dtype;
        let values: Vec<f64> = (0..count as usize).map(|i| start + i as f64 * step).collect();
        Ok(vec![to.tensor(dtype, vec![values.len()], values)?])
    },
};

/// Ones on a diagonal.
pub(super) const EYE_LIKE: RewriteDef = RewriteDef {
    onnx: "EyeLike",
    opsets: 9..=21,
    inputs: 1..=1,
    summary: "ones on a diagonal, folded",
    rewrite: |mut attrs, inputs, to| {
        let k = attrs.int("k").unwrap_or(0);
        let dtype = attrs.int("dtype");
        attrs.finish()?;
        let fact = to.fact(only(inputs)?);
        let [rows, columns] = fact.shape[..] else { return Err(OpError::shape("a matrix", &[&fact.shape])) };
        let dtype = match dtype {
            None => fact.dtype,
            Some(1 | 10 | 11 | 16) => DType::Float,
            Some(9) => DType::Bool,
            Some(_) => DType::Int,
        };
        let one = |at: usize| f64::from((at % columns) as i64 - (at / columns) as i64 == k);
        Ok(vec![to.tensor(dtype, vec![rows, columns], (0..rows * columns).map(one).collect())?])
    },
};

/// A tensor broadcast to a shape.
pub(super) const EXPAND: RewriteDef = RewriteDef {
    onnx: "Expand",
    opsets: 8..=21,
    inputs: 2..=2,
    summary: "broadcast to a constant shape",
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let (x, shape) = pair(inputs)?;
        let wanted = sizes(to.list(shape, "the shape")?)?;
        let shape = to.shape(x);
        let result =
            broadcast(&shape, &wanted).ok_or_else(|| OpError::shape("a shape to broadcast to", &[&shape, &wanted]))?;
        sizes(result.iter().map(|size| *size as i64).collect())?;
        let sources = broadcast_indices(&shape, &result).into_iter().map(|i| Some(i as u32)).collect();
        Ok(vec![to.select(x, result, sources, 0.0)?])
    },
};

/// Copies beside one another.
pub(super) const TILE: RewriteDef = RewriteDef {
    onnx: "Tile",
    opsets: 7..=21,
    inputs: 2..=2,
    summary: "copies beside one another, a constant number of times",
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let (x, repeats) = pair(inputs)?;
        let repeats = sizes(to.list(repeats, "the repeats")?)?;
        let shape = to.shape(x);
        if repeats.len() != shape.len() {
            return Err(OpError::Graph("as many repeats as axes are needed".into()));
        }
        let result = shape.iter().zip(&repeats).map(|(size, times)| (*size as i64).saturating_mul(*times as i64));
        let result = sizes(result.collect())?;
        let source = |mut at: usize| {
            let (mut element, mut stride) = (0, 1);
            for axis in (0..shape.len()).rev() {
                element += at % result[axis] % shape[axis] * stride;
                at /= result[axis];
                stride *= shape[axis];
            }
            Some(element as u32)
        };
        let sources = (0..result.iter().product()).map(source).collect();
        Ok(vec![to.select(x, result.clone(), sources, 0.0)?])
    },
};

/// One triangle of matrices, 0 elsewhere.
pub(super) const TRILU: RewriteDef = RewriteDef {
    onnx: "Trilu",
    opsets: 14..=21,
    inputs: 1..=2,
    summary: "the upper or lower triangle of matrices, 0 elsewhere",
    rewrite: |mut attrs, inputs, to| {
        let upper = attrs.flag("upper", true);
        attrs.finish()?;
        let x = only(inputs)?;
        let k = match Inputs(inputs).optional(1) {
            Some(k) => to.list(k, "the diagonal")?.first().copied().unwrap_or(0),
            None => 0,
        };
        let shape = to.shape(x);
        let [.., rows, columns] = shape[..] else { return Err(OpError::shape("matrices", &[&shape])) };
        let source = |at: usize| {
            let right = (at % columns) as i64 - (at / columns % rows) as i64;
            (if upper { right >= k } else { right <= k }).then_some(at as u32)
        };
        Ok(vec![to.select(x, shape, (0..to.len(x)).map(source).collect(), 0.0)?])
    },
};

/// The block size and the four sizes of a tensor.
fn blocks(to: &Rewriter<'_>, x: Id, size: Option<i64>) -> OpResult<(usize, [usize; 4])> {
    let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0);
    let size = size.ok_or_else(|| OpError::Graph("blocksize is missing or not positive".into()))?;
    let shape = to.shape(x);
    let shape = <[usize; 4]>::try_from(shape.clone()).map_err(|_| OpError::shape("four axes", &[&shape]))?;
    Ok((size, shape))
}

/// Channels become blocks of pixels.
pub(super) const DEPTH_TO_SPACE: RewriteDef = RewriteDef {
    onnx: "DepthToSpace",
    opsets: 7..=21,
    inputs: 1..=1,
    summary: "channels to blocks of pixels",
    rewrite: |mut attrs, inputs, to| {
        let (size, mode) = (attrs.int("blocksize"), attrs.text("mode").unwrap_or_else(|| "DCR".into()));
        attrs.finish()?;
        let x = only(inputs)?;
        let (b, [n, c, h, w]) = blocks(to, x, size)?;
        if !c.is_multiple_of(b * b) {
            return Err(OpError::Graph("the channels are no multiple of blocks".into()));
        }
        let depth = c / (b * b);
        let (split, order) = match mode.as_str() {
            "DCR" => ([n, b, b, depth, h, w], [0, 3, 4, 1, 5, 2]),
            "CRD" => ([n, depth, b, b, h, w], [0, 1, 4, 2, 5, 3]),
            other => return Err(OpError::unsupported(format!("mode = {other}"))),
        };
        let x = to.reshape(x, &split)?;
        let x = to.transpose(x, &order)?;
        Ok(vec![to.reshape(x, &[n, depth, h * b, w * b])?])
    },
};

/// Blocks of pixels become channels.
pub(super) const SPACE_TO_DEPTH: RewriteDef = RewriteDef {
    onnx: "SpaceToDepth",
    opsets: 7..=21,
    inputs: 1..=1,
    summary: "blocks of pixels to channels",
    rewrite: |mut attrs, inputs, to| {
        let size = attrs.int("blocksize");
        attrs.finish()?;
        let x = only(inputs)?;
        let (b, [n, c, h, w]) = blocks(to, x, size)?;
        if !h.is_multiple_of(b) || !w.is_multiple_of(b) {
            return Err(OpError::Graph("the pixels are no multiple of blocks".into()));
        }
        let x = to.reshape(x, &[n, c, h / b, b, w / b, b])?;
        let x = to.transpose(x, &[0, 3, 5, 1, 2, 4])?;
        Ok(vec![to.reshape(x, &[n, c * b * b, h / b, w / b])?])
    },
};
