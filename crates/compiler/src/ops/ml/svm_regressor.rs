//! [SVMRegressor](https://onnx.ai/onnx/operators/onnx_aionnxml_SVMRegressor.html): y = Σ coefficient · kernel(x, v) +
//! rho over support vectors v, or w · x + rho without. Operator sets 1 to 5. With `one_class` 1 where y > 0, else −1.
//!
//! Unsupported: `post_transform` PROBIT and SOFTMAX_ZERO.

use super::{
    super::op::{OpError, RewriteDef},
    classifier::Transform,
    features::{is_positive, row},
    linear_regressor::regression,
    svm::{Kernel, Sums},
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "SVMRegressor",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "linear, RBF, polynomial and sigmoid kernels",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let coefficients = attrs.floats("coefficients").unwrap_or_default();
        let intercepts = attrs.floats("rho");
        let kernel = Kernel::take(&mut attrs);
        let vectors = attrs.floats("support_vectors").unwrap_or_default();
        let one_class = attrs.flag("one_class", false);
        let count = attrs.int("n_supports").unwrap_or(0);
        let transform = Transform::take(&mut attrs);
        let y = if count == 0 && vectors.is_empty() {
            if kernel != Kernel::Linear {
                attrs.reject("a kernel without support vectors");
            }
            regression(attrs, inputs, to, "SVMRegressor", 1, coefficients, intercepts)?
        } else {
            attrs.finish()?;
            let x = row(to, inputs)?;
            let features = to.len(x);
            let fits = coefficients.len().checked_mul(features) == Some(vectors.len())
                && usize::try_from(count) == Ok(coefficients.len());
            let rho = intercepts.unwrap_or_default();
            if !fits || rho.len() != 1 {
                return Err(OpError::Graph(format!(
                    "{} numbers of {count} support vectors and {} coefficients for {features} features",
                    vectors.len(),
                    coefficients.len()
                )));
            }
            let vectors = vectors.chunks(features).map(<[f64]>::to_vec).collect();
            Sums { kernel, vectors, coefficients: vec![coefficients], intercepts: rho }.put(to, x)?
        };
        let y = if one_class {
            let above = is_positive(to, y, true)?;
            to.affine(above, 2.0, -1.0)?
        } else {
            y
        };
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
        case.with("n_supports", Attr::Int(3)).graph_error(2);
        case.with("one_class", Attr::Int(1)).gives(&[3.0, 1.0], &[&[1.0]]);
        case.with("one_class", Attr::Int(1)).gives(&[0.0, 1.0], &[&[-1.0]]);
        case.graph_error(3);
    }

    /// Vectors (1, 0) and (0, 2), by hand.
    #[test]
    fn kernels() {
        let case = Case::new(&super::DEF)
            .with("coefficients", floats(&[2.0, -1.0]))
            .with("rho", floats(&[0.25]))
            .with("n_supports", Attr::Int(2))
            .with("support_vectors", floats(&[1.0, 0.0, 0.0, 2.0]))
            .with("kernel_params", floats(&[0.5, 1.0, 3.0]));
        let x = [1.0, 1.0];
        case.with("kernel_type", text("LINEAR")).gives(&x, &[&[2.0 - 2.0 + 0.25]]);
        let rbf = 2.0 * (-0.5f64).exp() - (-1.0f64).exp() + 0.25;
        case.with("kernel_type", text("RBF")).gives(&x, &[&[rbf]]);
        case.with("kernel_type", text("POLY")).gives(&x, &[&[2.0 * 1.5f64.powi(3) - 8.0 + 0.25]]);
        let sigmoid = 2.0 * 1.5f64.tanh() - 2.0f64.tanh() + 0.25;
        case.with("kernel_type", text("SIGMOID")).gives(&x, &[&[sigmoid]]);
        case.with("kernel_type", text("LAPLACE")).unsupported(2);
    }
}
