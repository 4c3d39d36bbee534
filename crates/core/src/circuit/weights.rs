//! The rows that evaluate weights at the challenges: chains of fixed weights, and the monomials that link their rows.
//!
//! Row r of a chain holds `lanes` weights and a multiplier m: `w = m · (Σ_l χ^l · weight_l + w')`, χ being η or γ and
//! `w'` the row below, where the chain goes on. A chain's first `w` is the value of a polynomial in η and γ with
//! integer coefficients; multipliers are copies of monomials, which are chains themselves.

use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
};

use super::record::{Packed, RecordRows};

/// Coefficients of a row beside private weights, which are fixed: those of 1 and of η or γ.
const FIXED_LANES: usize = 2;

/// η^a · γ^b as (a, b).
pub(super) type Monomial = (i64, i64);

/// A cell of the weight columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WeightCell {
    /// Multiplier of a row.
    Multiplier(usize),
    /// Value of a row.
    Value(usize),
    /// What a run of activations amounts to at the challenges, in its first row.
    Consumed(usize),
}

/// The factor of a run: a polynomial in η and γ with integer coefficients, and integer multiples of other runs at one
/// monomial each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Factor {
    pub(super) terms: Vec<(Monomial, i64)>,
    /// Beside private weights, coefficients that are none of them: what selects the factors of products or copies a record.
    pub(super) fixed: Vec<(Monomial, i64)>,
    /// Monomial, weight and first row of the other run; at most one in a chain.
    pub(super) products: Vec<(Monomial, i64, usize)>,
    /// What of a record's polynomial the run is.
    pub(super) recorded: Option<Recorded>,
}

/// Where the polynomial of a record has a run: 2^shift times the run is taken from it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) monomial: Monomial,
    pub(super) shift: u32,
}

impl Factor {
    /// The factor of a run that begins `lead` exponents earlier.
    pub(super) fn relative(mut self, lead: usize) -> Self {
        let monomials = self.terms.iter_mut().chain(&mut self.fixed).map(|term| &mut term.0);
        let monomials = monomials.chain(self.products.iter_mut().map(|product| &mut product.0));
        let monomials = monomials.chain(self.recorded.iter_mut().map(|recorded| &mut recorded.monomial));
        monomials.for_each(|m| m.1 -= lead as i64);
        self
    }
}

/// What a row's multiplier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Multiplier {
    /// 1, by a gate.
    One,
    /// A copy.
    Copy(WeightCell),
    /// Whatever makes the row's value the copy of another cell: its inverse.
    Inverse,
}

/// A row of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WeightRow {
    pub(super) multiplier: Multiplier,
    /// Lanes are powers of γ rather than of η.
    pub(super) gamma: bool,
    /// Whether the row below belongs to the chain.
    pub(super) more: bool,
    /// The weights, from lane 0.
    pub(super) lanes: Vec<i64>,
    /// A weight −2^shift in lane 0 in place of those.
    pub(super) recorded: Option<u32>,
    /// Which lanes hold a private weight; empty where coefficients are fixed.
    pub(super) secret: Vec<bool>,
    /// A cell that the row's value must equal.
    pub(super) equals: Option<WeightCell>,
    /// The row's absolute monomial of lane 0, when it belongs to a chain of weights.
    pub(super) value: Option<Monomial>,
}

/// All weight rows of a circuit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WeightRows {
    pub(super) rows: Vec<WeightRow>,
    known: HashMap<Monomial, WeightCell>,
    lanes: usize,
    /// Whether weights are private: zeros keep their places.
    pub(super) private: bool,
    /// Free rows between those of a record, in order.
    gaps: VecDeque<Range<usize>>,
    /// The chains of a record, each of which uses the next one.
    late: Vec<Range<usize>>,
}

impl WeightRows {
    /// No weights yet; `lanes` is at least 2.
    pub(super) fn new(lanes: usize) -> Self {
        let mut rows = Self { lanes, ..Self::default() };
        let one = rows.push(WeightRow { multiplier: Multiplier::One, ..WeightRow::constant(false, 0) });
        rows.known.insert((0, 0), WeightCell::Value(one));
        for (monomial, gamma) in [((1, 0), false), ((0, 1), true)] {
            let multiplier = Multiplier::Copy(WeightCell::Value(one));
            let base = rows.push(WeightRow { multiplier, ..WeightRow::constant(gamma, 1) });
            rows.known.insert(monomial, WeightCell::Value(base));
            let inverse = WeightRow {
                multiplier: Multiplier::Inverse,
                more: true,
                lanes: Vec::new(),
                equals: Some(WeightCell::Value(one)),
                ..WeightRow::constant(false, 0)
            };
            let multiplier = Multiplier::Copy(WeightCell::Value(base));
            let inverse = rows.place(vec![inverse, WeightRow { multiplier, ..WeightRow::constant(false, 0) }]);
            rows.known.insert((-monomial.0, -monomial.1), WeightCell::Multiplier(inverse));
        }
        rows
    }

    fn push(&mut self, row: WeightRow) -> usize {
        self.place(vec![row])
    }

    /// Places a chain that others may use; gives its first row.
    fn place(&mut self, chain: Vec<WeightRow>) -> usize {
        if !self.gaps.iter().any(|gap| gap.len() >= chain.len()) {
            // What uses it has to stand behind it.
            self.gaps.clear();
        }
        self.place_last(chain)
    }

    /// Places a chain that no other one uses, behind all that it uses itself: between the rows of a record, or behind
    /// them.
    fn place_last(&mut self, chain: Vec<WeightRow>) -> usize {
        let len = chain.len();
        if self.gaps.iter().any(|gap| gap.len() >= len) {
            while self.gaps.front().is_some_and(|gap| gap.len() < len) {
                self.gaps.pop_front();
            }
        }
        match self.gaps.front_mut().filter(|gap| gap.len() >= len) {
            Some(gap) => {
                let first = gap.start;
                gap.start += len;
                self.rows.splice(first..first + len, chain);
                first
            }
            None => {
                self.rows.extend(chain);
                self.rows.len() - len
            }
        }
    }

    /// The rows of all chains, each behind those that it uses.
    pub(super) fn order(&self) -> Vec<Range<usize>> {
        let mut chains = Vec::new();
        let mut start = 0;
        while start < self.rows.len() {
            let end = (start..self.rows.len()).find(|row| !self.rows[*row].more).map_or(self.rows.len(), |end| end + 1);
            chains.push(start..end);
            start = end;
        }
        chains.retain(|chain| !self.late.contains(chain));
        chains.extend(self.late.iter().rev().cloned());
        chains
    }

    /// A cell that holds a monomial.
    pub(super) fn monomial(&mut self, monomial: Monomial) -> WeightCell {
        if let Some(cell) = self.known.get(&monomial) {
            return *cell;
        }
        let (a, b) = monomial;
        let cell = if let Some(below) = self.known.get(&(a - 1, b)).copied() {
            WeightCell::Value(
                self.push(WeightRow { multiplier: Multiplier::Copy(below), ..WeightRow::constant(false, 1) }),
            )
        } else if let Some(below) = self.known.get(&(a, b - 1)).copied() {
            WeightCell::Value(
                self.push(WeightRow { multiplier: Multiplier::Copy(below), ..WeightRow::constant(true, 1) }),
            )
        } else {
            let mut factors = Vec::new();
            for (exponent, unit) in [(a, (1, 0)), (b, (0, 1))] {
                let sign = exponent.signum();
                for bit in (0..63).filter(|bit| exponent.unsigned_abs() >> bit & 1 == 1) {
                    factors.push(self.power((unit.0 * sign, unit.1 * sign), bit));
                }
            }
            self.product(&factors)
        };
        self.known.insert(monomial, cell);
        cell
    }

    /// `unit^(2^bit)`.
    fn power(&mut self, unit: Monomial, bit: u32) -> WeightCell {
        let monomial = (unit.0 << bit, unit.1 << bit);
        if let Some(cell) = self.known.get(&monomial) {
            return *cell;
        }
        let root = self.power(unit, bit - 1);
        let cell = self.product(&[root, root]);
        self.known.insert(monomial, cell);
        cell
    }

    fn product(&mut self, factors: &[WeightCell]) -> WeightCell {
        let row = |(i, factor): (usize, &WeightCell)| {
            let mut row = WeightRow { multiplier: Multiplier::Copy(*factor), ..WeightRow::constant(false, 0) };
            if i + 1 < factors.len() {
                row.more = true;
                row.lanes.clear();
            }
            row
        };
        WeightCell::Value(self.place(factors.iter().enumerate().map(row).collect()))
    }

    /// Appends the chain of a factor; its value stands in the cell returned. `None` for the zero polynomial, and for
    /// one without monomials where weights are private.
    pub(super) fn chain(&mut self, factor: Factor) -> Option<WeightCell> {
        let Factor { mut terms, mut fixed, products, recorded } = factor;
        let mut places: Vec<_> = terms.iter().filter(|_| self.private).map(|term| (term.0, 1)).collect();
        terms.retain(|term| self.private || term.1 != 0);
        let by_eta = pack(&mut terms, self.lanes, false);
        let by_gamma = pack(&mut terms, self.lanes, true);
        let gamma = by_gamma.len() < by_eta.len();
        let packed = if gamma { by_gamma } else { by_eta };
        let mut places = pack(&mut places, self.lanes, gamma).into_iter();
        fixed.retain(|term| term.1 != 0);
        let weights = packed.into_iter().map(|(monomial, lanes)| {
            let secret = places.next().map_or_else(Vec::new, |(_, row)| row.iter().map(|count| *count > 0).collect());
            (monomial, WeightRow { gamma, lanes, secret, value: Some(monomial), ..WeightRow::passing() })
        });
        let fixed = pack(&mut fixed, FIXED_LANES, false).into_iter();
        let fixed = fixed.map(|(monomial, lanes)| (monomial, WeightRow { lanes, ..WeightRow::passing() }));
        let recorded = recorded.map(|Recorded { monomial, shift }| {
            (monomial, WeightRow { recorded: Some(shift), ..WeightRow::passing() })
        });
        let private = self.private;
        let product = products.into_iter().next().filter(|(_, weight, _)| private || *weight != 0);
        let stands = product.iter().map(|(monomial, ..)| (*monomial, WeightRow::passing()));
        let all: Vec<_> = weights.chain(fixed).chain(recorded).chain(stands).collect();
        let mut at = (0, 0);
        let mut rows = Vec::with_capacity(all.len() + 1);
        for (monomial, row) in all {
            let multiplier = Multiplier::Copy(self.monomial((monomial.0 - at.0, monomial.1 - at.1)));
            at = monomial;
            rows.push(WeightRow { multiplier, ..row });
        }
        rows.extend(product.map(|(_, weight, row)| WeightRow {
            multiplier: Multiplier::Copy(WeightCell::Consumed(row)),
            lanes: vec![weight],
            secret: if private { vec![true] } else { Vec::new() },
            ..WeightRow::passing()
        }));
        rows.last_mut()?.more = false;
        Some(WeightCell::Value(self.place_last(rows)))
    }

    /// Places the chains of a packed record, whose rows have these monomials by their first integer; at least `above`
    /// rows stand in front of them. A pair that is filled up has a coefficient at `rest`, which nothing else has. What
    /// is placed later stands between the chains while there is room.
    pub(super) fn record(
        &mut self,
        packed: &Packed,
        monomial: &dyn Fn(usize) -> Monomial,
        rest: Monomial,
        above: usize,
    ) -> RecordRows {
        let mut at = (0, 0);
        let mut multipliers = Vec::new();
        for row in RecordRows::new(0, packed).rows {
            let (a, b) = row.first.map_or(rest, monomial);
            multipliers.push(self.monomial((a - at.0, b - at.1)));
            at = (a, b);
        }
        let idle = WeightRow { more: false, ..WeightRow::passing() };
        self.rows.resize(self.rows.len().max(above), idle.clone());
        let record = RecordRows::new(self.rows.len(), packed);
        let chains = record.chains();
        // A chain goes on in the next one by a row that copies its value.
        let link = |chain: &Range<usize>| WeightRow {
            multiplier: Multiplier::Copy(WeightCell::Value(chain.start)),
            more: false,
            ..WeightRow::constant(false, 0)
        };
        let mut free = record.first + 1;
        self.rows.extend(chains.first().map(link));
        self.late.push(record.first..free);
        for (at, chain) in chains.iter().enumerate() {
            self.rows.resize(chain.start, idle.clone());
            self.gaps.push_back(free..chain.start);
            self.rows.resize(chain.end, WeightRow::passing());
            match chains.get(at + 1) {
                Some(next) => self.rows.push(link(next)),
                None => self.rows.iter_mut().last().iter_mut().for_each(|row| row.more = false),
            }
            free = self.rows.len();
            self.late.push(chain.start..free);
        }
        for (row, multiplier) in record.rows.iter().zip(multipliers) {
            self.rows[row.row].multiplier = Multiplier::Copy(multiplier);
        }
        record
    }
}

impl WeightRow {
    /// A row with the single weight 1 in a lane.
    fn constant(gamma: bool, lane: usize) -> Self {
        let mut lanes = vec![0; lane + 1];
        lanes[lane] = 1;
        Self { gamma, more: false, lanes, ..Self::passing() }
    }

    /// A row that hands on the value of the row below.
    const fn passing() -> Self {
        Self {
            multiplier: Multiplier::One,
            gamma: false,
            more: true,
            lanes: Vec::new(),
            recorded: None,
            secret: Vec::new(),
            equals: None,
            value: None,
        }
    }
}

/// Rows of up to `lanes` coefficients whose monomials differ by powers of one challenge only.
fn pack(terms: &mut [(Monomial, i64)], lanes: usize, gamma: bool) -> Vec<(Monomial, Vec<i64>)> {
    // (the power that stays within a row, the power that runs along its lanes)
    let split = |m: Monomial| if gamma { (m.0, m.1) } else { (m.1, m.0) };
    terms.sort_unstable_by_key(|term| split(term.0));
    let mut rows: Vec<(Monomial, Vec<i64>)> = Vec::new();
    for (monomial, weight) in terms {
        let (stays, runs) = split(*monomial);
        let lane = rows.last().and_then(|(first, _)| {
            let (row_stays, start) = split(*first);
            (row_stays == stays && runs - start < lanes as i64).then_some((runs - start) as usize)
        });
        match (lane, rows.last_mut()) {
            (Some(lane), Some((_, row))) => {
                row.resize(row.len().max(lane + 1), 0);
                row[lane] += *weight;
            }
            _ => rows.push((*monomial, vec![*weight])),
        }
    }
    rows
}
