//! The operators of the domain `ai.onnx.ml`, one file each: trees, linear models and what exporters put around them.
//!
//! Where the specification leaves a result open, it is that of ONNX Runtime.

mod array_feature_extractor;
mod binarizer;
mod category_mapper;
mod classifier;
mod feature_vectorizer;
mod features;
mod forest;
mod imputer;
mod label_encoder;
mod linear_classifier;
mod linear_regressor;
mod mapping;
mod normalizer;
mod one_hot_encoder;
mod scaler;
mod svm;
mod svm_classifier;
mod svm_regressor;
mod tree_ensemble;
mod tree_ensemble_classifier;
mod tree_ensemble_regressor;
mod trees;
mod zip_map;

use super::op::RewriteDef;

/// Every supported operator of the domain, sorted by name.
pub(super) const REWRITES: &[&RewriteDef] = &[
    &array_feature_extractor::DEF,
    &binarizer::DEF,
    &category_mapper::DEF,
    &feature_vectorizer::DEF,
    &imputer::DEF,
    &label_encoder::DEF,
    &linear_classifier::DEF,
    &linear_regressor::DEF,
    &normalizer::DEF,
    &one_hot_encoder::DEF,
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
        "CastMap" | "DictVectorizer" => "maps are no tensors; encode them before the model",
        _ => "",
    }
}

#[cfg(test)]
pub(super) mod tests;
