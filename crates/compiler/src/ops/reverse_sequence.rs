//! [ReverseSequence](https://onnx.ai/onnx/operators/onnx__ReverseSequence.html): the first values of each sequence of a
//! batch in the opposite order, as many as constant lengths say. Opset 10+. Exact: values are only moved.

use super::{
    op::{OpError, OpResult, RewriteDef},
    support::inputs::pair,
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ReverseSequence",
    opsets: 10..=27,
    inputs: 2..=2,
    summary: "sequences of constant lengths in the opposite order",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let (batch, time) = (attrs.int("batch_axis").unwrap_or(1), attrs.int("time_axis").unwrap_or(0));
        if ![(0, 1), (1, 0)].contains(&(batch, time)) {
            attrs.reject(format!("batch_axis = {batch} and time_axis = {time}; they are 0 and 1"));
        }
        attrs.finish()?;
        let (x, lengths) = pair(inputs)?;
        let shape = to.shape(x);
        let lengths = to.list(lengths, "the lengths")?;
        let [first, second, ..] = shape[..] else { return Err(OpError::shape("two axes or more", &[&shape])) };
        let (batches, steps) = if batch == 0 { (first, second) } else { (second, first) };
        let lengths = lengths.into_iter().map(|len| usize::try_from(len).ok().filter(|len| *len <= steps));
        let lengths = lengths.collect::<Option<Vec<usize>>>().filter(|lengths| lengths.len() == batches);
        let lengths = lengths.ok_or_else(|| OpError::Graph("the lengths do not fit the sequences".into()))?;
        let inner: usize = shape[2..].iter().product();
        let source = |at: usize| {
            let (i, j) = (at / inner / second, at / inner % second);
            let (b, t) = if batch == 0 { (i, j) } else { (j, i) };
            let t = if t < lengths[b] { lengths[b] - 1 - t } else { t };
            let (i, j) = if batch == 0 { (b, t) } else { (t, b) };
            Some(((i * second + j) * inner + at % inner) as u32)
        };
        let sources = (0..to.len(x)).map(source).collect();
        to.select(x, shape, sources, 0.0).map(|y| vec![y]) as OpResult<_>
    },
};
