//! What Gemm and MatMul share: a batch of matrix products with strides.

use hushproof_core::graph::MAX_VALUES;

use crate::{
    ops::op::{Affine, Contraction, MAX_WORK, OpError, OpResult, zeros},
    tensor::{Tensor, broadcast, broadcast_indices},
};

/// The products of M×K and K×N matrices that two tensors hold.
#[derive(Debug)]
pub(in crate::ops) struct Product {
    /// Shape of the result.
    pub(in crate::ops) shape: Vec<usize>,
    batch: Vec<usize>,
    a: Side,
    b: Side,
    m: usize,
    k: usize,
    n: usize,
}

/// Where the elements of an operand's matrices lie.
#[derive(Debug)]
struct Side {
    batch: Vec<usize>,
    row_stride: usize,
    col_stride: usize,
}

impl Side {
    const fn new(batch: Vec<usize>, cols: usize) -> Self {
        Self { batch, row_stride: cols, col_stride: 1 }
    }

    /// Rows and columns of one matrix as stored, read transposed if `transposed`.
    const fn matrix(rows: usize, cols: usize, transposed: bool) -> (usize, usize, Self) {
        let batch = vec![];
        if transposed {
            (cols, rows, Self { batch, row_stride: 1, col_stride: cols })
        } else {
            (rows, cols, Self { batch, row_stride: cols, col_stride: 1 })
        }
    }
}

impl Product {
    /// As numpy's `matmul` has it: leading axes broadcast, a vector is a row on the left and a column on the right.
    pub(in crate::ops) fn mat_mul(a: &[usize], b: &[usize]) -> OpResult<Self> {
        let misfit = || OpError::shape("[…, M, K] and […, K, N]", &[a, b]);
        let (a_batch, m, k) = match a {
            [] => return Err(misfit()),
            [k] => (&[][..], None, *k),
            [batch @ .., m, k] => (batch, Some(*m), *k),
        };
        let (b_batch, rows, n) = match b {
            [] => return Err(misfit()),
            [k] => (&[][..], *k, None),
            [batch @ .., k, n] => (batch, *k, Some(*n)),
        };
        let batch = broadcast(a_batch, b_batch).filter(|_| k == rows).ok_or_else(misfit)?;
        let shape = batch.iter().copied().chain(m).chain(n).collect();
        let (m, n) = (m.unwrap_or(1), n.unwrap_or(1));
        Self { shape, batch, a: Side::new(a_batch.to_vec(), k), b: Side::new(b_batch.to_vec(), n), m, k, n }.checked()
    }

    /// Of two matrices, each possibly transposed.
    pub(in crate::ops) fn gemm(a: &[usize], b: &[usize], trans_a: bool, trans_b: bool) -> OpResult<Self> {
        let (&[a_rows, a_cols], &[b_rows, b_cols]) = (a, b) else {
            return Err(OpError::shape("two matrices", &[a, b]));
        };
        let (m, k, left) = Side::matrix(a_rows, a_cols, trans_a);
        let (rows, n, right) = Side::matrix(b_rows, b_cols, trans_b);
        if k != rows {
            return Err(OpError::shape("[M, K] and [K, N] after transposition", &[a, b]));
        }
        Self { shape: vec![m, n], batch: vec![], a: left, b: right, m, k, n }.checked()
    }

    fn checked(self) -> OpResult<Self> {
        let work =
            self.batch.iter().chain([&self.m, &self.k, &self.n]).try_fold(1usize, |work, n| work.checked_mul(*n));
        match work {
            Some(work) if work as u64 <= MAX_WORK => Ok(self),
            _ => Err(OpError::Graph(format!("more than {MAX_WORK} multiplications"))),
        }
    }

    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Calls `f` with the flat indices of each term a·b: the result, a and b.
    fn each(&self, mut f: impl FnMut(usize, usize, usize)) {
        let a_offsets = broadcast_indices(&self.a.batch, &self.batch);
        let b_offsets = broadcast_indices(&self.b.batch, &self.batch);
        let mut out = 0;
        for (a, b) in a_offsets.into_iter().zip(b_offsets) {
            let (a, b) = (a * self.m * self.k, b * self.k * self.n);
            for row in 0..self.m {
                for col in 0..self.n {
                    for k in 0..self.k {
                        f(
                            out,
                            a + row * self.a.row_stride + k * self.a.col_stride,
                            b + k * self.b.row_stride + col * self.b.col_stride,
                        );
                    }
                    out += 1;
                }
            }
        }
    }

    /// The values of the result, each times `factor`.
    pub(in crate::ops) fn eval(&self, a: &Tensor, b: &Tensor, factor: f64) -> Vec<f64> {
        let mut result = vec![0.0; self.len()];
        self.each(|out, i, j| result[out] += a.data()[i] * b.data()[j]);
        result.iter_mut().for_each(|value| *value *= factor);
        result
    }

    /// The product of two private operands.
    pub(in crate::ops) fn contraction(&self, weight: f64) -> OpResult<Contraction> {
        let (inner, rows, columns) = (self.k, self.m, self.n);
        let groups = self.batch.iter().product::<usize>();
        if groups * inner * rows.max(columns) > MAX_VALUES {
            return Err(OpError::Graph(format!("reads more than {MAX_VALUES} values")));
        }
        let elements = |side: &Side, matrix: usize, len: usize, [down, along]: [usize; 2]| {
            let at = move |group: usize| {
                (0..inner).flat_map(move |l| (0..len).map(move |i| (group * matrix + l * down + i * along) as u32))
            };
            broadcast_indices(&side.batch, &self.batch).into_iter().flat_map(at).collect()
        };
        let elements = [
            elements(&self.a, rows * inner, rows, [self.a.col_stride, self.a.row_stride]),
            elements(&self.b, inner * columns, columns, [self.b.row_stride, self.b.col_stride]),
        ];
        Ok(Contraction { groups, inner, rows, columns, weight, elements, sum: None })
    }

    /// The map of a private left (or else right) operand of `len` values, times `factor`, without a shift.
    pub(in crate::ops) fn lower(
        &self,
        constant: &Tensor,
        private_left: bool,
        len: usize,
        factor: f64,
    ) -> OpResult<Affine> {
        let mut weights = zeros(self.len(), len)?;
        self.each(|out, a, b| {
            let (private, public) = if private_left { (a, b) } else { (b, a) };
            weights.data[out * len + private] += factor * constant.data()[public];
        });
        Ok(Affine::dense(weights, vec![0.0; self.len()]))
    }
}
