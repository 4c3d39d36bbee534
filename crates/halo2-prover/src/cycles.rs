//! The permutation of a circuit's copy constraints.

use halo2curves::bn256;
use halo2curves::ff::PrimeField;
use hushproof_bn254::{Fr, slices};
use rayon::prelude::*;

/// Powers computed together.
const CHUNK: usize = 1 << 10;

/// Cells of the permuted columns in cycles of equal cells; a cell without copies is a cycle of its own.
///
/// Cycles are joined as the stock key generation joins them, since the order of a cycle is part of the key: see
/// "Permutation argument" in the halo2 book.
pub(crate) struct Cycles {
    rows: usize,
    /// The cell after each one in its cycle. A cell is numbered column · rows + row.
    next: Vec<usize>,
    /// A cell that stands for the cycle of each one.
    representative: Vec<usize>,
    /// Length of the cycle that each cell stands for.
    lengths: Vec<usize>,
}

impl Cycles {
    /// No copies.
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        let cells = columns * rows;
        Self { rows, next: (0..cells).collect(), representative: (0..cells).collect(), lengths: vec![1; cells] }
    }

    /// Makes two cells equal, each a column and a row in range.
    pub(crate) fn join(&mut self, left: (usize, usize), right: (usize, usize)) {
        let [left, right] = [left, right].map(|(column, row)| column * self.rows + row);
        let (mut longer, mut shorter) = (self.representative[left], self.representative[right]);
        if longer == shorter {
            return;
        }
        if self.lengths[longer] < self.lengths[shorter] {
            std::mem::swap(&mut longer, &mut shorter);
        }
        self.lengths[longer] += self.lengths[shorter];
        let mut cell = shorter;
        loop {
            self.representative[cell] = longer;
            cell = self.next[cell];
            if cell == shorter {
                break;
            }
        }
        self.next.swap(left, right);
    }

    /// Number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.next.len() / self.rows
    }

    /// For each column the values delta^j w^i of the cells (j, i) that follow its cells, for the generator w of the
    /// rows' values.
    pub(crate) fn sigma_values(&self, omega: Fr) -> Vec<Vec<Fr>> {
        let deltas: Vec<_> = Fr::from(bn256::Fr::DELTA).powers(self.columns()).collect();
        let omega_powers = powers(omega, if deltas.is_empty() { 0 } else { self.rows });
        let columns = self.next.par_chunks(self.rows).zip(&deltas).enumerate();
        let column = |(index, (next, delta)): (usize, (&[usize], &Fr))| {
            let mut values = vec![Fr::ZERO; self.rows];
            slices::mul_scalar(&mut values, &omega_powers, *delta);
            for (row, (value, next)) in values.iter_mut().zip(next).enumerate() {
                if *next != index * self.rows + row {
                    *value = deltas[next / self.rows] * omega_powers[next % self.rows];
                }
            }
            values
        };
        columns.map(column).collect()
    }
}

/// 1, base, base^2, ….
fn powers(base: Fr, count: usize) -> Vec<Fr> {
    let mut values = vec![Fr::ONE; count];
    values.par_chunks_mut(CHUNK).enumerate().for_each(|(index, chunk)| {
        let mut power = base.pow(&[(index * CHUNK) as u64]);
        for value in chunk {
            *value = power;
            power *= base;
        }
    });
    values
}
