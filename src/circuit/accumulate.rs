//! Second-phase advice: accumulators at the challenges, as an honest prover computes them from the first phase.

use halo2_proofs::halo2curves::bn256;
use hushproof_halo2_prover::{Fr, IntegerSum};
use rayon::prelude::*;

use crate::graph::chain::{Activation, Layer, Model};

use super::{
    fixed::table_entries,
    layout::{Block, Layout},
    lookup::{self, Inverses},
    witness::{FirstPhase, segment_tags},
};

/// The challenges drawn after the first phase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Challenges {
    pub(super) eta: bn256::Fr,
    pub(super) beta: bn256::Fr,
    pub(super) delta: bn256::Fr,
}

/// Second-phase columns, one value per usable row.
#[derive(Debug, Clone)]
pub(super) struct SecondPhase {
    pub(super) produced: Vec<Fr>,
    pub(super) consumed: Vec<Fr>,
    pub(super) weight: Option<Vec<Fr>>,
    pub(super) helpers: Vec<Vec<Fr>>,
    pub(super) sum: Vec<Fr>,
}

impl SecondPhase {
    /// All columns, in the order of the constraint system.
    pub(super) fn columns(self) -> Vec<Vec<Fr>> {
        let mut columns = vec![self.produced, self.consumed];
        columns.extend(self.weight);
        columns.extend(self.helpers);
        columns.push(self.sum);
        columns
    }
}

/// Computes the second-phase columns.
pub(super) fn accumulate(model: &Model, layout: &Layout, first: &FirstPhase, challenges: Challenges) -> SecondPhase {
    let rows = layout.usable_rows();
    let zero = || vec![Fr::ZERO; rows];
    let columns = SecondPhase {
        produced: zero(),
        consumed: zero(),
        weight: layout.params.tall_weights.then(zero),
        helpers: vec![zero(); lookup::groups(first.limbs.len() + 1) - 1],
        sum: zero(),
    };
    let eta: Fr = challenges.eta.into();
    let outputs = model.layers.iter().map(|layer| layer.weights.rows).max().unwrap_or(0);
    let powers = eta.powers(outputs + 1).collect();
    let mut accumulator = Accumulator { model, layout, first, challenges, eta, powers, columns };
    let mut handed_down = Fr::ZERO;
    for block in &layout.blocks {
        accumulator.consume(block, handed_down);
        handed_down = accumulator.produce(block);
    }
    accumulator.look_up();
    accumulator.columns
}

struct Accumulator<'a> {
    model: &'a Model,
    layout: &'a Layout,
    first: &'a FirstPhase,
    challenges: Challenges,
    eta: Fr,
    /// Of η, from 0 to the largest number of outputs.
    powers: Vec<Fr>,
    columns: SecondPhase,
}

impl Accumulator<'_> {
    /// Fills `consumed` over a block, from what the layer's outputs above produced down to 0.
    fn consume(&mut self, block: &Block, start: Fr) {
        let consumer = self.model.layers.get(block.layer.map_or(0, |layer| layer + 1));
        let weights: Vec<_> = (0..block.elements)
            .into_par_iter()
            .map(|element| consumer.map_or_else(Vec::new, |layer| self.weights(layer, element)))
            .collect();
        let mut rest = start;
        for (element, weights) in weights.iter().enumerate() {
            let row = block.row(element);
            self.columns.consumed[row] = rest;
            if let Some(whole) = weights.last() {
                rest -= Fr::from_i64(self.code(block, row)) * *whole;
            }
            self.columns.consumed[row + 1..row + block.span].fill(rest);
            if let Some(weight) = &mut self.columns.weight {
                weight[row..].iter_mut().zip(weights.iter().rev()).for_each(|(cell, sum)| *cell = *sum);
            }
        }
    }

    /// Fills `produced` over a block and returns its value behind the last row.
    fn produce(&mut self, block: &Block) -> Fr {
        let mut sum = Fr::ZERO;
        for element in 0..block.elements {
            let row = block.row(element);
            for offset in 0..block.span {
                self.columns.produced[row + offset] = sum;
                if offset == 0 {
                    sum *= self.eta;
                }
                sum += Fr::from_i64(self.share(block, element, offset));
            }
        }
        sum
    }

    /// `Σ_o η^(m−1−o) · K_oj`, last of its partial sums after each `lanes` outputs, which tall weights leave in their
    /// column, upwards.
    fn weights(&self, layer: &Layer, element: usize) -> Vec<Fr> {
        let outputs = layer.weights.rows;
        let block = if self.columns.weight.is_some() { self.model.lanes } else { outputs.max(1) };
        let (mut sums, mut sum, mut output) = (Vec::new(), Fr::ZERO, 0);
        while output < outputs {
            // The first block is the one that may be shorter.
            let count = (outputs - output - 1) % block + 1;
            let mut terms = IntegerSum::default();
            for (i, power) in self.powers[..count].iter().rev().enumerate() {
                terms.add(layer.weights.at(output + i, element), power);
            }
            sum = sum * self.powers[count] + terms.total();
            sums.push(sum);
            output += count;
        }
        sums
    }

    /// The integer of some limbs of a row; digits have at most 48 bits.
    fn positional(&self, limbs: std::ops::Range<usize>, row: usize) -> i64 {
        let bits = self.model.digits.limb_bits;
        self.first.limbs[limbs].iter().rev().fold(0, |sum, limb| (sum << bits) + limb[row])
    }

    fn signed_by(&self, row: usize, value: i64) -> i64 {
        value * (2 * self.first.sign[row] - 1)
    }

    /// The code that the next layer consumes of the element that starts on `row`.
    fn code(&self, block: &Block, row: usize) -> i64 {
        let limbs = self.first.limbs.len();
        let is_segments = block.layer.is_some_and(|layer| self.model.layers[layer].activation == Activation::Segments);
        match (is_segments, &self.first.coefficient, &self.model.segments) {
            (true, Some(coefficient), Some(table)) => {
                let rise = coefficient[row] + coefficient[row + 1] * self.first.limbs[limbs - 2][row];
                (1 << (table.output_bits - 1)) + self.signed_by(row, rise)
            }
            _ => self.first.sign[row] * self.positional(self.model.digits.remainder_limbs as usize..limbs, row),
        }
    }

    /// What a row adds to the accumulator of the layer that makes its element.
    fn share(&self, block: &Block, element: usize, offset: usize) -> i64 {
        let Some(layer) = block.layer.map(|layer| &self.model.layers[layer]) else { return 0 };
        let row = block.row(element) + offset;
        let limbs = self.first.limbs.len();
        if offset > 0 {
            return if offset == 1 && layer.activation == Activation::Segments {
                self.signed_by(row, self.positional(0..limbs - 1, row) << self.model.digits.low_bits())
            } else {
                0
            };
        }
        let integer = self.positional(0..limbs, row);
        let y = match layer.activation {
            Activation::Requantize | Activation::Segments | Activation::Threshold => self.signed_by(row, integer),
            Activation::Relu => {
                let half = (1 << (self.model.digits.remainder_bits() - 1)) - 1;
                self.signed_by(row, integer - half)
            }
            Activation::ArgMax => {
                let maximum = self.first.maximum.as_ref().map_or(0, |maximum| maximum[row]);
                maximum - self.first.sign[row] - integer
            }
        };
        y - layer.bias[element]
    }

    /// Fills helpers and the running sum of the lookup argument.
    fn look_up(&mut self) {
        let rows = self.layout.usable_rows() - 1;
        let limbs = self.first.limbs.len();
        let tags = segment_tags(self.model, self.layout);
        let entries = table_entries(self.model).into_iter().map(|(value, tag, c)| (value, tag, c as i64)).collect();
        let size = self.model.segments.as_ref().map_or(0, |table| table.base.len());
        let sizes = [1 << self.model.digits.limb_bits, size];
        let inverses = Inverses::new(entries, sizes, [self.challenges.beta, self.challenges.delta]);
        let mut fractions = vec![Fr::ZERO; limbs + 1];
        for row in 0..rows {
            for (i, limb) in self.first.limbs.iter().enumerate() {
                let coefficient = self.first.coefficient.as_ref().filter(|_| i + 1 == limbs);
                let tag = if i + 1 == limbs { tags[row] as u64 } else { 0 };
                fractions[i] = inverses.of(limb[row], tag, coefficient.map_or(0, |c| c[row]));
            }
            fractions[limbs] = inverses.of_row(row, self.first.multiplicity[row]);
            let total: Fr = fractions.iter().copied().sum();
            for (helper, group) in self.columns.helpers.iter_mut().zip(fractions.chunks(lookup::GROUP).skip(1)) {
                helper[row] = group.iter().copied().sum();
            }
            self.columns.sum[row + 1] = self.columns.sum[row] + total;
        }
    }
}
