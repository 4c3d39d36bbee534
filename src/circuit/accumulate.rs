//! Second-phase advice: accumulators at the challenges, as an honest prover computes them from the first phase.

use halo2_proofs::halo2curves::{
    bn256::Fr,
    ff::{BatchInvert, Field},
};

use crate::graph::chain::{Activation, Layer, Model};

use super::{
    config::power_of_two,
    fixed::{signed, table_entries},
    layout::{Block, Layout},
    lookup,
    witness::{FirstPhase, segment_tags},
};

/// The challenges drawn after the first phase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Challenges {
    pub(super) eta: Fr,
    pub(super) beta: Fr,
    pub(super) delta: Fr,
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
    let mut accumulator = Accumulator { model, layout, first, challenges, columns };
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
    columns: SecondPhase,
}

impl Accumulator<'_> {
    /// Fills `consumed` over a block, from what the layer's outputs above produced down to 0.
    fn consume(&mut self, block: &Block, start: Fr) {
        let consumer = self.model.layers.get(block.layer.map_or(0, |layer| layer + 1));
        let mut rest = start;
        for element in 0..block.elements {
            let row = block.row(element);
            self.columns.consumed[row] = rest;
            if let Some(layer) = consumer {
                rest -= self.code(block, row) * self.weights(layer, element, row);
            }
            self.columns.consumed[row + 1..row + block.span].fill(rest);
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
                    sum *= self.challenges.eta;
                }
                sum += self.share(block, element, offset);
            }
        }
        sum
    }

    /// `Σ_o η^(m−1−o) · K_oj`; tall weights leave their partial sums in the column, upwards.
    fn weights(&mut self, layer: &Layer, element: usize, row: usize) -> Fr {
        let outputs = layer.weights.rows;
        let mut sum = Fr::ZERO;
        for output in 0..outputs {
            sum = sum * self.challenges.eta + signed(layer.weights.at(output, element));
            let power = outputs - 1 - output;
            if let Some(weight) = &mut self.columns.weight
                && power.is_multiple_of(self.model.lanes)
            {
                weight[row + power / self.model.lanes] = sum;
            }
        }
        sum
    }

    /// The integer of some limbs of a row.
    fn positional(&self, limbs: std::ops::Range<usize>, row: usize) -> Fr {
        let bits = self.model.digits.limb_bits;
        self.first.limbs[limbs]
            .iter()
            .enumerate()
            .fold(Fr::ZERO, |sum, (i, limb)| sum + signed(limb[row]) * power_of_two(bits * i as u32))
    }

    fn signed_by(&self, row: usize, value: Fr) -> Fr {
        value * (signed(2 * self.first.sign[row]) - Fr::ONE)
    }

    /// The code that the next layer consumes of the element that starts on `row`.
    fn code(&self, block: &Block, row: usize) -> Fr {
        let limbs = self.first.limbs.len();
        let is_segments = block.layer.is_some_and(|layer| self.model.layers[layer].activation == Activation::Segments);
        match (is_segments, &self.first.coefficient, &self.model.segments) {
            (true, Some(coefficient), Some(table)) => {
                let rise =
                    signed(coefficient[row]) + signed(coefficient[row + 1]) * signed(self.first.limbs[limbs - 2][row]);
                power_of_two(table.output_bits - 1) + self.signed_by(row, rise)
            }
            _ => signed(self.first.sign[row]) * self.positional(self.model.digits.remainder_limbs as usize..limbs, row),
        }
    }

    /// What a row adds to the accumulator of the layer that makes its element.
    fn share(&self, block: &Block, element: usize, offset: usize) -> Fr {
        let Some(layer) = block.layer.map(|layer| &self.model.layers[layer]) else { return Fr::ZERO };
        let row = block.row(element) + offset;
        let limbs = self.first.limbs.len();
        if offset > 0 {
            return if offset == 1 && layer.activation == Activation::Segments {
                let excess = self.positional(0..limbs - 1, row) * power_of_two(self.model.digits.low_bits());
                self.signed_by(row, excess)
            } else {
                Fr::ZERO
            };
        }
        let integer = self.positional(0..limbs, row);
        let y = match layer.activation {
            Activation::Requantize | Activation::Segments | Activation::Threshold => self.signed_by(row, integer),
            Activation::Relu => {
                let half = power_of_two(self.model.digits.remainder_bits() - 1) - Fr::ONE;
                self.signed_by(row, integer - half)
            }
            Activation::ArgMax => {
                let maximum = self.first.maximum.as_ref().map_or(Fr::ZERO, |maximum| signed(maximum[row]));
                maximum - signed(self.first.sign[row]) - integer
            }
        };
        y - signed(layer.bias[element])
    }

    /// Fills helpers and the running sum of the lookup argument.
    fn look_up(&mut self) {
        let rows = self.layout.usable_rows() - 1;
        let limbs = self.first.limbs.len();
        let tags = segment_tags(self.model, self.layout);
        let entries = table_entries(self.model);
        let key = |value: Fr, tag: u64, coefficient: Fr| {
            let delta = self.challenges.delta;
            self.challenges.beta + value + delta * (Fr::from(tag) + delta * coefficient)
        };
        let mut inverses = Vec::with_capacity(rows * (limbs + 1));
        for row in 0..rows {
            for (i, limb) in self.first.limbs.iter().enumerate() {
                let coefficient = self.first.coefficient.as_ref().filter(|_| i + 1 == limbs);
                let tag = if i + 1 == limbs { tags[row] as u64 } else { 0 };
                inverses.push(key(signed(limb[row]), tag, coefficient.map_or(Fr::ZERO, |c| signed(c[row]))));
            }
            let (value, tag, coefficient) = entries.get(row).copied().unwrap_or_default();
            inverses.push(key(Fr::from(value), tag, Fr::from(coefficient)));
        }
        inverses.iter_mut().batch_invert();
        for (row, fractions) in inverses.chunks_mut(limbs + 1).enumerate() {
            fractions[limbs] *= -signed(self.first.multiplicity[row]);
            let total: Fr = fractions.iter().sum();
            for (helper, group) in self.columns.helpers.iter_mut().zip(fractions.chunks(lookup::GROUP).skip(1)) {
                helper[row] = group.iter().sum();
            }
            self.columns.sum[row + 1] = self.columns.sum[row] + total;
        }
    }
}
