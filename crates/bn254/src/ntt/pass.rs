//! The passes of a transform: blocks of layers on tiles that stay in cache.

use rayon::prelude::*;

use crate::field::{Fr, FrParams};
use crate::lanes::{Butterfly, Scalar, Work, row_loop, with_lanes};

/// Columns of a tile: eight elements of 32 bytes are four cache lines, and a multiple of every vector width.
const TILE: usize = 8;
/// Layers of one pass at most: a tile of 2^8 rows takes 64 KiB.
const MAX_LAYERS: u32 = 8;
/// Below this the whole transform is a tile of one column.
const MIN_BLOCKED_K: u32 = 6;

/// The factors of all layers of one transform.
pub(super) struct Layers {
    /// The layer of half-size h has its h factors at `h..2h`.
    factors: Vec<Fr>,
    /// Whether the factor of the first layer is 1.
    trivial_first: bool,
    /// What the upper half of the last layer's butterflies is multiplied by (their factors contain it).
    last_scale: Option<Fr>,
    /// What each output is multiplied by.
    outputs: Option<Vec<Fr>>,
}

impl Layers {
    pub(super) fn plain(factors: Vec<Fr>) -> Self {
        Self { factors, trivial_first: true, last_scale: None, outputs: None }
    }

    /// `factors` of the last layer contain `scale`.
    pub(super) fn scaled(factors: Vec<Fr>, scale: Fr) -> Self {
        let trivial_first = factors.len() > 2;
        Self { factors, trivial_first, last_scale: Some(scale), outputs: None }
    }

    pub(super) fn coset(factors: Vec<Fr>) -> Self {
        Self { factors, trivial_first: false, last_scale: None, outputs: None }
    }

    pub(super) fn with_outputs(self, outputs: Vec<Fr>) -> Self {
        Self { outputs: Some(outputs), ..self }
    }

    pub(super) fn factors(&self) -> &[Fr] {
        &self.factors
    }
}

/// `x` with its lowest `bits` bits reversed; `x` below 2^bits.
fn reverse(x: usize, bits: u32) -> usize {
    if bits == 0 { 0 } else { x.reverse_bits() >> (usize::BITS - bits) }
}

/// Transforms `source` (at most 2^k elements) into `destination` (2^k).
pub(super) fn run(layers: &Layers, k: u32, source: &[Fr], destination: &mut [Fr]) {
    if k < MIN_BLOCKED_K {
        first::<Scalar, 1>(layers, k, k, source, destination);
    } else {
        with_lanes!(Scalar, FrParams, blocked(layers, k, source, destination));
    }
}

/// The passes of a transform of at least 2^[`MIN_BLOCKED_K`] points.
pub(super) fn blocked<L: Butterfly<FrParams>>(layers: &Layers, k: u32, source: &[Fr], destination: &mut [Fr]) {
    let passes = k.div_ceil(MAX_LAYERS).max(2);
    let mut done = k / passes;
    first::<L, TILE>(layers, k, done, source, destination);
    for pass in 1..passes {
        let count = (k - done).div_ceil(passes - pass);
        next::<L>(layers, k, done, count, destination);
        done += count;
    }
}

/// Layers 0..count, out of place. The source is read as 2^count rows of 2^(k - count) columns; the transform of column
/// c is the block of bit-reversed index c of the destination.
fn first<L: Butterfly<FrParams>, const COLUMNS: usize>(
    layers: &Layers,
    k: u32,
    count: u32,
    source: &[Fr],
    destination: &mut [Fr],
) {
    let mut blocks: Vec<_> = destination.chunks_exact_mut(1 << count).enumerate().collect();
    blocks.sort_unstable_by_key(|(block, _)| reverse(*block, k - count));
    blocks.par_chunks_mut(COLUMNS).enumerate().for_each_init(Vec::new, |tile, (index, blocks)| {
        L::enter(FirstTile::<L, COLUMNS> { layers, k, count, source, blocks, column: index * COLUMNS, tile });
    });
}

/// One tile of the first pass.
struct FirstTile<'a, 'b, L, const COLUMNS: usize> {
    layers: &'a Layers,
    k: u32,
    count: u32,
    source: &'a [Fr],
    /// The destinations of the columns.
    blocks: &'a mut [(usize, &'b mut [Fr])],
    /// The first column.
    column: usize,
    tile: &'a mut Vec<L>,
}

impl<L: Butterfly<FrParams>, const COLUMNS: usize> Work for FirstTile<'_, '_, L, COLUMNS> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { layers, k, count, source, blocks, column, tile } = self;
        let (rows, columns) = (1usize << count, 1usize << (k - count));
        let vectors = COLUMNS / L::WIDTH;
        tile.clear();
        for row in 0..rows {
            let start = reverse(row, count) * columns + column;
            let mut padded = [Fr::ZERO; COLUMNS];
            let values = if let Some(values) = source.get(start..start + COLUMNS) {
                values
            } else {
                let rest = source.get(start..).unwrap_or_default();
                padded[..rest.len()].copy_from_slice(rest);
                &padded
            };
            for values in values.chunks_exact(L::WIDTH) {
                tile.push(L::load(values));
            }
        }
        for layer in 0..count {
            let half = 1usize << layer;
            if let Some(scale) = layers.last_scale.filter(|_| layer + 1 == k) {
                scale_upper(tile, half * vectors, L::factor(scale));
            }
            if layer == 0 && layers.trivial_first {
                trivial_butterflies(tile, vectors);
            } else {
                butterflies_by_rows(tile, vectors, &layers.factors[half..2 * half]);
            }
        }
        let outputs = layers.outputs.as_ref().filter(|_| count == k);
        let mut stored = [Fr::ZERO; COLUMNS];
        for (row, vectors) in tile.chunks_exact(vectors).enumerate() {
            for (vector, stored) in vectors.iter().zip(stored.chunks_exact_mut(L::WIDTH)) {
                vector.store(stored);
            }
            for ((_, block), value) in blocks.iter_mut().zip(stored) {
                block[row] = if let Some(outputs) = outputs { value * outputs[row] } else { value };
            }
        }
    }
}

/// Layers done..done + count, in place: blocks of 2^count rows of 2^done columns.
fn next<L: Butterfly<FrParams>>(layers: &Layers, k: u32, done: u32, count: u32, values: &mut [Fr]) {
    let (columns, rows) = (1usize << done, 1usize << count);
    let tiles_across = columns / TILE;
    let mut tiles: Vec<Vec<&mut [Fr]>> = Vec::with_capacity(values.len() / rows / TILE);
    for block in values.chunks_exact_mut(rows * columns) {
        let base = tiles.len();
        tiles.extend((0..tiles_across).map(|_| Vec::with_capacity(rows)));
        for row in block.chunks_exact_mut(columns) {
            for (tile, piece) in tiles[base..].iter_mut().zip(row.chunks_exact_mut(TILE)) {
                tile.push(piece);
            }
        }
    }
    tiles.par_iter_mut().enumerate().for_each_init(Vec::new, |tile, (index, pieces)| {
        let column = index % tiles_across * TILE;
        L::enter(NextTile::<L> { layers, last: done + count == k, done, count, pieces, column, tile });
    });
}

/// One tile of a later pass.
struct NextTile<'a, 'b, L> {
    layers: &'a Layers,
    /// Whether this is the last pass.
    last: bool,
    done: u32,
    count: u32,
    /// The rows.
    pieces: &'a mut [&'b mut [Fr]],
    /// The first column.
    column: usize,
    tile: &'a mut Vec<L>,
}

impl<L: Butterfly<FrParams>> Work for NextTile<'_, '_, L> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { layers, last, done, count, pieces, column, tile } = self;
        let vectors = TILE / L::WIDTH;
        tile.clear();
        for piece in pieces.iter() {
            for values in piece.chunks_exact(L::WIDTH) {
                tile.push(L::load(values));
            }
        }
        for layer in 0..count {
            let half = 1usize << layer;
            if let Some(scale) = layers.last_scale.filter(|_| last && layer + 1 == count) {
                scale_upper(tile, half * vectors, L::factor(scale));
            }
            let first = (half << done) + column;
            butterflies_by_elements(tile, half, &layers.factors[first..], 1 << done);
        }
        let outputs = layers.outputs.as_ref().filter(|_| last);
        for (row, (vectors, piece)) in tile.chunks_exact(vectors).zip(pieces.iter_mut()).enumerate() {
            for (v, (vector, stored)) in vectors.iter().zip(piece.chunks_exact_mut(L::WIDTH)).enumerate() {
                let start = (row << done) + column + v * L::WIDTH;
                let mut value = *vector;
                if let Some(outputs) = outputs {
                    value = value.scale(L::factors(&outputs[start..]));
                }
                value.store(stored);
            }
        }
    }
}

// What layers do with a tile, each in a loop of its own.
row_loop!(scale_upper<L: Butterfly<FrParams>>(tile: &mut [L], half: usize, factor: L::Factor) {
    for upper in tile.chunks_exact_mut(2 * half).flat_map(|block| &mut block[..half]) {
        *upper = upper.scale(factor);
    }
});
row_loop!(trivial_butterflies<L: Butterfly<FrParams>>(tile: &mut [L], vectors: usize) {
    for block in tile.chunks_exact_mut(2 * vectors) {
        let (upper, lower) = block.split_at_mut(vectors);
        for (a, b) in upper.iter_mut().zip(lower) {
            (*a, *b) = a.sum_difference(*b);
        }
    }
});
// A layer with the same factor in a row of the tile.
row_loop!(butterflies_by_rows<L: Butterfly<FrParams>>(tile: &mut [L], vectors: usize, factors: &[Fr]) {
    let half = factors.len() * vectors;
    for (j, factor) in factors.iter().enumerate() {
        let factor = L::factor(*factor);
        for block in tile.chunks_exact_mut(2 * half) {
            let (upper, lower) = block.split_at_mut(half);
            let at = j * vectors..(j + 1) * vectors;
            for (a, b) in upper[at.clone()].iter_mut().zip(&mut lower[at]) {
                (*a, *b) = a.butterfly(*b, factor);
            }
        }
    }
});
// A layer of `half` rows with a factor for each element, `stride` from row to row.
row_loop!(butterflies_by_elements<L: Butterfly<FrParams>>(tile: &mut [L], half: usize, factors: &[Fr], stride: usize) {
    let vectors = TILE / L::WIDTH;
    for j in 0..half {
        for (v, factors) in factors[j * stride..][..TILE].chunks_exact(L::WIDTH).enumerate() {
            let factor = L::factors(factors);
            for block in tile.chunks_exact_mut(2 * half * vectors) {
                let (upper, lower) = block.split_at_mut(half * vectors);
                let (a, b) = (&mut upper[j * vectors + v], &mut lower[j * vectors + v]);
                (*a, *b) = a.butterfly(*b, factor);
            }
        }
    }
});
