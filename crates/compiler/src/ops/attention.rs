//! [Attention](https://onnx.ai/onnx/operators/onnx__Attention.html): `softmax(scale · Q Kᵀ + mask) V`, of several
//! heads. Opset 23+.
//!
//! Two matrix products, each rounded once, and a softmax by tables. Heads of keys and values may be shared by several
//! of the queries. Masks are constant: truth values, or numbers that are added. Unsupported: windows, lengths without
//! padding (`nonpad_kv_seqlen`), private masks of truth values.

use super::{
    op::{Attr, Attrs, Id, Inputs, OpError, OpResult, RewriteDef, Rewriter},
    support::masks,
};
use crate::tensor::{DType, broadcast, broadcast_indices};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Attention",
    opsets: 23..=27,
    inputs: 3..=6,
    summary: "softmax(scale · Q Kᵀ + mask) V of several heads, causal or with a constant mask",
    marks: &[],
    rewrite,
};

fn rewrite(mut attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    let causal = attrs.flag("is_causal", false);
    let (kv_heads, q_heads) = (attrs.int("kv_num_heads"), attrs.int("q_num_heads"));
    let (scale, softcap) = (attrs.any_float("scale"), attrs.float("softcap", 0.0));
    let shown_scores = attrs.int("qk_matmul_output_mode").unwrap_or(0);
    attrs.ignore("softmax_precision");
    for name in ["left_window_size", "right_window_size"] {
        if attrs.int(name).is_some_and(|size| size != -1) {
            attrs.reject(format!("{name}; give the window as a mask"));
        }
    }
    attrs.finish()?;
    let inputs = Inputs(inputs);
    let given = to.shape(inputs.get(0)?);
    let q = heads(to, inputs.get(0)?, q_heads)?;
    let mut k = heads(to, inputs.get(1)?, kv_heads)?;
    let mut v = heads(to, inputs.get(2)?, kv_heads)?;
    let mut past = 0;
    if let (Some(past_k), Some(past_v)) = (inputs.optional(4), inputs.optional(5)) {
        past = to.shape(past_k).get(2).copied().unwrap_or(0);
        k = to.with("Concat", &[("axis", Attr::Int(2))], &[past_k, k])?;
        v = to.with("Concat", &[("axis", Attr::Int(2))], &[past_v, v])?;
    }
    let present = [k, v];
    let (shape, keys) = (to.shape(q), to.shape(k));
    let (&[n, h, rows, width], &[kn, shared, columns, kw]) = (&shape[..], &keys[..]) else {
        return Err(OpError::shape("batch × heads × sequence × size", &[&shape, &keys]));
    };
    if kn != n || kw != width || shared == 0 || !h.is_multiple_of(shared) || to.shape(v)[..3] != keys[..3] {
        return Err(OpError::shape("keys and values that fit the queries", &[&shape, &keys, &to.shape(v)]));
    }
    (k, v) = (repeated(to, k, h)?, repeated(to, v, h)?);
    let k = to.transpose(k, &[0, 1, 3, 2])?;
    let product = to.op("MatMul", &[q, k])?;
    let raw = to.affine(product, scale.unwrap_or_else(|| (width as f64).sqrt().recip()), 0.0)?;
    let mut scores = raw;
    if softcap > 0.0 {
        let share = to.affine(scores, softcap.recip(), 0.0)?;
        let share = to.op("Tanh", &[share])?;
        scores = to.affine(share, softcap, 0.0)?;
    }
    let capped = scores;
    let all = [n, h, rows, columns];
    let mut shown: Vec<bool> =
        (0..all.iter().product::<usize>()).map(|at| !causal || at % columns <= at / columns % rows + past).collect();
    if let Some(mask) = inputs.optional(3) {
        let from = to.shape(mask);
        if broadcast(&from, &all).as_deref() != Some(&all[..]) {
            return Err(OpError::shape(format!("a mask that broadcasts to {all:?}"), &[&from]));
        }
        if to.fact(mask).dtype == DType::Bool {
            let mask = to.value(mask).ok_or_else(|| {
                OpError::unsupported("a private mask of truth values; add −1000 where it hides instead, as numbers")
            })?;
            let places = broadcast_indices(&from, &all);
            shown.iter_mut().zip(places).for_each(|(shown, i)| *shown &= mask.data()[i] != 0.0);
        } else {
            scores = to.op("Add", &[scores, mask])?;
            if let Some(mask) = to.mask(scores) {
                scores = mask.plain;
                shown.iter_mut().zip(mask.shown).for_each(|(shown, other)| *shown &= other);
            }
        }
    }
    let matrix = to.reshape(scores, &[n * h * rows, columns])?;
    let weights = masks::softmax(to, matrix, &shown)?;
    let weights = to.reshape(weights, &all)?;
    let y = to.op("MatMul", &[weights, v])?;
    let y = if given.len() == 3 {
        let y = to.transpose(y, &[0, 2, 1, 3])?;
        let len = to.len(y);
        to.reshape(y, &[n, rows, len / (n * rows)])?
    } else {
        y
    };
    let score_output = match shown_scores {
        0 => raw,
        1 => capped,
        3 => weights,
        _ => return Ok(vec![y, present[0], present[1]]),
    };
    Ok(vec![y, present[0], present[1], score_output])
}

/// Batch × heads × sequence × size.
fn heads(to: &mut Rewriter<'_>, x: Id, count: Option<i64>) -> OpResult<Id> {
    let shape = to.shape(x);
    match (shape.len(), count.and_then(|count| usize::try_from(count).ok())) {
        (4, _) => Ok(x),
        (3, Some(count)) if count > 0 && shape[2].is_multiple_of(count) => {
            let split = to.reshape(x, &[shape[0], shape[1], count, shape[2] / count])?;
            to.transpose(split, &[0, 2, 1, 3])
        }
        _ => Err(OpError::shape("four axes, or three and the number of heads", &[&shape])),
    }
}

/// Each head as often as the queries have heads for it.
fn repeated(to: &mut Rewriter<'_>, x: Id, heads: usize) -> OpResult<Id> {
    let shape = to.shape(x);
    let (shared, plane) = (shape[1], shape[2] * shape[3]);
    let each = heads / shared;
    let source = |at: usize| {
        let (n, head) = (at / plane / heads, at / plane % heads);
        Some(((n * shared + head / each) * plane + at % plane) as u32)
    };
    let sources = (0..shape[0] * heads * plane).map(source).collect();
    to.select(x, vec![shape[0], heads, shape[2], shape[3]], sources, 0.0)
}
