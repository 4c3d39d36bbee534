//! [ArrayFeatureExtractor](https://onnx.ai/onnx/operators/onnx_aionnxml_ArrayFeatureExtractor.html): the features at
//! constant indices along the last axis. Operator sets 1 to 5.

use super::super::op::{Attr, Inputs, OpError, RewriteDef};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ArrayFeatureExtractor",
    opsets: 1..=5,
    inputs: 2..=2,
    summary: "values at constant indices along the last axis",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let (x, indices) = (Inputs(inputs).get(0)?, Inputs(inputs).get(1)?);
        let shape = to.shape(x);
        let indices = to.list(indices, "the indices")?;
        let size = shape.last().copied().unwrap_or(1);
        if shape.is_empty() || indices.iter().any(|index| !(0..size as i64).contains(index)) {
            return Err(OpError::Graph(format!("indices {indices:?} of {size} features")));
        }
        let axis = shape.len() as i64 - 1;
        let indices = to.ints(&indices)?;
        let y = to.with("Gather", &[("axis", Attr::Int(axis))], &[x, indices])?;
        // A vector becomes a row.
        let row = if shape.len() == 1 { vec![1, to.len(y)] } else { to.shape(y) };
        Ok(vec![to.reshape(y, &row)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::Case;

    #[test]
    fn array_feature_extractor() {
        let case = Case::new(&super::DEF);
        case.indexed(&[2, 0]).gives(&[5.0, 6.0, 7.0], &[&[7.0, 5.0]]);
        case.indexed(&[3]).graph_error(3);
        case.indexed(&[-1]).graph_error(3);
    }
}
