//! [LogSoftmax](https://onnx.ai/onnx/operators/onnx__LogSoftmax.html): x − ln Σ e^x along an axis. Opset 1+; served
//! from 13, where the axis is one axis.
//!
//! x − max − ln Σ e^(x − max) by a table of e^x, a sum and a table of ln, each rounded once.

use hushproof_core::graph::Unary;

use super::{
    op::{Mark, RewriteDef, axis},
    support::{
        inputs::only,
        rows::{exponentials, last},
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LogSoftmax",
    opsets: 13..=27,
    inputs: 1..=1,
    summary: "x − ln Σ e^x along an axis",
    marks: &[Mark::Logits],
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

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn log_softmax() {
        let case = Case::new(&super::DEF);
        let x = private(&[2, 2], &[0.0, 3f64.ln(), 1.0, 1.0]);
        let half = 0.5f64.ln();
        case.gives(&[&x], &[2, 2], &[0.25f64.ln(), 0.75f64.ln(), half, half]);
        case.with("axis", Attr::Int(-3)).graph_error(&[&x]);
    }
}
