//! What a layout means, read off its rows, links and weights as polynomials: an independent account of the identity.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::{
    Layout,
    placement::Link,
    record::{PackedRow, RecordRows},
    weights::{Monomial, Multiplier, WeightCell},
    witness::decides,
};
use crate::{
    graph::{Map, Model, conv},
    schema::Records,
};

/// A polynomial in η and γ, negative exponents allowed.
type Polynomial = BTreeMap<Monomial, i64>;

fn times(monomial: Monomial, by: Monomial) -> Monomial {
    (monomial.0 + by.0, monomial.1 + by.1)
}

fn shift(polynomial: &Polynomial, by: Monomial) -> Polynomial {
    polynomial.iter().map(|(monomial, weight)| (times(*monomial, by), *weight)).collect()
}

fn add(sum: &mut Polynomial, polynomial: Polynomial) {
    for (monomial, weight) in polynomial {
        *sum.entry(monomial).or_default() += weight;
    }
    sum.retain(|_, weight| *weight != 0);
}

fn single(polynomial: &Polynomial) -> Monomial {
    assert_eq!(polynomial.len(), 1, "{polynomial:?} is no monomial");
    let (monomial, weight) = polynomial.first_key_value().unwrap();
    assert_eq!(*weight, 1);
    *monomial
}

/// What the gates make of the weight rows: values and multipliers.
struct Weights {
    values: Vec<Polynomial>,
    multipliers: Vec<Monomial>,
}

impl Weights {
    /// `runs` are the polynomials of the runs that are factors.
    fn new(layout: &Layout, runs: &HashMap<usize, Polynomial>) -> Self {
        let rows = &layout.weights.rows;
        let mut weights = Self { values: vec![Polynomial::new(); rows.len()], multipliers: vec![(0, 0); rows.len()] };
        let recorded: Vec<usize> = layout.records.iter().flat_map(|record| &record.rows).map(|row| row.row).collect();
        for chain in layout.weights.order() {
            assert!(!rows[chain.end - 1].more && rows[chain.start..chain.end - 1].iter().all(|row| row.more));
            for row in chain.rev() {
                let mut sum = if rows[row].more { weights.values[row + 1].clone() } else { Polynomial::new() };
                // The value of a record's chain is no polynomial with integer coefficients that are fixed.
                if let Multiplier::Copy(WeightCell::Value(from)) = rows[row].multiplier
                    && from > row
                {
                    assert_eq!(
                        (&rows[row].lanes[..], rows[row].more),
                        (&[1][..], false),
                        "a link of the record's chains"
                    );
                    continue;
                }
                if let Some(shift) = rows[row].recorded {
                    assert!(rows[row].lanes.is_empty() && shift < 62);
                    add(&mut sum, [((0, 0), -(1 << shift))].into());
                }
                assert!(rows[row].lanes.len() <= layout.params.lanes.weights);
                for (lane, weight) in rows[row].lanes.iter().enumerate() {
                    let lane = lane as i64;
                    add(&mut sum, [(if rows[row].gamma { (0, lane) } else { (lane, 0) }, *weight)].into());
                }
                weights.multipliers[row] = match rows[row].multiplier {
                    Multiplier::Copy(WeightCell::Consumed(run)) => {
                        let [weight] = rows[row].lanes[..] else { panic!("a product of more than a number") };
                        weights.values[row] = runs[&run].iter().map(|(m, code)| (*m, weight * code)).collect();
                        assert!(!rows[row].more);
                        continue;
                    }
                    Multiplier::One => (0, 0),
                    Multiplier::Copy(cell) => single(&weights.cell(cell)),
                    Multiplier::Inverse => {
                        let (a, b) = single(&sum);
                        assert!(rows[row].equals.is_some(), "an inverse that nothing determines");
                        (-a, -b)
                    }
                };
                weights.values[row] = shift(&sum, weights.multipliers[row]);
                assert!(!recorded.contains(&row) || rows[row].lanes.is_empty());
            }
        }
        for (row, weight) in rows.iter().enumerate() {
            if let Some(cell) = weight.equals {
                assert_eq!(weights.values[row], weights.cell(cell));
            }
        }
        weights
    }

    fn cell(&self, cell: WeightCell) -> Polynomial {
        match cell {
            WeightCell::Value(row) => self.values[row].clone(),
            WeightCell::Multiplier(row) => [(self.multipliers[row], 1)].into(),
            WeightCell::Consumed(row) => panic!("a copy of the run of row {row}"),
        }
    }
}

/// Checks that the layout's identity, taken coefficient by coefficient, is the model: every element has one cell of its
/// own, no free cell can stand in for an element, and the consumed products at an element's monomial are those of its
/// accumulator, for codes and negative parts alike. Products are linear in each tensor: they are compared for some
/// values of the other one.
pub(super) fn audit(model: &Model, layout: &Layout) {
    let codes = codes(model);
    let weights = Weights::new(layout, &runs(model, layout, &codes));
    let transfers: HashMap<usize, Polynomial> =
        layout.transfers.iter().map(|(row, cell)| (*row, weights.cell(*cell))).collect();
    assert_eq!(transfers.len(), layout.transfers.len(), "two transfers on one row");
    check_transfers(layout, &transfers);
    let places = places(layout, &transfers);
    let lanes = layout.params.lanes.activations;

    // Elements by cell and by the monomial at which they are produced.
    let mut cells: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
    let mut made: Vec<Vec<Monomial>> = Vec::new();
    let mut elements: BTreeSet<Monomial> = BTreeSet::new();
    for (tensor, stored) in layout.tensors.iter().enumerate() {
        let shape = model.shape(tensor);
        made.push(Vec::new());
        for index in 0..shape.len() {
            let (channel, cell) = (index / shape.plane(), index % shape.plane());
            let (row, lane) = stored.position(channel, cell / shape.width, cell % shape.width);
            let placed = &layout.rows[row];
            assert_eq!((placed.tensor as usize, placed.channel as usize), (tensor, channel), "row {row}");
            let pair = tensor > 0 && !model.layers[tensor - 1].times().is_empty();
            assert_eq!(placed.pair, pair, "row {row}");
            assert_eq!(placed.mask >> lane & 1 == 0, pair, "element of tensor {tensor} in a wrong lane of row {row}");
            assert!(cells.insert((row, lane), (tensor, index)).is_none(), "two elements in one cell");
            if tensor > 0 {
                let monomial = times(places[row], (0, i64::from(placed.step) * lane as i64));
                for second in 0..=i64::from(pair) {
                    let monomial = times(monomial, (second, 0));
                    assert!(elements.insert(monomial), "two elements at {monomial:?}");
                }
                made[tensor].push(monomial);
            }
        }
    }
    let masked: u32 = layout.rows.iter().map(|row| row.mask.count_ones()).sum();
    let pairs = cells.keys().filter(|(row, _)| layout.rows[*row].pair).count();
    assert_eq!(masked as usize, cells.len() - pairs, "lanes that are taken for elements");

    let recorded = recorded(layout, &weights);
    let schemas = model.input.records.iter().flat_map(Records::schemas).chain(&model.output.schema);
    let mut own: HashMap<(usize, usize), (Monomial, i64)> = HashMap::new();
    for ((record, recorded), schema) in recorded.iter().zip(schemas) {
        for (row, monomial) in recorded {
            assert!(elements.insert(*monomial), "integers of the record at {monomial:?}, which is an element's");
            for (at, element) in record.packed.elements(row).iter().enumerate() {
                let weight = -(1i64 << (schema.packing().bits * at as u32));
                let place = (record.packed.tensor, *element);
                assert!(own.insert(place, (*monomial, weight)).is_none(), "{place:?} stands in a record twice");
            }
        }
    }
    for tensor in layout.records.iter().map(|record| record.packed.tensor) {
        let held = own.keys().filter(|(of, _)| *of == tensor).count();
        assert_eq!(held, model.shape(tensor).len(), "an element of tensor {tensor} that is in no record");
    }

    // Free cells. Beside pairs nothing may reach them: they are 0.
    let (mut free, mut zero): (BTreeSet<Monomial>, BTreeSet<Monomial>) = Default::default();
    for (row, placed) in layout.rows.iter().enumerate().filter(|(_, row)| row.hidden && !decides(model, row.tensor)) {
        assert!(placed.tensor > 0, "a free cell beside the input");
        let idle = |lane: &usize| placed.mask >> lane & 1 == 0 && !(placed.pair && cells.contains_key(&(row, *lane)));
        for lane in (0..lanes).filter(idle) {
            for second in 0..=i64::from(placed.pair) {
                let monomial = times(places[row], (second, i64::from(placed.step) * lane as i64));
                assert!(!elements.contains(&monomial), "a free cell stands at the element {monomial:?}");
                let list = if placed.pair { &mut zero } else { &mut free };
                assert!(list.insert(monomial), "two free cells at {monomial:?}");
            }
        }
    }
    assert!(zero.is_disjoint(&free), "a free cell beside a pair is no 0");

    // What is read, by element, against the maps.
    let (mut main, mut negative) = (consumed(layout, &cells, &transfers, 0), consumed(layout, &cells, &transfers, 1));
    for tensor in 0..layout.tensors.len() {
        for index in 0..model.shape(tensor).len() {
            let read = [main.remove(&(tensor, index)), negative.remove(&(tensor, index))];
            for (read, part) in read.into_iter().zip([false, true]) {
                let mut expected = expected(model, &made, &codes, tensor, index, part);
                expected.extend(own.get(&(tensor, index)).copied().filter(|_| !part));
                let read = read.unwrap_or_default();
                for (monomial, weight) in &read {
                    match expected.get(monomial) {
                        Some(expected) => assert_eq!(weight, expected, "tensor {tensor}, element {index}"),
                        None => assert!(
                            free.contains(monomial),
                            "element {index} of tensor {tensor} reaches {monomial:?}, which is no hidden coefficient"
                        ),
                    }
                }
                let missing = expected.keys().find(|monomial| !read.contains_key(monomial));
                assert_eq!(missing, None, "tensor {tensor}, element {index} does not reach an output");
            }
        }
    }
}

/// The rows of each record's integers with the monomials that the multipliers of their rows give them.
fn recorded<'a>(layout: &'a Layout, weights: &Weights) -> Vec<(&'a RecordRows, Vec<(&'a PackedRow, Monomial)>)> {
    layout.records.iter().map(|record| (record, recorded_of(layout, weights, record))).collect()
}

fn recorded_of<'a>(layout: &Layout, weights: &Weights, record: &'a RecordRows) -> Vec<(&'a PackedRow, Monomial)> {
    // From the commitment's row each chain leads to the next one.
    let (mut linked, mut row) = (Vec::new(), record.first);
    loop {
        if let Multiplier::Copy(WeightCell::Value(next)) = layout.weights.rows[row].multiplier
            && next > row
        {
            row = next;
            continue;
        }
        linked.push(row);
        if !layout.weights.rows[row].more {
            break;
        }
        row += 1;
    }
    assert!(record.rows.iter().all(|row| linked.contains(&row.row)), "integers beside the chains of the record");
    let mut at = (0, 0);
    let mut place = |row: usize| {
        at = times(at, weights.multipliers[row]);
        at
    };
    let places: HashMap<usize, Monomial> = linked.into_iter().map(|row| (row, place(row))).collect();
    record.rows.iter().map(|row| (row, places[&row.row])).collect()
}

/// Every head and every jump has its factor, and nothing else is copied.
fn check_transfers(layout: &Layout, transfers: &HashMap<usize, Polynomial>) {
    let mut expected = BTreeSet::new();
    for (index, row) in layout.rows.iter().enumerate() {
        let uses = [(row.head, index), (row.negative_head, index + 1), (row.link == Link::Jump, index)];
        for (_, at) in uses.iter().filter(|(used, _)| *used) {
            assert!(expected.insert(*at), "row {at} needs two factors");
        }
    }
    assert_eq!(expected, transfers.keys().copied().collect());
}

/// The monomial of lane 0 of every row above the input, as the links say.
fn places(layout: &Layout, transfers: &HashMap<usize, Polynomial>) -> Vec<Monomial> {
    let lanes = layout.params.lanes.activations as i64;
    let mut places = vec![(0, 0)];
    for (index, row) in layout.rows.iter().enumerate() {
        assert!(row.step == 1 || layout.params.steps.contains(&row.step));
        let link = match row.link {
            Link::Stop => break,
            Link::Inside => (0, lanes * i64::from(row.step)),
            Link::Step => (0, 1),
            Link::Unit => (1 + i64::from(row.pair), 0),
            Link::Jump => single(&transfers[&index]),
        };
        places.push(times(places[index], link));
    }
    assert!(layout.rows[places.len() - 1].tensor > 0 && layout.rows[places.len()].tensor == 0);
    places
}

/// What multiplies the code (`part` 0) or the negative part (1) of each element in the sum of products.
fn consumed(
    layout: &Layout,
    cells: &HashMap<(usize, usize), (usize, usize)>,
    transfers: &HashMap<usize, Polynomial>,
    part: usize,
) -> HashMap<(usize, usize), Polynomial> {
    let lanes = layout.params.lanes.activations;
    let mut factors: HashMap<(usize, usize), Polynomial> = HashMap::new();
    for (head, row) in layout.rows.iter().enumerate() {
        if ![row.head, row.negative_head][part] {
            continue;
        }
        let factor = &transfers[&(head + part)];
        let (mut at, mut distance) = (head, 0);
        loop {
            for lane in 0..lanes {
                if let Some(element) = cells.get(&(at, lane)) {
                    let apart = i64::from(layout.rows[at].spread) * lane as i64;
                    add(factors.entry(*element).or_default(), shift(factor, (0, distance + apart)));
                }
            }
            let Some(run) = next(layout, at) else { break };
            (at, distance) = (at + 1, distance + run);
        }
    }
    factors
}

/// Exponents from a row to the next of its run.
fn next(layout: &Layout, row: usize) -> Option<i64> {
    let (run, spread) = (layout.rows[row].run, layout.rows[row].spread);
    assert!(run == 0 || run as usize == layout.params.lanes.activations || layout.params.hops.contains(&run));
    assert!(spread == 1 || layout.params.spreads.contains(&spread));
    (run > 0).then_some(i64::from(run))
}

/// Some values of every tensor.
fn codes(model: &Model) -> Vec<Vec<i64>> {
    let value = |tensor: usize| move |index: usize| ((index * 7 + tensor * 5) % 11) as i64 - 3;
    (0..=model.layers.len()).map(|t| (0..model.shape(t).len()).map(value(t)).collect()).collect()
}

/// The polynomials of the runs that are factors of others.
fn runs(model: &Model, layout: &Layout, codes: &[Vec<i64>]) -> HashMap<usize, Polynomial> {
    let mut held: HashMap<(usize, usize), i64> = HashMap::new();
    for (tensor, stored) in layout.tensors.iter().enumerate() {
        let shape = model.shape(tensor);
        for (index, code) in codes[tensor].iter().enumerate() {
            let (channel, cell) = (index / shape.plane(), index % shape.plane());
            held.insert(stored.position(channel, cell / shape.width, cell % shape.width), *code);
        }
    }
    let mut runs = HashMap::new();
    for row in &layout.weights.rows {
        let Multiplier::Copy(WeightCell::Consumed(head)) = row.multiplier else { continue };
        let (mut at, mut distance, mut sum) = (head, 0, Polynomial::new());
        loop {
            for lane in 0..layout.params.lanes.activations {
                let apart = i64::from(layout.rows[at].spread) * lane as i64;
                let code = held.get(&(at, lane)).copied().unwrap_or(0);
                add(&mut sum, [((0, distance + apart), code)].into());
            }
            let Some(run) = next(layout, at) else { break };
            (at, distance) = (at + 1, distance + run);
        }
        runs.insert(head, sum);
    }
    runs
}

/// The weights with which an element enters the accumulators, at the monomials of their elements.
fn expected(
    model: &Model,
    made: &[Vec<Monomial>],
    codes: &[Vec<i64>],
    tensor: usize,
    index: usize,
    negative: bool,
) -> Polynomial {
    let mut sum = Polynomial::new();
    let from = model.shape(tensor);
    let mut unit = vec![0i64; from.len()];
    unit[index] = 1;
    for (layer, reader) in model.layers.iter().enumerate() {
        let both = [(&reader.terms[..], 0), (reader.times(), 1)];
        let terms = both.iter().flat_map(|(terms, second)| terms.iter().map(move |term| (term, *second)));
        for (term, second) in terms.filter(|(term, _)| term.source == tensor) {
            let map: Option<&Map<i64>> = if negative { term.negative.as_ref() } else { Some(&term.map) };
            let Some(map) = map else { continue };
            let mut y = vec![0i64; reader.shape.len()];
            conv::accumulate(map, from, &unit, codes, reader.shape, &mut y);
            let places = made[layer + 1].iter().map(|monomial| times(*monomial, (second, 0)));
            add(&mut sum, places.zip(y).filter(|(_, weight)| *weight != 0).collect());
        }
    }
    sum
}
