//! Affine maps between flattened tensors, y = W·x + b, sparse while they can be.

use super::error::{MAX_WORK, OpError, OpResult};
use crate::tensor::MAX_ELEMENTS;

/// A dense row-major matrix.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    /// Number of rows (outputs).
    pub(crate) rows: usize,
    /// Number of columns (inputs).
    pub(crate) cols: usize,
    /// `rows * cols` values, row after row.
    pub(crate) data: Vec<f64>,
}

impl Matrix {
    /// Row `row`: the weights of one output.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.data[row * self.cols..(row + 1) * self.cols]
    }
}

/// y = W·x + b.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Affine {
    cols: usize,
    linear: Linear,
    shift: Vec<f64>,
}

/// W.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Linear {
    /// Row i is `scale` at column `source`, of entry i; 0 elsewhere.
    Elements(Vec<(usize, f64)>),
    /// Every entry.
    Dense(Matrix),
}

impl Affine {
    /// y = x on `len` values.
    pub(crate) fn identity(len: usize) -> Self {
        Self::elements(len, (0..len).map(|i| (i, 1.0)).collect(), vec![0.0; len])
    }

    /// y\[i\] = `scale` · x\[`source`\] + `shift`\[i\], with (`source`, `scale`) = `terms`\[i\]; every `source` below
    /// `cols` and as many terms as shifts.
    pub(crate) const fn elements(cols: usize, terms: Vec<(usize, f64)>, shift: Vec<f64>) -> Self {
        Self { cols, linear: Linear::Elements(terms), shift }
    }

    /// y = `weights` · x + `shift`, one shift per row.
    pub(crate) const fn dense(weights: Matrix, shift: Vec<f64>) -> Self {
        Self { cols: weights.cols, linear: Linear::Dense(weights), shift }
    }

    /// W and b.
    pub(crate) fn into_parts(self) -> (Linear, Vec<f64>) {
        (self.linear, self.shift)
    }

    /// Number of outputs.
    pub(crate) const fn rows(&self) -> usize {
        self.shift.len()
    }

    /// Scale and shift, if they are the same for every value: y = scale · x + shift.
    pub(crate) fn uniform(&self) -> Option<(f64, f64)> {
        let Linear::Elements(terms) = &self.linear else { return None };
        let (scale, shift) = (terms.first()?.1, *self.shift.first()?);
        let in_place = terms.len() == self.cols && terms.iter().enumerate().all(|(i, term)| *term == (i, scale));
        (in_place && self.shift.iter().all(|other| *other == shift)).then_some((scale, shift))
    }

    /// Whether y = 0.
    pub(crate) fn is_zero(&self) -> bool {
        let weights = match &self.linear {
            Linear::Elements(terms) => terms.iter().all(|(_, scale)| *scale == 0.0),
            Linear::Dense(matrix) => matrix.data.iter().all(|weight| *weight == 0.0),
        };
        weights && self.shift.iter().all(|shift| *shift == 0.0)
    }

    /// Whether y = x.
    pub(crate) fn is_identity(&self) -> bool {
        match &self.linear {
            Linear::Elements(terms) => {
                terms.len() == self.cols
                    && terms.iter().enumerate().all(|(i, term)| *term == (i, 1.0))
                    && self.shift.iter().all(|shift| *shift == 0.0)
            }
            Linear::Dense(_) => false,
        }
    }

    /// W·x + b; `x` has as many values as the map takes.
    pub(crate) fn apply(&self, x: &[f64]) -> Vec<f64> {
        let row = |i: usize| match &self.linear {
            Linear::Elements(terms) => terms[i].1 * x[terms[i].0],
            Linear::Dense(weights) => dot(weights.row(i), x),
        };
        self.shift.iter().enumerate().map(|(i, shift)| row(i) + shift).collect()
    }

    /// Least and largest of each output from those of the inputs.
    pub(crate) fn bounds(&self, x: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let scaled = |scale: f64, (low, high): (f64, f64)| {
            if scale < 0.0 { (scale * high, scale * low) } else { (scale * low, scale * high) }
        };
        let row = |i: usize| match &self.linear {
            Linear::Elements(terms) => scaled(terms[i].1, x[terms[i].0]),
            Linear::Dense(weights) => {
                let terms = weights.row(i).iter().zip(x).map(|(weight, x)| scaled(*weight, *x));
                terms.fold((0.0, 0.0), |sum, term| (sum.0 + term.0, sum.1 + term.1))
            }
        };
        let shifted = |(i, shift): (usize, &f64)| {
            let (low, high) = row(i);
            (low + shift, high + shift)
        };
        self.shift.iter().enumerate().map(shifted).collect()
    }

    /// `outer` of this map's result.
    ///
    /// # Errors
    /// If the numbers of values differ, or the product is too large.
    pub(crate) fn then(self, outer: Self) -> OpResult<Self> {
        if outer.cols != self.rows() {
            return Err(OpError::shape(format!("{} values", outer.cols), &[&[self.rows()]]));
        }
        if self.is_identity() {
            return Ok(outer);
        }
        let shift = outer.apply(&self.shift);
        let linear = match (outer.linear, self.linear) {
            (Linear::Elements(outer), Linear::Elements(inner)) => Linear::Elements(
                outer.into_iter().map(|(source, scale)| (inner[source].0, scale * inner[source].1)).collect(),
            ),
            (Linear::Elements(outer), Linear::Dense(mut inner)) if is_diagonal(&outer, inner.rows) => {
                for ((_, scale), row) in outer.into_iter().zip(inner.data.chunks_exact_mut(inner.cols)) {
                    row.iter_mut().for_each(|weight| *weight *= scale);
                }
                Linear::Dense(inner)
            }
            (Linear::Elements(outer), Linear::Dense(inner)) => {
                let mut weights = zeros(outer.len(), inner.cols)?;
                for ((source, scale), row) in outer.into_iter().zip(weights.data.chunks_exact_mut(inner.cols)) {
                    row.iter_mut().zip(inner.row(source)).for_each(|(to, from)| *to = scale * from);
                }
                Linear::Dense(weights)
            }
            (Linear::Dense(outer), Linear::Elements(inner)) => {
                let mut weights = zeros(outer.rows, self.cols)?;
                for (o, row) in weights.data.chunks_exact_mut(self.cols).enumerate() {
                    for (weight, (source, scale)) in outer.row(o).iter().zip(&inner) {
                        row[*source] += weight * scale;
                    }
                }
                Linear::Dense(weights)
            }
            (Linear::Dense(outer), Linear::Dense(inner)) => Linear::Dense(multiply(&outer, &inner)?),
        };
        Ok(Self { cols: self.cols, linear, shift })
    }

    /// The map with the opposite sign.
    pub(crate) fn negated(mut self) -> Self {
        match &mut self.linear {
            Linear::Elements(terms) => terms.iter_mut().for_each(|(_, scale)| *scale = -*scale),
            Linear::Dense(weights) => weights.data.iter_mut().for_each(|weight| *weight = -*weight),
        }
        self.shift.iter_mut().for_each(|shift| *shift = -*shift);
        self
    }
}

/// A matrix of zeros, if it is not too large.
pub(in crate::ops) fn zeros(rows: usize, cols: usize) -> OpResult<Matrix> {
    match rows.checked_mul(cols) {
        Some(len) if len <= MAX_ELEMENTS => Ok(Matrix { rows, cols, data: vec![0.0; len] }),
        _ => {
            Err(OpError::Graph(format!("needs a {rows} × {cols} matrix; at most {MAX_ELEMENTS} weights are accepted")))
        }
    }
}

fn multiply(a: &Matrix, b: &Matrix) -> OpResult<Matrix> {
    let mut product = zeros(a.rows, b.cols)?;
    if product.data.len().checked_mul(a.cols).is_none_or(|work| work as u64 > MAX_WORK) {
        return Err(OpError::Graph(format!(
            "combining {} × {} with {} × {} weights is too much work",
            a.rows, a.cols, b.rows, b.cols
        )));
    }
    for (o, row) in product.data.chunks_exact_mut(b.cols).enumerate() {
        for (k, weight) in a.row(o).iter().enumerate() {
            row.iter_mut().zip(b.row(k)).for_each(|(to, from)| *to += weight * from);
        }
    }
    Ok(product)
}

fn is_diagonal(terms: &[(usize, f64)], len: usize) -> bool {
    terms.len() == len && terms.iter().enumerate().all(|(i, (source, _))| i == *source)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests;
