//! Whether fixed columns and copies mean the model: run on what keys are made of.
//!
//! `docs/protocol.md`, §3 and §4, says what an identity of a circuit amounts to if every element and every free cell
//! has a monomial of its own. Here that is read off the fixed columns and copies alone, with a layout for where elements
//! stand and no other knowledge of it: monomials are compared, and the identity is evaluated, at random challenges and
//! for random codes. A wrong identity passes with the chance of a root: below 2^-200 for the challenges and about 2^-20
//! for the codes.

use std::collections::HashMap;

use halo2_proofs::{
    halo2curves::{bn256, ff::Field},
    plonk::{Advice, Column, Fixed as FixedColumn},
};
use hushproof_halo2_prover::Fr;
use rand_core::{OsRng, RngCore};
use rayon::prelude::*;

use super::{
    Config, Layout,
    fixed::{AdviceCell, Cell, table_entries},
    private::PrivateCells,
    witness::{FirstPhase, decides, hide, table_of},
};
use crate::{
    error::{Error, Result},
    graph::{Activation, Model, Trace},
};

/// Checks the fixed columns and copies of a model's circuit.
///
/// # Errors
/// `Layout` with what is wrong.
pub(super) fn audit(
    config: &Config,
    layout: &Layout,
    model: &Model,
    fixed: &[Cell],
    copies: &[(AdviceCell, AdviceCell)],
) -> Result<()> {
    let refuse = |reason: String| Error::Layout { reason };
    let audit = Audit::new(config, layout, model, fixed, copies).map_err(refuse)?;
    let parts = [Audit::selectors, Audit::biases, Audit::tables, Audit::identity];
    parts.iter().try_for_each(|part| part(&audit)).map_err(refuse)
}

/// What is wrong.
type Verdict<T = ()> = std::result::Result<T, String>;

fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(reason()) }
}

/// An element's tensor, and its index as in ONNX.
type Element = (usize, usize);

struct Audit<'a> {
    config: &'a Config,
    layout: &'a Layout,
    model: &'a Model,
    /// By index, cut off after the last cell that is not 0.
    fixed: Vec<Vec<i64>>,
    /// From the cell that is a copy.
    sources: HashMap<(Column<Advice>, usize), (Column<Advice>, usize)>,
    /// By row and lane, [`NONE`] where there is none.
    elements: Vec<(u32, u32)>,
}

/// No element.
const NONE: (u32, u32) = (u32::MAX, 0);

impl<'a> Audit<'a> {
    fn new(
        config: &'a Config,
        layout: &'a Layout,
        model: &'a Model,
        cells: &[Cell],
        copies: &[(AdviceCell, AdviceCell)],
    ) -> Verdict<Self> {
        let mut fixed: Vec<Vec<i64>> = vec![Vec::new(); config.params.fixed_columns()];
        for (column, row, value) in cells {
            let values = &mut fixed[column.index()];
            if values.len() <= *row {
                values.resize(row + 1, 0);
            }
            values[*row] = *value;
        }
        let mut sources = HashMap::new();
        for (from, to) in copies {
            ensure(sources.insert(*to, *from).is_none(), || format!("row {} is a copy of two cells", to.1))?;
        }
        let lanes = layout.params.lanes.activations;
        let mut elements = vec![NONE; layout.usable_rows() * lanes];
        for (tensor, stored) in layout.tensors.iter().enumerate() {
            let shape = model.shape(tensor);
            for index in 0..shape.len() {
                let (channel, cell) = (index / shape.plane(), index % shape.plane());
                let (row, lane) = stored.position(channel, cell / shape.width, cell % shape.width);
                let free = elements.get_mut(row * lanes + lane).filter(|element| lane < lanes && **element == NONE);
                *free.ok_or_else(|| format!("two elements on row {row}"))? = (tensor as u32, index as u32);
            }
        }
        Ok(Self { config, layout, model, fixed, sources, elements })
    }

    /// The element in a row and lane.
    fn element(&self, row: usize, lane: usize) -> Option<Element> {
        let element = self.elements.get(row * self.config.params.lanes.activations + lane);
        element.filter(|element| **element != NONE).map(|(tensor, index)| (*tensor as usize, *index as usize))
    }

    /// All elements with their rows.
    fn all_elements(&self) -> impl Iterator<Item = (usize, Element)> + '_ {
        let (lanes, usable) = (self.config.params.lanes.activations, self.layout.usable_rows());
        let of = move |row: usize| (0..lanes).filter_map(move |lane| Some((row, self.element(row, lane)?)));
        (0..usable).flat_map(of)
    }

    /// A cell of a fixed column.
    fn at(&self, column: Column<FixedColumn>, row: usize) -> i64 {
        self.fixed[column.index()].get(row).copied().unwrap_or(0)
    }

    /// A cell that must be 0 or 1.
    fn bit(&self, column: Column<FixedColumn>, row: usize) -> Verdict<bool> {
        let value = self.at(column, row);
        ensure(value == 0 || value == 1, || format!("a selector on row {row} is {value}"))?;
        Ok(value == 1)
    }

    /// The same of a column that need not be.
    fn optional_bit(&self, column: Option<Column<FixedColumn>>, row: usize) -> Verdict<bool> {
        column.map_or(Ok(false), |column| self.bit(column, row))
    }

    fn activation(&self, tensor: usize) -> Option<&'a Activation> {
        tensor.checked_sub(1).map(|layer| &self.model.layers[layer].activation)
    }

    fn is_pair(&self, tensor: usize) -> bool {
        matches!(self.activation(tensor), Some(Activation::Product { .. }))
    }

    fn decides(&self, tensor: usize) -> bool {
        decides(self.model, tensor as u32)
    }

    /// Every selector is a bit and stands where the model wants it.
    fn selectors(&self) -> Verdict {
        let (columns, usable) = (&self.config.fixed, self.layout.usable_rows());
        let outputs = self.model.layers.last().map_or(0, |layer| layer.shape.len());
        let last = self.model.layers.len();
        let rows: Vec<Option<usize>> = self.tensors()?;
        for row in 0..usable {
            let wants = |column: Option<Column<FixedColumn>>, what: &str, wanted: bool| {
                let Some(column) = column else { return ensure(!wanted, || format!("no column for {what}")) };
                let got = self.at(column, row);
                ensure(got == i64::from(wanted), || format!("{what} on row {row} is {got}"))
            };
            wants(Some(columns.usable), "usable", row + 1 < usable)?;
            wants(Some(columns.first), "first", row == 0)?;
            wants(Some(columns.last), "last", row + 1 == usable)?;
            wants(Some(columns.public), "public", row < outputs)?;
            wants(columns.decision, "decision", row < outputs && self.decides(last))?;
            let inside = row + 1 < outputs && self.activation(last) == Some(&Activation::ArgMax);
            wants(columns.argmax_inside, "argmax", inside)?;
            let input = self.layout.tensors.first().map_or(0, |tensor| tensor.first);
            let published = (input..self.layout.rows.len()).contains(&row) && columns.public_input.is_some();
            wants(columns.public_input, "public input", published)?;
            for (lane, cells) in self.config.lanes.iter().enumerate() {
                let element = self.element(row, lane);
                let own = element.is_some_and(|(tensor, _)| !self.is_pair(tensor) && !self.decides(tensor));
                wants(Some(cells.mask), "mask", own)?;
            }
            // Elsewhere they select nothing.
            let Some(tensor) = rows.get(row).copied().flatten() else { continue };
            let activation = self.activation(tensor);
            let signed = activation.map_or(self.model.input.is_signed(), |a| *a == Activation::Linear);
            let compares = activation == Some(&Activation::Threshold) && !self.decides(tensor);
            wants(Some(columns.signed), "signed", signed)?;
            wants(columns.clip, "clip", activation == Some(&Activation::Clip))?;
            wants(columns.compare, "compare", compares)?;
            wants(columns.pair, "pair", self.is_pair(tensor))?;
            let table = table_of(self.model, tensor);
            wants(columns.function.map(|function| function.active), "active", table.is_some())?;
            let tag = columns.function.map_or(0, |function| self.at(function.tag, row));
            ensure(tag == table.map_or(0, |table| table as i64 + 1), || format!("tag {tag} on row {row}"))?;
        }
        let beyond = self.fixed.iter().position(|column| column.len() > usable);
        ensure(beyond.is_none(), || "a fixed cell beyond the usable rows".to_owned())?;
        ensure((0..outputs).all(|output| self.element(output, 0) == Some((last, output))), || {
            "outputs are not on the first rows".to_owned()
        })
    }

    /// Private biases are one for all rows of a channel, or one for each value.
    fn biases(&self) -> Verdict {
        let Some(columns) = self.config.fixed.private else { return Ok(()) };
        let mut channels: HashMap<Element, (usize, usize)> = HashMap::new();
        for (row, (tensor, index)) in self.all_elements().filter(|(_, (tensor, _))| *tensor > 0) {
            let layer = &self.model.layers[tensor - 1];
            let by_value = layer.bias.len() != layer.shape.channels;
            let says = self.optional_bit(columns.by_value, row)?;
            ensure(says == by_value, || format!("biases of row {row} are taken for others"))?;
            let rows = channels.entry((tensor, index / layer.shape.plane())).or_insert((row, row));
            *rows = (rows.0.min(row), rows.1.max(row));
        }
        for (first, last) in channels.into_values() {
            for row in first..last {
                ensure(self.bit(columns.same_channel, row)?, || format!("another bias below row {row}"))?;
            }
        }
        Ok(())
    }

    /// The tensor whose elements stand on each row.
    fn tensors(&self) -> Verdict<Vec<Option<usize>>> {
        let mut rows = vec![None; self.layout.rows.len()];
        for (row, (tensor, _)) in self.all_elements() {
            let one = rows.get_mut(row).is_some_and(|of| of.replace(tensor).is_none_or(|other| other == tensor));
            ensure(one, || format!("elements of two tensors on row {row}"))?;
        }
        Ok(rows)
    }

    /// The lookup table.
    fn tables(&self) -> Verdict {
        let columns = &self.config.fixed;
        let entries = table_entries(self.model);
        let filled = self.fixed[columns.table.index()].len().max(entries.len());
        for row in 0..filled {
            let read = |column: Option<Column<FixedColumn>>| column.map_or(0, |column| self.at(column, row));
            let function = columns.function;
            let got = (
                read(Some(columns.table)),
                read(function.map(|f| f.table_tag)),
                read(function.map(|f| f.table_base)),
                read(function.and_then(|f| f.table_slope)),
            );
            let wanted = entries.get(row).map_or((0, 0, 0, 0), |e| (e.value as i64, e.tag as i64, e.base, e.slope));
            ensure(got == wanted, || format!("table row {row} is {got:?}, not {wanted:?}"))?;
        }
        Ok(())
    }

    /// The identity for as many random codes as make a wrong one pass with probability 2^-20 at most.
    fn identity(&self) -> Verdict {
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
        let weights = self.weights([eta, gamma], &read[0])?;
        let transfer = |row: usize| {
            let source = self.sources.get(&(self.config.transfer, row));
            let source = source.ok_or_else(|| format!("nothing determines the factor on row {row}"))?;
            weights.cell(self.config, &read[0], *source)
        };
        let mut sum = self.made([gamma, eta], trace, &first, &transfer)?;
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
        for (layer, bound) in self.model.layers.iter().zip(&ranges[1..]) {
            let (y, factors) = self.model.sums(layer, &trace);
            let negative = layer.activation == Activation::PRelu;
            trace.negative.push(if negative { random(*bound, y.len()) } else { Vec::new() });
            trace.codes.push(match &layer.activation {
                Activation::Product { .. } => y.iter().zip(&factors).map(|(y, factor)| y * factor).collect(),
                _ => random(*bound, y.len()),
            });
            trace.accumulators.push(y);
            trace.factors.push(factors);
        }
        trace
    }

    /// What runs amount to for consumers, of codes and of negative parts, on each row.
    fn read(&self, trace: &Trace, gamma: Fr) -> Verdict<[Vec<Fr>; 2]> {
        let (params, columns) = (&self.config.params, &self.config.fixed);
        let usable = self.layout.usable_rows();
        let mut sums = [vec![Fr::ZERO; usable + 1], vec![Fr::ZERO; usable + 1]];
        let mut powers = Powers::new(gamma);
        for row in (0..usable).rev() {
            let apart = self.one_of(row, &params.spreads, &columns.spreads)?.unwrap_or(1);
            let hop = self.one_of(row, &params.hops, &columns.hops)?;
            let run = self.bit(columns.run, row)?.then_some(params.lanes.activations as u32);
            ensure(run.is_none() || hop.is_none(), || format!("two distances on row {row}"))?;
            let below = run.or(hop).map(|distance| powers.of(u64::from(distance)));
            for (sums, values) in sums.iter_mut().zip([&trace.codes, &trace.negative]) {
                let mut sum = below.map_or(Fr::ZERO, |power| power * sums[row + 1]);
                let apart = powers.of_lanes(apart, params.lanes.activations);
                for (lane, power) in apart.iter().enumerate() {
                    if let Some((tensor, index)) = self.element(row, lane)
                        && let Some(value) = values[tensor].get(index)
                    {
                        sum += Fr::from_i64(*value) * *power;
                    }
                }
                sums[row] = sum;
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

    /// What the layers make, at the monomials of their elements and of the free cells, each of which has its own.
    fn made(
        &self,
        [gamma, eta]: [Fr; 2],
        trace: &Trace,
        first: &FirstPhase,
        transfer: &dyn Fn(usize) -> Verdict<Fr>,
    ) -> Verdict<Fr> {
        let (params, columns) = (&self.config.params, &self.config.fixed);
        let private = PrivateCells::new(self.model, self.layout);
        let lanes = params.lanes.activations;
        let (mut place, mut sum) = (Fr::ONE, Fr::ZERO);
        let (mut powers, mut taken) = (Powers::new(gamma), Vec::new());
        for row in 0..self.layout.usable_rows() {
            let step = self.one_of(row, &params.steps, &columns.steps)?.unwrap_or(1);
            let (pair, hidden) = (self.optional_bit(columns.pair, row)?, self.bit(columns.hidden, row)?);
            for (lane, power) in powers.of_lanes(step, lanes).iter().enumerate() {
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
                    taken.push(at);
                    let model = &self.model.layers[layer];
                    let bias = match &private {
                        Some(private) => private.bias(model.bias.len() != model.shape.channels, (row, lane)),
                        None => self.at(columns.bias[if columns.bias.len() == 1 { 0 } else { lane }], row),
                    };
                    sum += at * Fr::from_i64(trace.accumulators[layer][index] - bias);
                    if let Some(factor) = trace.factors[layer].get(index) {
                        taken.push(at * eta);
                        sum += at * eta * Fr::from_i64(*factor);
                    }
                } else if hidden {
                    ensure(!place.is_zero(), || format!("a free cell on row {row}, which is not produced"))?;
                    taken.push(at);
                    if pair {
                        taken.push(at * eta);
                    } else {
                        sum += at * Fr::from_i64(first.lanes[lane].limbs[0][row]);
                    }
                } else {
                    // Consumers read its product.
                    ensure(!pair, || format!("cells beside a pair on row {row} are in no identity"))?;
                }
            }
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
        let mut taken: Vec<_> = taken.into_iter().map(|monomial| monomial.montgomery_limbs()).collect();
        taken.par_sort_unstable();
        ensure(taken.windows(2).all(|pair| pair[0] != pair[1]), || "two cells stand at one monomial".to_owned())?;
        Ok(sum)
    }

    /// The values of the weight rows, each of which something determines.
    fn weights(&self, [eta, gamma]: [Fr; 2], read: &[Fr]) -> Verdict<Weights> {
        let (config, columns) = (self.config, &self.config.fixed);
        let private = PrivateCells::new(self.model, self.layout);
        let usable = self.layout.usable_rows();
        let mut weights = Weights { values: vec![None; usable], multipliers: vec![None; usable] };
        let lanes = |x: Fr| x.powers(columns.weights.len()).collect::<Vec<_>>();
        let powers = [lanes(eta), lanes(gamma)];
        let end = self.fixed.iter().enumerate().filter(|(index, _)| self.is_weight_column(*index));
        let end = end.map(|(_, column)| column.len()).max().unwrap_or(0);
        let mut start = 0;
        while start < end {
            let last = (start..usable).find(|row| self.at(columns.more, *row) == 0).unwrap_or(usable - 1);
            for row in (start..=last).rev() {
                let (more, along) = (self.bit(columns.more, row)?, usize::from(self.bit(columns.along_gamma, row)?));
                let mut sum = Fr::ZERO;
                for (lane, column) in columns.weights.iter().enumerate() {
                    let fixed = self.at(*column, row);
                    if fixed == 0 {
                        continue;
                    }
                    let reached = config.params.weight_lanes[along];
                    ensure(lane < reached, || format!("a weight on row {row} that is not read"))?;
                    let weight = private.as_ref().map_or(1, |private| private.weight(&config.params, (row, lane)));
                    sum += Fr::from_i64(fixed * weight) * powers[along][lane];
                }
                if let Some(private) = columns.private {
                    sum += Fr::from_i64(self.at(private.constant, row));
                    sum += Fr::from_i64(self.at(private.linear, row)) * powers[along][1];
                }
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
            start = last + 1;
        }
        Ok(weights)
    }

    fn is_weight_column(&self, index: usize) -> bool {
        let columns = &self.config.fixed;
        let others = [columns.more, columns.one, columns.along_gamma];
        columns.weights.iter().chain(&others).any(|column| column.index() == index)
            || columns
                .private
                .is_some_and(|private| [private.constant, private.linear].iter().any(|c| c.index() == index))
    }
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

    /// γ^(distance · lane) of each lane.
    fn of_lanes(&mut self, distance: u32, lanes: usize) -> &[Fr] {
        let of = |gamma: Fr| gamma.pow(&[u64::from(distance)]).powers(lanes).collect();
        self.by_lane.entry(distance).or_insert_with(|| of(self.gamma))
    }
}
