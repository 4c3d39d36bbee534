//! Where the advice columns come from.

use hushproof_bn254::msm::{Column, MAX_SMALL_BITS};
use hushproof_bn254::{Fr, slices};
use rayon::prelude::*;

use crate::error::{ProveError, Source};

/// The challenges that the transcript has given so far.
#[derive(Clone, Debug, Default)]
pub struct Challenges(pub(crate) Vec<Option<Fr>>);

impl Challenges {
    /// The challenge of an index of the constraint system (`Challenge::index`), if it is known yet.
    pub fn get(&self, index: usize) -> Option<Fr> {
        self.0.get(index).copied().flatten()
    }
}

/// Values of one advice column from its first row on. The rows after them are zero up to the usable rows, and the
/// prover itself draws the random rows at the end.
#[derive(Clone, Debug)]
pub enum ColumnValues {
    /// Integers of magnitude below 2^bits, at most 63 bits: cheap to commit when there are few bits.
    Small {
        /// The values.
        values: Vec<i64>,
        /// The bound, checked.
        bits: u32,
    },
    /// Field elements.
    Field(Vec<Fr>),
}

/// The source of a circuit's advice columns.
pub trait Witness {
    /// The columns of a phase (0, then 1 if the circuit has a second), in the order of their indices. In phase 1 the
    /// challenges usable after phase 0 are known.
    ///
    /// # Errors
    /// Whatever the application wishes; the proof ends with it as [`ProveError::Witness`].
    fn phase(&mut self, phase: u8, challenges: &Challenges) -> Result<Vec<ColumnValues>, Source>;
}

/// A column checked and completed to all rows.
pub(crate) struct FullColumn {
    small: Vec<i64>,
    bits: u32,
    /// The rows after the small integers: the random ones last.
    tail: Vec<Fr>,
}

impl FullColumn {
    /// Fills `values` up to the usable rows with zeros and appends the random rows.
    pub(crate) fn new(
        column: usize,
        usable_rows: usize,
        values: ColumnValues,
        random_rows: Vec<Fr>,
    ) -> Result<Self, ProveError> {
        let (mut small, bits, mut tail) = match values {
            ColumnValues::Small { values, bits } => (values, bits, Vec::new()),
            ColumnValues::Field(values) => (Vec::new(), 0, values),
        };
        let got = small.len() + tail.len();
        if got > usable_rows {
            return Err(ProveError::ColumnLength { column, limit: usable_rows, got });
        }
        if bits > MAX_SMALL_BITS {
            return Err(ProveError::ColumnBits { column, bits });
        }
        if let Some(row) = small.par_iter().position_first(|value| value.unsigned_abs() >> bits != 0) {
            return Err(ProveError::OutOfBounds { column, row, bits });
        }
        if tail.is_empty() {
            small.resize(usable_rows, 0);
            tail = random_rows;
        } else {
            tail.reserve_exact(usable_rows + random_rows.len() - tail.len());
            tail.resize(usable_rows, Fr::ZERO);
            tail.extend(random_rows);
        }
        Ok(Self { small, bits, tail })
    }

    /// As scalars for a commitment.
    pub(crate) fn scalars(&self) -> Column<'_> {
        Column::mixed(&self.small, self.bits, &self.tail)
    }

    /// As field elements.
    pub(crate) fn into_values(self) -> Vec<Fr> {
        if self.small.is_empty() {
            return self.tail;
        }
        const CHUNK: usize = 1 << 10;
        let mut values = Vec::with_capacity(self.small.len() + self.tail.len());
        values.resize(self.small.len(), Fr::ZERO);
        let pieces = values.par_chunks_mut(CHUNK).zip(self.small.par_chunks(CHUNK));
        pieces.for_each(|(values, integers)| slices::from_integers(values, integers));
        values.extend(self.tail);
        values
    }
}

#[cfg(test)]
mod tests;
