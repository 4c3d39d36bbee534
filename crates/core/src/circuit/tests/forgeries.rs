//! Forged proofs that keep all else consistent, each of which the stock verifier must reject.

use halo2_proofs::halo2curves::{bn256::Fr, ff::Field};
use hushproof_halo2_prover as prover;

use super::{
    super::{
        Witness,
        accumulate::accumulate,
        challenges::Challenges,
        geometry::Form,
        witness::{FirstPhase, decides},
    },
    Rig, assert_rejected, challenges, fixtures,
};
use crate::graph::{Activation, Conv, Lanes, Layer, Map, Model, Shape, Term};

impl Rig {
    fn fixture(name: &str) -> (Self, Witness) {
        let (_, model, input) = fixtures::all().into_iter().find(|(fixture, ..)| *fixture == name).unwrap();
        let rig = Self::new(model);
        let witness = rig.witness(&input);
        (rig, witness)
    }

    /// Row and lane of an element, counted as in ONNX.
    pub(super) fn element(&self, tensor: usize, index: usize) -> (usize, usize) {
        let shape = self.model.shape(tensor);
        let cell = index % shape.plane();
        self.at(tensor, index / shape.plane(), cell / shape.width, cell % shape.width)
    }

    /// Free cells, as row and lane.
    fn free(&self) -> Vec<(usize, usize)> {
        let lanes = self.layout().params.lanes.activations;
        let rows = self.layout().rows.iter().enumerate();
        let rows = rows.filter(|(_, row)| row.hidden && !decides(&self.model, row.tensor));
        rows.flat_map(|(index, row)| (0..lanes).filter(|l| row.mask >> l & 1 == 0).map(move |l| (index, l))).collect()
    }

    /// Whether the identities hold at challenges that were known in advance.
    fn holds(&self, first: &FirstPhase, challenges: Challenges<prover::Fr>) -> bool {
        accumulate(&self.model, self.layout(), first, challenges).sum.last().is_some_and(|sum| sum.is_zero())
    }
}

/// Writes a state and a magnitude, the top limb taking what does not fit the others.
pub(super) fn write(rig: &Rig, first: &mut FirstPhase, at: (usize, usize), state: i64, whole: i64) {
    let base = 1i64 << rig.model.digits.limb_bits;
    let (row, lane) = at;
    let cells = &mut first.lanes[lane];
    cells.state[row] = state;
    let last = cells.limbs.len() - 1;
    let mut rest = whole;
    for (i, limb) in cells.limbs.iter_mut().enumerate() {
        limb[row] = if i == last { rest } else { rest.rem_euclid(base) };
        rest = rest.div_euclid(base);
    }
}

/// The magnitude in the cells of an element.
pub(super) fn whole(rig: &Rig, first: &FirstPhase, at: (usize, usize)) -> i64 {
    let base = 1i64 << rig.model.digits.limb_bits;
    first.lanes[at.1].limbs.iter().rev().fold(0, |sum, limb| sum * base + limb[at.0])
}

#[test]
fn a_shifted_output_with_consistent_columns_is_rejected() {
    let (rig, witness) = Rig::fixture("same convolution");
    let (mut first, mut codes) = (witness.first.clone(), rig.codes(&witness));
    let last = rig.model.layers.len();
    let at = rig.element(last, 1);
    let (state, up) = (first.lanes[at.1].state[at.0], 256 + whole(&rig, &first, at));
    codes.output[1] = if state == 1 { codes.output[1] + 1 } else { codes.output[1] - 1 };
    write(&rig, &mut first, at, state, up);
    rig.recount(&mut first);
    assert_rejected("output + 1", rig.attempt(&first, &[], &codes));
    // The same with a remainder that makes up for it, which no limb can hold.
    first.lanes[at.1].limbs[0][at.0] -= 256;
    rig.recount(&mut first);
    assert_rejected("output + 1, remainder − 2^s", rig.attempt(&first, &[], &codes));
}

#[test]
fn a_lie_about_the_public_codes_alone_is_rejected() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        for output in 0..witness.output().len() {
            let mut codes = rig.codes(&witness);
            codes.output[output] ^= 1;
            if rig.key.vk.statement.instance(&codes, &[0; 32]).is_ok() {
                assert_rejected(name, rig.attempt(&witness.first, &[], &codes));
            }
        }
    }
}

/// All maps of a term.
fn maps(term: &mut Term<i64>, negative: bool) -> Option<&mut Map<i64>> {
    if negative { term.negative.as_mut() } else { Some(&mut term.map) }
}

fn weights(map: &mut Map<i64>) -> Vec<&mut i64> {
    match map {
        Map::Conv(conv) => conv.weights.iter_mut().collect(),
        Map::Sparse(sparse) => sparse.columns.iter_mut().flatten().map(|entry| &mut entry.1).collect(),
        Map::Product(product) => vec![&mut product.weight],
    }
}

/// Every way in which a prover may evaluate another network than the one of the key, by name. Each way is a family
/// whose members differ by a position; the first one that changes the witness is taken.
fn other_networks(model: &Model) -> Vec<(String, Vec<Model>)> {
    let mut families = Vec::new();
    let unit = |layer: &Layer| if layer.activation == Activation::Threshold { 2 } else { 1 };
    for (index, layer) in model.layers.iter().enumerate() {
        let change = |what: &str, count: usize, apply: &dyn Fn(&mut Layer, usize) -> bool| {
            let mut members = Vec::new();
            for position in 0..count.min(60) {
                let mut other = model.clone();
                if apply(&mut other.layers[index], position) {
                    members.push(other);
                }
            }
            (format!("layer {index}, {what}"), members)
        };
        families.push(change("bias", layer.bias.len(), &|layer, at| {
            layer.bias[at] += unit(layer);
            true
        }));
        for t in 0..layer.terms.len() {
            for negative in [false, true] {
                let of = move |layer: &Layer| unit(layer);
                families.push(change(&format!("weight of term {t}, negative {negative}"), 60, &move |layer, at| {
                    let unit = of(layer);
                    let Some(map) = maps(&mut layer.terms[t], negative) else { return false };
                    weights(map).into_iter().nth(at).map(|weight| *weight += unit).is_some()
                }));
            }
            families.push(change(&format!("term {t} left out"), layer.terms.len() / 2, &move |layer, _| {
                weights(&mut layer.terms[t].map).into_iter().for_each(|weight| *weight = 0);
                true
            }));
            families.push(change(&format!("two outputs of term {t} swapped"), 3, &move |layer, at| match &mut layer
                .terms[t]
                .map
            {
                Map::Conv(conv) if conv.outputs > at + 1 => {
                    let size = conv.group_inputs() * conv.taps();
                    (0..size).for_each(|i| conv.weights.swap(at * size + i, (at + 1) * size + i));
                    true
                }
                _ => false,
            }));
            families.push(change(
                &format!("padding of term {t}"),
                4,
                &move |layer, at| match &mut layer.terms[t].map {
                    Map::Conv(Conv { pad, kernel, .. }) if *kernel != [1, 1] => {
                        pad[at / 2] += [1, -1][at % 2];
                        if let Some(Map::Conv(negative)) = &mut layer.terms[t].negative {
                            negative.pad[at / 2] += [1, -1][at % 2];
                        }
                        true
                    }
                    Map::Conv(_) | Map::Sparse(_) | Map::Product(_) => false,
                },
            ));
        }
    }
    families
}

#[test]
fn the_evaluation_of_another_network_is_rejected() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let mut forged = 0;
        for (what, members) in other_networks(&rig.model) {
            let lie = members.iter().find_map(|other| {
                let lie = Witness::new(other, rig.layout(), input.clone()).ok()?;
                (lie.trace != witness.trace).then_some(lie)
            });
            let Some(lie) = lie else { continue };
            forged += 1;
            assert_rejected(&format!("{name}: {what}"), rig.attempt(&lie.first, &[], &rig.codes(&lie)));
        }
        assert!(forged >= rig.model.layers.len(), "{name}: only {forged} other networks");
    }
}

#[test]
fn a_free_cell_is_determined_by_the_identity() {
    for name in ["same convolution", "strided residual", "function tables"] {
        let (rig, witness) = Rig::fixture(name);
        let codes = rig.codes(&witness);
        let free = rig.free();
        let picked = free.iter().step_by(free.len().div_ceil(10)).chain(free.last());
        for (row, lane) in picked {
            let mut first = witness.first.clone();
            first.lanes[*lane].limbs[0][*row] += 1;
            rig.recount(&mut first);
            assert_rejected(&format!("{name}: row {row}, lane {lane}"), rig.attempt(&first, &[], &codes));
        }
    }
}

#[test]
fn errors_that_cancel_for_challenges_known_in_advance_are_rejected() {
    let (rig, witness) = Rig::fixture("same convolution");
    let codes = rig.codes(&witness);
    let layout = rig.layout();
    let free = rig.free();
    let (row, lane) = *free.iter().find(|(row, lane)| free.contains(&(*row, lane + 1))).unwrap();
    // The same cell of the next channel, one block further.
    let stored = &layout.tensors[layout.rows[row].tensor as usize];
    assert_eq!(stored.channel_blocks, 1);
    let below = row + stored.channel_rows;
    assert_eq!(layout.rows[below].channel, layout.rows[row].channel + 1);
    for guess in [1i64, 2, 7] {
        let known = Fr::from(guess as u64);
        let along_gamma = Challenges { gamma: known.into(), ..challenges() };
        let along_eta = Challenges { eta: known.into(), ..challenges() };
        let cases = [("γ", along_gamma, (row, lane + 1)), ("η", along_eta, (below, lane))];
        for (what, known, other) in cases {
            let mut first = witness.first.clone();
            first.lanes[lane].limbs[0][row] += guess;
            first.lanes[other.1].limbs[0][other.0] -= 1;
            rig.recount(&mut first);
            assert!(rig.holds(&first, known), "the forgery works where {what} is known to be {guess}");
            assert_rejected(&format!("{what} guessed to be {guess}"), rig.attempt(&first, &[], &codes));
        }
    }
}

#[test]
fn errors_of_two_layers_do_not_cancel() {
    let (rig, witness) = Rig::fixture("same convolution");
    let codes = rig.codes(&witness);
    let layout = rig.layout();
    let block = |at: (usize, usize)| {
        let row = &layout.rows[at.0];
        let stored = &layout.tensors[row.tensor as usize];
        stored.first_block + row.channel as usize * stored.channel_blocks
    };
    // Remainders of elements: γ = η = 1 is enough.
    let (a, b) = (rig.element(1, 0), rig.element(2, 0));
    for delta in [1, -1] {
        let mut first = witness.first.clone();
        for (at, delta) in [(a, delta), (b, -delta)] {
            let state = first.lanes[at.1].state[at.0];
            let moved = whole(&rig, &first, at) + (2 * state - 1) * delta;
            write(&rig, &mut first, at, state, moved);
        }
        rig.recount(&mut first);
        let one = Challenges { gamma: prover::Fr::ONE, eta: prover::Fr::ONE, ..challenges() };
        let same_codes = witness.first.lanes.iter().zip(&first.lanes).all(|(a, b)| a.limbs.last() == b.limbs.last());
        assert!(!same_codes || rig.holds(&first, one));
        assert_rejected("cancelling remainders", rig.attempt(&first, &[], &codes));
    }
    // Hidden coefficients of two layers, for a known η.
    let hidden = |tensor: u32| rig.free().into_iter().find(|(row, _)| layout.rows[*row].tensor == tensor).unwrap();
    let (a, b) = (hidden(1), hidden(2));
    assert!(block(a) > block(b));
    for guess in [1i64, 2, -1] {
        let mut first = witness.first.clone();
        first.lanes[a.1].limbs[0][a.0] -= 1;
        first.lanes[b.1].limbs[0][b.0] += guess.pow((block(a) - block(b)) as u32);
        rig.recount(&mut first);
        let eta = if guess < 0 { -Fr::ONE } else { Fr::from(guess as u64) };
        assert!(rig.holds(&first, Challenges { gamma: prover::Fr::ONE, eta: eta.into(), ..challenges() }));
        assert_rejected("cancelling layers", rig.attempt(&first, &[], &codes));
    }
}

#[test]
fn idle_lanes_mean_nothing() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        let layout = rig.layout();
        let mut first = witness.first.clone();
        let mut filled = 0;
        for (index, row) in layout.rows.iter().enumerate() {
            let table = super::super::witness::table_of(&rig.model, row.tensor as usize).is_some();
            let decision = decides(&rig.model, row.tensor);
            if row.hidden && !decision || table {
                continue;
            }
            for lane in (0..first.lanes.len()).filter(|lane| row.mask >> lane & 1 == 0) {
                write(&rig, &mut first, (index, lane), 1, 771);
                filled += 1;
            }
        }
        rig.recount(&mut first);
        assert!(filled > 0 || first.lanes.len() == 1, "{name} has idle lanes");
        rig.attempt(&first, &[], &codes).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_code_in_the_padding_is_not_read() {
    // The cell right of a line, which the line's last output would read.
    let input_shape = Shape { channels: 1, height: 1, width: 5 };
    let mut b = fixtures::Builder::new(input_shape, Lanes { activations: 2, weights: 2 });
    let row = fixtures::Geometry { kernel: [1, 3], pad: [0, 1], ..fixtures::Geometry::same(1) };
    let x = b.conv(0, 1, row, Activation::Linear);
    let x = b.copy(x);
    b.dense(x, 2, Activation::Linear);
    let input = b.input();
    if let Map::Conv(conv) = &mut b.model.layers[0].terms[0].map {
        conv.weights = vec![3, 50, 2];
    }
    let rig = Rig::new(b.model);
    let witness = rig.witness(&input);
    let codes = rig.codes(&witness);
    let mut first = witness.first;
    let lanes = 2;
    let cell = |at: (usize, usize), by: usize| ((at.0 * lanes + at.1 + by) / lanes, (at.0 * lanes + at.1 + by) % lanes);
    let padding = cell(rig.element(0, 4), 1);
    assert_eq!(rig.layout().rows[padding.0].mask >> padding.1 & 1, 0);
    write(&rig, &mut first, padding, 1, 256);
    let last = rig.element(1, 4);
    let state = first.lanes[last.1].state[last.0];
    let (before, delta) = (whole(&rig, &first, last), 2 * (2 * state - 1));
    assert_eq!(before / 256, (before + delta) / 256, "the code stays");
    write(&rig, &mut first, last, state, before + delta);
    for (by, weight) in [(1, 50), (2, 3)] {
        let hidden = cell(last, by);
        assert!(rig.free().contains(&hidden));
        first.lanes[hidden.1].limbs[0][hidden.0] += weight;
    }
    rig.recount(&mut first);
    assert_rejected("code in the padding", rig.attempt(&first, &[], &codes));
}

#[test]
fn a_remainder_out_of_range_is_rejected() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        for tensor in 0..rig.model.layers.len() {
            let find = |a: &usize| {
                let (row, lane) = rig.element(tensor, *a);
                witness.first.lanes[lane].limbs[1][row] > 0
            };
            let Some(index) = (0..rig.model.shape(tensor).len()).find(find) else { continue };
            let (row, lane) = rig.element(tensor, index);
            let mut first = witness.first.clone();
            first.lanes[lane].limbs[0][row] += 256;
            first.lanes[lane].limbs[1][row] -= 1;
            rig.recount(&mut first);
            assert_rejected(&format!("{name}: tensor {tensor}"), rig.attempt(&first, &[], &codes));
        }
    }
}

#[test]
fn an_input_out_of_range_is_rejected() {
    // The prover evaluates the network on an input code of 9 bits; all else is honest.
    let (rig, _) = Rig::fixture("dense");
    let mut model = rig.model.clone();
    model.digits.value_limbs = 2;
    let wide = model.run(vec![300, 1, -2, 3]).unwrap();
    let mut first = rig.witness(&[44, 1, -2, 3]).first;
    let form = rig.model.output_encoding().code();
    let output = wide.codes.last().unwrap().iter().map(|code| form.of(*code).unwrap()).collect();
    let codes = super::PublicCodes { output, input: Vec::new(), commitments: Vec::new(), output_commitment: None };
    write(&rig, &mut first, rig.element(0, 0), 1, 300 << 8);
    for (layer, y) in wide.accumulators.iter().enumerate() {
        let elements = model.elements(&rig.model.layers[layer], y).unwrap();
        for (index, e) in elements.iter().enumerate() {
            write(&rig, &mut first, rig.element(layer + 1, index), e.state, ((e.upper << 8) + e.lower) as i64);
        }
    }
    rig.recount(&mut first);
    assert!(!rig.holds(&first, challenges()));
    assert_rejected("input of 300", rig.attempt(&first, &[], &codes));
}

#[test]
fn moved_multiplicities_are_rejected() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let mut first = witness.first.clone();
        first.multiplicity[3] += 1;
        first.multiplicity[4] -= 1;
        assert_rejected(name, rig.attempt(&first, &[], &rig.codes(&witness)));
    }
}

#[test]
fn two_swapped_channels_are_rejected() {
    for (name, model, input) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        for (tensor, stored) in rig.layout().tensors.iter().enumerate() {
            if stored.storage.shape.channels < 2 || tensor == rig.model.layers.len() {
                continue;
            }
            let mut first = witness.first.clone();
            for row in stored.first..stored.first + stored.channel_rows {
                for lane in &mut first.lanes {
                    lane.state.swap(row, row + stored.channel_rows);
                    lane.limbs.iter_mut().for_each(|limb| limb.swap(row, row + stored.channel_rows));
                }
            }
            let changed = first.lanes != witness.first.lanes;
            assert!(changed || stored.storage.form == Form::Scattered, "{name}: equal channels");
            assert_rejected(&format!("{name}: tensor {tensor}"), rig.attempt(&first, &[], &codes));
        }
    }
}
