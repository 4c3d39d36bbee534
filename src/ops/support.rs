//! What the operators are written in and what several of them share; no operator is here.

pub(super) mod affine;
pub(super) mod attrs;
pub(super) mod codes;
pub(super) mod comparison;
pub(super) mod control;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod documentation;
pub(super) mod elementwise;
pub(super) mod extreme;
pub(super) mod function;
pub(super) mod indices;
pub(super) mod inputs;
pub(super) mod linear_reduction;
pub(super) mod masks;
pub(super) mod means;
pub(super) mod moves;
pub(super) mod normalize;
pub(super) mod product;
pub(super) mod recurrent;
pub(super) mod reduction;
pub(super) mod rewrite;
pub(super) mod rows;
pub(super) mod select;
pub(super) mod shapes;
pub(super) mod spatial;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) mod testing;
pub(super) mod truth;
pub(super) mod weighted;
