//! A prover that lies in the first phase and, once the challenges are known, breaks one constraint of the second phase
//! on one row so that all others hold: what depends on the broken cell is computed from it. So each of these proofs is
//! refused by a single constraint, or by the copies of one cell.

use std::{cell::Cell, collections::BTreeSet};

use hushproof_halo2_prover::{Challenges as KnownChallenges, ColumnValues, Fr, Source, Witness as Columns};

use super::{
    super::{
        Layout, ModelCircuit, Witness,
        accumulate::{SecondPhase, accumulate},
        challenges::Challenges,
        placement::Link,
        weights::{Multiplier, WeightCell},
        witness::FirstPhase,
    },
    Rig, assert_rejected, fixtures,
    lying::forge_columns,
    roots::root,
};
use crate::{graph::Activation, prove::verify};

/// A constraint of the second phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Breach {
    Produced,
    Consumed,
    Negative,
    Weight,
    One,
    Helper(usize),
    Sum,
    /// The sum does not begin with the produced values.
    First,
    /// The sum does not end at 0.
    Last,
    /// A cell of `transfer` is no copy.
    Transfer,
    /// A multiplier is no copy.
    Multiplier,
    /// A multiplier is no inverse: the row's value is no copy of 1.
    Inverse,
}

/// What a multiplier of the weight rows, or a value, becomes.
#[derive(Clone, Copy)]
enum Change {
    Multiplier(Fr),
    Value(Fr),
}

/// Adds to the cells of the running sum from a row on.
fn shift(sum: &mut [Fr], amount: Fr) {
    sum.iter_mut().for_each(|cell| *cell = *cell + amount);
}

impl Breach {
    /// All that a layout can have.
    fn all(layout: &Layout) -> Vec<Self> {
        let mut all = vec![
            Self::Produced,
            Self::Consumed,
            Self::Weight,
            Self::One,
            Self::Sum,
            Self::First,
            Self::Last,
            Self::Transfer,
            Self::Multiplier,
            Self::Inverse,
        ];
        all.extend(layout.params.negative.then_some(Self::Negative));
        all.extend((0..layout.params.helpers()).map(Self::Helper));
        all
    }

    /// Rows on which to break it.
    fn rows(self, layout: &Layout) -> Vec<usize> {
        let begins = |row: usize| row == 0 || layout.rows[row - 1].run == 0;
        let placed = || layout.rows.iter().enumerate();
        let weights = || layout.weights.rows.iter().enumerate();
        let of = |multiplier: fn(&Multiplier) -> bool| {
            weights().filter(|(_, weights)| multiplier(&weights.multiplier)).map(|(row, _)| row).collect()
        };
        match self {
            Self::Produced | Self::First | Self::Last => vec![0],
            Self::Helper(_) => vec![1],
            Self::Sum => vec![layout.rows.len(), layout.usable_rows() - 2],
            Self::Consumed => {
                placed().filter(|(row, placed)| placed.head && begins(*row)).map(|(row, _)| row).collect()
            }
            Self::Negative => {
                placed().filter(|(row, placed)| placed.negative_head && begins(*row)).map(|(row, _)| row).collect()
            }
            Self::Transfer => placed().filter(|(_, placed)| placed.head).map(|(row, _)| row).collect(),
            Self::Weight => weights().map(|(row, _)| row).collect(),
            Self::One => of(|multiplier| *multiplier == Multiplier::One),
            Self::Multiplier => of(|multiplier| matches!(multiplier, Multiplier::Copy(_))),
            Self::Inverse => of(|multiplier| *multiplier == Multiplier::Inverse),
        }
    }

    /// The second phase with the constraint broken on a row, all else following; `None` where that is not worked out.
    fn apply(self, world: World<'_>, row: usize, amount: Fr) -> Option<SecondPhase> {
        let World { layout, honest, .. } = world;
        let mut second = honest.clone();
        let read = |row: usize| {
            layout.weights.rows.iter().any(|w| w.multiplier == Multiplier::Copy(WeightCell::Consumed(row)))
        };
        match self {
            Self::Produced => {
                second.produced[row] = second.produced[row] + amount;
                shift(&mut second.sum, -amount);
            }
            Self::First => shift(&mut second.sum, amount),
            Self::Last => (),
            Self::Sum => shift(&mut second.sum[row + 1..], amount),
            Self::Helper(group) => {
                second.helpers[group][row] = second.helpers[group][row] + amount;
                shift(&mut second.sum[row + 1..], amount);
            }
            Self::Consumed if read(row) => return None,
            Self::Consumed => {
                second.consumed[row] = second.consumed[row] + amount;
                shift(&mut second.sum[row + 1..], amount * honest.transfer[row]);
            }
            Self::Negative => {
                let negative = second.negative.as_mut()?;
                negative[row] = negative[row] + amount;
                shift(&mut second.sum[row + 1..], amount * honest.transfer[row + 1]);
            }
            Self::Transfer => {
                second.transfer[row] = second.transfer[row] + amount;
                shift(&mut second.sum[row + 1..], amount * honest.consumed[row]);
            }
            Self::Weight => second = reweigh(world, row, Change::Value(honest.weight[row] + amount))?,
            Self::One | Self::Multiplier | Self::Inverse => {
                second = reweigh(world, row, Change::Multiplier(honest.multiplier[row] + amount))?;
            }
        }
        Some(second)
    }
}

/// What a breach is made in.
#[derive(Clone, Copy)]
struct World<'a> {
    layout: &'a Layout,
    challenges: Challenges<Fr>,
    honest: &'a SecondPhase,
}

impl World<'_> {
    /// What the next row's produced value is multiplied by.
    fn link(&self, row: usize, transfer: &[Fr]) -> Fr {
        let (placed, Challenges { gamma, eta, .. }) = (&self.layout.rows[row], self.challenges);
        match placed.link {
            Link::Stop => Fr::ZERO,
            Link::Inside => gamma.pow(&[self.layout.params.lanes.activations as u64 * u64::from(placed.step)]),
            Link::Step => gamma,
            Link::Unit if placed.pair => eta * eta,
            Link::Unit => eta,
            Link::Jump => transfer[row],
        }
    }
}

/// The weight rows with one cell changed, and what follows.
fn reweigh(world: World<'_>, changed: usize, change: Change) -> Option<SecondPhase> {
    let World { layout, honest, .. } = world;
    let rows = &layout.weights.rows;
    let below = |weight: &[Fr], row: usize| if rows[row].more { weight[row + 1] } else { Fr::ZERO };
    let mut second = honest.clone();
    for chain in layout.weights.order() {
        for row in chain.rev() {
            let inverse = honest.multiplier[row].invert().unwrap_or(Fr::ZERO);
            let own = honest.weight[row] * inverse - below(&honest.weight, row);
            let inner = own + below(&second.weight, row);
            second.multiplier[row] = match rows[row].multiplier {
                Multiplier::One => Fr::ONE,
                Multiplier::Copy(WeightCell::Value(from)) => second.weight[from],
                Multiplier::Copy(WeightCell::Multiplier(from)) => second.multiplier[from],
                Multiplier::Copy(WeightCell::Consumed(from)) => second.consumed[from],
                Multiplier::Inverse => {
                    let WeightCell::Value(equal) = rows[row].equals? else { return None };
                    second.weight[equal] * inner.invert().unwrap_or(Fr::ZERO)
                }
            };
            let mut value = second.multiplier[row] * inner;
            match change {
                Change::Multiplier(multiplier) if row == changed => {
                    second.multiplier[row] = multiplier;
                    value = multiplier * inner;
                }
                Change::Value(changed_value) if row == changed => value = changed_value,
                _ => (),
            }
            second.weight[row] = value;
        }
    }
    for (row, cell) in &layout.transfers {
        let value = match cell {
            WeightCell::Multiplier(from) => second.multiplier[*from],
            WeightCell::Value(from) => second.weight[*from],
            WeightCell::Consumed(from) => second.consumed[*from],
        };
        let by = value - honest.transfer[*row];
        if by.is_zero() {
            continue;
        }
        second.transfer[*row] = value;
        if layout.rows[*row].link == Link::Jump {
            continue;
        }
        if layout.rows[*row].head {
            shift(&mut second.sum[row + 1..], by * honest.consumed[*row]);
        } else {
            shift(&mut second.sum[*row..], by * honest.negative.as_ref()?[row - 1]);
        }
    }
    for row in layout.commitment_rows() {
        shift(&mut second.sum[row + 1..], second.weight[row] - honest.weight[row]);
    }
    for row in (0..layout.rows.len()).rev() {
        let own = honest.produced[row] - world.link(row, &honest.transfer) * honest.produced[row + 1];
        second.produced[row] = own + world.link(row, &second.transfer) * second.produced[row + 1];
    }
    shift(&mut second.sum, honest.produced[0] - second.produced[0]);
    Some(second)
}

/// The columns of a prover that adapts.
struct Adaptive<'a> {
    rig: &'a Rig,
    first: &'a FirstPhase,
    breach: Breach,
    /// Whether there was a row on which the breach helps.
    found: Cell<bool>,
}

impl Adaptive<'_> {
    fn second(&self, challenges: Challenges<Fr>) -> SecondPhase {
        let layout = self.rig.layout();
        let honest = accumulate(&self.rig.model, layout, self.first, challenges);
        let end = |second: &SecondPhase| second.sum.last().copied().unwrap_or_default();
        assert!(!end(&honest).is_zero(), "the lie changes nothing");
        let world = World { layout, challenges, honest: &honest };
        for row in self.breach.rows(layout) {
            let at = |amount: Fr| self.breach.apply(world, row, amount);
            if self.breach == Breach::Last {
                self.found.set(true);
                return honest;
            }
            let Some(amount) = root(|amount| Some(end(&at(amount)?))) else { continue };
            let second = at(amount).unwrap();
            assert!(end(&second).is_zero());
            self.found.set(true);
            return second;
        }
        honest
    }
}

impl Columns for Adaptive<'_> {
    fn phase(&mut self, phase: u8, challenges: &KnownChallenges) -> Result<Vec<ColumnValues>, Source> {
        if phase == 0 {
            let (model, layout) = (&self.rig.model, self.rig.layout());
            return ModelCircuit { model, layout, witness: Some(self.first) }.phase(0, challenges);
        }
        let challenges = Challenges::of(challenges).ok_or("a challenge is missing")?;
        Ok(self.second(challenges).columns().into_iter().map(ColumnValues::Field).collect())
    }
}

/// Another last accumulator, of the same public codes.
fn lie(rig: &Rig, witness: &Witness) -> FirstPhase {
    let (base, last) = (1i64 << rig.model.digits.limb_bits, rig.model.layers.len());
    let layer = &rig.model.layers[last - 1];
    // The first zero of an argmax has no gap.
    let is_best = |at: (usize, usize), index: usize| {
        let states = &witness.first.lanes[at.1].state;
        layer.activation == Activation::ArgMax && states[at.0] == 0 && (index == 0 || states[at.0 - 1] == 1)
    };
    let elements = (0..layer.shape.len()).map(|index| (rig.element(last, index), index));
    let (at, _) = elements.filter(|(at, index)| !is_best(*at, *index)).last().unwrap();
    let mut first = witness.first.clone();
    let limb = &mut first.lanes[at.1].limbs[0][at.0];
    *limb += if *limb + 1 < base { 1 } else { -1 };
    rig.recount(&mut first);
    first
}

#[test]
fn a_prover_that_breaks_a_single_constraint_is_rejected() {
    let mut broken = BTreeSet::new();
    for (name, model, input) in fixtures::every() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let (first, codes) = (lie(&rig, &witness), rig.codes(&witness));
        for breach in Breach::all(rig.layout()) {
            // Inverses are read by many jumps, whose product is of too high a degree but in few layouts; and not every
            // polynomial has a root: other random rows give other challenges.
            let tries = match breach {
                Breach::Inverse if ["one-dimensional", "scaled channels"].contains(&name) => 16,
                Breach::Inverse => 0,
                _ => 1,
            };
            for _ in 0..tries {
                let mut columns = Adaptive { rig: &rig, first: &first, breach, found: Cell::new(false) };
                let proof = forge_columns(&rig.key, &mut columns, &codes);
                if columns.found.get() {
                    broken.insert(if let Breach::Helper(_) = breach { Breach::Helper(0) } else { breach });
                    assert_rejected(&format!("{name}: {breach:?}"), verify(&rig.key.vk, &proof, b"context"));
                    break;
                }
            }
        }
    }
    let layouts = fixtures::every().flat_map(|(_, model, _)| Breach::all(&Layout::new(&model).unwrap()));
    let all: BTreeSet<_> = layouts.filter(|breach| !matches!(breach, Breach::Helper(1..))).collect();
    assert_eq!(broken, all);
}
