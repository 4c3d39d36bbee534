//! The identity of §3, evaluated at random challenges for random codes.

use std::collections::HashMap;

use halo2_proofs::{
    halo2curves::{bn256, ff::Field},
    plonk::{Column, Fixed as FixedColumn},
};
use hushproof_halo2_prover::{Fr, IntegerSum};
use rand_core::{OsRng, RngCore};
use rayon::prelude::*;

use super::{
    super::{
        Config,
        fixed::AdviceCell,
        private::PrivateCells,
        witness::{FirstPhase, hide},
    },
    Audit, Verdict, ensure,
};
use crate::graph::{Activation, Layer, Trace};

impl Audit<'_> {
    /// The identity for as many random codes as make a wrong one pass with probability 2^-20 at most.
    pub(super) fn identity(&self) -> Verdict {
        let ranges = self.ranges()?;
        let bits = |range: &u64| (2 * range + 1).ilog2().max(1);
        let least = ranges.iter().map(bits).min().unwrap_or(1);
        (0..20u32.div_ceil(least)).try_for_each(|_| self.identity_of(&self.random_trace(&ranges)))
    }

    /// The largest random code of each tensor, for which no accumulator overflows.
    fn ranges(&self) -> Verdict<Vec<u64>> {
        let (codes, accumulators) = self.model.bounds().map_err(|error| error.to_string())?;
        let linear = (1..codes.len()).all(|tensor| !self.is_pair(tensor)) && !self.config.params.products;
        let largest = accumulators.into_iter().max().unwrap_or(0).max(1);
        let spare = if linear { (1u64 << 62) / largest } else { 1 };
        Ok(codes.into_iter().map(|bound| bound.saturating_mul(spare).clamp(1, 1 << 24)).collect())
    }

    /// The sum of products is what is produced, and nothing but that follows from it.
    fn identity_of(&self, trace: &Trace) -> Verdict {
        let [gamma, eta] = [0; 2].map(|_| Fr::from(bn256::Fr::random(OsRng)));
        let mut first = FirstPhase::blank(self.layout);
        (1..self.layout.tensors.len()).for_each(|tensor| hide(self.model, self.layout, tensor - 1, trace, &mut first));
        let read = self.read(trace, gamma)?;
        let weights = self.weights([eta, gamma], &read[0], &self.recorded(&trace.codes))?;
        let transfer = |row: usize| {
            let source = self.sources.get(&(self.config.transfer, row));
            let source = source.ok_or_else(|| format!("nothing determines the factor on row {row}"))?;
            weights.cell(self.config, &read[0], *source)
        };
        let (mut taken, mut sum) = self.made([gamma, eta], trace, &first, &transfer)?;
        let recorded = self.record_monomials(|row| weights.multipliers.get(row).copied().flatten())?;
        taken.extend(recorded.iter().map(Fr::montgomery_limbs));
        taken.par_sort_unstable();
        ensure(taken.windows(2).all(|pair| pair[0] != pair[1]), || "two cells stand at one monomial".to_owned())?;
        if let Some(columns) = self.config.fixed.record {
            for row in (0..self.layout.usable_rows()).filter(|row| self.at(columns.shown, *row) != 0) {
                sum -= weights.cell(self.config, &read[0], (self.config.weight, row))?;
            }
        }
        let [codes, negative] = &read;
        for (row, (codes, negative)) in codes.iter().zip(negative).enumerate().take(self.layout.usable_rows()) {
            if self.bit(self.config.fixed.head, row)? {
                sum -= *codes * transfer(row)?;
            }
            if self.optional_bit(self.config.fixed.negative_head, row)? {
                sum -= *negative * transfer(row + 1)?;
            }
        }
        ensure(sum.is_zero(), || "the identity is not the model's".to_owned())
    }

    /// Random codes, with what the maps make of them.
    fn random_trace(&self, ranges: &[u64]) -> Trace {
        let random = |range: u64, len: usize| -> Vec<i64> {
            let bound = range.cast_signed();
            let mut bytes = vec![0; len * 4];
            OsRng.fill_bytes(&mut bytes);
            let words = bytes.as_chunks().0.iter().map(|word| i64::from(u32::from_le_bytes(*word)));
            words.map(|word| word % (2 * bound + 1) - bound).collect()
        };
        let shape = self.model.shape(0);
        let mut trace = Trace { codes: vec![random(ranges[0], shape.len())], ..Trace::default() };
        trace.negative.push(Vec::new());
        // Only pairs have codes that follow from others.
        let of_pairs = |layer: &Layer| matches!(layer.activation, Activation::Product { .. });
        for (layer, bound) in self.model.layers.iter().zip(&ranges[1..]) {
            let (mut y, mut factors) = Default::default();
            if of_pairs(layer) {
                (y, factors) = self.model.sums(layer, &trace);
            }
            let negative = if layer.activation == Activation::PRelu { layer.shape.len() } else { 0 };
            trace.negative.push(random(*bound, negative));
            trace.codes.push(match of_pairs(layer) {
                true => y.iter().zip(&factors).map(|(y, factor)| y * factor).collect(),
                false => random(*bound, layer.shape.len()),
            });
            trace.accumulators.push(y);
            trace.factors.push(factors);
        }
        let layers = self.model.layers.par_iter();
        let sums = layers.map(|layer| (!of_pairs(layer)).then(|| self.model.sums(layer, &trace).0));
        let sums: Vec<_> = sums.collect();
        for (accumulators, sums) in trace.accumulators.iter_mut().zip(sums) {
            if let Some(sums) = sums {
                *accumulators = sums;
            }
        }
        trace
    }

    /// What runs amount to for consumers, of codes and of negative parts, on each row.
    fn read(&self, trace: &Trace, gamma: Fr) -> Verdict<[Vec<Fr>; 2]> {
        let (params, columns) = (&self.config.params, &self.config.fixed);
        let (usable, lanes) = (self.layout.usable_rows(), params.lanes.activations);
        let mut powers = Powers::new(gamma);
        powers.prepare(&params.spreads, lanes);
        let local = |row: usize| -> Verdict<[Fr; 2]> {
            let apart = powers.of_lanes(self.one_of(row, &params.spreads, &columns.spreads)?.unwrap_or(1));
            let mut sums = [IntegerSum::default(); 2];
            for (lane, power) in apart.iter().enumerate() {
                let Some((tensor, index)) = self.element(row, lane) else { continue };
                for (sum, values) in sums.iter_mut().zip([&trace.codes, &trace.negative]) {
                    values[tensor].get(index).iter().for_each(|value| sum.add(**value, power));
                }
            }
            Ok(sums.map(|sum| sum.total()))
        };
        let locals = (0..usable).into_par_iter().map(local).collect::<Verdict<Vec<[Fr; 2]>>>()?;
        let mut sums = [vec![Fr::ZERO; usable + 1], vec![Fr::ZERO; usable + 1]];
        for (row, locals) in locals.into_iter().enumerate().rev() {
            let hop = self.one_of(row, &params.hops, &columns.hops)?;
            let run = self.bit(columns.run, row)?.then_some(lanes as u32);
            ensure(run.is_none() || hop.is_none(), || format!("two distances on row {row}"))?;
            let below = run.or(hop).map(|distance| powers.of(u64::from(distance)));
            for (sums, local) in sums.iter_mut().zip(locals) {
                sums[row] = local + below.map_or(Fr::ZERO, |power| power * sums[row + 1]);
            }
        }
        Ok(sums)
    }

    /// The one of some distances whose column is set on a row.
    fn one_of(&self, row: usize, distances: &[u32], columns: &[Column<FixedColumn>]) -> Verdict<Option<u32>> {
        let mut found = None;
        for (distance, column) in distances.iter().zip(columns) {
            if self.bit(*column, row)? {
                ensure(found.replace(*distance).is_none(), || format!("two distances on row {row}"))?;
            }
        }
        Ok(found)
    }

    /// What the layers make, with the monomials of their elements and of the free cells.
    fn made(
        &self,
        [gamma, eta]: [Fr; 2],
        trace: &Trace,
        first: &FirstPhase,
        transfer: &dyn Fn(usize) -> Verdict<Fr>,
    ) -> Verdict<Taken> {
        let (params, columns) = (&self.config.params, &self.config.fixed);
        let private = PrivateCells::new(self.model, self.layout);
        let lanes = params.lanes.activations;
        let mut powers = Powers::new(gamma);
        powers.prepare(&params.steps, lanes);
        let mut place = Fr::ONE;
        let mut places = Vec::with_capacity(self.layout.usable_rows());
        for row in 0..self.layout.usable_rows() {
            let step = self.one_of(row, &params.steps, &columns.steps)?.unwrap_or(1);
            let pair = self.optional_bit(columns.pair, row)?;
            places.push(Place { at: place, step, pair, hidden: self.bit(columns.hidden, row)? });
            let unit = if pair { eta * eta } else { eta };
            let inside = powers.of(u64::from(step) * lanes as u64);
            let mut link = Fr::ZERO;
            let links = [(columns.inside, inside), (columns.step, gamma), (columns.unit, unit)];
            for (column, factor) in links {
                if self.bit(column, row)? {
                    ensure(link.is_zero(), || format!("two links on row {row}"))?;
                    link = factor;
                }
            }
            if self.bit(columns.jump, row)? {
                ensure(link.is_zero(), || format!("two links on row {row}"))?;
                link = transfer(row)?;
            }
            place *= link;
        }
        let add_row = |(mut taken, total): Taken, (row, place): (usize, &Place)| -> Verdict<Taken> {
            let Place { at: place, step, pair, hidden } = *place;
            let mut take = |monomial: Fr| taken.push(monomial.montgomery_limbs());
            let [mut sum, mut second] = [IntegerSum::default(); 2];
            for (lane, power) in powers.of_lanes(step).iter().enumerate() {
                let at = place * *power;
                if let Some((tensor, index)) = self.element(row, lane) {
                    let Some(layer) = tensor.checked_sub(1) else {
                        ensure(place.is_zero(), || "the input is produced".to_owned())?;
                        continue;
                    };
                    ensure(!place.is_zero(), || format!("row {row} is not produced"))?;
                    // Beside no mask, ⟨hidden⟩ adds the cell: it is what produces pairs, and would add to decisions.
                    let unmasked = self.is_pair(tensor) || self.decides(tensor);
                    ensure(!unmasked || hidden == self.is_pair(tensor), || format!("hidden on row {row} is {hidden}"))?;
                    take(at);
                    let model = &self.model.layers[layer];
                    let bias = match &private {
                        Some(private) => private.bias(model.bias.len() != model.shape.channels, (row, lane)),
                        None => self.at(columns.bias[if columns.bias.len() == 1 { 0 } else { lane }], row),
                    };
                    sum.add(trace.accumulators[layer][index] - bias, power);
                    if let Some(factor) = trace.factors[layer].get(index) {
                        take(at * eta);
                        second.add(*factor, power);
                    }
                } else if hidden {
                    ensure(!place.is_zero(), || format!("a free cell on row {row}, which is not produced"))?;
                    take(at);
                    if pair {
                        take(at * eta);
                    } else {
                        sum.add(first.lanes[lane].limbs[0][row], power);
                    }
                } else {
                    // Consumers read its product.
                    ensure(!pair, || format!("cells beside a pair on row {row} are in no identity"))?;
                }
            }
            Ok((taken, total + place * (sum.total() + eta * second.total())))
        };
        let nothing = || (Vec::new(), Fr::ZERO);
        let join = |(mut taken, sum): Taken, (more, other): Taken| -> Verdict<Taken> {
            taken.extend(more);
            Ok((taken, sum + other))
        };
        let rows = places.par_iter().enumerate().with_min_len(ROWS_TOGETHER);
        rows.try_fold(nothing, add_row).try_reduce(nothing, join)
    }

    /// What the lanes of each weight row amount to.
    fn lanes_of_weights(&self, [eta, gamma]: [Fr; 2], rows: usize) -> Verdict<Vec<Fr>> {
        let (config, columns) = (self.config, &self.config.fixed);
        let private = PrivateCells::new(self.model, self.layout);
        let powers = [eta, gamma].map(|x| x.powers(columns.weights.len()).collect::<Vec<_>>());
        let sum = |row: usize| -> Verdict<Fr> {
            let along = usize::from(self.bit(columns.along_gamma, row)?);
            let (mut sum, mut recorded) = (IntegerSum::default(), Fr::ZERO);
            for ((lane, column), power) in columns.weights.iter().enumerate().zip(&powers[along]) {
                if let Some(constant) = self.constants.get(&(*column, row)).filter(|_| private.is_none() && lane == 0) {
                    recorded += Fr::from(*constant);
                }
                let fixed = self.at(*column, row);
                if fixed == 0 {
                    continue;
                }
                let reached = config.params.weight_lanes[along];
                ensure(lane < reached, || format!("a weight on row {row} that is not read"))?;
                let weight = private.as_ref().map_or(1, |private| private.weight(&config.params, (row, lane)));
                sum.add(fixed * weight, power);
            }
            if let Some(private) = columns.private {
                let constant = self.constants.get(&(private.constant, row)).copied();
                recorded += constant.map_or(Fr::ZERO, Fr::from);
                sum.add(self.at(private.constant, row), &Fr::ONE);
                sum.add(self.at(private.linear, row), &powers[along][1]);
            }
            Ok(sum.total() + recorded)
        };
        (0..rows).into_par_iter().map(sum).collect()
    }

    /// The values of the weight rows, each of which something determines.
    fn weights(&self, challenges: [Fr; 2], read: &[Fr], recorded: &[(usize, Fr)]) -> Verdict<Weights> {
        let (config, columns) = (self.config, &self.config.fixed);
        let usable = self.layout.usable_rows();
        let mut weights = Weights { values: vec![None; usable], multipliers: vec![None; usable] };
        let end = self.fixed.iter().enumerate().filter(|(index, _)| self.is_weight_column(*index));
        let constants = self.constants.keys().filter(|(column, _)| self.is_weight_column(column.index()));
        let end = end.map(|(_, column)| column.len()).chain(constants.map(|(_, row)| row + 1)).max().unwrap_or(0);
        let mut lanes = self.lanes_of_weights(challenges, usable)?;
        for (row, integers) in recorded {
            lanes[*row] += *integers;
        }
        let (mut chains, mut start) = (Vec::new(), 0);
        while start < end {
            let last = (start..usable).find(|row| self.at(columns.more, *row) == 0).unwrap_or(usable - 1);
            chains.push((start, last));
            start = last + 1;
        }
        // Chains use those above them, but for a record's, each of which uses the next one and no other chain uses.
        let late = |chain: &(usize, usize)| {
            (chain.0..=chain.1).any(|row| {
                let from = self.sources.get(&(config.multiplier, row));
                from.is_some_and(|(column, from)| *column == config.weight && *from > chain.1)
                    || columns.record.is_some_and(|record| self.at(record.integer, row) != 0)
            })
        };
        let (late, early): (Vec<_>, Vec<_>) = chains.into_iter().partition(late);
        for (start, last) in early.into_iter().chain(late.into_iter().rev()) {
            for row in (start..=last).rev() {
                let more = self.bit(columns.more, row)?;
                let mut sum = lanes[row];
                if more {
                    sum += weights.values.get(row + 1).copied().flatten().ok_or("a chain without an end")?;
                }
                let copied = |column| self.sources.get(&(column, row)).map(|from| weights.cell(config, read, *from));
                let value = copied(config.weight).transpose()?;
                let one = self.bit(columns.one, row)?;
                let multiplier = match (copied(config.multiplier).transpose()?, value) {
                    (None, _) if one => Fr::ONE,
                    (Some(multiplier), _) if !one => multiplier,
                    // Of an inverse the row's value is given.
                    (None, Some(value)) => value * sum.invert().ok_or_else(|| format!("row {row} has no inverse"))?,
                    (None, None) if sum.is_zero() => Fr::ZERO,
                    _ => return Err(format!("nothing determines the multiplier on row {row}, or two things do")),
                };
                ensure(value.is_none_or(|value| value == multiplier * sum), || format!("row {row} is no such copy"))?;
                weights.values[row] = Some(multiplier * sum);
                weights.multipliers[row] = Some(multiplier);
            }
        }
        Ok(weights)
    }

    fn is_weight_column(&self, index: usize) -> bool {
        let columns = &self.config.fixed;
        let others = [columns.more, columns.one, columns.along_gamma];
        columns.weights.iter().chain(&others).any(|column| column.index() == index)
            || columns.record.is_some_and(|record| record.integer.index() == index)
            || columns
                .private
                .is_some_and(|private| [private.constant, private.linear].iter().any(|c| c.index() == index))
    }
}

/// Rows that a thread takes at a time.
const ROWS_TOGETHER: usize = 1 << 10;

/// Monomials of cells, and the sum of what stands there.
type Taken = (Vec<[u64; 4]>, Fr);

/// What is produced on a row.
struct Place {
    /// The monomial of lane 0; 0 where nothing is produced.
    at: Fr,
    /// Distance of neighbouring lanes.
    step: u32,
    pair: bool,
    hidden: bool,
}

/// What has been determined of the weight rows.
struct Weights {
    values: Vec<Option<Fr>>,
    multipliers: Vec<Option<Fr>>,
}

impl Weights {
    fn cell(&self, config: &Config, read: &[Fr], (column, row): AdviceCell) -> Verdict<Fr> {
        let cell = match column {
            _ if column == config.weight => self.values.get(row).copied().flatten(),
            _ if column == config.multiplier => self.multipliers.get(row).copied().flatten(),
            _ if column == config.consumed => read.get(row).copied(),
            _ => None,
        };
        cell.ok_or_else(|| format!("a copy of row {row}, which nothing has determined before"))
    }
}

/// Powers of γ, computed once each.
struct Powers {
    gamma: Fr,
    known: HashMap<u64, Fr>,
    /// By the distance of neighbouring lanes.
    by_lane: HashMap<u32, Vec<Fr>>,
}

impl Powers {
    fn new(gamma: Fr) -> Self {
        Self { gamma, known: HashMap::new(), by_lane: HashMap::new() }
    }

    fn of(&mut self, exponent: u64) -> Fr {
        *self.known.entry(exponent).or_insert_with(|| self.gamma.pow(&[exponent]))
    }

    /// Computes γ^(distance · lane) of each lane, for neighbouring lanes at distance 1 and at these.
    fn prepare(&mut self, distances: &[u32], lanes: usize) {
        let of = |distance: u32| self.gamma.pow(&[u64::from(distance)]).powers(lanes).collect();
        self.by_lane = distances.iter().chain(&[1]).map(|distance| (*distance, of(*distance))).collect();
    }

    /// γ^(distance · lane) of each lane, for a distance that is prepared.
    fn of_lanes(&self, distance: u32) -> &[Fr] {
        self.by_lane.get(&distance).map_or(&[], Vec::as_slice)
    }
}
