//! Second-phase advice: accumulators at the challenges, as an honest prover computes them from the first phase.

use std::{collections::BTreeMap, num::Wrapping};

use hushproof_halo2_prover::{Fr, IntegerSum};
use rayon::prelude::*;

use super::{
    challenges::Challenges,
    fixed::table_entries,
    formula::{Element, positional},
    layout::Layout,
    lookup::{Inverses, pair},
    placement::{Link, Row},
    weights::{Multiplier, WeightCell},
    witness::{FirstPhase, decides, table_of},
};
use crate::graph::{Activation, Model};

/// Second-phase columns, one value per usable row.
#[derive(Debug, Clone)]
pub(super) struct SecondPhase {
    pub(super) produced: Vec<Fr>,
    pub(super) consumed: Vec<Fr>,
    pub(super) negative: Option<Vec<Fr>>,
    pub(super) weight: Vec<Fr>,
    pub(super) multiplier: Vec<Fr>,
    pub(super) transfer: Vec<Fr>,
    pub(super) helpers: Vec<Vec<Fr>>,
    pub(super) sum: Vec<Fr>,
}

impl SecondPhase {
    /// All columns, in the order of the constraint system.
    pub(super) fn columns(self) -> Vec<Vec<Fr>> {
        let mut columns = vec![self.produced, self.consumed];
        columns.extend(self.negative);
        columns.extend([self.weight, self.multiplier, self.transfer]);
        columns.extend(self.helpers);
        columns.push(self.sum);
        columns
    }
}

/// Computes the second-phase columns.
pub(super) fn accumulate(
    model: &Model,
    layout: &Layout,
    first: &FirstPhase,
    challenges: Challenges<Fr>,
) -> SecondPhase {
    let rows = layout.usable_rows();
    let zero = || vec![Fr::ZERO; rows];
    let gamma = Powers::new(layout, challenges.gamma);
    let eta = challenges.eta;
    let biases = value_biases(model, layout);
    let evaluator = Evaluator { model, layout, first, gamma: &gamma, eta, biases };
    let locals: Vec<Local> =
        (0..layout.rows.len()).into_par_iter().map(|row| evaluator.local(row, &layout.rows[row])).collect();
    let (mut consumed, mut negative) = (zero(), layout.params.negative.then(zero));
    for (row, local) in locals.iter().enumerate().rev() {
        consumed[row] = local.consumed + local.run * consumed[row + 1];
        if let Some(negative) = &mut negative {
            negative[row] = local.negative + local.run * negative[row + 1];
        }
    }
    let (weight, multiplier) = weigh(layout, first, [eta, challenges.gamma], &consumed);
    let (mut produced, mut transfer) = (zero(), zero());
    for (row, cell) in &layout.transfers {
        transfer[*row] = match cell {
            WeightCell::Multiplier(from) => multiplier[*from],
            WeightCell::Value(from) => weight[*from],
            WeightCell::Consumed(from) => consumed[*from],
        };
    }
    for (row, local) in locals.iter().enumerate().rev() {
        produced[row] = local.produced + local.link.unwrap_or(transfer[row]) * produced[row + 1];
    }
    let (helpers, mut steps) = Lookups::new(model, layout, first, challenges).columns();
    for (row, placed) in layout.rows.iter().enumerate() {
        if placed.head {
            steps[row] += consumed[row] * transfer[row];
        }
        if let (true, Some(negative)) = (placed.negative_head, &negative) {
            steps[row] += negative[row] * transfer[row + 1];
        }
    }
    for row in layout.commitment_rows() {
        steps[row] += weight[row];
    }
    let mut sum = zero();
    sum[0] = -produced[0];
    for (row, step) in steps.into_iter().enumerate() {
        sum[row + 1] = sum[row] + step;
    }
    SecondPhase { produced, consumed, negative, weight, multiplier, transfer, helpers, sum }
}

/// The powers of γ that the rows of a layout take, and those of its lanes by their distance.
struct Powers {
    single: BTreeMap<u32, Fr>,
    /// By distance d, γ^(d · lane).
    by_lane: BTreeMap<u32, Vec<Fr>>,
}

impl Powers {
    fn new(layout: &Layout, gamma: Fr) -> Self {
        let lanes = layout.params.lanes.activations as u32;
        let power = |exponent: u32| gamma.pow(&[u64::from(exponent)]);
        let (mut single, mut by_lane) = (BTreeMap::from([(1, gamma)]), BTreeMap::new());
        for row in &layout.rows {
            for exponent in [row.run, lanes * row.step] {
                single.entry(exponent).or_insert_with(|| power(exponent));
            }
            for distance in [row.step, row.spread] {
                by_lane.entry(distance).or_insert_with(|| power(distance).powers(lanes as usize).collect());
            }
        }
        Self { single, by_lane }
    }

    /// γ^exponent, of an exponent in use.
    fn of(&self, exponent: u32) -> Fr {
        self.single.get(&exponent).copied().unwrap_or_default()
    }

    fn lanes(&self, distance: u32) -> &[Fr] {
        self.by_lane.get(&distance).map_or(&[], Vec::as_slice)
    }
}

/// Values and multipliers of the weight rows.
fn weigh(layout: &Layout, first: &FirstPhase, [eta, gamma]: [Fr; 2], consumed: &[Fr]) -> (Vec<Fr>, Vec<Fr>) {
    let lanes = |x: Fr| x.powers(layout.params.lanes.weights).collect::<Vec<_>>();
    let (by_eta, by_gamma) = (lanes(eta), lanes(gamma));
    let mut locals: Vec<Fr> = layout
        .weights
        .rows
        .par_iter()
        .enumerate()
        .map(|(index, row)| {
            let powers = if row.gamma { &by_gamma } else { &by_eta };
            let mut sum = IntegerSum::default();
            if let (Some(private), false) = (&first.private, row.secret.is_empty()) {
                for lane in (0..row.lanes.len()).filter(|lane| row.is_secret(*lane)) {
                    sum.add(private.weight(&layout.params, (index, lane)), &powers[lane]);
                }
            } else {
                row.lanes.iter().zip(powers).for_each(|(weight, power)| sum.add(*weight, power));
            }
            let recorded = row.recorded.map_or(Fr::ZERO, |shift| Fr::from_u64(2).pow(&[u64::from(shift)]));
            sum.total() - recorded
        })
        .collect();
    for (rows, record) in layout.records.iter().flat_map(|rows| first.record.iter().map(move |cells| (rows, cells))) {
        for (row, integers) in record.integers(rows) {
            locals[row] += integers;
        }
    }
    let (mut weight, mut multiplier) = (vec![Fr::ZERO; consumed.len()], vec![Fr::ZERO; consumed.len()]);
    for chain in layout.weights.order() {
        for row in chain.clone().rev() {
            let below = if row + 1 < chain.end { weight[row + 1] } else { Fr::ZERO };
            multiplier[row] = match layout.weights.rows[row].multiplier {
                Multiplier::One => {
                    (multiplier[row], weight[row]) = (Fr::ONE, locals[row] + below);
                    continue;
                }
                Multiplier::Copy(WeightCell::Value(from)) => weight[from],
                Multiplier::Copy(WeightCell::Multiplier(from)) => multiplier[from],
                Multiplier::Copy(WeightCell::Consumed(from)) => consumed[from],
                Multiplier::Inverse => (locals[row] + below).invert().unwrap_or(Fr::ZERO),
            };
            weight[row] = multiplier[row] * (locals[row] + below);
        }
    }
    (weight, multiplier)
}

/// Biases of layers that have one per value, by lane and row.
fn value_biases(model: &Model, layout: &Layout) -> Vec<Vec<i64>> {
    let params = &layout.params;
    if !params.value_bias {
        return Vec::new();
    }
    let mut biases = vec![vec![0; layout.rows.len()]; params.lanes.activations];
    for (row, lane, bias) in layout.value_biases(model) {
        biases[lane][row] = bias;
    }
    biases
}

/// What one row adds to each accumulator.
struct Local {
    produced: Fr,
    consumed: Fr,
    negative: Fr,
    /// Factor of the consumed value in the next row.
    run: Fr,
    /// Factor of the produced value in the next row; `None` for the transferred one.
    link: Option<Fr>,
}

struct Evaluator<'a> {
    model: &'a Model,
    layout: &'a Layout,
    first: &'a FirstPhase,
    gamma: &'a Powers,
    eta: Fr,
    /// Biases per value, by lane and row; empty without such.
    biases: Vec<Vec<i64>>,
}

impl Evaluator<'_> {
    fn local(&self, index: usize, row: &Row) -> Local {
        let [produced, consumed, negative] = self.sums(index, row);
        let run = if row.run > 0 { self.gamma.of(row.run) } else { Fr::ZERO };
        let link = match row.link {
            Link::Stop => Some(Fr::ZERO),
            Link::Inside => Some(self.gamma.of(self.layout.params.lanes.activations as u32 * row.step)),
            Link::Step => Some(self.gamma.of(1)),
            Link::Unit if row.pair => Some(self.eta.square()),
            Link::Unit => Some(self.eta),
            Link::Jump => None,
        };
        Local { produced, consumed, negative, run, link }
    }

    /// What a row adds to produced, consumed and negative values.
    fn sums(&self, index: usize, row: &Row) -> [Fr; 3] {
        let layer = (row.tensor as usize).checked_sub(1).map(|layer| &self.model.layers[layer]);
        if decides(self.model, row.tensor) {
            let maximum = self.first.maximum.as_ref().map(|maximum| Wrapping(maximum[index]));
            let y = self.element(&Activation::Threshold, index, 0).decided(&self.layout.params, maximum);
            let produced = Fr::from_i64(y.0 - self.bias(row, (index, 0)));
            return [produced, Fr::ZERO, Fr::ZERO];
        }
        let input = if self.model.input.is_signed() { &Activation::Linear } else { &Activation::Relu };
        let activation = layer.map_or(input, |layer| &layer.activation);
        let (at_step, at_gamma) = (self.gamma.lanes(row.step), self.gamma.lanes(row.spread));
        let mut sums = [IntegerSum::default(); 3];
        let (mut seconds, mut products) = (IntegerSum::default(), Fr::ZERO);
        for (lane, cells) in self.first.lanes.iter().enumerate() {
            if row.mask >> lane & 1 == 1 {
                let element = self.element(activation, index, lane);
                let y = element.accumulator(&self.layout.params).0;
                sums[0].add(y - self.bias(row, (index, lane)), &at_step[lane]);
                sums[1].add(element.code(&self.layout.params).0, &at_gamma[lane]);
                if self.layout.params.negative {
                    sums[2].add(element.negative().0, &at_gamma[lane]);
                }
            } else if row.hidden {
                let (free, second) = (cells.limbs[0][index], cells.state[index]);
                sums[0].add(free, &at_step[lane]);
                if row.pair {
                    seconds.add(second, &at_step[lane]);
                    products += at_gamma[lane] * Fr::from_i64(free) * Fr::from_i64(second);
                }
            }
        }
        let [mut produced, mut consumed, negative] = sums.map(|sum| sum.total());
        if row.pair {
            produced += self.eta * seconds.total();
            consumed += products;
        }
        [produced, consumed, negative]
    }

    /// The bias in a row and lane.
    fn bias(&self, row: &Row, at: (usize, usize)) -> i64 {
        let layer = (row.tensor as usize).checked_sub(1).map(|layer| &self.model.layers[layer]);
        let by_value = layer.is_some_and(|layer| layer.bias.len() != layer.shape.channels);
        match (&self.first.private, layer) {
            (Some(private), _) => private.bias(by_value, at),
            (None, None) => 0,
            (None, Some(_)) if by_value => self.biases[at.1][at.0],
            (None, Some(layer)) => layer.bias[row.channel as usize],
        }
    }

    /// The cells of an element; tampered ones give what the gates compute. Digits have at most 48 bits.
    fn element(&self, activation: &Activation, row: usize, lane: usize) -> Element<Wrapping<i64>> {
        let params = &self.layout.params;
        let (lane, digits) = (&self.first.lanes[lane], &params.digits);
        let limb = |index: usize| Wrapping(lane.limbs[index][row]);
        let limbs = |from: usize| positional(digits.limb_bits, (from..lane.limbs.len()).map(limb));
        Element {
            state: Wrapping(lane.state[row]),
            whole: limbs(0),
            upper: limbs(digits.remainder_limbs as usize),
            line: params.sloped().then(|| (Wrapping(lane.slope(row)), limb(lane.limbs.len() - 2))),
            signed: *activation == Activation::Linear,
            active: params.tables.map(|_| matches!(activation, Activation::Table(_))),
            compare: params.compares.then_some(*activation == Activation::Threshold),
        }
    }
}

/// The fractions of the lookup argument.
struct Lookups<'a> {
    model: &'a Model,
    layout: &'a Layout,
    first: &'a FirstPhase,
    inverses: Inverses,
}

impl<'a> Lookups<'a> {
    fn new(model: &'a Model, layout: &'a Layout, first: &'a FirstPhase, challenges: Challenges<Fr>) -> Self {
        let size = layout.params.tables.map_or(0, |tables| tables.segments as usize);
        let sizes = [1 << model.digits.limb_bits, size];
        let inverses = Inverses::new(table_entries(model), sizes, [challenges.beta, challenges.delta]);
        Self { model, layout, first, inverses }
    }

    /// Helpers, and their sum per row but the last usable one.
    fn columns(&self) -> (Vec<Vec<Fr>>, Vec<Fr>) {
        const CHUNK: usize = 256;
        let rows = self.layout.usable_rows() - 1;
        let groups = self.layout.params.helpers();
        let mut grouped = vec![Fr::ZERO; (rows + 1) * groups];
        grouped.par_chunks_mut(CHUNK * groups).enumerate().for_each(|(chunk, out)| {
            for (row, out) in (chunk * CHUNK..rows).zip(out.chunks_mut(groups)) {
                let fractions = self.fractions(row);
                for (out, members) in out.iter_mut().zip(fractions.chunks(self.layout.params.group())) {
                    *out = members.iter().copied().sum();
                }
            }
        });
        let total = |row: usize| grouped[row * groups..(row + 1) * groups].iter().copied().sum();
        let column = |group: usize| (0..=rows).map(|row| grouped[row * groups + group]).collect();
        ((0..groups).into_par_iter().map(column).collect(), (0..rows).into_par_iter().map(total).collect())
    }

    /// The fractions of a row, in the order of the gates.
    fn fractions(&self, row: usize) -> Vec<Fr> {
        let placed = self.layout.rows.get(row);
        let table = placed.and_then(|row| table_of(self.model, row.tensor as usize));
        let decision = placed.is_some_and(|row| decides(self.model, row.tensor));
        let (mut plain, mut tuples) = (Vec::new(), Vec::new());
        for (l, lane) in self.first.lanes.iter().enumerate() {
            let top = lane.limbs.len() - 1;
            let hidden = placed.is_some_and(|row| row.hidden && !decision && row.mask >> l & 1 == 0);
            for (i, limb) in lane.limbs.iter().enumerate() {
                let in_tuple = self.layout.params.tables.is_some() && i == top;
                let slope = if in_tuple { lane.slope(row) } else { 0 };
                let fraction = match table {
                    _ if i == 0 && hidden => Fr::ZERO,
                    Some(table) if in_tuple => self.inverses.of(limb[row], table as u64 + 1, [lane.state[row], slope]),
                    _ => self.inverses.of(limb[row], 0, [0, slope]),
                };
                if in_tuple { &mut tuples } else { &mut plain }.push(fraction);
            }
        }
        for limb in self.first.private.iter().flat_map(|private| private.looked_up(row)) {
            plain.push(self.inverses.of(limb, 0, [0, 0]));
        }
        plain.push(self.inverses.of_row(row, self.first.multiplicity[row]));
        pair(plain, tuples)
    }
}
