//! [ZipMap](https://onnx.ai/onnx/operators/onnx_aionnxml_ZipMap.html): a map from class labels to scores. Operator
//! set 1.
//!
//! The scores themselves, in the order of the labels, which are not part of the output.

use super::super::op::{Inputs, Mark, OpError, RewriteDef};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ZipMap",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "the scores, in the order of the labels",
    marks: &[Mark::Passes],
    rewrite: |mut attrs, inputs, to| {
        let integers = attrs.ints("classlabels_int64s").map(|labels| labels.len());
        let labels = integers.or_else(|| attrs.texts("classlabels_strings").map(|labels| labels.len()));
        attrs.ignore("classlabels_strings");
        attrs.finish()?;
        let x = Inputs(inputs).get(0)?;
        if labels != to.shape(x).last().copied() {
            return Err(OpError::Graph(format!("{} labels of {:?}", labels.unwrap_or(0), to.shape(x))));
        }
        Ok(vec![to.named_copy(x)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, ints, texts};

    #[test]
    fn zip_map() {
        let case = Case::new(&super::DEF);
        case.with("classlabels_int64s", ints(&[4, 7])).gives(&[0.25, 0.75], &[&[0.25, 0.75]]);
        case.with("classlabels_strings", texts(&["a", "b"])).gives(&[0.25, 0.75], &[&[0.25, 0.75]]);
        case.with("classlabels_int64s", ints(&[4, 7])).graph_error(3);
        case.graph_error(2);
    }
}
