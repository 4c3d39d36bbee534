//! [Binarizer](https://onnx.ai/onnx/operators/onnx_aionnxml_Binarizer.html): 1 where x > threshold, else 0. Operator
//! sets 1 to 5.
//!
//! A comparison without a table, exact on codes, and on values of the graph's input of their ranks.

use super::super::{
    op::{Inputs, RewriteDef, trees::Mode},
    support::leaves::holds,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Binarizer",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "x > threshold, without a table",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let threshold = attrs.float("threshold", 0.0);
        attrs.finish()?;
        let x = Inputs(inputs).get(0)?;
        if to.is_input(x) {
            return Ok(vec![holds(to, "Binarizer", x, Mode::Greater, threshold, false)?]);
        }
        let x = to.affine(x, 1.0, -threshold)?;
        let bits = to.compares(x, true)?;
        Ok(vec![to.float(bits)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::Case;
    use crate::ops::Attr;

    #[test]
    fn binarizer() {
        let case = Case::new(&super::DEF);
        case.gives(&[-1.0, 0.0, 0.5], &[&[0.0, 0.0, 1.0]]);
        case.with("threshold", Attr::Float(0.5)).gives(&[1.0, 0.5, 0.25], &[&[1.0, 0.0, 0.0]]);
        case.with("threshold", Attr::Float(f64::INFINITY)).unsupported(2);
    }
}
