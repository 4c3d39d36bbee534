//! [TopK](https://onnx.ai/onnx/operators/onnx__TopK.html): the largest (or least) values along an axis and their
//! indices, the first of equals first. Opset 10+.
//!
//! Every pair of values is compared; how many values stand before one is its rank, and comparisons of that say which
//! value has each rank. At the cost of a product for each value and rank.

use super::{
    op::{Id, OpError, OpResult, RewriteDef, Rewriter, axis},
    support::{inputs::pair, rows::last},
};

/// Most values along the axis.
const MAX_SIZE: usize = 256;

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "TopK",
    opsets: 10..=27,
    inputs: 2..=2,
    summary: "the largest or least values along an axis of at most 256, and their indices",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(-1);
        let largest = attrs.flag("largest", true);
        // Any order is allowed where `sorted` is 0.
        attrs.ignore("sorted");
        attrs.finish()?;
        let (x, k) = pair(inputs)?;
        let k = to.list(k, "k")?.first().copied().unwrap_or(0);
        let dtype = to.fact(x).dtype;
        let axis = axis(name, to.shape(x).len())?;
        let x = to.float(x)?;
        let (rows, back) = last(to, x, axis)?;
        let size = to.shape(rows)[1];
        let k = usize::try_from(k).ok().filter(|k| (1..=size).contains(k));
        let k = k.ok_or_else(|| OpError::Graph(format!("k is not in 1..={size}")))?;
        if size > MAX_SIZE {
            return Err(OpError::unsupported(format!("{size} values; at most {MAX_SIZE} are sorted")));
        }
        // A root keeps the order, and what it is the root of is more exact.
        let order = to.ordered(x);
        let order = if order == x { rows } else { last(to, order, axis)?.0 };
        let signed = if largest { order } else { to.affine(order, -1.0, 0.0)? };
        let chosen = chosen(to, signed, k)?;
        let count = to.shape(rows)[0];
        let options = to.reshape(rows, &[count, 1, size])?;
        let products = to.op("Mul", &[chosen, options])?;
        let values = to.reduce("ReduceSum", products, &[2], false)?;
        let numbers = to.floats(&[size, 1], (0..size).map(|i| i as f64).collect())?;
        let indices = to.op("MatMul", &[chosen, numbers])?;
        let indices = to.whole(indices, 0.0, (size - 1) as f64)?;
        let back = back.with_size(k);
        let values = back.undo(to, values)?;
        Ok(vec![to.relabel(values, dtype)?, back.undo(to, indices)?])
    },
};

/// For each row, each rank below k and each value: 1 where the value has the rank; rows × k × values.
fn chosen(to: &mut Rewriter<'_>, rows: Id, k: usize) -> OpResult<Id> {
    let [count, size] = to.shape(rows)[..] else { return Err(OpError::Graph("no rows".into())) };
    let pairs: Vec<(usize, usize)> = (0..size).flat_map(|i| (i + 1..size).map(move |j| (i, j))).collect();
    let ranks = if pairs.is_empty() {
        to.floats(&[count, size], vec![0.0; count * size])?
    } else {
        let side = |to: &mut Rewriter<'_>, pick: fn(&(usize, usize)) -> usize| {
            let sources =
                (0..count).flat_map(|row| pairs.iter().map(move |pair| Some((row * size + pick(pair)) as u32)));
            let sources = sources.collect();
            to.select(rows, vec![count, pairs.len()], sources, 0.0)
        };
        let (a, b) = (side(to, |pair| pair.0)?, side(to, |pair| pair.1)?);
        let difference = to.op("Sub", &[a, b])?;
        // 1 where the first of a pair stands before the second, which an equal one does.
        let before = to.at_least("TopK", difference, 0.0)?;
        let mut weights = vec![0.0; pairs.len() * size];
        for (at, (i, j)) in pairs.iter().enumerate() {
            weights[at * size + i] = -1.0;
            weights[at * size + j] = 1.0;
        }
        let weights = to.floats(&[pairs.len(), size], weights)?;
        let sum = to.op("MatMul", &[before, weights])?;
        let after = to.floats(&[size], (0..size).map(|i| (size - 1 - i) as f64).collect())?;
        to.op("Add", &[sum, after])?
    };
    let ranks = to.reshape(ranks, &[count, 1, size])?;
    to.one_hot("TopK", ranks, 1, k)
}
