//! What normalization must know of activations: all of it is here, so that a new one is described once.

use hushproof_core::graph::{FloatActivation, Function};

/// How an activation differs from others.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Traits {
    /// Whether it differs between channels, and its codes are parts that only a further map joins.
    pub(super) per_channel: bool,
    /// Whether the scales of its arguments are given, so that these are rounded before.
    pub(super) given_scale: bool,
    /// Whether the layer that rounds a product can apply it in the same step.
    pub(super) rounds: bool,
    /// Whether no value is negative.
    pub(super) nonnegative: bool,
}

impl Traits {
    /// Those of an activation.
    pub(super) fn of(activation: &FloatActivation) -> Self {
        let none = Self::default();
        match activation {
            FloatActivation::Linear
            | FloatActivation::Record
            | FloatActivation::Product { .. }
            | FloatActivation::ArgMax => none,
            FloatActivation::Relu => Self { rounds: true, nonnegative: true, ..none },
            FloatActivation::PRelu { .. } => Self { per_channel: true, rounds: true, ..none },
            FloatActivation::Clip { .. } => Self { given_scale: true, nonnegative: true, ..none },
            FloatActivation::Quantize { .. } | FloatActivation::Threshold { .. } => Self { nonnegative: true, ..none },
            FloatActivation::Table(function) => {
                Self { given_scale: true, nonnegative: is_nonnegative(function), ..none }
            }
        }
    }
}

/// Whether no value of a function is negative.
const fn is_nonnegative(function: &Function) -> bool {
    match function {
        Function::Sigmoid | Function::HardSigmoid { .. } | Function::Softplus => true,
        Function::Clip { min, .. } => *min >= 0.0,
        Function::Unary(unary) => unary.is_nonnegative(),
        Function::Tanh
        | Function::HardSwish
        | Function::Silu
        | Function::Gelu
        | Function::GeluTanh
        | Function::Elu { .. }
        | Function::Erf => false,
    }
}
