//! [Celu](https://onnx.ai/onnx/operators/onnx__Celu.html): max(x, 0) + min(0, alpha · (e^(x / alpha) − 1)), which is
//! alpha · elu(x / alpha), element by element. Opset 12+.
//!
//! The Elu is a table; the factors go into the layers around it.

use super::{op::RewriteDef, support::inputs::only};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Celu",
    opsets: 12..=27,
    inputs: 1..=1,
    summary: "alpha · elu(x / alpha)",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let alpha = attrs.float("alpha", 1.0);
        attrs.finish()?;
        let x = only(inputs)?;
        let x = to.affine(x, alpha.recip(), 0.0)?;
        let y = to.op("Elu", &[x])?;
        Ok(vec![to.affine(y, alpha, 0.0)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn celu() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[2.0, 0.0, -1.0])], &[1, 3], &[2.0, 0.0, (-1f64).exp_m1()]);
        let halved = case.with("alpha", Attr::Float(0.5));
        halved.gives(&[&private(&[1, 2], &[-1.0, 2.0])], &[1, 2], &[0.5 * (-2f64).exp_m1(), 2.0]);
    }
}
