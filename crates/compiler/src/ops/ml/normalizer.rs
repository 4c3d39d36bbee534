//! [Normalizer](https://onnx.ai/onnx/operators/onnx_aionnxml_Normalizer.html): x over the largest, the sum or the
//! Euclidean length of the magnitudes of a row. Operator sets 1 to 5.
//!
//! MAX divides by the largest value, as runtimes do, L1 by Σ |x|, L2 by √Σ x²: by tables and a product, each rounded
//! once. A row of zeros stays 0 up to that. L1 of a softmax is the softmax.

use hushproof_core::graph::Unary;

use super::{
    super::op::{Mark, RewriteDef, axis},
    features::row,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Normalizer",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "x over the largest value, Σ |x| or √Σ x² of a row",
    marks: &[Mark::Normalizes],
    rewrite: |mut attrs, inputs, to| {
        let norm = attrs.text("norm").unwrap_or_else(|| "MAX".to_owned());
        let reduce = match norm.as_str() {
            "L1" => "ReduceL1",
            "L2" => "ReduceL2",
            "MAX" => "ReduceMax",
            other => {
                attrs.reject(format!("norm {other}"));
                "ReduceMax"
            }
        };
        attrs.finish()?;
        let x = row(to, inputs)?;
        if norm == "L1" && to.softmax_of(x).is_some() {
            return Ok(vec![to.named_copy(x)?]);
        }
        let length = to.reduce(reduce, x, &[axis(-1, 2)?], true)?;
        let inverse = to.table("Reciprocal", Unary::Reciprocal, length)?;
        Ok(vec![to.op("Mul", &[x, inverse])?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, text};

    #[test]
    fn normalizer() {
        let with = |norm: &str| Case::new(&super::DEF).with("norm", text(norm));
        with("L1").gives(&[3.0, -1.0], &[&[0.75, -0.25]]);
        with("L2").gives(&[3.0, -4.0], &[&[0.6, -0.8]]);
        with("MAX").gives(&[2.0, 4.0], &[&[0.5, 1.0]]);
        with("L3").unsupported(2);
    }
}
