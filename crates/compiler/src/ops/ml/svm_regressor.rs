//! [SVMRegressor](https://onnx.ai/onnx/operators/onnx_aionnxml_SVMRegressor.html) in its linear form, without support
//! vectors: y = w · x + rho. Operator sets 1 to 5.
//!
//! Unsupported: support vectors, `one_class`, `post_transform` PROBIT and SOFTMAX_ZERO.

use super::{super::op::RewriteDef, classifier::Transform, linear_regressor::regression, svm_classifier::take_kernel};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "SVMRegressor",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "linear kernel without support vectors",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let coefficients = attrs.floats("coefficients").unwrap_or_default();
        let intercepts = attrs.floats("rho");
        take_kernel(&mut attrs);
        if attrs.flag("one_class", false) {
            attrs.reject("one_class");
        }
        if attrs.int("n_supports").is_some_and(|count| count != 0) {
            attrs.reject("support vectors; export a linear model by its weights");
        }
        let transform = Transform::take(&mut attrs);
        let y = regression(attrs, inputs, to, "SVMRegressor", 1, coefficients, intercepts)?;
        Ok(vec![transform.apply(to, y)?])
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, floats, text};
    use crate::ops::Attr;

    #[test]
    fn svm_regressor() {
        let case = Case::new(&super::DEF).with("coefficients", floats(&[1.0, -2.0])).with("rho", floats(&[0.5]));
        case.gives(&[3.0, 1.0], &[&[1.5]]);
        case.with("kernel_type", text("POLY")).unsupported(2);
        case.with("n_supports", Attr::Int(3)).unsupported(2);
        case.with("one_class", Attr::Int(1)).unsupported(2);
        case.graph_error(3);
    }
}
