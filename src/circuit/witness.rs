//! First-phase advice: every integer of one evaluation.

use crate::{
    error::Result,
    graph::chain::{Activation, Layer, Model, Trace},
};

use super::layout::{Block, Layout};

/// First-phase columns, one integer per row; signed because `maximum` is an accumulator.
#[derive(Debug, Clone)]
pub struct FirstPhase {
    pub(super) sign: Vec<i64>,
    pub(super) limbs: Vec<Vec<i64>>,
    pub(super) coefficient: Option<Vec<i64>>,
    pub(super) maximum: Option<Vec<i64>>,
    pub(super) multiplicity: Vec<i64>,
}

impl FirstPhase {
    /// All columns, in the order of the constraint system.
    pub(super) fn columns(&self) -> Vec<&[i64]> {
        let mut columns: Vec<&[i64]> = vec![&self.sign];
        columns.extend(self.limbs.iter().map(Vec::as_slice));
        columns.extend(self.coefficient.as_deref());
        columns.extend(self.maximum.as_deref());
        columns.push(&self.multiplicity);
        columns
    }
}

/// A model's evaluation on one input.
#[derive(Debug, Clone)]
pub struct Witness {
    /// All integers.
    pub trace: Trace,
    /// First-phase columns.
    pub first: FirstPhase,
}

impl Witness {
    /// Evaluates a model on input codes and writes the first-phase columns.
    ///
    /// # Errors
    /// `ActivationRange` when a value does not fit its rows.
    pub fn new(model: &Model, layout: &Layout, input: Vec<u64>) -> Result<Self> {
        let trace = model.run(input)?;
        let mut first = FirstPhase::zero(layout);
        for block in &layout.blocks {
            match block.layer {
                None => {
                    for (element, code) in trace.input.iter().enumerate() {
                        first.put(model, block.row(element), 1, code << model.digits.remainder_bits());
                    }
                }
                Some(layer) => first.layer(model, &model.layers[layer], block, &trace.accumulators[layer]),
            }
        }
        first.count(model, layout);
        Ok(Self { trace, first })
    }
}

impl FirstPhase {
    fn zero(layout: &Layout) -> Self {
        let rows = layout.usable_rows();
        let params = &layout.params;
        Self {
            sign: vec![0; rows],
            limbs: vec![vec![0; rows]; params.digits.limbs() as usize],
            coefficient: params.segments.map(|_| vec![0; rows]),
            maximum: params.argmax.then(|| vec![0; rows]),
            multiplicity: vec![0; rows],
        }
    }

    /// Writes a sign and an integer below `2^row_bits` as limbs.
    fn put(&mut self, model: &Model, row: usize, sign: i64, integer: u64) {
        let bits = model.digits.limb_bits;
        self.sign[row] = sign;
        for (i, limb) in self.limbs.iter_mut().enumerate() {
            limb[row] = ((integer >> (bits * i as u32)) & ((1 << bits) - 1)) as i64;
        }
    }

    fn layer(&mut self, model: &Model, layer: &Layer, block: &Block, y: &[i64]) {
        let best = y.iter().enumerate().fold(0, |best, (i, v)| if *v > y[best] { i } else { best });
        for (element, &y_o) in y.iter().enumerate() {
            let row = block.row(element);
            let sign = i64::from(y_o > 0);
            match layer.activation {
                Activation::Requantize => self.put(model, row, 1, y_o as u64),
                Activation::Relu => {
                    self.put(model, row, sign, y_o.unsigned_abs() + (1 << (model.digits.remainder_bits() - 1)) - 1);
                }
                Activation::Threshold => self.put(model, row, sign, y_o.unsigned_abs()),
                Activation::Segments => self.segments(model, row, sign, y_o.unsigned_abs()),
                Activation::ArgMax => {
                    let before = i64::from(element < best);
                    self.put(model, row, before, (y[best] - y_o - before) as u64);
                    if let Some(maximum) = &mut self.maximum {
                        maximum[row] = y[best];
                    }
                }
            }
        }
    }

    /// Two rows: segment and offset in it with the segment's base, then segment and excess with its slope.
    fn segments(&mut self, model: &Model, row: usize, sign: i64, magnitude: u64) {
        let Some(table) = &model.segments else { return };
        let low_bits = model.digits.low_bits();
        let j = (magnitude >> low_bits).min(table.last() as u64);
        let excess = (magnitude >> low_bits) - j;
        let low = magnitude & ((1 << low_bits) - 1);
        self.put(model, row, sign, low);
        self.put(model, row + 1, sign, excess);
        if let Some(top) = self.limbs.last_mut() {
            (top[row], top[row + 1]) = (j as i64, j as i64);
        }
        if let Some(coefficient) = &mut self.coefficient {
            coefficient[row] = i64::from(table.base[j as usize]);
            coefficient[row + 1] = i64::from(table.slope[j as usize]);
        }
    }

    /// Counts how often each table row is looked up.
    pub(super) fn count(&mut self, model: &Model, layout: &Layout) {
        let range = 1usize << model.digits.limb_bits;
        let segments = model.segments.as_ref().map_or(0, |table| table.base.len());
        let tags = segment_tags(model, layout);
        self.multiplicity.iter_mut().for_each(|m| *m = 0);
        let top = self.limbs.len() - 1;
        for row in 0..layout.usable_rows() - 1 {
            for (i, limb) in self.limbs.iter().enumerate() {
                let offset = if i == top && tags[row] > 0 { range + segments * (tags[row] - 1) } else { 0 };
                let entry = usize::try_from(limb[row]).map_or(usize::MAX, |limb| limb.saturating_add(offset));
                if let Some(multiplicity) = self.multiplicity.get_mut(entry) {
                    *multiplicity += 1;
                }
            }
        }
    }
}

/// Tag of the top limb's lookup on each row: 1 and 2 on the two rows of a segment element, else 0.
pub(super) fn segment_tags(model: &Model, layout: &Layout) -> Vec<usize> {
    let mut tags = vec![0; layout.usable_rows()];
    for block in &layout.blocks {
        if block.layer.is_some_and(|layer| model.layers[layer].activation == Activation::Segments) {
            for element in 0..block.elements {
                tags[block.row(element)] = 1;
                tags[block.row(element) + 1] = 2;
            }
        }
    }
    tags
}
