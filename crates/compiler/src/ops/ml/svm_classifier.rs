//! [SVMClassifier](https://onnx.ai/onnx/operators/onnx_aionnxml_SVMClassifier.html) in its linear form, without support
//! vectors: scores W · x + b, as LinearClassifier. Operator sets 1 to 5.
//!
//! Unsupported: support vectors, whose number of kernels grows with the training data, and probabilities by Platt's
//! method.

use super::{
    super::op::{Attrs, Mark, RewriteDef},
    classifier::{Transform, take_labels},
    linear_classifier::Linear,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "SVMClassifier",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "linear kernel without support vectors; label and scores",
    marks: &[Mark::Softmax(1)],
    rewrite: |mut attrs, inputs, to| {
        let coefficients = attrs.floats("coefficients").unwrap_or_default();
        let intercepts = attrs.floats("rho");
        take_kernel(&mut attrs);
        for name in ["prob_a", "prob_b"] {
            if attrs.floats(name).is_some_and(|values| !values.is_empty()) {
                attrs.reject(format!("`{name}`; export decision values without probabilities"));
            }
        }
        let labels = take_labels(&mut attrs, "classlabels_ints");
        let transform = Transform::take(&mut attrs);
        // The first offset is that of all scores.
        let intercepts = intercepts.and_then(|rho| Some(vec![*rho.first()?; labels.len()]));
        let linear = Linear { coefficients, intercepts, labels, transform };
        linear.classify(attrs, inputs, to, "SVMClassifier")
    },
};

/// Takes the kernel and the support vectors, and refuses what is not linear.
pub(super) fn take_kernel(attrs: &mut Attrs) {
    attrs.floats("kernel_params");
    let kernel = attrs.text("kernel_type").unwrap_or_else(|| "LINEAR".to_owned());
    if kernel != "LINEAR" {
        attrs.reject(format!("kernel {kernel}; use a linear one, or trees"));
    }
    let vectors = attrs.floats("support_vectors").unwrap_or_default();
    let counts = attrs.ints("vectors_per_class").unwrap_or_default();
    if !vectors.is_empty() || counts.iter().any(|count| *count != 0) {
        attrs.reject("support vectors; export a linear model by its weights (LinearSVC, LinearSVR)");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, floats, ints, text};

    #[test]
    fn svm_classifier() {
        let case = Case::new(&super::DEF)
            .with("coefficients", floats(&[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]))
            .with("rho", floats(&[0.25]))
            .with("classlabels_ints", ints(&[0, 1, 2]));
        case.gives(&[1.0, 0.5], &[&[0.0], &[1.25, 0.75, -1.25]]);
        case.with("kernel_type", text("RBF")).unsupported(2);
        case.with("support_vectors", floats(&[1.0, 2.0])).unsupported(2);
        case.with("prob_a", floats(&[1.0])).unsupported(2);
    }
}
