//! [LinearClassifier](https://onnx.ai/onnx/operators/onnx_aionnxml_LinearClassifier.html): scores W · x + b, the class
//! with the largest one, and the scores transformed. Operator sets 1 to 5.
//!
//! The label compares scores that are not rounded. One score and two labels: the second label where s > 0, where scores
//! are transformed or not; the scores are then −s and s or, by LOGISTIC, σ(−s) and σ(s). Strings as labels become named
//! indices.
//!
//! Unsupported: `post_transform` PROBIT and SOFTMAX_ZERO, and SOFTMAX of one score.

use super::{
    super::op::{Attrs, Id, Mark, OpError, OpResult, RewriteDef, Rewriter},
    classifier::{Binary, Labels, Scorer, Transform, classify},
    features::row,
};

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "LinearClassifier",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "label and scores of W · x + b; NONE, LOGISTIC and SOFTMAX",
    marks: &[Mark::Softmax(1)],
    rewrite: |mut attrs, inputs, to| {
        let coefficients = attrs.floats("coefficients").unwrap_or_default();
        let intercepts = attrs.floats("intercepts");
        let labels = Labels::take(&mut attrs, "classlabels_ints");
        let transform = Transform::take(&mut attrs);
        // It says how the model was trained.
        attrs.ignore("multi_class");
        let linear = Linear { coefficients, intercepts, labels, transform };
        linear.classify(attrs, inputs, to, "LinearClassifier")
    },
};

/// A linear classifier by its attributes.
pub(super) struct Linear {
    pub(super) coefficients: Vec<f64>,
    pub(super) intercepts: Option<Vec<f64>>,
    pub(super) labels: Labels,
    pub(super) transform: Transform,
}

impl Linear {
    /// Label and scores.
    pub(super) fn classify(
        self,
        mut attrs: Attrs,
        inputs: &[Option<Id>],
        to: &mut Rewriter<'_>,
        op: &'static str,
    ) -> OpResult<Vec<Id>> {
        let Self { coefficients, intercepts, labels, transform } = self;
        let x = row(to, inputs)?;
        let features = to.len(x);
        let scores = coefficients.len() / features;
        let two = scores == 1 && labels.numbers.len() == 2;
        if two && transform == Transform::Softmax {
            attrs.reject("SOFTMAX of one score; export LOGISTIC");
        }
        attrs.finish()?;
        let intercepts = intercepts.unwrap_or_else(|| vec![0.0; scores]);
        let fits = scores > 0 && coefficients.len() == scores * features && (two || labels.numbers.len() == scores);
        if !fits || intercepts.len() != scores {
            return Err(OpError::Graph(format!(
                "{} coefficients and {} intercepts for {features} features and {} labels",
                coefficients.len(),
                intercepts.len(),
                labels.numbers.len()
            )));
        }
        if coefficients.iter().chain(&intercepts).any(|value| !value.is_finite()) {
            return Err(OpError::Graph("a coefficient that is not a finite number".to_owned()));
        }
        let weights = coefficients.chunks(features).map(<[f64]>::to_vec).collect();
        let binary = two.then_some(Binary { at: 0.0, complement: false });
        classify(to, op, &Scorer::Linear(x, weights, intercepts), &labels, transform, binary)
    }
}

#[cfg(test)]
mod tests;
