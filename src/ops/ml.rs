//! The operators of the domain `ai.onnx.ml`, one file each: trees, linear models and what exporters put around them.
//!
//! Where the specification leaves a result open, it is that of ONNX Runtime.

mod array_feature_extractor;
mod binarizer;
mod classifier;
mod feature_vectorizer;
mod forest;
mod imputer;
mod label_encoder;
mod linear_classifier;
mod linear_regressor;
mod normalizer;
mod scaler;
mod svm_classifier;
mod svm_regressor;
mod tree_ensemble;
mod tree_ensemble_classifier;
mod tree_ensemble_regressor;
mod trees;
mod zip_map;

use super::{Id, Inputs, OpError, OpResult, RewriteDef, Rewriter};
use crate::tensor::DType;

pub(crate) use forest::Form;
pub(crate) use scaler::Monotone;
pub(crate) use trees::{Branch, Mode, Node, Trees};

/// Every supported operator of the domain, sorted by name.
pub(super) const REWRITES: &[&RewriteDef] = &[
    &array_feature_extractor::DEF,
    &binarizer::DEF,
    &feature_vectorizer::DEF,
    &imputer::DEF,
    &label_encoder::DEF,
    &linear_classifier::DEF,
    &linear_regressor::DEF,
    &normalizer::DEF,
    &svm_classifier::DEF,
    &svm_regressor::DEF,
    &scaler::DEF,
    &tree_ensemble::DEF,
    &tree_ensemble_classifier::DEF,
    &tree_ensemble_regressor::DEF,
    &zip_map::DEF,
];

/// What to do about an operator of the domain that is not supported.
pub(super) fn advice(name: &str) -> &'static str {
    match name {
        "CategoryMapper" | "DictVectorizer" => "strings and maps are no numbers; encode them before the model",
        "OneHotEncoder" => "export it as OneHot, or encode before the model",
        _ => "",
    }
}

/// The only input: a row of numbers, as `[1, features]`.
fn row(to: &mut Rewriter<'_>, inputs: &[Option<Id>]) -> OpResult<Id> {
    let x = Inputs(inputs).get(0)?;
    let shape = to.shape(x);
    match shape[..] {
        [1, _] => to.float(x),
        [features] => {
            let x = to.float(x)?;
            to.reshape(x, &[1, features])
        }
        _ => Err(OpError::shape("[1, features]", &[&shape])),
    }
}

/// One value for each feature, where one stands for all.
fn per_feature(values: Vec<f64>, features: usize, what: &str) -> OpResult<Vec<f64>> {
    match values.len() {
        1 => Ok(vec![values[0]; features]),
        n if n == features => Ok(values),
        n => Err(OpError::Graph(format!("{n} values of `{what}` for {features} features"))),
    }
}

/// A matrix of integers by another name, between the least and the largest of `values`.
fn integer(to: &mut Rewriter<'_>, x: Id, values: &[f64]) -> OpResult<Id> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if to.fact(x).dtype == DType::Int { Ok(x) } else { to.whole(x, low, high) }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) mod tests;
