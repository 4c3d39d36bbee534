//! Where everything stands: one block of rows per tensor, the output first, the input last.

use crate::{
    error::{Error, Result},
    graph::chain::{Activation, Model},
};

use super::{lookup, params::Params};

/// Rows at the end of every column that hold randomness, plus the row where running sums end.
///
/// halo2 takes max(3, rotations of a column) + 3 rows; no column here is opened at more than three rotations.
pub(super) const RESERVED_ROWS: usize = 6;

/// The largest circuit that is ever laid out.
pub const MAX_K: u32 = 20;

/// The rows of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The layer that makes the tensor; `None` for the input.
    pub layer: Option<usize>,
    /// First row.
    pub first_row: usize,
    /// Number of elements.
    pub elements: usize,
    /// Rows of one element.
    pub span: usize,
}

impl Block {
    /// First row of an element.
    pub const fn row(&self, element: usize) -> usize {
        self.first_row + element * self.span
    }

    /// Row after the last one.
    pub const fn end(&self) -> usize {
        self.first_row + self.elements * self.span
    }
}

/// The layout of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// log2 rows.
    pub k: u32,
    /// Shape of the constraint system.
    pub params: Params,
    /// Tensors, output first.
    pub blocks: Vec<Block>,
    /// Rows that hold elements or table entries.
    pub used_rows: usize,
    /// Elements of all tensors.
    pub activations: usize,
    /// Advice cells on the rows of elements and tables; the others are padding.
    pub assigned_cells: usize,
}

/// A tensor as the layout sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TensorShape {
    /// Number of elements.
    pub(super) elements: usize,
    /// Rows that an element needs for itself.
    pub(super) rows: usize,
}

impl Layout {
    /// Lays out a checked model.
    ///
    /// # Errors
    /// `ModelTooLarge` when no circuit up to [`MAX_K`] holds it.
    pub fn new(model: &Model) -> Result<Self> {
        let mut tensors = vec![TensorShape { elements: model.input.min.len(), rows: 1 }];
        tensors.extend(model.layers.iter().map(|layer| TensorShape {
            elements: layer.weights.rows,
            rows: if layer.activation == Activation::Segments { 2 } else { 1 },
        }));
        Self::plan(Params::new(model), &tensors)
    }

    /// Lays out tensors, given input first.
    pub(super) fn plan(params: Params, tensors: &[TensorShape]) -> Result<Self> {
        let mut blocks = Vec::with_capacity(tensors.len());
        let mut first_row = 0usize;
        for (index, tensor) in tensors.iter().enumerate().rev() {
            let weight_rows = tensors.get(index + 1).map_or(1, |consumer| consumer.elements.div_ceil(params.lanes));
            let block = Block {
                layer: index.checked_sub(1),
                first_row,
                elements: tensor.elements,
                span: weight_rows.max(tensor.rows),
            };
            first_row = block.end();
            blocks.push(block);
        }
        let used_rows = first_row.max(table_rows(&params));
        let public_rows = blocks[0].end().max(if params.public_input { first_row } else { 0 }) + CONTEXT_ROWS;
        let needed = used_rows.max(public_rows) + 1 + RESERVED_ROWS;
        let k = needed.next_power_of_two().trailing_zeros();
        if k > MAX_K {
            return Err(Error::ModelTooLarge { needed: k, available: MAX_K });
        }
        let activations = tensors.iter().map(|tensor| tensor.elements).sum();
        let assigned_cells = assigned_cells(&params, tensors, &blocks);
        Ok(Self { k, params, blocks, used_rows, activations, assigned_cells })
    }

    /// Rows that gates may use, the end of the running sums included.
    pub const fn usable_rows(&self) -> usize {
        (1 << self.k) - RESERVED_ROWS
    }

    /// The tensor's block that a layer makes.
    pub fn block_of(&self, layer: Option<usize>) -> &Block {
        let from_end = layer.map_or(0, |layer| layer + 1);
        &self.blocks[self.blocks.len() - 1 - from_end]
    }

    /// Instance rows in front of the context.
    pub fn public_rows(&self) -> usize {
        let last = if self.params.public_input { self.blocks.last() } else { self.blocks.first() };
        last.map_or(0, Block::end)
    }

    /// Length of the instance vector: public rows, then the context.
    pub fn instance_len(&self) -> usize {
        self.public_rows() + CONTEXT_ROWS
    }
}

/// Field elements that hold the context's digest.
pub const CONTEXT_ROWS: usize = 2;

/// Rows of the lookup table: the range, then the segment table twice (bases, slopes).
pub(super) fn table_rows(params: &Params) -> usize {
    let segments = params.segments.map_or(0, |(_, last)| 2 * (last as usize + 1));
    (1usize << params.digits.limb_bits) + segments
}

/// Limbs and lookups on the rows that an element needs for itself, running sums on all of its rows, multiplicities.
fn assigned_cells(params: &Params, tensors: &[TensorShape], blocks: &[Block]) -> usize {
    let sums = 2 + usize::from(params.tall_weights);
    let own = advice_columns(params) - sums - 1;
    let elements = tensors.iter().rev().zip(blocks);
    elements.map(|(tensor, block)| tensor.elements * (tensor.rows * own + block.span * sums)).sum::<usize>()
        + table_rows(params)
}

/// Advice columns of a circuit with these parameters.
pub fn advice_columns(params: &Params) -> usize {
    let limbs = params.digits.limbs() as usize;
    let optional = [params.segments.is_some(), params.argmax, params.tall_weights].iter().filter(|b| **b).count();
    // sign, multiplicity, produced, consumed and the running sum; a helper for every group of lookups but one
    limbs + 5 + lookup::groups(limbs + 1) - 1 + optional
}

/// Fixed columns of a circuit with these parameters.
pub fn fixed_columns(params: &Params) -> usize {
    let optional = [params.public_input, params.argmax, params.tall_weights].iter().filter(|b| **b).count();
    13 + optional + if params.segments.is_some() { 4 } else { 0 } + params.lanes
}
