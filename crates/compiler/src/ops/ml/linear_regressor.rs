//! [LinearRegressor](https://onnx.ai/onnx/operators/onnx_aionnxml_LinearRegressor.html): y = W · x + b for each target.
//! Operator sets 1 to 5.
//!
//! Folded into one linear layer. Unsupported: `post_transform` PROBIT and SOFTMAX_ZERO.

use super::{
    super::op::{Attrs, Id, OpError, OpResult, RewriteDef, Rewriter},
    classifier::{Scorer, Transform},
    features::row,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LinearRegressor",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "W · x + b",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let coefficients = attrs.floats("coefficients").unwrap_or_default();
        let intercepts = attrs.floats("intercepts");
        let targets = attrs.int("targets").unwrap_or(1);
        let transform = Transform::take(&mut attrs);
        let y = regression(attrs, inputs, to, "LinearRegressor", targets, coefficients, intercepts)?;
        Ok(vec![transform.apply(to, y)?])
    },
};

/// W · x + b.
pub(super) fn regression(
    attrs: Attrs,
    inputs: &[Option<Id>],
    to: &mut Rewriter<'_>,
    op: &'static str,
    targets: i64,
    coefficients: Vec<f64>,
    intercepts: Option<Vec<f64>>,
) -> OpResult<Id> {
    attrs.finish()?;
    let x = row(to, inputs)?;
    let features = to.len(x);
    let count = coefficients.len() / features;
    let intercepts = intercepts.unwrap_or_else(|| vec![0.0; count]);
    if count == 0 || coefficients.len() != count * features || count as i64 != targets || intercepts.len() != count {
        let (weights, bias) = (coefficients.len(), intercepts.len());
        let reason =
            format!("{weights} coefficients and {bias} intercepts for {features} features and {targets} targets");
        return Err(OpError::Graph(reason));
    }
    if coefficients.iter().chain(&intercepts).any(|value| !value.is_finite()) {
        return Err(OpError::Graph("a coefficient that is not a finite number".to_owned()));
    }
    let weights = coefficients.chunks(features).map(<[f64]>::to_vec).collect();
    let all = (0..count).map(|score| vec![(score, 1.0)]).collect();
    Scorer::Linear(x, weights, intercepts).put(to, op, all, vec![0.0; count])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, floats};
    use crate::ops::Attr;

    #[test]
    fn linear_regressor() {
        let case =
            Case::new(&super::DEF).with("coefficients", floats(&[1.0, -2.0, 0.5, 0.0])).with("targets", Attr::Int(2));
        case.gives(&[3.0, 1.0], &[&[1.0, 1.5]]);
        case.with("intercepts", floats(&[10.0, 20.0])).gives(&[3.0, 1.0], &[&[11.0, 21.5]]);
        case.graph_error(3);
        Case::new(&super::DEF).with("coefficients", floats(&[1.0, 2.0, 3.0, 4.0])).graph_error(2);
    }
}
