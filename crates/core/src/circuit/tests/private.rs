//! Private weights: keys that say nothing about them, and provers that lie about them.

use std::collections::HashMap;

use halo2_proofs::halo2curves::bn256::Fr;
use rand_core::OsRng;

use super::{
    super::{Layout, Params, Witness, private::same_channel, weights::WeightCell, witness::FirstPhase},
    Fault, Rig, assert_rejected, fixtures,
};
use crate::{
    codec::{Reader, Writer},
    error::{ArtifactKind, Error},
    graph::{Activation, Lanes, Map, Model, Shape},
    prove::{ProvingKey, Srs, keygen, verify},
    statement::PublicCodes,
};

/// A model and its input by name.
fn fixture(name: &str) -> (Model, Vec<i64>) {
    let (_, model, input) = fixtures::private().into_iter().find(|(fixture, ..)| *fixture == name).unwrap();
    (model, input)
}

fn rig(name: &str) -> (Rig, Witness) {
    let (model, input) = fixture(name);
    let rig = Rig::new(model);
    let witness = rig.witness(&input);
    (rig, witness)
}

/// Applies a function to every weight, the negative ones too, and every bias.
fn change(model: &Model, mut weight: impl FnMut(usize, i64) -> i64, bias: impl Fn(i64) -> i64) -> Model {
    let mut model = model.clone();
    let mut index = 0;
    for layer in model.layers.iter_mut().filter(|layer| layer.times().is_empty()) {
        layer.bias.iter_mut().for_each(|b| *b = bias(*b));
        for map in layer.terms.iter_mut().flat_map(|term| std::iter::once(&mut term.map).chain(&mut term.negative)) {
            let weights: Vec<&mut i64> = match map {
                Map::Conv(conv) => conv.weights.iter_mut().collect(),
                Map::Product(product) => vec![&mut product.weight],
                Map::Sparse(sparse) => sparse.columns.iter_mut().flatten().map(|entry| &mut entry.1).collect(),
            };
            for k in weights {
                *k = weight(index, *k);
                index += 1;
            }
        }
    }
    model
}

#[test]
fn verifying_keys_say_nothing_about_weights() {
    for (name, model, input) in fixtures::private() {
        // A third of the weights and all biases are 0; the rest is halved.
        let other = change(&model, |index, k| if index % 3 == 0 { 0 } else { k / 2 }, |_| 0);
        let layout = Layout::new(&model).unwrap();
        let srs = Srs::new_development(layout.k, OsRng).unwrap();
        let (any, other_any) = (model.clone().into(), other.clone().into());
        let (vk, other_vk) = (keygen(&any, &srs).unwrap(), keygen(&other_any, &srs).unwrap());
        assert_eq!(vk.to_bytes(), other_vk.to_bytes(), "{name}");
        assert_eq!(vk.stock().transcript_repr(), other_vk.stock().transcript_repr(), "{name}");
        let public = |model: &Model| keygen(&Model { private_weights: None, ..model.clone() }.into(), &srs);
        if let (Ok(a), Ok(b)) = (public(&model), public(&other)) {
            assert_ne!(a.to_bytes(), b.to_bytes(), "{name}: public weights are in the key");
        }
        let rig = Rig { key: ProvingKey::new(&other_any, vk, &srs).unwrap(), model: other };
        let witness = rig.witness(&input);
        let proof = rig.prove(&witness.first, &[], &rig.codes(&witness));
        assert_eq!(
            verify(&other_vk, &proof, b"context").unwrap().outputs,
            rig.model.output_values(witness.output()),
            "{name}"
        );
    }
}

/// Other selections of factors are another architecture: the key tells them apart, and no proof under it has them.
#[test]
fn what_selects_the_factors_of_products_is_no_weight() {
    let (rig, _) = rig("private pairs");
    let (_, input) = fixture("private pairs");
    let index = rig.model.layers.iter().position(|layer| !layer.times().is_empty()).unwrap();
    for second in [false, true] {
        let mut other = rig.model.clone();
        let layer = &mut other.layers[index];
        let term = match (&mut layer.activation, second) {
            (Activation::Product { times }, true) => &mut times[0],
            _ => &mut layer.terms[0],
        };
        let Map::Conv(conv) = &mut term.map else { panic!("a factor that is no selection") };
        conv.weights[0] = 0;
        assert_ne!(other.key_digest(), rig.model.key_digest());
        let witness = Witness::new(&other, rig.layout(), input.clone()).unwrap();
        assert_ne!(witness.trace.codes, rig.witness(&input).trace.codes);
        let codes = PublicCodes::new(&other, rig.layout(), &witness).unwrap();
        assert_rejected(&format!("second {second}"), rig.attempt(&witness.first, &[], &codes));
    }
}

/// A row of each kind on which private weights multiply something that is not 0, with one of its lanes.
fn weight_rows(rig: &Rig, witness: &Witness) -> Vec<(usize, usize)> {
    let layout = rig.layout();
    let mut elements = HashMap::new();
    for tensor in 0..layout.tensors.len() {
        for index in 0..rig.model.shape(tensor).len() {
            elements.insert(rig.element(tensor, index), (tensor, index));
        }
    }
    let alive = |head: usize, negative: bool| {
        let codes = if negative { &witness.trace.negative } else { &witness.trace.codes };
        let mut row = head;
        loop {
            let here = (0..layout.params.lanes.activations).filter_map(|lane| elements.get(&(row, lane)));
            if here.into_iter().any(|(tensor, index)| codes[*tensor][*index] != 0) {
                return true;
            }
            if layout.rows[row].run == 0 {
                return false;
            }
            row += 1;
        }
    };
    let mut kinds = HashMap::new();
    for (at, cell) in &layout.transfers {
        let main = layout.rows[*at].head;
        let negative = *at > 0 && layout.rows[at - 1].negative_head;
        let (head, negative) = if main { (*at, false) } else { (at.saturating_sub(1), negative) };
        let WeightCell::Value(mut row) = *cell else { continue };
        if !(main || negative) || !alive(head, negative) {
            continue;
        }
        loop {
            let weights = &layout.weights.rows[row];
            for lane in (0..weights.lanes.len()).filter(|lane| weights.is_secret(*lane)) {
                let scattered = layout.rows[head].run == 0;
                let kind = (negative, scattered, weights.gamma, weights.more, lane == 0, weights.lanes[lane] == 0);
                kinds.entry(kind).or_insert((row, lane));
            }
            if !weights.more {
                break;
            }
            row += 1;
        }
    }
    assert!(!kinds.is_empty());
    kinds.into_values().collect()
}

#[test]
fn a_weight_that_is_not_the_evaluated_one_is_rejected() {
    for (name, model, input) in fixtures::private() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        let config = rig.config();
        for (index, (row, lane)) in weight_rows(&rig, &witness).into_iter().enumerate() {
            // The limb alone, of which the accumulators know nothing.
            let limbs = &config.private.as_ref().unwrap().limbs[lane];
            let fault = Fault { column: limbs[index % limbs.len()].index(), row, delta: Fr::from(1) };
            assert_rejected(name, rig.attempt(&witness.first, &[fault], &codes));
            // The weight, with everything that follows from it but the outputs.
            let mut first = witness.first.clone();
            let weight = rig.layout().weights.rows[row].lanes[lane];
            let delta = if index % 2 == 0 { 1 } else { -1 };
            first.private.as_mut().unwrap().put(&rig.layout().params, (row, lane), weight + delta);
            rig.recount(&mut first);
            assert_rejected(name, rig.attempt(&first, &[], &codes));
        }
    }
}

#[test]
fn cells_that_hold_no_weight_add_nothing() {
    let (rig, witness) = rig("private strided residual");
    let mut first = witness.first.clone();
    let layout = rig.layout();
    let private = first.private.as_mut().unwrap();
    let mut changed = 0;
    for row in 0..layout.usable_rows() {
        for lane in 0..layout.params.lanes.weights {
            if layout.weights.rows.get(row).is_none_or(|weights| !weights.is_secret(lane)) {
                private.put(&layout.params, (row, lane), 77);
                changed += 1;
            }
        }
    }
    assert!(changed > layout.usable_rows());
    rig.recount(&mut first);
    let verified = rig.attempt(&first, &[], &rig.codes(&witness)).unwrap();
    assert_eq!(verified.outputs, rig.model.output_values(witness.output()));
}

/// A dense network in which a weight times the code it reads can be moved into the bias.
fn movable() -> (Rig, Witness, usize, (usize, usize)) {
    let mut b = fixtures::Builder::new(Shape::vector(2), Lanes { activations: 1, weights: 2 });
    b.dense(0, 2, Activation::Linear);
    b.model.private_weights = Some(2);
    let rig = Rig::new(b.model);
    let witness = rig.witness(&[9, -5]);
    let row = rig.layout().weights.rows.iter().position(|row| row.is_secret(0)).unwrap();
    // Output 0 stands in the last lane or the first one: blocks are numbered from the last row on.
    let at = rig.element(1, 0);
    (rig, witness, row, at)
}

#[test]
fn a_weight_in_range_is_another_network_and_one_out_of_range_is_rejected() {
    let (rig, witness, row, at) = movable();
    let layout = rig.layout();
    let codes = rig.codes(&witness);
    let weights = &layout.weights.rows[row];
    // Which input's weights stand in this row, and in which lane that of output 0: found by trying.
    let forged = |delta: i64| {
        let mut outcomes = Vec::new();
        for (lane, code) in [(0, 9), (0, -5), (1, 9), (1, -5)] {
            let mut first = witness.first.clone();
            let private = first.private.as_mut().unwrap();
            private.put(&layout.params, (row, lane), weights.lanes[lane] + delta);
            private.bias[at.0] -= delta * code;
            rig.recount(&mut first);
            outcomes.push(rig.attempt(&first, &[], &codes).is_ok());
        }
        outcomes
    };
    let in_range = forged(1);
    assert_eq!(in_range.iter().filter(|accepted| **accepted).count(), 1, "{in_range:?}");
    for delta in [1 << 16, -(1 << 16), 1 << 40] {
        assert_eq!(forged(delta), [false; 4], "a weight beyond its limbs");
    }
}

#[test]
fn a_limb_out_of_range_is_rejected() {
    let (rig, witness, row, _) = movable();
    let codes = rig.codes(&witness);
    let mut first = witness.first.clone();
    let limbs = &mut first.private.as_mut().unwrap().limbs[0];
    limbs[0][row] += 256;
    limbs[1][row] -= 1;
    rig.recount(&mut first);
    assert_rejected("the same weight in other limbs", rig.attempt(&first, &[], &codes));
    let mut first = witness.first.clone();
    let unused = rig.layout().usable_rows() - 2;
    first.private.as_mut().unwrap().limbs[1][0][unused] = 256;
    rig.recount(&mut first);
    assert_rejected("a limb beside no weight", rig.attempt(&first, &[], &codes));
}

/// Shifts the bias beside rows, with the remainders of all their elements; none where a remainder has no room.
fn shift_bias(rig: &Rig, witness: &Witness, rows: &[usize]) -> Option<FirstPhase> {
    let mut first = witness.first.clone();
    for row in rows {
        first.private.as_mut().unwrap().bias[*row] += 1;
        for lane in (0..first.lanes.len()).filter(|lane| rig.layout().rows[*row].mask >> lane & 1 == 1) {
            let cells = &mut first.lanes[lane];
            let limb = &mut cells.limbs[0][*row];
            *limb += 2 * cells.state[*row] - 1;
            if !(0..256).contains(limb) {
                return None;
            }
        }
    }
    rig.recount(&mut first);
    Some(first)
}

#[test]
fn a_bias_is_one_for_all_rows_of_a_channel() {
    let (rig, witness) = rig("private same convolution");
    let codes = rig.codes(&witness);
    let rows = &rig.layout().rows;
    let mut tried = 0;
    for (tensor, channel) in [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)] {
        let of_channel = |row: &usize| (rows[*row].tensor, rows[*row].channel) == (tensor, channel);
        let all: Vec<usize> = (0..rows.len()).filter(of_channel).collect();
        let Some(first) = shift_bias(&rig, &witness, &all) else { continue };
        let outcome = rig.attempt(&first, &[], &codes);
        assert!(outcome.is_ok(), "another bias is another network: {outcome:?}");
        let one = all.iter().rev().find(|row| rows[**row].mask > 0).unwrap();
        let first = shift_bias(&rig, &witness, &[*one]).unwrap();
        assert_rejected("a bias of its own for one row", rig.attempt(&first, &[], &codes));
        tried += 1;
    }
    assert!(tried > 0, "every channel has a remainder at its end");
}

#[test]
fn rows_of_a_channel_are_tied_and_no_others() {
    for (name, model, _) in fixtures::private() {
        let layout = Layout::new(&model).unwrap();
        let tied: Vec<usize> = same_channel(&layout.rows).collect();
        for (row, pair) in layout.rows.windows(2).enumerate() {
            let same = pair[0].tensor == pair[1].tensor && pair[0].channel == pair[1].channel;
            assert_eq!(tied.contains(&row), same && pair[0].tensor > 0, "{name}: row {row}");
        }
    }
}

#[test]
fn a_shifted_bias_is_rejected() {
    for name in ["private dense", "private one-dimensional", "private strided residual"] {
        let (rig, witness) = rig(name);
        let codes = rig.codes(&witness);
        for tensor in 1..=rig.model.layers.len() {
            let (row, lane) = rig.element(tensor, rig.model.shape(tensor).len() - 1);
            let layer = &rig.model.layers[tensor - 1];
            let mut first = witness.first.clone();
            let private = first.private.as_mut().unwrap();
            if layer.bias.len() == layer.shape.channels {
                let channel = rig.layout().rows[row].channel;
                let rows = rig.layout().rows.iter().zip(&mut private.bias);
                let of_channel = rows.filter(|(at, _)| (at.tensor as usize, at.channel) == (tensor, channel));
                of_channel.for_each(|(_, bias)| *bias += 2);
            } else {
                private.value_bias[lane][row] += 2;
            }
            assert_rejected(name, rig.attempt(&first, &[], &codes));
        }
    }
}

#[test]
fn an_output_for_other_weights_is_rejected() {
    let (model, input) = fixture("private prelu argmax");
    let other = change(&model, |index, k| if index == 5 { k + 40 } else { k }, |bias| bias + 1);
    let rig = Rig::new(model);
    let witness = rig.witness(&input);
    let layout = Layout::new(&other).unwrap();
    let of_other = Witness::new(&other, &layout, input).unwrap();
    let codes = rig.codes(&of_other);
    let rigged = FirstPhase { private: witness.first.private.clone(), ..of_other.first.clone() };
    assert_ne!(rigged, witness.first);
    let mut rigged = rigged;
    rig.recount(&mut rigged);
    assert_rejected("the evaluation of other weights", rig.attempt(&rigged, &[], &codes));
}

#[test]
fn a_private_threshold_has_one_answer() {
    for (bias, expected) in [(0, 1), (-1, 0), (1, 1), (-2, 0)] {
        let mut b = fixtures::Builder::new(Shape::vector(2), Lanes { activations: 1, weights: 2 });
        b.dense(0, 1, Activation::Threshold);
        b.model.private_weights = Some(2);
        let mut model = change(&b.model, |_, _| 0, |_| bias);
        model.output.thresholds = vec![0.0];
        let rig = Rig::new(model);
        let witness = rig.witness(&[9, -5]);
        assert_eq!(witness.output(), [expected], "{bias}");
        let codes = rig.codes(&witness);
        assert!(rig.attempt(&witness.first, &[], &codes).is_ok(), "{bias}");
        let mut lie = codes.clone();
        lie.output[0] ^= 1;
        for whole in 0..4 {
            let mut first = witness.first.clone();
            first.put(&rig.model, rig.element(1, 0), 1 - expected, whole);
            rig.recount(&mut first);
            assert_rejected("the other side", rig.attempt(&first, &[], &lie));
        }
        // The other side's magnitude is −1, which no limb holds.
        let mut first = witness.first.clone();
        let (row, lane) = rig.element(1, 0);
        first.lanes[lane].state[row] = 1 - expected;
        first.lanes[lane].limbs.iter_mut().for_each(|limb| limb[row] = 0);
        let y = if bias < 0 { bias } else { -bias - 1 };
        first.lanes[lane].limbs[0][row] = y;
        rig.recount(&mut first);
        assert_rejected("a negative magnitude", rig.attempt(&first, &[], &lie));
    }
}

#[test]
fn a_layer_that_would_repeat_its_weights_is_refused() {
    let (_, mut model, _) = fixtures::all().into_iter().find(|(name, ..)| *name == "strided convolution").unwrap();
    Layout::new(&model).unwrap();
    model.private_weights = Some(2);
    model.check().unwrap();
    let Err(Error::Graph { node, .. }) = Layout::new(&model) else { panic!("refused") };
    assert_eq!(node, "layer0");
}

#[test]
fn parameters_of_private_weights_are_read_back_and_checked() {
    let (model, _) = fixture("private one-dimensional");
    let params = Layout::new(&model).unwrap().params;
    let read = |params: &Params| {
        let mut w = Writer::new(b"HUSHTEST", 1);
        params.write(&mut w);
        let bytes = w.finish();
        let mut r = Reader::open(ArtifactKind::VerifyingKey, b"HUSHTEST", 1, &bytes)?;
        let read = Params::read(&mut r)?;
        r.finish()?;
        Ok::<_, Error>(read)
    };
    assert_eq!(read(&params).unwrap(), params);
    for limbs in [0, 7, u32::MAX] {
        let wrong = Params { private: Some(limbs), ..params.clone() };
        assert!(matches!(read(&wrong), Err(Error::Artifact { .. })), "{limbs} limbs");
    }
}
