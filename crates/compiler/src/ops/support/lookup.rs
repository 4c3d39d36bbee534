//! Rows of a constant table by a private index.
//!
//! The index i is cut into a block and a place in it, i = size · block + place, both by comparisons, exactly. The
//! block's rows are one linear map of the comparisons; of these, the row at the place is the first one and what each
//! next row has more, times whether the place reaches it.

use crate::ops::op::{Id, OpResult, Rewriter};

/// Cells of a product of two private values beside those of a comparison.
const PRODUCT: usize = 3;

/// For each of the indices (any shape), 0 ..= rows − 1, its row of a table of `rows` rows of `width` values: indices ×
/// width. An index that is out of range stands for a row of zeros.
pub(in crate::ops) fn lookup(to: &mut Rewriter<'_>, indices: Id, table: &[f64], width: usize) -> OpResult<Id> {
    let (count, rows) = (to.len(indices), table.len() / width);
    let size = block_size(rows, width);
    let blocks = rows.div_ceil(size);
    let index = to.reshape(indices, &[count, 1])?;
    let index = to.float(index)?;
    // Whether the index reaches the start of each block, and the end of the last one.
    let starts: Vec<f64> = (0..blocks).map(|block| (block * size) as f64).collect();
    let ends = starts.iter().copied().chain([rows as f64]).collect();
    let ends = to.floats(&[1, blocks + 1], ends)?;
    let beyond = to.op("Sub", &[index, ends])?;
    let reached = to.at_least("Gather", beyond, -0.5)?;
    if size == 1 {
        return chosen(to, reached, table, width);
    }
    let first = chosen(to, reached, &starts, 1)?;
    let place = to.op("Sub", &[index, first])?;
    let places = to.floats(&[1, size - 1], (1..size).map(|place| place as f64).collect())?;
    let beyond = to.op("Sub", &[place, places])?;
    // What each row of a block has more than the one in front of it.
    let row = |row: usize, column: usize| table.get(row * width + column).copied().unwrap_or(0.0);
    let more = |at: usize| {
        let (number, column) = (at / width, at % width);
        let before = if number % size == 0 { 0.0 } else { row(number - 1, column) };
        row(number, column) - before
    };
    let more: Vec<f64> = (0..blocks * size * width).map(more).collect();
    let more = chosen(to, reached, &more, size * width)?;
    let reached = to.at_least("Gather", beyond, -0.5)?;
    let part = |to: &mut Rewriter<'_>, columns: std::ops::Range<usize>, shape: Vec<usize>| {
        let sources = (0..count).flat_map(|i| columns.clone().map(move |c| Some((i * size * width + c) as u32)));
        to.select(more, shape, sources.collect(), 0.0)
    };
    let least = part(to, 0..width, vec![count, width])?;
    let steps = part(to, width..size * width, vec![count, size - 1, width])?;
    let reached = to.reshape(reached, &[count, size - 1, 1])?;
    let products = to.op("Mul", &[steps, reached])?;
    let sum = to.reduce("ReduceSum", products, &[1], false)?;
    to.op("Add", &[least, sum])
}

/// The row of a table of rows of `width` values at the last number that is reached, of as many numbers as rows and the
/// end; `reached` is 1 up to it and 0 behind.
fn chosen(to: &mut Rewriter<'_>, reached: Id, table: &[f64], width: usize) -> OpResult<Id> {
    let rows = table.len() / width;
    let more = |at: usize| {
        let before = at.checked_sub(width).map_or(0.0, |before| table[before]);
        table.get(at).copied().unwrap_or(0.0) - before
    };
    let weights = to.floats(&[rows + 1, width], (0..(rows + 1) * width).map(more).collect())?;
    to.op("MatMul", &[reached, weights])
}

/// Rows of a block for which comparisons and products take the fewest cells.
fn block_size(rows: usize, width: usize) -> usize {
    let cells = |size: usize| {
        if size == 1 { rows } else { rows.div_ceil(size) + size + size * width + PRODUCT * (size - 1) * width }
    };
    let most = rows.isqrt().max(1);
    (1..=most).min_by_key(|size| cells(*size)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::block_size;

    #[test]
    fn blocks_are_as_small_as_products_ask() {
        assert_eq!(block_size(2, 1), 1);
        assert_eq!(block_size(20, 16), 1);
        let size = block_size(30_522, 16);
        assert!((15..40).contains(&size), "{size}");
    }
}
