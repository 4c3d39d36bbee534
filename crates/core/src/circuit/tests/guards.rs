//! Properties of the constraint system and of the layouts themselves.

use std::collections::BTreeSet;

use halo2_proofs::plonk::{Column, Fixed};
use rand_core::OsRng;

use super::{
    super::{
        Config, Layout,
        fixed::{AdviceCell, Cell, cells, copies},
        geometry::Form,
        layout::RESERVED_ROWS,
        placement::{Link, Row},
        weights::{Multiplier, WeightCell},
        witness::decides,
    },
    Rig, audit, configured, fixtures,
};
use crate::{
    circuit::{DEGREE, tests::lying::advice_of},
    error::Error,
    graph::{Activation, Lanes, Model, Shape},
};

impl Circuit {
    /// Weight rows on which a factor depends.
    fn used_weights(&self) -> BTreeSet<usize> {
        let rows = &self.layout.weights.rows;
        let mut pending: Vec<WeightCell> = self.layout.transfers.iter().map(|(_, cell)| *cell).collect();
        let mut used = BTreeSet::new();
        while let Some(cell) = pending.pop() {
            if let WeightCell::Value(row) | WeightCell::Multiplier(row) = cell
                && used.insert(row)
            {
                pending.extend(rows[row].more.then_some(WeightCell::Value(row + 1)));
                pending.extend(rows[row].equals);
                if let Multiplier::Copy(cell) = rows[row].multiplier {
                    pending.push(cell);
                }
            }
        }
        used
    }

    /// The name of a fixed column, as its configuration has it.
    fn name(&self, column: Column<Fixed>) -> String {
        let text = format!("{:?}", self.config.fixed);
        let before = text.split(&format!("{column:?}")).next().unwrap_or_default();
        let words = before.rsplit([' ', '{', '[', '(']).filter_map(|word| word.strip_suffix(':'));
        words.into_iter().find(|word| !["index", "column_type"].contains(word)).unwrap_or_default().to_owned()
    }

    /// Whether a fixed cell selects nothing: on rows without an element most columns say nothing, and so does the end of
    /// a run where nothing is read.
    fn is_idle(&self, column: Column<Fixed>, row: usize, used: &BTreeSet<usize>) -> bool {
        let columns = &self.config.fixed;
        let here =
            self.layout.rows.get(row).is_some_and(|row| row.mask != 0 || row.pair || decides(&self.model, row.tensor));
        // The first lane is η⁰ and γ⁰.
        let constant = self.layout.weights.rows.get(row).is_some_and(|row| row.lanes.iter().skip(1).all(|k| *k == 0));
        let constant = constant && column == columns.along_gamma;
        let of_rows = [columns.signed, columns.run, columns.inside];
        let placed = of_rows.contains(&column)
            || columns.steps.contains(&column)
            || columns.hops.contains(&column)
            || columns.bias.contains(&column)
            || columns.spreads.contains(&column)
            || columns.clip == Some(column)
            || columns.compare == Some(column)
            || columns.private.is_some_and(|private| private.by_value == Some(column))
            || columns.function.is_some_and(|function| [function.active, function.tag].contains(&column));
        let below = self.layout.rows.get(row + 1).is_some_and(|row| row.mask != 0 || row.pair);
        let last = row.min(self.layout.rows.len() - 1);
        let head = (0..=last).rev().find(|at| *at == 0 || self.layout.rows[at - 1].run == 0);
        let read = head.is_some_and(|at| {
            let copied =
                self.layout.weights.rows.iter().any(|w| w.multiplier == Multiplier::Copy(WeightCell::Consumed(at)));
            copied || (at..=last).any(|at| self.layout.rows[at].head || self.layout.rows[at].negative_head)
        });
        let ends = (column == columns.run || columns.hops.contains(&column)) && !(below && read);
        // Above the first element of a channel and below the last one, no bias is read.
        let rows = &self.layout.rows;
        let of_channel = |other: &Row| {
            rows.get(row).is_some_and(|row| (row.tensor, row.channel) == (other.tensor, other.channel))
                && other.mask != 0
        };
        let between = rows.iter().take(row + 1).any(of_channel) && rows.iter().skip(row + 1).any(of_channel);
        let bias = columns.private.is_some_and(|private| private.same_channel == column) && !between;
        let alone = rows.get(row).is_some_and(|row| {
            row.mask == 1
                && (columns.spreads.contains(&column) || columns.steps.contains(&column) && row.link != Link::Inside)
        });
        let weights = &self.config.fixed.weights;
        let of_weights = [columns.along_gamma, columns.more, columns.one].contains(&column)
            || weights.contains(&column)
            || columns.private.is_some_and(|private| [private.constant, private.linear].contains(&column));
        let lane = columns.bias.iter().position(|bias| *bias == column).filter(|_| columns.bias.len() > 1);
        let outputs = self.model.layers.last().is_some_and(|layer| row < layer.shape.len());
        let idle = lane.is_some_and(|lane| !self.layout.rows[row].mask >> lane & 1 == 1 && !(outputs && lane == 0));
        idle || alone || ends || constant || bias || placed && !here || of_weights && !used.contains(&row)
    }
}

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

/// A circuit's fixed cells and copies, to be audited.
struct Circuit {
    model: Model,
    layout: Layout,
    config: Config,
    cells: Vec<Cell>,
    copies: Vec<(AdviceCell, AdviceCell)>,
}

impl Circuit {
    fn every() -> impl Iterator<Item = (&'static str, Self)> {
        fixtures::every().map(|(name, model, _)| {
            let layout = Layout::new(&model).unwrap();
            let config = configured(&layout.params).1;
            let (cells, copies) = (cells(&config, &layout, &model), copies(&config, &layout));
            let (model, layout) = if model.private_weights.is_some() {
                let other = model.with_random_weights(OsRng);
                (other.clone(), Layout::new(&other).unwrap())
            } else {
                (model, layout)
            };
            (name, Self { model, layout, config, cells, copies })
        })
    }

    fn audit(&self, cells: &[Cell], copies: &[(AdviceCell, AdviceCell)]) -> Result<(), Error> {
        crate::circuit::audit::audit(&self.config, &self.layout, &self.model, cells, copies)
    }
}

#[test]
fn fixed_columns_and_copies_mean_their_models() {
    for (name, circuit) in Circuit::every() {
        let audited = circuit.audit(&circuit.cells, &circuit.copies);
        assert!(audited.is_ok(), "{name}: {audited:?}");
    }
}

/// Each fixed column's cells in turn: one is left out, one changed, one moved; each copy: left out, of another cell.
#[test]
fn the_audit_notices_any_change_of_a_fixed_cell_or_a_copy() {
    let (mut noticed, mut most) = (BTreeSet::new(), 0);
    for (name, circuit) in Circuit::every() {
        most = most.max(circuit.config.params.fixed_columns());
        let refuses = |what: &str, cells: &[Cell], copies: &[(AdviceCell, AdviceCell)]| {
            let audited = circuit.audit(cells, copies);
            assert!(matches!(audited, Err(Error::Layout { .. })), "{name}: {what}: {audited:?}");
        };
        let used = circuit.used_weights();
        for column in 0..circuit.config.params.fixed_columns() {
            let own: Vec<usize> =
                (0..circuit.cells.len()).filter(|at| circuit.cells[*at].0.index() == column).collect();
            // Columns have many cells of a kind; the first ones and the last one are as good as any.
            let picked = own.iter().step_by(own.len().div_ceil(3).max(1)).chain(own.last());
            for at in picked {
                let (column, row, value) = circuit.cells[*at];
                if circuit.is_idle(column, row, &used) {
                    continue;
                }
                noticed.insert(column.index());
                let mut cells = circuit.cells.clone();
                cells.remove(*at);
                // A free cell that no layer makes anything of may as well be none.
                if column != circuit.config.fixed.hidden {
                    refuses(&format!("{} on row {row} left out", circuit.name(column)), &cells, &circuit.copies);
                }
                cells.push((column, row, value + 2));
                refuses(&format!("{} on row {row} + 2", circuit.name(column)), &cells, &circuit.copies);
            }
        }
        for at in (0..circuit.copies.len()).step_by(circuit.copies.len().div_ceil(12)) {
            let mut copies = circuit.copies.clone();
            let (_, to) = copies.remove(at);
            if to.0 != circuit.config.transfer && !used.contains(&to.1) {
                continue;
            }
            refuses(&format!("a copy to {to:?} left out"), &circuit.cells, &copies);
            copies.push(((circuit.config.weight, 1), to));
            if circuit.copies[at].0 != (circuit.config.weight, 1) {
                refuses(&format!("another copy to {to:?}"), &circuit.cells, &copies);
            }
        }
    }
    assert_eq!(noticed.len(), most, "{noticed:?}");
}
