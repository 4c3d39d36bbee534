//! Activations that are others, scaled: [Celu](https://onnx.ai/onnx/operators/onnx__Celu.html),
//! [Selu](https://onnx.ai/onnx/operators/onnx__Selu.html), [Hardmax](https://onnx.ai/onnx/operators/onnx__Hardmax.html)
//! and [LogSoftmax](https://onnx.ai/onnx/operators/onnx__LogSoftmax.html).

use super::{
    Attr, Attrs, Id, OpResult, RewriteDef, Rewriter, axis,
    softmax::{exponentials, last},
};
use crate::{graph::planar::Unary, ops::arg_max::first_largest, tensor::DType};

/// max(x, 0) + min(0, alpha · (e^(x / alpha) − 1)): alpha · elu(x / alpha).
pub(super) const CELU: RewriteDef = RewriteDef {
    onnx: "Celu",
    opsets: 12..=21,
    inputs: 1..=1,
    summary: "alpha · elu(x / alpha)",
    rewrite: |mut attrs, inputs, to| {
        let alpha = attrs.float("alpha", 1.0);
        attrs.finish()?;
        let x = only(inputs)?;
        let x = to.affine(x, alpha.recip(), 0.0)?;
        let y = to.op("Elu", &[x])?;
        Ok(vec![to.affine(y, alpha, 0.0)?])
    },
};

/// gamma · elu(x).
pub(super) const SELU: RewriteDef = RewriteDef {
    onnx: "Selu",
    opsets: 7..=21,
    inputs: 1..=1,
    summary: "gamma · elu(x)",
    rewrite: |mut attrs, inputs, to| {
        let alpha = attrs.float("alpha", 1.673_263_192_176_818_8);
        let gamma = attrs.float("gamma", 1.050_701_022_148_132_3);
        attrs.finish()?;
        let y = to.with("Elu", &[("alpha", Attr::Float(alpha))], &[only(inputs)?])?;
        Ok(vec![to.affine(y, gamma, 0.0)?])
    },
};

/// 1 at the first largest value along an axis, else 0.
pub(super) const HARDMAX: RewriteDef = RewriteDef {
    onnx: "Hardmax",
    opsets: 13..=21,
    inputs: 1..=1,
    summary: "1 at the first largest value of an axis, else 0",
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(-1);
        attrs.finish()?;
        let x = only(inputs)?;
        let (moved, back) = last(to, x, axis(name, to.shape(x).len())?)?;
        let first = first_largest(to, moved)?;
        let first = to.relabel(first, DType::Float)?;
        Ok(vec![back.undo(to, first)?])
    },
};

/// x − max − ln Σ e^(x − max) along an axis.
pub(super) const LOG_SOFTMAX: RewriteDef = RewriteDef {
    onnx: "LogSoftmax",
    opsets: 13..=21,
    inputs: 1..=1,
    summary: "x − ln Σ e^x along an axis",
    rewrite: |mut attrs, inputs, to| {
        let name = attrs.int("axis").unwrap_or(-1);
        attrs.finish()?;
        let x = only(inputs)?;
        let (moved, back) = last(to, x, axis(name, to.shape(x).len())?)?;
        let (shifted, _, sum) = exponentials(to, moved)?;
        let log = to.table("Log", Unary::Log, sum)?;
        let y = to.op("Sub", &[shifted, log])?;
        Ok(vec![back.undo(to, y)?])
    },
};

/// The only input.
pub(super) fn only(inputs: &[Option<Id>]) -> OpResult<Id> {
    super::Inputs(inputs).get(0)
}

/// Two inputs.
pub(super) fn pair(inputs: &[Option<Id>]) -> OpResult<(Id, Id)> {
    Ok((super::Inputs(inputs).get(0)?, super::Inputs(inputs).get(1)?))
}

/// A rewrite without attributes of two inputs.
pub(super) fn without_attributes(attrs: Attrs, inputs: &[Option<Id>]) -> OpResult<(Id, Id)> {
    attrs.finish()?;
    pair(inputs)
}

/// All inputs from the left, two at a time.
pub(super) fn fold(
    inputs: &[Option<Id>],
    to: &mut Rewriter<'_>,
    f: impl Fn(&mut Rewriter<'_>, Id, Id) -> OpResult<Id>,
) -> OpResult<Vec<Id>> {
    let first = only(inputs)?;
    let rest = (1..inputs.len()).map(|index| super::Inputs(inputs).get(index)).collect::<OpResult<Vec<_>>>()?;
    Ok(vec![rest.into_iter().try_fold(first, |a, b| f(to, a, b))?])
}
