//! Gelu and what is near it, each by one table.

use super::super::{
    op::{Attr, Attrs, Id, Inputs, OpResult, RewriteDef, Rewriter},
    support::inputs::{only, without_attributes},
};

/// x · Φ(x).
pub(super) const GELU: RewriteDef = RewriteDef {
    onnx: "com.microsoft.Gelu",
    opsets: 1..=1,
    inputs: 1..=1,
    summary: "x · Φ(x)",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        to.all("Gelu", &[], &[Some(only(inputs)?)])
    },
};

/// x · Φ(x) of a sum.
pub(super) const BIAS_GELU: RewriteDef = RewriteDef {
    onnx: "com.microsoft.BiasGelu",
    opsets: 1..=1,
    inputs: 2..=2,
    summary: "Gelu of a sum",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        let (a, b) = without_attributes(attrs, inputs)?;
        let sum = to.op("Add", &[a, b])?;
        to.all("Gelu", &[], &[Some(sum)])
    },
};

/// The approximation of Gelu by tanh, of x or of its sum with a bias.
pub(super) const FAST_GELU: RewriteDef = RewriteDef {
    onnx: "com.microsoft.FastGelu",
    opsets: 1..=1,
    inputs: 1..=2,
    summary: "Gelu by tanh, of x or of its sum with a bias",
    marks: &[],
    rewrite: fast,
};

fn fast(attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    attrs.finish()?;
    let x = only(inputs)?;
    let x = match Inputs(inputs).optional(1) {
        Some(bias) => to.op("Add", &[x, bias])?,
        None => x,
    };
    to.all("Gelu", &[("approximate", Attr::Text("tanh".into()))], &[Some(x)])
}

/// x · sigmoid(alpha · x).
pub(super) const QUICK_GELU: RewriteDef = RewriteDef {
    onnx: "com.microsoft.QuickGelu",
    opsets: 1..=1,
    inputs: 1..=1,
    summary: "x · sigmoid(alpha · x)",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let alpha = attrs.float("alpha", 1.702);
        attrs.finish()?;
        to.all("Swish", &[("alpha", Attr::Float(alpha))], &[Some(only(inputs)?)])
    },
};

#[cfg(test)]
mod tests {
    use hushproof_core::graph::Function;

    use super::{
        super::super::testing::{Case, constant, private},
        *,
    };

    #[test]
    fn gelus() {
        let x = private(&[1, 2], &[0.5, -1.0]);
        let of = |function: Function, x: [f64; 2]| x.map(|x| function.eval(x));
        Case::new(&GELU).gives(&[&x], &[1, 2], &of(Function::Gelu, [0.5, -1.0]));
        let bias = constant(&[2], &[1.0, 2.0]);
        Case::new(&BIAS_GELU).gives(&[&x, &bias], &[1, 2], &of(Function::Gelu, [1.5, 1.0]));
        Case::new(&FAST_GELU).gives(&[&x], &[1, 2], &of(Function::GeluTanh, [0.5, -1.0]));
        Case::new(&FAST_GELU).gives(&[&x, &bias], &[1, 2], &of(Function::GeluTanh, [1.5, 1.0]));
        let quick = |x: f64, alpha: f64| x / (1.0 + (-alpha * x).exp());
        Case::new(&QUICK_GELU).gives(&[&x], &[1, 2], &[quick(0.5, 1.702), quick(-1.0, 1.702)]);
        let two = Case::new(&QUICK_GELU).with("alpha", Attr::Float(2.0));
        two.gives(&[&x], &[1, 2], &[quick(0.5, 2.0), quick(-1.0, 2.0)]);
        Case::new(&GELU).with("approximate", Attr::Text("tanh".into())).unsupported(&[&x]);
    }
}
