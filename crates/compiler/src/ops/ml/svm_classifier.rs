//! [SVMClassifier](https://onnx.ai/onnx/operators/onnx_aionnxml_SVMClassifier.html): the class with most votes of the
//! decisions between two classes each, and their scores; in its linear form without support vectors scores W · x + b, as
//! LinearClassifier. Operator sets 1 to 5.
//!
//! Votes are counted exactly; scores are sums of kernels, which are rounded. Probabilities of two classes are
//! σ(−a · s − b). Unsupported: those of several classes, which an iteration finds (the label alone does not need
//! them), and `post_transform` of decisions between support vectors.

use super::{
    super::op::{Mark, OpError, RewriteDef},
    classifier::{Labels, Scorer, Transform, classify},
    features::{is_positive, row},
    linear_classifier::Linear,
    svm::{Kernel, Sums},
};

/// The least probability that runtimes give.
const LEAST: f64 = 1e-7;

pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "SVMClassifier",
    opsets: 1..=5,
    inputs: 1..=1,
    summary: "linear, RBF, polynomial and sigmoid kernels; label by votes, scores, probabilities of two classes",
    marks: &[Mark::Softmax(1)],
    rewrite: |mut attrs, inputs, to| {
        let coefficients = attrs.floats("coefficients").unwrap_or_default();
        let intercepts = attrs.floats("rho");
        let kernel = Kernel::take(&mut attrs);
        let vectors = attrs.floats("support_vectors").unwrap_or_default();
        let counts = attrs.ints("vectors_per_class").unwrap_or_default();
        let mut take = |name: &str| attrs.floats(name).unwrap_or_default();
        let (a, b) = (take("prob_a"), take("prob_b"));
        let labels = Labels::take(&mut attrs, "classlabels_ints");
        let transform = Transform::take(&mut attrs);
        if vectors.is_empty() {
            if kernel != Kernel::Linear || !a.is_empty() {
                attrs.reject("a kernel or probabilities without support vectors");
            }
            // The first offset is that of all scores.
            let intercepts = intercepts.and_then(|rho| Some(vec![*rho.first()?; labels.numbers.len()]));
            let linear = Linear { coefficients, intercepts, labels, transform };
            return linear.classify(attrs, inputs, to, "SVMClassifier");
        }
        let classes = labels.numbers.len();
        if transform != Transform::None {
            attrs.reject("post_transform of decisions between support vectors; export NONE");
        }
        if !a.is_empty() && classes > 2 && to.wanted(1) {
            attrs.reject(
                "probabilities of several classes, which an iteration finds; ask for the label alone (--outputs)",
            );
        }
        attrs.finish()?;
        let x = row(to, inputs)?;
        let features = to.len(x);
        let counts: Option<Vec<usize>> = counts.iter().map(|count| usize::try_from(*count).ok()).collect();
        let counts = counts.unwrap_or_default();
        let count = counts.iter().try_fold(0usize, |sum, count| sum.checked_add(*count)).unwrap_or(0);
        let rho = intercepts.unwrap_or_default();
        let pairs: Vec<(usize, usize)> = (0..classes).flat_map(|i| (i + 1..classes).map(move |j| (i, j))).collect();
        let fits = count > 0
            && counts.len() == classes
            && classes >= 2
            && count.checked_mul(features) == Some(vectors.len())
            && count.checked_mul(classes - 1) == Some(coefficients.len())
            && rho.len() == pairs.len()
            && (a.is_empty() || a.len() == pairs.len())
            && b.len() == a.len();
        if !fits {
            return Err(OpError::Graph(format!(
                "{} numbers of {count} support vectors, {} coefficients and {} offsets for {features} features and \
                 {classes} classes",
                vectors.len(),
                coefficients.len(),
                rho.len()
            )));
        }
        let start: Vec<usize> =
            counts.iter().scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count))).collect();
        // Row j − 1 holds the coefficients of class i against j, row i those of j.
        let of = |(i, j): &(usize, usize)| {
            let mut row = vec![0.0; count];
            for (class, line) in [(*i, j - 1), (*j, *i)] {
                let range = start[class]..start[class] + counts[class];
                row[range.clone()].copy_from_slice(&coefficients[line * count..][range]);
            }
            row
        };
        let sums = Sums {
            kernel,
            vectors: vectors.chunks(features).map(<[f64]>::to_vec).collect(),
            coefficients: pairs.iter().map(of).collect(),
            intercepts: rho,
        };
        let scores = sums.put(to, x)?;
        let label = if to.wanted(0) {
            // The first class wins where the score is above 0.
            let wins = is_positive(to, scores, true)?;
            let mut votes = vec![vec![0.0; pairs.len()]; classes];
            let mut given = vec![0.0; classes];
            for (pair, (i, j)) in pairs.iter().enumerate() {
                (votes[*i][pair], votes[*j][pair]) = (1.0, -1.0);
                given[*j] += 1.0;
            }
            let outputs = classify(to, "SVMClassifier", &Scorer::Linear(wins, votes, given), &labels, transform, None)?;
            outputs.first().copied()
        } else {
            None
        };
        let of_classes = if !a.is_empty() && to.wanted(1) {
            // P(first class) = 1 / (1 + e^(a s + b)).
            let (slope, shift) = (to.number(-a[0])?, to.number(-b[0])?);
            let scaled = to.op("Mul", &[scores, slope])?;
            let argument = to.op("Add", &[scaled, shift])?;
            let first = to.op("Sigmoid", &[argument])?;
            let bounds = [to.number(LEAST)?, to.number(1.0 - LEAST)?];
            let first = to.op("Clip", &[first, bounds[0], bounds[1]])?;
            let second = to.affine(first, -1.0, 1.0)?;
            Some(to.joined(&[first, second])?)
        } else if classes == 2 && to.wanted(1) {
            let opposite = to.affine(scores, -1.0, 0.0)?;
            Some(to.joined(&[opposite, scores])?)
        } else {
            Some(scores)
        };
        match (label, of_classes) {
            (Some(label), Some(scores)) => Ok(vec![label, scores]),
            (None, Some(scores)) => Ok(vec![scores, scores]),
            _ => Err(OpError::Graph("no output is read".to_owned())),
        }
    },
};

#[cfg(test)]
mod tests;
