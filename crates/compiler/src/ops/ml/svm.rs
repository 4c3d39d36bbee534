//! What the support vector machines share: sums over kernels of the support vectors.
//!
//! `RBF: e^(−γ |x − v|²)`, `POLY: (γ x·v + c)^d`, `SIGMOID: tanh(γ x·v + c)` by a table each, of distances and products
//! that are linear in x and |x|²; linear kernels become weights of x.

use hushproof_core::graph::Unary;

use super::super::op::{Attr, Attrs, Id, OpError, OpResult, Rewriter};

/// Most support vectors of a kernel that is not linear.
const MAX_VECTORS: usize = 4096;

/// A function of a row and a support vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kernel {
    Linear,
    Rbf { gamma: f64 },
    Poly { gamma: f64, shift: f64, degree: f64 },
    Sigmoid { gamma: f64, shift: f64 },
}

impl Kernel {
    /// Takes `kernel_type` and `kernel_params`.
    pub(super) fn take(attrs: &mut Attrs) -> Self {
        let params = attrs.floats("kernel_params").unwrap_or_default();
        let param = |at: usize, default: f64| params.get(at).copied().unwrap_or(default);
        let (gamma, shift, degree) = (param(0, 0.0), param(1, 0.0), param(2, 0.0));
        if params.iter().any(|value| !value.is_finite()) {
            attrs.reject("a kernel parameter that is not a finite number");
        }
        match attrs.text("kernel_type").as_deref() {
            None | Some("LINEAR") => Self::Linear,
            Some("RBF") => Self::Rbf { gamma },
            Some("POLY") => Self::Poly { gamma, shift, degree },
            Some("SIGMOID") => Self::Sigmoid { gamma, shift },
            Some(other) => {
                attrs.reject(format!("kernel {other}"));
                Self::Linear
            }
        }
    }
}

/// Sums `Σ_v coefficient · kernel(x, v) + intercept`.
pub(super) struct Sums {
    pub(super) kernel: Kernel,
    /// All of one length.
    pub(super) vectors: Vec<Vec<f64>>,
    /// Of each sum one for each vector.
    pub(super) coefficients: Vec<Vec<f64>>,
    /// One for each sum.
    pub(super) intercepts: Vec<f64>,
}

impl Sums {
    /// The sums of a row `[1, features]`, and their number as a row.
    pub(super) fn put(&self, to: &mut Rewriter<'_>, x: Id) -> OpResult<Id> {
        let features = to.len(x);
        let Self { kernel, vectors, coefficients, intercepts } = self;
        if vectors.is_empty() || vectors.iter().any(|vector| vector.len() != features) {
            return Err(OpError::Graph(format!("support vectors for other than {features} features")));
        }
        let numbers = vectors.iter().chain(coefficients).flatten().chain(intercepts);
        if numbers.into_iter().any(|value| !value.is_finite()) {
            return Err(OpError::Graph("a number of a support vector that is not finite".to_owned()));
        }
        if *kernel == Kernel::Linear {
            let mut weights = vec![];
            for row in coefficients {
                let mut sum = vec![0.0; features];
                for (factor, vector) in row.iter().zip(vectors) {
                    sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += factor * value);
                }
                weights.extend(sum);
            }
            return dense(to, x, weights, intercepts.clone());
        }
        if vectors.len() > MAX_VECTORS {
            let reason = format!("{} support vectors; at most {MAX_VECTORS} are served", vectors.len());
            return Err(OpError::unsupported(reason));
        }
        let all = || vectors.concat();
        let scaled = |factor: f64| all().into_iter().map(|value| factor * value).collect::<Vec<_>>();
        let values = match *kernel {
            Kernel::Linear => x,
            Kernel::Rbf { gamma } => {
                // Distances from the middle of the vectors, which lose less to rounding.
                let count = vectors.len() as f64;
                let middle: Vec<f64> =
                    (0..features).map(|f| vectors.iter().map(|vector| vector[f]).sum::<f64>() / count).collect();
                let center = to.floats(&[1, features], middle.clone())?;
                let moved = to.op("Sub", &[x, center])?;
                let squares = to.op("Mul", &[moved, moved])?;
                let both = to.with("Concat", &[("axis", Attr::Int(1))], &[moved, squares])?;
                let (mut weights, mut shift) = (vec![], vec![]);
                for vector in vectors {
                    let own: Vec<f64> = vector.iter().zip(&middle).map(|(value, middle)| value - middle).collect();
                    weights.extend(own.iter().map(|value| 2.0 * gamma * value));
                    weights.extend(vec![-gamma; features]);
                    shift.push(-gamma * own.iter().map(|value| value * value).sum::<f64>());
                }
                let exponents = dense(to, both, weights, shift)?;
                to.table("Exp", Unary::Exp, exponents)?
            }
            Kernel::Poly { gamma, shift, degree } => {
                let sums = dense(to, x, scaled(gamma), vec![shift; vectors.len()])?;
                to.table("Pow", Unary::Pow { exponent: degree }, sums)?
            }
            Kernel::Sigmoid { gamma, shift } => {
                let sums = dense(to, x, scaled(gamma), vec![shift; vectors.len()])?;
                to.op("Tanh", &[sums])?
            }
        };
        dense(to, values, coefficients.concat(), intercepts.clone())
    }
}

/// A row times a matrix, given by its rows, plus numbers.
fn dense(to: &mut Rewriter<'_>, x: Id, weights: Vec<f64>, shift: Vec<f64>) -> OpResult<Id> {
    let (rows, columns) = (shift.len(), to.len(x));
    let (weights, shift) = (to.floats(&[rows, columns], weights)?, to.floats(&[rows], shift)?);
    to.with("Gemm", &[("transB", Attr::Int(1))], &[x, weights, shift])
}
