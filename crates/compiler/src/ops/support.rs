//! What several operators share; no operator is here.

pub(super) mod codes;
pub(super) mod comparison;
pub(super) mod elementwise;
pub(super) mod extreme;
pub(super) mod function;
pub(super) mod indices;
pub(super) mod inputs;
pub(super) mod leaves;
pub(super) mod linear_reduction;
pub(super) mod lookup;
pub(super) mod masks;
pub(super) mod means;
pub(super) mod moves;
pub(super) mod normalize;
pub(super) mod product;
pub(super) mod recurrent;
pub(super) mod reduction;
mod rewrite;
pub(super) mod rows;
pub(super) mod select;
pub(super) mod shapes;
pub(super) mod spatial;
pub(super) mod truth;
pub(super) mod weighted;
