//! [LogSoftmax](https://onnx.ai/onnx/operators/onnx__LogSoftmax.html): x − ln Σ e^x along an axis. Opset 1+;
//! before 13 over all axes from the given one on.
//!
//! x − max − ln Σ e^(x − max) by a table of e^x, a sum and a table of ln, each rounded once.

use hushproof_core::graph::Unary;

use super::{
    op::{Mark, RewriteDef},
    support::{
        inputs::only,
        rows::{exponentials, named},
    },
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LogSoftmax",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "x − ln Σ e^x along an axis",
    marks: &[Mark::Logits],
    rewrite: |mut attrs, inputs, to| {
        let (moved, back) = named(&mut attrs, to, only(inputs)?)?;
        attrs.finish()?;
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
        let all = case.opset(12).with("axis", Attr::Int(0));
        let e = std::f64::consts::E;
        let x = private(&[2, 2], &[0.0, 1.0, 0.0, 1.0]);
        let (low, high) = (-(2.0 + 2.0 * e).ln(), 1.0 - (2.0 + 2.0 * e).ln());
        all.gives(&[&x], &[2, 2], &[low, high, low, high]);
    }
}
