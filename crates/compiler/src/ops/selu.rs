//! [Selu](https://onnx.ai/onnx/operators/onnx__Selu.html): gamma · (x where x > 0, else alpha · (e^x − 1)), element
//! by element. Opset 6+.
//!
//! The Elu is a table; gamma goes into the layer behind it.

use super::{
    op::{Attr, RewriteDef},
    support::inputs::only,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Selu",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "gamma · elu(x)",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let old = attrs.opset() < 6;
        let alpha = attrs.float("alpha", if old { 1.6732 } else { 1.673_263_192_176_818_8 });
        let gamma = attrs.float("gamma", if old { 1.0507 } else { 1.050_701_022_148_132_3 });
        attrs.finish()?;
        let y = to.with("Elu", &[("alpha", Attr::Float(alpha))], &[only(inputs)?])?;
        Ok(vec![to.affine(y, gamma, 0.0)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, private},
    };

    #[test]
    fn selu() {
        let case = Case::new(&super::DEF);
        let case = case.with("alpha", Attr::Float(2.0)).with("gamma", Attr::Float(3.0));
        case.gives(&[&private(&[1, 3], &[1.0, 0.0, -1.0])], &[1, 3], &[3.0, 0.0, 6.0 * (-1f64).exp_m1()]);
    }
}
