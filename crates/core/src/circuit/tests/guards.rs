//! Properties of the constraint system and of the layouts themselves.

use std::collections::BTreeSet;

use super::{
    super::{
        Layout,
        fixed::copies,
        geometry::Form,
        layout::RESERVED_ROWS,
        placement::{Link, Row},
        weights::Multiplier,
    },
    Rig, audit, configured, fixtures,
};
use crate::{
    circuit::{DEGREE, tests::lying::advice_of},
    error::Error,
    graph::{Activation, Lanes, Model, Shape},
};

/// Columns of the second phase that gates may speak of: accumulators and helpers, each a function of the first phase.
fn is_accumulator(name: &str) -> bool {
    ["produced", "consumed", "negative", "weight", "multiplier", "transfer", "sum"].contains(&name)
        || name.starts_with("helper ")
}

#[test]
fn gates_speak_of_first_phase_columns_and_named_accumulators_only() {
    for (model_name, model, _) in fixtures::every() {
        let (cs, config) = configured(&Layout::new(&model).unwrap().params);
        let names = config.advice();
        assert_eq!(names.len(), cs.num_advice_columns(), "every advice column has a name");
        let phases = cs.advice_column_phase();
        let mut seen = vec![false; names.len()];
        for gate in cs.gates() {
            for polynomial in gate.polynomials() {
                for column in advice_of(polynomial) {
                    let (name, _) = names.iter().find(|(_, c)| c.index() == column).unwrap();
                    let second = phases[column] == 1;
                    assert_eq!(second, is_accumulator(name), "{model_name}: {name} is in the wrong phase");
                    seen[column] = true;
                }
            }
        }
        assert!(seen.iter().all(|seen| *seen), "{model_name}: a committed column is in no gate");
    }
}

#[test]
fn no_gate_exceeds_the_declared_degree() {
    for (name, model, _) in fixtures::every() {
        let (cs, _) = configured(&Layout::new(&model).unwrap().params);
        let degrees = cs.gates().iter().flat_map(|gate| gate.polynomials()).map(|gate| gate.degree());
        assert_eq!(degrees.max(), Some(DEGREE), "{name}");
        assert_eq!(cs.degree(), DEGREE, "{name}");
        assert!(cs.lookups().is_empty(), "{name}: stock lookups are not used");
    }
}

#[test]
fn reserved_rows_and_column_counts_are_those_of_halo2() {
    for (name, model, _) in fixtures::every() {
        let params = Layout::new(&model).unwrap().params;
        let (cs, _) = configured(&params);
        assert_eq!(cs.blinding_factors() + 1, RESERVED_ROWS, "{name}");
        assert_eq!(cs.num_advice_columns(), params.advice_columns(), "{name}");
        assert_eq!(cs.num_fixed_columns(), params.fixed_columns(), "{name}");
    }
}

#[test]
fn every_multiplier_and_transfer_is_copied() {
    for (name, model, _) in fixtures::every() {
        let layout = Layout::new(&model).unwrap();
        let config = configured(&layout.params).1;
        let copies = copies(&config, &layout);
        let copied = |column, row| copies.iter().filter(|(_, to)| *to == (column, row)).count();
        for (row, weights) in layout.weights.rows.iter().enumerate() {
            let times = usize::from(matches!(weights.multiplier, Multiplier::Copy(_)));
            assert_eq!(copied(config.multiplier, row), times, "{name}: multiplier of row {row}");
            let free = weights.multiplier == Multiplier::Inverse;
            assert_eq!(copied(config.weight, row), usize::from(free), "{name}: value of row {row}");
        }
        for (index, row) in layout.rows.iter().enumerate() {
            let above = index > 0 && layout.rows[index - 1].negative_head;
            let times = usize::from(row.head || above || row.link == Link::Jump);
            assert_eq!(copied(config.transfer, index), times, "{name}: transfer on row {index}");
        }
        assert!(layout.rows_used() < layout.usable_rows(), "{name}: the sums end below all elements");
    }
}

#[test]
fn layouts_mean_their_models() {
    for (_, model, _) in fixtures::every() {
        audit::audit(&model, &Layout::new(&model).unwrap());
    }
}

#[test]
fn the_audit_notices_a_wrong_layout() {
    let fixture = |name: &str| fixtures::all().into_iter().find(|(fixture, ..)| *fixture == name).unwrap().1;
    let (residual, function) = (fixture("strided residual"), fixture("function tables"));
    let fails = |what: &str, model: &Model, change: &dyn Fn(&mut Layout)| {
        let mut layout = Layout::new(model).unwrap();
        change(&mut layout);
        let audited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| audit::audit(model, &layout)));
        assert!(audited.is_err(), "{what} passes the audit");
    };
    let of_form = |layout: &Layout, form: Form| {
        let of = |row: &Row| layout.tensors[row.tensor as usize].storage.form == form;
        layout.rows.iter().position(of).unwrap()
    };
    fails("a weight", &residual, &|layout| {
        let row = layout.weights.rows.iter_mut().rfind(|row| row.value.is_some()).unwrap();
        row.lanes[0] += 1;
    });
    fails("a free cell at an element", &function, &|layout| {
        let row = of_form(layout, Form::Scattered);
        layout.rows[row].hidden = true;
    });
    fails("a hidden coefficient without a cell", &residual, &|layout| {
        let rows = layout.rows.iter_mut().filter(|row| row.mask > 0);
        rows.for_each(|row| row.hidden = false);
    });
    fails("a link", &residual, &|layout| {
        let row = layout.rows.iter().position(|row| row.link == Link::Inside).unwrap();
        layout.rows[row].link = Link::Unit;
    });
    fails("a run that ends early", &residual, &|layout| {
        let row = layout.rows.iter().position(|row| row.run > 0).unwrap();
        layout.rows[row].run = 0;
    });
    fails("the distance of two rows of a run", &residual, &|layout| {
        let lanes = layout.params.lanes.activations as u32;
        let row = layout.rows.iter().position(|row| row.run > 0 && row.run != lanes).unwrap();
        layout.rows[row].run = lanes;
    });
    fails("two factors swapped", &residual, &|layout| {
        let heads: Vec<_> = (0..layout.transfers.len()).filter(|t| layout.rows[layout.transfers[*t].0].head).collect();
        let (a, b) = (layout.transfers[heads[0]].1, layout.transfers[heads[1]].1);
        (layout.transfers[heads[0]].1, layout.transfers[heads[1]].1) = (b, a);
    });
    fails("a mask", &residual, &|layout| {
        let row = layout.rows.iter().position(|row| row.mask & 1 == 0).unwrap();
        layout.rows[row].mask |= 1;
    });
}

#[test]
fn fixtures_have_every_kind_of_row() {
    let mut seen = BTreeSet::new();
    for (_, model, input) in fixtures::every() {
        let layout = Layout::new(&model).unwrap();
        let trace = model.run(input).unwrap();
        for tensor in &layout.tensors {
            seen.insert(format!("{:?}", tensor.storage.form));
            if tensor.sections.len() > 1 && tensor.storage.form == Form::Native {
                seen.insert("split".to_owned());
            }
        }
        for row in &layout.rows {
            seen.insert(format!("{:?}", row.link));
            let full = row.mask.count_ones() as usize == layout.params.lanes.activations;
            let flags = [
                ("hidden", row.hidden && !full),
                ("only hidden", row.hidden && row.mask == 0),
                ("head", row.head),
                ("negative head", row.negative_head),
                ("apart", row.step > 1),
                ("run", row.run > 0),
                ("pair", row.pair),
                ("spread", row.spread > 1),
                ("hop", row.run > 0 && row.run as usize != layout.params.lanes.activations),
            ];
            seen.extend(flags.iter().filter(|flag| flag.1).map(|flag| flag.0.to_owned()));
        }
        seen.extend(layout.params.value_bias.then(|| "value bias".to_owned()));
        seen.extend(layout.params.compares.then(|| "comparison".to_owned()));
        seen.extend((!model.input.cuts.is_empty()).then(|| "rank".to_owned()));
        for (layer, y) in model.layers.iter().zip(&trace.accumulators) {
            let name = format!("{:?}", layer.activation);
            seen.insert(name.split(['(', ' ']).next().unwrap().to_owned());
            if layer.activation == Activation::Clip {
                let states = model.elements(layer, y).unwrap().into_iter().map(|element| element.state);
                seen.extend(states.map(|state| format!("clip state {state}")));
            }
        }
    }
    let needed = [
        ["Input", "Native", "Lines", "Scattered"].as_slice(),
        &["Stop", "Inside", "Step", "Unit", "Jump"],
        &["hidden", "only hidden", "head", "negative head", "apart", "run", "hop", "value bias", "split"],
        &["pair", "spread", "comparison", "rank"],
        &["Linear", "Relu", "PRelu", "Clip", "Table", "Threshold", "ArgMax", "Product"],
        &["clip state 0", "clip state 1", "clip state 2"],
    ];
    let missing: Vec<_> = needed.concat().into_iter().filter(|kind| !seen.contains(*kind)).collect();
    assert!(missing.is_empty(), "no fixture has {missing:?}");
}

#[test]
fn two_proofs_of_one_witness_share_no_commitment() {
    for (name, model, input) in fixtures::every() {
        let rig = Rig::new(model);
        let witness = rig.witness(&input);
        let codes = rig.codes(&witness);
        let (a, b) = (rig.prove(&witness.first, &[], &codes), rig.prove(&witness.first, &[], &codes));
        let points = rig.key.vk.stock().cs().num_advice_columns();
        for (column, (a, b)) in a.bytes.chunks(32).zip(b.bytes.chunks(32)).take(points).enumerate() {
            assert_ne!(a, b, "{name}: column {column} is committed to without blinding");
        }
    }
}

#[test]
fn an_output_beside_hidden_coefficients_is_refused() {
    // Two taps over two values: the one output stands behind a coefficient that nothing but the identity speaks of.
    for lanes in [1, 4] {
        let lanes = Lanes { activations: lanes, weights: 2 };
        let mut b = fixtures::Builder::new(Shape { channels: 1, height: 1, width: 2 }, lanes);
        let whole = fixtures::Geometry { kernel: [1, 2], pad: [0, 0], ..fixtures::Geometry::same(1) };
        b.conv(0, 1, whole, Activation::Linear);
        b.model.check().unwrap();
        let refused = Layout::new(&b.model);
        assert!(matches!(&refused, Err(Error::Graph { node, .. }) if node == "layer0"), "{refused:?}");
    }
}
