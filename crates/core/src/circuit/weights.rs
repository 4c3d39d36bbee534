//! The rows that evaluate weights at the challenges: chains of fixed weights, and the monomials that link their rows.
//!
//! Row r of a chain holds `lanes` weights and a multiplier m: `w = m · (Σ_l χ^l · weight_l + w')`, χ being η or γ and
//! `w'` the row below, where the chain goes on. A chain's first `w` is the value of a polynomial in η and γ with
//! integer coefficients; multipliers are copies of monomials, which are chains themselves.

use std::collections::HashMap;

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
    /// Monomial, weight and first row of the other run; at most one in a chain.
    pub(super) products: Vec<(Monomial, i64, usize)>,
}

impl Factor {
    /// The factor of a run that begins `lead` exponents earlier.
    pub(super) fn relative(mut self, lead: usize) -> Self {
        let monomials = self.terms.iter_mut().map(|term| &mut term.0);
        monomials.chain(self.products.iter_mut().map(|product| &mut product.0)).for_each(|m| m.1 -= lead as i64);
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
}

impl WeightRows {
    /// No weights yet; `lanes` is at least 2.
    pub(super) fn new(lanes: usize) -> Self {
        let mut rows = Self { rows: Vec::new(), known: HashMap::new(), lanes, private: false };
        let one = rows.push(WeightRow { multiplier: Multiplier::One, ..WeightRow::constant(false, 0) });
        rows.known.insert((0, 0), WeightCell::Value(one));
        for (monomial, gamma) in [((1, 0), false), ((0, 1), true)] {
            let multiplier = Multiplier::Copy(WeightCell::Value(one));
            let base = rows.push(WeightRow { multiplier, ..WeightRow::constant(gamma, 1) });
            rows.known.insert(monomial, WeightCell::Value(base));
            let inverse = rows.push(WeightRow {
                multiplier: Multiplier::Inverse,
                more: true,
                lanes: Vec::new(),
                equals: Some(WeightCell::Value(one)),
                ..WeightRow::constant(false, 0)
            });
            rows.push(WeightRow {
                multiplier: Multiplier::Copy(WeightCell::Value(base)),
                ..WeightRow::constant(false, 0)
            });
            rows.known.insert((-monomial.0, -monomial.1), WeightCell::Multiplier(inverse));
        }
        rows
    }

    fn push(&mut self, row: WeightRow) -> usize {
        self.rows.push(row);
        self.rows.len() - 1
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
        let first = self.rows.len();
        for (i, factor) in factors.iter().enumerate() {
            let last = i + 1 == factors.len();
            let mut row = WeightRow { multiplier: Multiplier::Copy(*factor), ..WeightRow::constant(false, 0) };
            if !last {
                row.more = true;
                row.lanes.clear();
            }
            self.push(row);
        }
        WeightCell::Value(first)
    }

    /// Appends the chain of a factor; its value stands in the cell returned. `None` for the zero polynomial, and for
    /// one without monomials where weights are private.
    pub(super) fn chain(&mut self, factor: Factor) -> Option<WeightCell> {
        let Factor { mut terms, products } = factor;
        let mut places: Vec<_> = terms.iter().filter(|_| self.private).map(|term| (term.0, 1)).collect();
        terms.retain(|term| self.private || term.1 != 0);
        let by_eta = pack(&mut terms, self.lanes, false);
        let by_gamma = pack(&mut terms, self.lanes, true);
        let gamma = by_gamma.len() < by_eta.len();
        let packed = if gamma { by_gamma } else { by_eta };
        let mut places = pack(&mut places, self.lanes, gamma).into_iter();
        let mut at = (0, 0);
        let mut multipliers = Vec::with_capacity(packed.len());
        for (monomial, _) in &packed {
            multipliers.push(self.monomial((monomial.0 - at.0, monomial.1 - at.1)));
            at = *monomial;
        }
        let product = products.into_iter().next().filter(|(_, weight, _)| *weight != 0);
        let product = product.map(|(monomial, weight, row)| {
            let multiplier = self.monomial((monomial.0 - at.0, monomial.1 - at.1));
            [(multiplier, vec![]), (WeightCell::Consumed(row), vec![weight])]
        });
        let (first, count) = (self.rows.len(), packed.len() + product.as_ref().map_or(0, |rows| rows.len()));
        for (i, ((monomial, lanes), multiplier)) in packed.into_iter().zip(multipliers).enumerate() {
            self.push(WeightRow {
                multiplier: Multiplier::Copy(multiplier),
                gamma,
                more: i + 1 < count,
                lanes,
                secret: places.next().map_or_else(Vec::new, |(_, row)| row.iter().map(|count| *count > 0).collect()),
                equals: None,
                value: Some(monomial),
            });
        }
        for (multiplier, lanes) in product.into_iter().flatten() {
            self.push(WeightRow {
                multiplier: Multiplier::Copy(multiplier),
                gamma: false,
                more: lanes.is_empty(),
                lanes,
                secret: Vec::new(),
                equals: None,
                value: None,
            });
        }
        (count > 0).then_some(WeightCell::Value(first))
    }
}

impl WeightRow {
    /// A row with the single weight 1 in a lane.
    fn constant(gamma: bool, lane: usize) -> Self {
        let mut lanes = vec![0; lane + 1];
        lanes[lane] = 1;
        Self { multiplier: Multiplier::One, gamma, more: false, lanes, secret: Vec::new(), equals: None, value: None }
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
