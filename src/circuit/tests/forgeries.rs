//! Forged proofs, each of which the stock verifier must reject.

use halo2_proofs::halo2curves::{bn256::Fr, ff::Field};

use super::{Fault, Rig, assert_rejected, fixtures};
use crate::graph::chain::Activation::{ArgMax, Relu, Requantize, Segments, Threshold};

#[test]
fn honest_proofs_are_accepted_and_state_the_reference_output() {
    for (name, model) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&fixtures::INPUT);
        let codes = rig.codes(&witness);
        let verified = rig.attempt(&witness.first, &[], &codes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(verified.outputs, rig.model.output_values(&codes.output), "{name}");
    }
}

#[test]
fn a_shift_of_any_column_on_any_kind_of_row_is_rejected() {
    for (name, model) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&fixtures::INPUT);
        let codes = rig.codes(&witness);
        let mut columns = Vec::new();
        let mut cs = halo2_proofs::plonk::ConstraintSystem::default();
        columns.extend(super::super::chain::Config::new(&mut cs, rig.layout().params.clone()).advice());
        for (column_name, column) in columns {
            for row in rows_of_interest(&rig, &column_name) {
                // A sign that matters to no gate may still be any bit; 2 and 3 never are one.
                let delta = if column_name == "sign" { Fr::from(2) } else { Fr::ONE };
                let fault = Fault { column: column.index(), row, delta };
                let what = format!("{name}: {column_name} on row {row}");
                assert_rejected(&what, rig.attempt(&witness.first, &[fault], &codes));
            }
        }
    }
}

/// The first and last row of every block, and the last row that is looked up; only rows on which the column matters.
fn rows_of_interest(rig: &Rig, column: &str) -> Vec<usize> {
    let layout = rig.layout();
    let blocks =
        layout.blocks.iter().flat_map(|block| [block.first_row, block.row(block.elements - 1), block.end() - 1]);
    let mut rows: Vec<usize> = match column {
        // A maximum is a cell of the output's rows only.
        "maximum" => (0..layout.blocks[0].elements).collect(),
        "coefficient" | "multiplicity" => vec![0, layout.used_rows - 1],
        name if name.starts_with("helper") => vec![0, layout.usable_rows() - 2],
        "sum" => vec![0, 1, layout.usable_rows() - 1],
        "sign" => blocks.chain([layout.usable_rows() - 2]).collect(),
        _ => blocks.collect(),
    };
    rows.sort_unstable();
    rows.dedup();
    rows
}

#[test]
fn a_shifted_output_with_consistent_columns_is_rejected() {
    let rig = Rig::new(fixtures::model(&[(3, Requantize)], 3));
    let witness = rig.witness(&fixtures::INPUT);
    let (mut first, mut codes) = (witness.first.clone(), rig.codes(&witness));
    codes.output[1] += 1;
    let row = rig.row(Some(0), 1);
    let code = codes.output[1] as i64;
    (first.limbs[2][row], first.limbs[3][row]) = (code & 15, code >> 4);
    rig.recount(&mut first);
    assert_rejected("output + 1", rig.attempt(&first, &[], &codes));
    // The same with a remainder that makes up for it, which no limb can hold.
    first.limbs[0][row] -= 256;
    rig.recount(&mut first);
    assert_rejected("output + 1, remainder − 2^s", rig.attempt(&first, &[], &codes));
}

#[test]
fn a_lie_about_the_public_codes_alone_is_rejected() {
    for (name, model) in fixtures::all() {
        let rig = Rig::new(model);
        let witness = rig.witness(&fixtures::INPUT);
        let mut codes = rig.codes(&witness);
        match codes.input.first_mut() {
            Some(code) => *code ^= 1,
            None => codes.output[0] ^= 1,
        }
        let outcome =
            rig.key.vk.statement.instance(&codes, b"context").map(|_| rig.attempt(&witness.first, &[], &codes));
        if let Ok(outcome) = outcome {
            assert_rejected(name, outcome);
        }
    }
}

#[test]
fn a_flipped_relu_is_rejected() {
    let rig = Rig::new(fixtures::model(&[(5, Relu), (2, Requantize)], 5));
    let witness = rig.witness(&fixtures::INPUT);
    let codes = rig.codes(&witness);
    for element in 0..5 {
        let mut first = witness.first.clone();
        let row = rig.row(Some(0), element);
        first.sign[row] = 1 - first.sign[row];
        assert_rejected("sign flipped", rig.attempt(&first, &[], &codes));
    }
}

#[test]
fn a_tie_of_rounding_has_one_code() {
    // |Y| = 2^(s−1): were ties rounded away from 0, the other sign would give code 0 for the same Y.
    let mut model = fixtures::model(&[(2, Relu)], 2);
    model.layers[0].weights.data.fill(0);
    model.layers[0].bias = vec![128, 127];
    let rig = Rig::new(model);
    let witness = rig.witness(&fixtures::INPUT);
    let codes = rig.codes(&witness);
    assert_eq!(codes.output, [0, 0]);
    rig.attempt(&witness.first, &[], &codes).unwrap();
    let mut up = witness.first;
    let row = rig.row(Some(0), 0);
    up.limbs.iter_mut().for_each(|limb| limb[row] = 0);
    up.limbs[2][row] = 1;
    rig.recount(&mut up);
    let mut lie = codes;
    lie.output[0] = 1;
    assert_rejected("rounded up", rig.attempt(&up, &[], &lie));
}

#[test]
fn two_swapped_channels_are_rejected() {
    let rig = Rig::new(fixtures::model(&[(5, Relu), (2, Requantize)], 5));
    let witness = rig.witness(&fixtures::INPUT);
    let codes = rig.codes(&witness);
    let mut first = witness.first;
    let rows = (0..5).map(|element| rig.row(Some(0), element)).collect::<Vec<_>>();
    let (a, b) = (rows[0], *rows.iter().find(|row| first.limbs[3][**row] != first.limbs[3][rows[0]]).unwrap());
    first.sign.swap(a, b);
    first.limbs.iter_mut().for_each(|limb| limb.swap(a, b));
    assert_rejected("channels swapped", rig.attempt(&first, &[], &codes));
}

#[test]
fn an_error_that_cancels_for_a_challenge_known_in_advance_is_rejected() {
    // Outputs 0 and 1 have weights η and 1: +1 and −η cancel for whoever knows η.
    let rig = Rig::new(fixtures::model(&[(2, Requantize)], 2));
    let witness = rig.witness(&fixtures::INPUT);
    for guess in [1i64, 2, 5] {
        let (mut first, codes) = (witness.first.clone(), rig.codes(&witness));
        let room = (0..16).find(|shift| {
            let (a, b) = (first.limbs[0][rig.row(Some(0), 0)] + 1, first.limbs[0][rig.row(Some(0), 1)] - guess + shift);
            (0..16).contains(&a) && (0..16).contains(&b)
        });
        let shift = room.unwrap_or(0);
        first.limbs[0][rig.row(Some(0), 0)] += 1;
        first.limbs[0][rig.row(Some(0), 1)] += shift - guess;
        rig.recount(&mut first);
        assert_rejected("guessed challenge", rig.attempt(&first, &[], &codes));
    }
}

#[test]
fn errors_of_two_layers_do_not_cancel() {
    let rig = Rig::new(fixtures::model(&[(2, Relu), (2, Requantize)], 2));
    let witness = rig.witness(&fixtures::INPUT);
    let codes = rig.codes(&witness);
    for (up, down) in [(0, 1), (1, 0)] {
        let mut first = witness.first.clone();
        for (layer, delta) in [(up, 1), (down, -1)] {
            let row = rig.row(Some(layer), 1);
            let limb = &mut first.limbs[0][row];
            *limb = (*limb + delta).rem_euclid(16);
        }
        rig.recount(&mut first);
        assert_rejected("cancelling layers", rig.attempt(&first, &[], &codes));
    }
}

#[test]
fn an_accumulator_carried_past_the_end_of_a_layer_is_rejected() {
    // The prover shifts an output and hides the error in `consumed` from there on.
    let rig = Rig::new(fixtures::model(&[(2, Relu), (2, Requantize)], 2));
    let witness = rig.witness(&fixtures::INPUT);
    let codes = rig.codes(&witness);
    let mut cs = halo2_proofs::plonk::ConstraintSystem::default();
    let config = super::super::chain::Config::new(&mut cs, rig.layout().params.clone());
    let hidden = rig.layout().block_of(Some(0)).clone();
    let faults: Vec<Fault> = (hidden.first_row..hidden.end())
        .map(|row| Fault { column: config.consumed.index(), row, delta: Fr::from(9) })
        .collect();
    assert_rejected("consumed shifted over a whole block", rig.attempt(&witness.first, &faults, &codes));
}

#[test]
fn a_threshold_on_the_wrong_side_is_rejected() {
    let rig = Rig::new(fixtures::model(&[(3, Relu), (2, Threshold)], 3));
    let witness = rig.witness(&fixtures::INPUT);
    let (mut first, mut codes) = (witness.first.clone(), rig.codes(&witness));
    let row = rig.row(Some(1), 0);
    first.sign[row] = 1 - first.sign[row];
    codes.output[0] = 1 - codes.output[0];
    assert_rejected("decision flipped", rig.attempt(&first, &[], &codes));
    // With the magnitude negated as well the identity holds, but no limbs hold a negative number.
    first.limbs.iter_mut().for_each(|limb| limb[row] = -limb[row]);
    rig.recount(&mut first);
    assert_rejected("decision flipped, negative magnitude", rig.attempt(&first, &[], &codes));
}

#[test]
fn a_wrong_index_of_the_maximum_is_rejected() {
    let rig = Rig::new(fixtures::model(&[(4, ArgMax)], 4));
    let witness = rig.witness(&fixtures::INPUT);
    let y = &witness.trace.accumulators[0];
    let best = rig.codes(&witness).output.iter().sum::<u64>() as usize;
    for claim in (0..4).filter(|claim| *claim != best) {
        let (mut first, mut codes) = (witness.first.clone(), rig.codes(&witness));
        for element in 0..4 {
            let row = rig.row(Some(0), element);
            let before = i64::from(element < claim);
            codes.output[element] = before as u64;
            first.sign[row] = before;
            first.maximum.as_mut().unwrap()[row] = y[claim];
            let gap = y[claim] - y[element] - before;
            first.limbs.iter_mut().for_each(|limb| limb[row] = 0);
            // A negative gap cannot be written with limbs in range; the best a liar can do is one limb out of range.
            first.limbs[0][row] = gap;
            if let Ok(gap) = u64::try_from(gap) {
                for (i, limb) in first.limbs.iter_mut().enumerate() {
                    limb[row] = ((gap >> (4 * i)) & 15) as i64;
                }
            }
        }
        rig.recount(&mut first);
        assert_rejected("wrong index", rig.attempt(&first, &[], &codes));
    }
}

#[test]
fn the_second_of_two_equal_maxima_is_rejected() {
    let mut model = fixtures::model(&[(3, ArgMax)], 3);
    model.layers[0].weights.data.fill(0);
    model.layers[0].bias = vec![5, 9, 9];
    let rig = Rig::new(model);
    let witness = rig.witness(&fixtures::INPUT);
    let mut codes = rig.codes(&witness);
    assert_eq!(codes.output, [1, 0, 0]);
    let mut first = witness.first;
    let row = rig.row(Some(0), 1);
    first.sign[row] = 1;
    codes.output[1] = 1;
    assert_rejected("second maximum", rig.attempt(&first, &[], &codes));
    first.limbs[0][row] = -1;
    assert_rejected("second maximum, gap −1", rig.attempt(&first, &[], &codes));
}

#[test]
fn an_index_of_no_maximum_is_rejected() {
    // Every gap is positive: the claimed maximum is larger than all outputs.
    let rig = Rig::new(fixtures::model(&[(4, ArgMax)], 4));
    let witness = rig.witness(&fixtures::INPUT);
    let codes = rig.codes(&witness);
    let mut first = witness.first;
    for element in 0..4 {
        let row = rig.row(Some(0), element);
        first.maximum.as_mut().unwrap()[row] += 1;
        first.limbs[0][row] += 1;
    }
    rig.recount(&mut first);
    assert_rejected("maximum + 1", rig.attempt(&first, &[], &codes));
}

#[test]
fn a_segment_may_not_be_chosen_freely() {
    let rig = Rig::new(fixtures::model(&[(3, Segments), (2, Requantize)], 3));
    let witness = rig.witness(&fixtures::INPUT);
    let codes = rig.codes(&witness);
    for element in 0..3 {
        let row = rig.row(Some(0), element);
        let table = rig.model.segments.clone().unwrap();
        let j = witness.first.limbs[3][row] as usize;
        let last = table.last();

        // The segment below, the rest as excess, which only the last segment may have.
        if j > 0 {
            let mut first = witness.first.clone();
            for r in [row, row + 1] {
                first.limbs[3][r] = j as i64 - 1;
            }
            first.limbs[0][row + 1] += 1;
            let coefficient = first.coefficient.as_mut().unwrap();
            coefficient[row] = i64::from(table.base[j - 1]);
            coefficient[row + 1] = i64::from(table.slope[j - 1]);
            rig.recount(&mut first);
            assert_rejected("excess on an inner segment", rig.attempt(&first, &[], &codes));
        }
        // Another segment on the second row: its slope with this base.
        let mut first = witness.first.clone();
        let other = if j == last { 0 } else { last };
        first.limbs[3][row + 1] = other as i64;
        first.coefficient.as_mut().unwrap()[row + 1] = i64::from(table.slope[other]);
        rig.recount(&mut first);
        assert_rejected("two segments", rig.attempt(&first, &[], &codes));
        // Another base.
        let mut first = witness.first.clone();
        first.coefficient.as_mut().unwrap()[row] += 1;
        assert_rejected("base + 1", rig.attempt(&first, &[], &codes));
        // Another sign on the second row.
        let mut first = witness.first.clone();
        first.sign[row + 1] = 1 - first.sign[row + 1];
        assert_rejected("two signs", rig.attempt(&first, &[], &codes));
        // The entry of unassigned table rows, (0, 0, 0), under the tag of slopes.
        let mut first = witness.first.clone();
        first.limbs[3][row] = 0;
        first.limbs[3][row + 1] = 0;
        first.coefficient.as_mut().unwrap()[row + 1] = 0;
        assert_rejected("empty table row", rig.attempt(&first, &[], &codes));
    }
}

#[test]
fn a_coefficient_on_a_row_without_segment_is_rejected() {
    let rig = Rig::new(fixtures::model(&[(3, Segments), (2, Requantize)], 3));
    let witness = rig.witness(&fixtures::INPUT);
    let codes = rig.codes(&witness);
    let mut first = witness.first;
    let row = rig.row(None, 0);
    first.coefficient.as_mut().unwrap()[row] = 1;
    assert_rejected("coefficient beside an input", rig.attempt(&first, &[], &codes));
}

#[test]
fn an_input_out_of_range_is_rejected() {
    let rig = Rig::new(fixtures::model(&[(3, Requantize)], 3));
    let witness = rig.witness(&fixtures::INPUT);
    let codes = rig.codes(&witness);
    let row = rig.row(None, 0);
    for limb in 2..4 {
        let mut first = witness.first.clone();
        first.limbs[limb][row] += 16;
        if limb == 2 {
            first.limbs[3][row] -= 1;
        }
        rig.recount(&mut first);
        assert_rejected("limb out of range", rig.attempt(&first, &[], &codes));
    }
}
