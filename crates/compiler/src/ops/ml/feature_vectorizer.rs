//! [FeatureVectorizer](https://onnx.ai/onnx/operators/onnx_aionnxml_FeatureVectorizer.html): the features of all inputs
//! one after the other. Operator sets 1 to 5.

use super::super::op::{Inputs, OpError, RewriteDef};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "FeatureVectorizer",
    opsets: 1..=5,
    inputs: 1..=usize::MAX,
    summary: "features of all inputs one after the other",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let sizes = attrs.ints("inputdimensions");
        attrs.finish()?;
        let all = (0..inputs.len()).map(|input| Inputs(inputs).get(input)).collect::<Result<Vec<_>, _>>()?;
        let lengths: Vec<i64> = all.iter().map(|x| to.len(*x) as i64).collect();
        if sizes.is_some_and(|sizes| sizes != lengths) {
            return Err(OpError::Graph(format!("inputs of {lengths:?} features")));
        }
        Ok(vec![to.joined(&all)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, ints};

    #[test]
    fn feature_vectorizer() {
        let case = Case::new(&super::DEF);
        case.gives(&[1.0, 2.0], &[&[1.0, 2.0]]);
        case.with("inputdimensions", ints(&[2])).gives(&[1.0, 2.0], &[&[1.0, 2.0]]);
        case.with("inputdimensions", ints(&[3])).graph_error(2);
    }
}
